import type { DecoderConfig, DecoderFamily } from "./decoder_config.ts";
import { FAMILIES, type FamilyDefaults, familyOf } from "./families.ts";
import { JsonReader } from "./json_reader.ts";
import { parseRope } from "./rope_config.ts";

/** Names under which a config may say that there are experts. */
const EXPERTS = ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"];
/** Gated activations that are SiLU; `swiglu` is the gate and the activation together. */
const SILU = ["silu", "swish", "swiglu"];

/**
 * Reads a Hugging Face `config.json`, as parsed from JSON, of the families Llama, Mistral, Qwen2,
 * Qwen3 and LLaDA; of a model of several parts, its `text_config`. What is not written is as in
 * Transformers. `file` is only for messages.
 *
 * ```ts
 * import { parseDecoderConfig } from "@fourbit/fourbit/models";
 * import { assertEquals } from "@std/assert";
 *
 * const config = parseDecoderConfig({
 *   model_type: "qwen3",
 *   hidden_size: 5120,
 *   intermediate_size: 25600,
 *   num_hidden_layers: 64,
 *   num_attention_heads: 64,
 *   num_key_value_heads: 8,
 *   vocab_size: 151936,
 * });
 * assertEquals([config.headDim, config.qkNorm], [128, true]); // not 5120 / 64
 * ```
 *
 * @throws {ModelError} If a field is missing or wrong, with its JSON path, or if the architecture
 * is not supported, with the nearest one that is.
 */
export function parseDecoderConfig(json: unknown, file?: string): DecoderConfig {
  const top = new JsonReader(json, file);
  const text = textPart(top);
  const expertField = text.found(EXPERTS);
  const experts = expertField === undefined ? 0 : text.count([expertField], 0)!;
  if (experts > 1) {
    const type = text.text("model_type") ?? "unknown";
    const dense = /^mi[sx]tral/.test(type)
      ? "mistral"
      : /^qwen2/.test(type)
      ? "qwen2"
      : /^qwen/.test(type)
      ? "qwen3"
      : "llama";
    throw text.error(
      `Unsupported mixture of ${experts} experts (model type ${type})`,
      `only dense models are supported, nearest is the family ${dense}; sizes of mixtures are known to parseDecoderShape()`,
      expertField,
    );
  }
  const family = familyOf(text);
  return decoderConfig(text, top, family, FAMILIES[family]);
}

/** The part of a config that describes the decoder. */
export function textPart(top: JsonReader): JsonReader {
  const text = top.object("text_config") ?? top;
  const isVision = text.text("model_component") === "vision" ||
    (text.found(["image_size"]) !== undefined && text.found(["patch_size"]) !== undefined &&
      text.found(["vocab_size", "num_key_value_heads"]) === undefined) ||
    (text.found(["image_size"]) !== undefined && text.fields.vocab_size === 0);
  if (isVision) {
    throw text.error(
      "A vision encoder is no decoder: it has no vocabulary and no causal attention",
      "give the config of the language model, or the one that holds it as text_config",
      "model_type",
    );
  }
  return text;
}

