import { nearestName } from "../text/mod.ts";
import type { DecoderFamily } from "./decoder_config.ts";
import type { JsonReader } from "./json_reader.ts";

/** What a family assumes where the config is silent: the defaults of Transformers. */
export interface FamilyDefaults {
  /** `architectures` entries of the family. */
  readonly architectures: readonly string[];
  /** Key and value heads; undefined for as many as query heads. */
  readonly kvHeads: number | undefined;
  /** Width of a head; undefined for hidden / heads. */
  readonly headDim: number | undefined;
  /** `max_position_embeddings`. */
  readonly maxPositions: number;
  /** `rms_norm_eps`. */
  readonly normEpsilon: number;
  /** Biases of q, k and v: always, or when `attention_bias` says so. */
  readonly qkvBias: "always" | "attention_bias" | "never";
  /** Bias of the output projection. */
  readonly outputBias: "attention_bias" | "never";
  /** Whether the head of the vocabulary is the embedding. */
  readonly tiedEmbeddings: boolean;
  /** Norms on the heads of q and k. */
  readonly qkNorm: boolean;
  /** Whether a position sees only what is before it. */
  readonly causal: boolean;
  /** Which layers a `sliding_window` is for. */
  readonly windows: "none" | "all" | "from_max_window_layers";
  /** `sliding_window` where it is not written at all. */
  readonly slidingWindow: number | undefined;
}

/**
 * The families and their defaults: the config classes of Transformers 4.5x (LlamaConfig,
 * MistralConfig, Qwen2Config, Qwen3Config) and LLaDA's own, which follows OLMo.
 */
export const FAMILIES: Readonly<Record<DecoderFamily, FamilyDefaults>> = {
  llama: {
    architectures: ["LlamaForCausalLM", "LlamaModel"],
    kvHeads: undefined,
    headDim: undefined,
    maxPositions: 2048,
    normEpsilon: 1e-6,
    qkvBias: "attention_bias",
    outputBias: "attention_bias",
    tiedEmbeddings: false,
    qkNorm: false,
    causal: true,
    windows: "none",
    slidingWindow: undefined,
  },
  mistral: {
    architectures: ["MistralForCausalLM", "MistralModel"],
    kvHeads: 8,
    headDim: undefined,
    maxPositions: 131072,
    normEpsilon: 1e-6,
    qkvBias: "never",
    outputBias: "never",
    tiedEmbeddings: false,
    qkNorm: false,
    causal: true,
    windows: "all",
    slidingWindow: 4096,
  },
  qwen2: {
    architectures: ["Qwen2ForCausalLM", "Qwen2Model"],
    kvHeads: 32,
    headDim: undefined,
    maxPositions: 32768,
    normEpsilon: 1e-6,
    qkvBias: "always",
    outputBias: "never",
    tiedEmbeddings: false,
    qkNorm: false,
    causal: true,
    windows: "from_max_window_layers",
    slidingWindow: 4096,
  },
  qwen3: {
    architectures: ["Qwen3ForCausalLM", "Qwen3Model"],
    kvHeads: 32,
    headDim: 128,
    maxPositions: 32768,
    normEpsilon: 1e-6,
    qkvBias: "attention_bias",
    outputBias: "attention_bias",
    tiedEmbeddings: false,
    qkNorm: true,
    causal: true,
    windows: "from_max_window_layers",
    slidingWindow: 4096,
  },
  llada: {
    architectures: ["LLaDAModelLM", "LLaDAModel"],
    kvHeads: undefined,
    headDim: undefined,
    maxPositions: 1024,
    normEpsilon: 1e-5,
    qkvBias: "attention_bias",
    outputBias: "attention_bias",
    tiedEmbeddings: true,
    qkNorm: false,
    causal: false,
    windows: "none",
    slidingWindow: undefined,
  },
};

const NAMES = Object.keys(FAMILIES) as DecoderFamily[];

/**
 * The family of a config: by its architecture if that is one of ours (a LLaDA that calls itself
 * `llama` has no mask), else by its `model_type`.
 *
 * @throws {ModelError} If it is neither, with the nearest family that is supported.
 */
export function familyOf(json: JsonReader): DecoderFamily {
  const list = json.fields.architectures;
  const architectures = Array.isArray(list) ? list.filter((a) => typeof a === "string") : [];
  const type = json.text("model_type");
  for (const name of NAMES) {
    if (architectures.some((a) => FAMILIES[name].architectures.includes(a))) return name;
  }
  const byType = NAMES.find((name) => name === type);
  const isWrapped = architectures.length > 0 &&
    architectures.every((a) => /For(?!CausalLM|ConditionalGeneration)/.test(a));
  if (byType !== undefined && !isWrapped) return byType;
  if (byType !== undefined) {
    throw json.error(
      `Unsupported architecture ${architectures.join(", ")} of model type ${type}`,
      `only the language model of the family is supported: ${FAMILIES[byType].architectures[0]}`,
      "architectures",
    );
  }
  if (type === undefined && architectures.length === 0) {
    throw json.error(
      `${json.path}.model_type is missing`,
      `add "model_type", one of ${NAMES.join(", ")}`,
      "model_type",
    );
  }
  const what = [
    architectures.length === 0 ? "" : `architecture ${architectures.join(", ")}`,
    type === undefined ? "" : `model type ${type}`,
  ].filter((part) => part !== "").join(", ");
  throw json.error(
    `Unsupported ${what}`,
    `the nearest supported family is ${nearest(type ?? architectures[0]!)}; ` +
      `supported are ${NAMES.join(", ")}`,
    architectures.length === 0 ? "model_type" : "architectures",
  );
}

/** The supported family whose name the text begins with or is nearest to; Llama when in doubt. */
function nearest(text: string): DecoderFamily {
  const lower = text.toLowerCase();
  const beginning = NAMES.filter((name) => lower.startsWith(name)).sort((a, b) =>
    b.length - a.length
  );
  if (/^mi[xn]tral|^ministral/.test(lower)) return "mistral";
  if (/^qwen(?!2)/.test(lower)) return "qwen3";
  return beginning[0] ?? nearestName(lower, NAMES) ?? "llama";
}
