import { MOST } from "./count_limits.ts";
import type { DecoderConfig, DecoderFamily } from "./decoder_config.ts";
import { FAMILIES, type FamilyDefaults, familyOf } from "./families.ts";
import { JsonReader, show } from "./json_reader.ts";
import { refuseUnsupported } from "./refuse_unsupported.ts";
import { parseRope } from "./rope_config.ts";

/** Names under which a config may say that there are experts. */
const EXPERTS = ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"];
/** Fields with two names, that of Transformers and that of LLaDA, which mean the same. */
const SYNONYMS = [
  ["hidden_size", "d_model"],
  ["num_attention_heads", "n_heads"],
  ["num_key_value_heads", "n_kv_heads"],
  ["num_hidden_layers", "n_layers"],
  ["intermediate_size", "mlp_hidden_size"],
  ["max_position_embeddings", "max_sequence_length"],
] as const;

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
 * @throws {ModelError} If a field is missing or wrong, or asks for another computation than ours, with
 * its JSON path; if the architecture is not supported, with the nearest one that is; if `model_type` and
 * `architectures` contradict each other.
 */
export function parseDecoderConfig(json: unknown, file?: string): DecoderConfig {
  const top = new JsonReader(json, file);
  const text = textPart(top);
  const expertField = text.found(EXPERTS);
  const experts = expertField === undefined
    ? 0
    : text.count([expertField], { least: 0, most: MOST.experts })!;
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
  refuseOtherType(text, family);
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
  refuseContradictions(json);
  const { width } = MOST;
  const hidden = json.required(["hidden_size", "d_model"], { most: width });
  const heads = json.required(["num_attention_heads", "n_heads"], { most: width });
  const layers = json.required(["num_hidden_layers", "n_layers"], { most: MOST.layers });
  const intermediate = json.required(["intermediate_size", "mlp_hidden_size"], { most: width });
  const kvHeads = keyHeads(json, heads, defaults);
  const headDim = json.count(["head_dim"], { most: width }) ?? defaults.headDim ?? hidden / heads;
  const vocabulary = json.required(
    family === "llada" ? ["embedding_size", "vocab_size"] : ["vocab_size", "embedding_size"],
    { most: MOST.vocabulary },
  );
  if (family === "llada" && (json.count(["vocab_size"]) ?? 0) > vocabulary) {
    throw json.error(
      `embedding_size ${vocabulary} is less than vocab_size ${json.fields.vocab_size}`,
      "the embedding has a row for every token: correct one of them",
      "embedding_size",
    );
  }
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
  const { causal, qkNorm } = defaults;
  const tied = json.flag(...tyingNames(family)) ?? top.flag("tie_word_embeddings") ??
    defaults.tiedEmbeddings;
  refuseUnsupported(json, { family, hidden, layers, headDim, causal, qkNorm, tied });
  const written = json.count(["max_position_embeddings", "max_sequence_length"], {
    most: MOST.positions,
  });
  const rope = parseRope(json, written ?? defaults.maxPositions);
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
    maxPositions: rope.maxPositions,
    normEpsilon: json.positive("rms_norm_eps", "norm_eps", "layer_norm_eps") ??
      defaults.normEpsilon,
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    tiedEmbeddings: tied,
    qkvBias,
    outputBias: defaults.outputBias === "attention_bias" && attentionBias,
    mlpBias: family === "llama" || family === "llada"
      ? json.flag("mlp_bias", "include_bias") ?? false
      : false,
    qkNorm,
    causal,
    slidingWindows: slidingWindows(json, layers, defaults),
    ...(bos === undefined ? {} : { bosToken: bos }),
    eosTokens: json.tokens("eos_token_id"),
  };
}

/** Where a family says whether the head is the embedding: LLaDA's code reads its own field only. */
function tyingNames(family: DecoderFamily): readonly string[] {
  const names = ["tie_word_embeddings", "weight_tying"];
  return family === "llada" ? names.reverse() : names;
}

/**
 * Refuses a config whose `model_type` is of another family than its `architectures`: Transformers
 * goes by the former, {@linkcode familyOf} by the latter. LLaDA's own configs may say `llama`, for its
 * code follows their `auto_map`.
 */
