import { MOST } from "./count_limits.ts";
import type { DecoderConfig } from "./decoder_config.ts";
import { FAMILIES, type FamilyDefaults } from "./families.ts";
import { JsonReader } from "./json_reader.ts";
import { decoderConfig, parseDecoderConfig, textPart } from "./parse_config.ts";

/** The experts of a feed-forward layer. */
export interface ExpertShape {
  /** Experts of a layer. */
  readonly count: number;
  /** Experts that a token passes. */
  readonly perToken: number;
  /** Width of one of them. */
  readonly intermediate: number;
  /** Whether the router has a bias. */
  readonly routerBias: boolean;
  /** Whether the projections of the experts have biases. */
  readonly biases: boolean;
}

/**
 * What the sizes of a decoder follow from. Every {@linkcode DecoderConfig} is one; mixtures of
 * experts have a shape too, although the forward pass does not know them.
 */
export interface DecoderShape extends
  Pick<
    DecoderConfig,
    | "hidden"
    | "intermediate"
    | "layers"
    | "heads"
    | "kvHeads"
    | "headDim"
    | "vocabulary"
    | "maxPositions"
    | "tiedEmbeddings"
    | "qkvBias"
    | "outputBias"
    | "mlpBias"
    | "qkNorm"
    | "slidingWindows"
  > {
  /** Experts instead of one feed-forward layer, if there are any. */
  readonly experts?: ExpertShape | undefined;
  /** Whether each head has a learned sink in its softmax (gpt-oss). */
  readonly attentionSinks?: boolean | undefined;
}

/** A mixture whose sizes are known: how its config is read. */
interface Mixture {
  readonly architecture: string;
  readonly defaults: FamilyDefaults;
  readonly countNames: readonly [string, ...string[]];
  readonly intermediateName: string;
  readonly biases: boolean;
  readonly sinks: boolean;
}

const MIXTURES: Readonly<Record<string, Mixture>> = {
  gpt_oss: {
    architecture: "GptOssForCausalLM",
    defaults: {
      ...FAMILIES.llama,
      kvHeads: 8,
      headDim: 64,
      maxPositions: 131072,
      windows: "all",
      slidingWindow: 128,
    },
    countNames: ["num_local_experts", "num_experts"],
    intermediateName: "intermediate_size",
    biases: true,
    sinks: true,
  },
  mixtral: {
    architecture: "MixtralForCausalLM",
    defaults: { ...FAMILIES.mistral, slidingWindow: undefined },
    countNames: ["num_local_experts"],
    intermediateName: "intermediate_size",
    biases: false,
    sinks: false,
  },
  qwen3_moe: {
    architecture: "Qwen3MoeForCausalLM",
    defaults: { ...FAMILIES.qwen3, headDim: undefined },
    countNames: ["num_experts", "num_local_experts"],
    intermediateName: "moe_intermediate_size",
    biases: false,
    sinks: false,
  },
};

/**
 * Reads the shape of a decoder from a Hugging Face `config.json`: what {@linkcode parseDecoderConfig}
 * reads, and the mixtures of experts `gpt_oss`, `mixtral` and `qwen3_moe`.
 *
 * @throws {ModelError} As {@linkcode parseDecoderConfig} does.
 */
export function parseDecoderShape(json: unknown, file?: string): DecoderShape {
  const top = new JsonReader(json, file);
  const text = textPart(top);
  const mixture = mixtureOf(text);
  if (mixture === undefined) return parseDecoderConfig(json, file);
  const uneven = text.fields.mlp_only_layers;
  if (
    (text.count(["decoder_sparse_step"]) ?? 1) !== 1 || (Array.isArray(uneven) && uneven.length > 0)
  ) {
    throw text.error(
      "Unsupported: experts in some of the layers only",
      "only mixtures with experts in every layer are supported",
      "mlp_only_layers",
    );
  }
  const intermediate = text.required([mixture.intermediateName], { most: MOST.width });
  const config = decoderConfig(text, top, "llama", mixture.defaults);
  return {
    ...config,
    intermediate,
    qkNorm: mixture.defaults.qkNorm,
    experts: {
      count: text.required(mixture.countNames, { most: MOST.experts }),
      perToken: text.required(["num_experts_per_tok", "experts_per_token"], {
        most: MOST.experts,
      }),
      intermediate,
      routerBias: mixture.biases,
      biases: mixture.biases,
    },
    attentionSinks: mixture.sinks,
  };
}

function mixtureOf(text: JsonReader): Mixture | undefined {
  const type = text.text("model_type");
  if (type !== undefined && Object.hasOwn(MIXTURES, type)) return MIXTURES[type];
  const list = text.fields.architectures;
  if (!Array.isArray(list)) return undefined;
  return Object.values(MIXTURES).find(({ architecture }) => list.includes(architecture));
}