/** The fields of a config whose family is known. */
export function decoderConfig(
  json: JsonReader,
  top: JsonReader,
  family: DecoderFamily,
  defaults: FamilyDefaults,
): DecoderConfig {
  refuseUnsupported(json);
  const hidden = json.required("hidden_size", "d_model");
  const heads = json.required("num_attention_heads", "n_heads");
  const layers = json.required("num_hidden_layers", "n_layers");
  const intermediate = json.required("intermediate_size", "mlp_hidden_size");
  const kvHeads = json.count(["num_key_value_heads", "n_kv_heads"]) ?? defaults.kvHeads ?? heads;
  const headDim = json.count(["head_dim"]) ?? defaults.headDim ?? hidden / heads;
  const vocabulary = json.required(
    ...(family === "llada" ? ["embedding_size", "vocab_size"] : ["vocab_size", "embedding_size"]),
  );
  if (!Number.isInteger(headDim)) {
    throw json.error(
      `hidden_size ${hidden} is no multiple of num_attention_heads ${heads}`,
      'add "head_dim", or correct one of them',
      "num_attention_heads",
    );
  }
  if (heads % kvHeads !== 0) {
    throw json.error(
      `num_attention_heads ${heads} is no multiple of num_key_value_heads ${kvHeads}`,
      json.found(["num_key_value_heads", "n_kv_heads"]) === undefined
        ? `add "num_key_value_heads": the default of ${family} is ${kvHeads}`
        : "correct one of them",
      "num_key_value_heads",
    );
  }
  if (headDim % 2 !== 0) {
    throw json.error(
      `The width of a head is ${headDim}, but the rotary embedding turns pairs`,
      "give an even head_dim",
      "head_dim",
    );
  }
  const maxPositions = json.count(["max_position_embeddings", "max_sequence_length"]) ??
    defaults.maxPositions;
  const rope = parseRope(json, maxPositions);
  const attentionBias = json.flag("attention_bias", "include_bias") ?? false;
  const qkvBias = defaults.qkvBias === "always" ||
    (defaults.qkvBias === "attention_bias" &&
      (attentionBias || (json.flag("include_qkv_bias") ?? false)));
  const bos = json.tokens("bos_token_id")[0];
  return {
    family,
    hidden,
    intermediate,
    layers,
    heads,
    kvHeads,
    headDim,
    vocabulary,
    maxPositions,
    normEpsilon: json.positive("rms_norm_eps", "norm_eps", "layer_norm_eps") ??
      defaults.normEpsilon,
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    tiedEmbeddings: json.flag("tie_word_embeddings", "weight_tying") ??
      top.flag("tie_word_embeddings") ?? false,
    qkvBias,
    outputBias: defaults.outputBias === "attention_bias" && attentionBias,
    mlpBias: family === "llama" || family === "llada"
      ? json.flag("mlp_bias", "include_bias") ?? false
      : false,
    qkNorm: defaults.qkNorm,
    causal: defaults.causal,
    slidingWindows: slidingWindows(json, layers, defaults),
    ...(bos === undefined ? {} : { bosToken: bos }),
    eosTokens: json.tokens("eos_token_id"),
  };
}

function refuseUnsupported(json: JsonReader): void {
  const activation = json.text("hidden_act", "hidden_activation", "activation_type");
  if (activation !== undefined && !SILU.includes(activation)) {
    throw json.error(
      `Unsupported activation ${JSON.stringify(activation)}`,
      `the feed-forward layers of supported models use silu`,
      json.found(["hidden_act", "hidden_activation", "activation_type"]),
    );
  }
  const flags = [
    ["alibi", "ALiBi instead of a rotary embedding"],
    ["attention_layer_norm", "norms over all heads of q and k together"],
    ["bias_for_layer_norm", "biases in norms"],
    ["multi_query_attention", "the flag multi_query_attention; write n_kv_heads instead"],
  ] as const;
  for (const [name, what] of flags) {
    if (json.flag(name) === true) {
      throw json.error(`Unsupported: ${what}`, `only models with "${name}": false`, name);
    }
  }
  const norm = json.text("layer_norm_type");
  if (norm !== undefined && norm !== "rms") {
    throw json.error(`Unsupported norm ${JSON.stringify(norm)}`, 'only "rms"', "layer_norm_type");
  }
  const block = json.text("block_type");
  if (block !== undefined && block !== "llama") {
    throw json.error(`Unsupported block ${JSON.stringify(block)}`, 'only "llama"', "block_type");
  }
}

/** The window of every layer: by `layer_types`, or by the rule of the family. */
export function slidingWindows(
  json: JsonReader,
  layers: number,
  defaults: Pick<FamilyDefaults, "windows" | "slidingWindow">,
): readonly (number | undefined)[] {
  const all: (number | undefined)[] = Array(layers).fill(undefined);
  if (defaults.windows === "none") return all;
  // Written as null it means none; only where it is absent does the default hold.
  const window = json.has("sliding_window")
    ? json.count(["sliding_window"])
    : defaults.slidingWindow;
  if (window === undefined) return all;
  if (defaults.windows === "from_max_window_layers" && json.flag("use_sliding_window") !== true) {
    return all;
  }
  const types = json.fields.layer_types;
  if (types !== undefined && types !== null) {
    const known = ["sliding_attention", "full_attention"];
    if (
      !Array.isArray(types) || types.length !== layers || !types.every((t) => known.includes(t))
    ) {
      throw json.error(
        `${json.path}.layer_types must be a list of ${layers} times ${known.join(" or ")}`,
        "give one entry a layer",
        "layer_types",
      );
    }
    return types.map((type) => type === "sliding_attention" ? window : undefined);
  }
  if (defaults.windows === "all") return all.fill(window);
  const full = json.count(["max_window_layers"], 0) ?? 28;
  return all.map((_, layer) => layer >= full ? window : undefined);
}