function refuseOtherType(json: JsonReader, family: DecoderFamily): void {
  const type = json.text("model_type");
  if (type === undefined || type === family || (family === "llada" && type === "llama")) return;
  const isKnown = Object.hasOwn(FAMILIES, type);
  throw json.error(
    `${json.path}.model_type is ${show(type)}, but architectures are of the family ${family}`,
    isKnown
      ? "Transformers goes by model_type: correct one of them, or leave the wrong one out"
      : `Transformers goes by model_type, of which ${Object.keys(FAMILIES).join(", ")} are ` +
        `supported: if this is a model of ${family}, write "model_type": "${family}"`,
    "model_type",
  );
}

/** Refuses a config that says the same thing twice, differently. */
function refuseContradictions(json: JsonReader): void {
  for (const names of SYNONYMS) {
    const [one, other] = names.map((name) => json.fields[name] ?? undefined);
    if (one === undefined || other === undefined || one === other) continue;
    throw json.error(
      `${json.path}.${names[0]} is ${one}, but ${names[1]} is ${other}`,
      "they mean the same: correct one of them, or leave it out",
      names[0],
    );
  }
}

/** Key heads: written, by LLaDA's flag for a single one, or by the rule of the family. */
function keyHeads(json: JsonReader, heads: number, defaults: FamilyDefaults): number {
  const names = ["num_key_value_heads", "n_kv_heads"];
  const written = json.count(names, { most: MOST.width });
  const isSingle = json.flag("multi_query_attention");
  if (isSingle !== undefined) {
    const said = isSingle ? 1 : heads;
    if (written === undefined || written === said) return said;
    throw json.error(
      `multi_query_attention ${isSingle} means ${said} key heads, but there are ${written}`,
      "leave multi_query_attention out",
      "multi_query_attention",
    );
  }
  // Written as null it means as many as query heads; only where it is absent does the default hold.
  return written ?? (names.some((name) => json.has(name)) ? heads : defaults.kvHeads ?? heads);
}

/** The window of every layer: by `layer_types`, or by the rule of the family. */
export function slidingWindows(
  json: JsonReader,
  layers: number,
  defaults: Pick<FamilyDefaults, "windows" | "slidingWindow">,
): readonly (number | undefined)[] {
  const all: (number | undefined)[] = Array(layers).fill(undefined);
  const isOff = defaults.windows === "none" ||
    (defaults.windows === "from_max_window_layers" && json.flag("use_sliding_window") !== true);
  // Written as null it means none; only where it is absent does the default hold.
  const window = isOff
    ? undefined
    : json.has("sliding_window")
    ? json.count(["sliding_window"])
    : defaults.slidingWindow;
  const types = layerTypes(json, layers);
  if (types !== undefined) {
    if (window === undefined && types.includes("sliding_attention")) {
      throw json.error(
        `${json.path}.layer_types has layers with a window, but there is no window`,
        defaults.windows === "none"
          ? "models of this family have full attention in every layer"
          : 'write "sliding_window", and "use_sliding_window": true where the family has it',
        "layer_types",
      );
    }
    return types.map((type) => type === "sliding_attention" ? window : undefined);
  }
  if (window === undefined) return all;
  if (defaults.windows === "all") return all.fill(window);
  const full = json.count(["max_window_layers"], { least: 0 }) ?? 28;
  return all.map((_, layer) => layer >= full ? window : undefined);
}

/** What `layer_types` says about the attention of every layer, if it is there. */
function layerTypes(json: JsonReader, layers: number): readonly string[] | undefined {
  const types = json.fields.layer_types;
  if (types === undefined || types === null) return undefined;
  const known = ["sliding_attention", "full_attention"];
  if (Array.isArray(types) && types.length === layers && types.every((t) => known.includes(t))) {
    return types;
  }
  throw json.error(
    `${json.path}.layer_types must be a list of ${layers} times ${known.join(" or ")}`,
    "give one entry a layer; models with other kinds of layers are not supported",
    "layer_types",
  );
}
