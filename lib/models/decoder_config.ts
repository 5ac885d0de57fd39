/** The families of decoders that are understood, by their `model_type`. */
export type DecoderFamily = "llama" | "mistral" | "qwen2" | "qwen3" | "llada";

/** How the angles of the rotary position embedding are scaled beyond the trained context. */
export type RopeScaling =
  | { readonly kind: "default" }
  | { readonly kind: "linear"; readonly factor: number }
  | {
    readonly kind: "dynamic";
    readonly factor: number;
    readonly originalMaxPositions: number;
  }
  | {
    readonly kind: "llama3";
    readonly factor: number;
    readonly lowFreqFactor: number;
    readonly highFreqFactor: number;
    readonly originalMaxPositions: number;
  }
  | {
    readonly kind: "yarn";
    readonly factor: number;
    readonly betaFast: number;
    readonly betaSlow: number;
    readonly originalMaxPositions: number;
    /** Factor on cos and sin; what the rule of the factor gives when the config is silent. */
    readonly attentionFactor: number;
    /** Whether the ends of the ramp are rounded outwards to whole dimensions; true if absent. */
    readonly truncate?: boolean | undefined;
  };

/**
 * The architecture of a decoder, as a Hugging Face `config.json` states it, with every default
 * filled in: pre-norm layers of attention and gated feed-forward, RMS norms with gains.
 */
export interface DecoderConfig {
  /** The family, which decides on defaults and names of tensors. */
  readonly family: DecoderFamily;
  /** Width of the residual stream. */
  readonly hidden: number;
  /** Width of the feed-forward layer. */
  readonly intermediate: number;
  /** Layers. */
  readonly layers: number;
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads; divides `heads`. */
  readonly kvHeads: number;
  /** Width of a head; not always hidden / heads. */
  readonly headDim: number;
  /** Tokens of the vocabulary. */
  readonly vocabulary: number;
  /** Longest sequence that the model is made for; with `dynamic` scaling, that it is stretched to. */
  readonly maxPositions: number;
  /** ε of the RMS norms. */
  readonly normEpsilon: number;
  /** Base θ of the rotary embedding. */
  readonly ropeTheta: number;
  /** Its scaling. */
  readonly ropeScaling: RopeScaling;
  /** Whether the head of the vocabulary is the embedding, transposed. */
  readonly tiedEmbeddings: boolean;
  /** Whether q, k and v have biases. */
  readonly qkvBias: boolean;
  /** Whether the output projection of attention has a bias. */
  readonly outputBias: boolean;
  /** Whether the projections of the feed-forward layer have biases. */
  readonly mlpBias: boolean;
  /** Whether q and k pass an RMS norm per head before the rotary embedding (Qwen3). */
  readonly qkNorm: boolean;
  /** Whether a position sees only itself and the positions before it. */
  readonly causal: boolean;
  /** Positions that a layer sees back, itself included; per layer, undefined for all. */
  readonly slidingWindows: readonly (number | undefined)[];
  /** First token of a text, when the config names it. */
  readonly bosToken?: number | undefined;
  /** Tokens that end a text. */
  readonly eosTokens: readonly number[];
}

/** The tensors of one decoder layer; matrices as Hugging Face stores them, (out, in) row by row. */
export interface LayerWeights {
  /** Gain of the norm before attention, (hidden). */
  readonly attentionNorm: Float32Array;
  /** (heads · headDim, hidden). */
  readonly wq: Float32Array;
  /** (kvHeads · headDim, hidden). */
  readonly wk: Float32Array;
  /** (kvHeads · headDim, hidden). */
  readonly wv: Float32Array;
  /** (hidden, heads · headDim). */
  readonly wo: Float32Array;
  /** Biases, where the config says so. */
  readonly bq?: Float32Array | undefined;
  /** Bias of k. */
  readonly bk?: Float32Array | undefined;
  /** Bias of v. */
  readonly bv?: Float32Array | undefined;
  /** Bias of the output projection. */
  readonly bo?: Float32Array | undefined;
  /** Gain of the norm on every head of q, (headDim). */
  readonly qNorm?: Float32Array | undefined;
  /** Gain of the norm on every head of k, (headDim). */
  readonly kNorm?: Float32Array | undefined;
  /** Gain of the norm before the feed-forward layer, (hidden). */
  readonly mlpNorm: Float32Array;
  /** (intermediate, hidden). */
  readonly wGate: Float32Array;
  /** (intermediate, hidden). */
  readonly wUp: Float32Array;
  /** (hidden, intermediate). */
  readonly wDown: Float32Array;
  /** Bias of the gate projection. */
  readonly bGate?: Float32Array | undefined;
  /** Bias of the up projection. */
  readonly bUp?: Float32Array | undefined;
  /** Bias of the down projection. */
  readonly bDown?: Float32Array | undefined;
}

/**
 * Where the weights of a decoder come from: a folder of safetensors or a seed. Every call reads (or
 * makes) the tensor anew, so that one float copy at a time is enough.
 */
export interface DecoderWeights {
  /** Rows of the embedding, (vocabulary, hidden). */
  embedding(): Float32Array;
  /** The tensors of one layer. */
  layer(index: number): LayerWeights;
  /** Gain of the last norm, (hidden). */
  finalNorm(): Float32Array;
  /** Head of the vocabulary, (vocabulary, hidden); the embedding itself when they are tied. */
  head(): Float32Array;
}
