import type { DecoderFamily } from "./decoder_config.ts";
import { type JsonReader, show } from "./json_reader.ts";

/** Gated activations that are SiLU; `swiglu` is the gate and the activation together. */
const SILU = ["silu", "swish", "swiglu"];

/** Where a config says which activation the feed-forward layers have. */
const ACTIVATIONS = ["hidden_act", "hidden_activation", "activation_type"];

/** What the neutral value of a field may depend on. */
export interface ModelSizes {
  /** The family. */
  readonly family: DecoderFamily;
  /** Width of the residual stream. */
  readonly hidden: number;
  /** Layers. */
  readonly layers: number;
  /** Width of a head. */
  readonly headDim: number;
  /** Whether a position sees only what is before it. */
  readonly causal: boolean;
  /** Whether q and k pass a norm. */
  readonly qkNorm: boolean;
  /** Whether the head of the vocabulary is the embedding. */
  readonly tied: boolean;
}

/**
 * A field that asks for another computation than ours, and the value with which it asks for nothing;
 * so does null, and so does its absence.
 */
interface Switch {
  readonly name: string;
  /** What it asks for. */
  readonly what: string;
  /** The value with which it changes nothing; undefined where only null is such a value. */
  readonly neutral: (sizes: ModelSizes) => boolean | number | undefined;
}

const no = (): boolean => false;
const yes = (): boolean => true;
const zero = (): number => 0;
const one = (): number => 1;
const none = (): undefined => undefined;
const causal = (sizes: ModelSizes): boolean => sizes.causal;
const qkNorm = (sizes: ModelSizes): boolean => sizes.qkNorm;
const headDim = (sizes: ModelSizes): number => sizes.headDim;

/**
 * The switches of LLaDA's own configuration class, which follows OLMo, and of the relatives of Llama in
 * Transformers whose configs pass for one of ours (Granite, Cohere, Gemma 2, MiniCPM, SmolLM 3,
 * Llama 4, DeepSeek, OLMo 2, nanotron).
 */
// deno-fmt-ignore: one field, one row
const SWITCHES: readonly Switch[] = [
  { name: "alibi", what: "ALiBi instead of a rotary embedding", neutral: no },
  { name: "rope", what: "positions without a rotary embedding", neutral: yes },
  { name: "rope_interleaved", what: "a rotary embedding that turns neighbouring elements", neutral: no },
  { name: "rope_interleave", what: "a rotary embedding that turns neighbouring elements", neutral: no },
  { name: "rotary_pct", what: "rotation of a part of a head", neutral: one },
  { name: "rope_pct", what: "rotation of a part of a head", neutral: one },
  { name: "rotary_dim", what: "rotation of a part of a head", neutral: headDim },
  { name: "use_mrope", what: "a rotary embedding by place in a picture", neutral: no },
  { name: "rope_local_base_freq", what: "another rotary base in layers with a window", neutral: none },
  { name: "no_rope_layer_interval", what: "layers without a rotary embedding", neutral: none },
  { name: "attention_layer_norm", what: "norms over all heads of q and k together", neutral: no },
  { name: "use_qk_norm", what: "norms of q and k, which the family has not", neutral: qkNorm },
  { name: "qk_norm", what: "norms of q and k, which the family has not", neutral: qkNorm },
  { name: "qk_layernorm", what: "norms of q and k with a mean", neutral: no },
  { name: "qk_layer_norms", what: "norms of q and k, which the family has not", neutral: qkNorm },
  { name: "layer_norm_with_affine", what: "norms without gains", neutral: yes },
  { name: "bias_for_layer_norm", what: "biases in norms", neutral: no },
  { name: "norm_after", what: "norms after the blocks instead of before them", neutral: no },
  { name: "use_parallel_residual", what: "attention and feed-forward side by side", neutral: no },
  { name: "parallel_attn", what: "attention and feed-forward side by side", neutral: no },
  { name: "is_causal", what: "another mask of attention than the family's", neutral: causal },
  { name: "use_bidirectional_attention", what: "another mask of attention than the family's", neutral: (s) => !s.causal },
  { name: "attention_chunk_size", what: "attention within chunks", neutral: none },
  { name: "attn_temperature_tuning", what: "scores scaled by the position", neutral: no },
  { name: "scale_attn_by_inverse_layer_idx", what: "scores divided by the layer", neutral: no },
  { name: "attention_multiplier", what: "another scale of scores than 1/√head_dim", neutral: (s) => 1 / Math.sqrt(s.headDim) },
  { name: "query_pre_attn_scalar", what: "another scale of scores than 1/√head_dim", neutral: headDim },
  { name: "attn_logit_softcapping", what: "scores that are capped", neutral: zero },
  { name: "clip_qkv", what: "q, k and v that are clipped", neutral: none },
  { name: "input_emb_norm", what: "embeddings times √d_model", neutral: no },
  { name: "embedding_multiplier", what: "embeddings times a factor", neutral: one },
  { name: "scale_emb", what: "embeddings times a factor", neutral: one },
  { name: "residual_multiplier", what: "residuals times a factor", neutral: one },
  { name: "scale_depth", what: "residuals times a factor", neutral: (s) => Math.sqrt(s.layers) },
  { name: "scale_logits", what: "logits divided by √d_model", neutral: no },
  { name: "logit_scale", what: "logits times a factor", neutral: one },
  { name: "lm_head_multiplier", what: "logits times a factor", neutral: one },
  { name: "logits_scaling", what: "logits divided by a factor", neutral: one },
  { name: "dim_model_base", what: "logits divided by a factor", neutral: (s) => s.hidden },
  { name: "final_logit_softcapping", what: "logits that are capped", neutral: zero },
  { name: "is_encoder_decoder", what: "an encoder before the decoder", neutral: no },
  { name: "add_cross_attention", what: "attention to an encoder", neutral: no },
];

/**
 * Refuses a config that asks for another computation than a pre-norm decoder with RMS norms, a rotary
 * embedding of whole heads and a feed-forward layer gated by SiLU, so that no other model is compiled
 * than the folder holds. A value that means "off" is accepted.
 *
 * @throws {ModelError} At the field that asks for it.
 */
export function refuseUnsupported(json: JsonReader, sizes: ModelSizes): void {
  for (const name of ACTIVATIONS) {
    const activation = json.text(name);
    if (activation === undefined) continue;
    // LLaDA's own "swiglu" halves the projection, and has no second one.
    const isSilu = SILU.includes(activation) &&
      !(sizes.family === "llada" && name === "activation_type" && activation === "swiglu");
    if (isSilu) continue;
    throw json.error(
      `Unsupported activation ${JSON.stringify(activation)}`,
      "the feed-forward layers of supported models use silu",
      name,
    );
  }
  const norm = json.text("layer_norm_type");
  if (norm !== undefined && norm !== "rms") {
    throw json.error(`Unsupported norm ${JSON.stringify(norm)}`, 'only "rms"', "layer_norm_type");
  }
  const block = json.text("block_type");
  if (block !== undefined && block !== "llama") {
    throw json.error(`Unsupported block ${JSON.stringify(block)}`, 'only "llama"', "block_type");
  }
  for (const { name, what, neutral } of SWITCHES) {
    const value = json.fields[name];
    const off = neutral(sizes);
    if (value === undefined || value === null || isSame(value, off)) continue;
    throw json.error(
      `Unsupported: ${what}; ${json.path}.${name} is ${show(value)}`,
      `only models with "${name}": ${off ?? null}`,
      name,
    );
  }
  const rotated = json.fields.no_rope_layers;
  if (Array.isArray(rotated) && rotated.some((isRotated) => isRotated !== 1)) {
    throw json.error(
      `Unsupported: layers without a rotary embedding; ${json.path}.no_rope_layers has them`,
      'only models with "no_rope_layers" of 1 for every layer, which means with one',
      "no_rope_layers",
    );
  }
  // LLaDA's norms have biases where its other layers do, unless that is switched off; so has a head.
  if (json.flag("include_bias") !== true) return;
  for (
    const [isThere, what, off] of [
      [json.flag("bias_for_layer_norm") !== false, "norms", '"bias_for_layer_norm": false'],
      [!sizes.tied, "the head of the vocabulary", '"weight_tying": true'],
    ] as const
  ) {
    if (!isThere) continue;
    throw json.error(
      `Unsupported: biases in ${what}, which come with include_bias`,
      `only models with "include_bias": false, or with ${off}`,
      "include_bias",
    );
  }
}

/** Whether a value is the neutral one; numbers as far as configs write their digits. */
function isSame(value: unknown, neutral: boolean | number | undefined): boolean {
  if (typeof value !== "number" || typeof neutral !== "number") return value === neutral;
  return Math.abs(value - neutral) <= 1e-6 * Math.abs(neutral);
}
