import type { DecoderConfig, LayerWeights } from "./decoder_config.ts";

/** One tensor of a layer: its field, its name after the layer's number in both styles, its shape. */
export interface LayerTensor {
  /** Field of {@linkcode LayerWeights}. */
  readonly field: keyof LayerWeights;
  /** Name in the style of Llama, Mistral and Qwen. */
  readonly llama: string;
  /** Name in the style of LLaDA; undefined where LLaDA has no such tensor. */
  readonly llada: string | undefined;
  /** Expected shape. */
  readonly shape: (config: DecoderConfig) => readonly number[];
  /** Whether a model of this config has it. */
  readonly present: (config: DecoderConfig) => boolean;
}

const always = (): boolean => true;
const queries = (c: DecoderConfig): number => c.heads * c.headDim;
const keys = (c: DecoderConfig): number => c.kvHeads * c.headDim;
const ifQkvBias = (c: DecoderConfig): boolean => c.qkvBias;
const ifMlpBias = (c: DecoderConfig): boolean => c.mlpBias;

/** Every tensor of a layer (compiler specification, section 8.3, with gains, biases and q/k norms). */
// deno-fmt-ignore: one tensor, one row
export const LAYER_TENSORS: readonly LayerTensor[] = [
  { field: "attentionNorm", llama: "input_layernorm.weight", llada: "attn_norm.weight", shape: (c) => [c.hidden], present: always },
  { field: "wq", llama: "self_attn.q_proj.weight", llada: "q_proj.weight", shape: (c) => [queries(c), c.hidden], present: always },
  { field: "wk", llama: "self_attn.k_proj.weight", llada: "k_proj.weight", shape: (c) => [keys(c), c.hidden], present: always },
  { field: "wv", llama: "self_attn.v_proj.weight", llada: "v_proj.weight", shape: (c) => [keys(c), c.hidden], present: always },
  { field: "wo", llama: "self_attn.o_proj.weight", llada: "attn_out.weight", shape: (c) => [c.hidden, queries(c)], present: always },
  { field: "bq", llama: "self_attn.q_proj.bias", llada: "q_proj.bias", shape: (c) => [queries(c)], present: ifQkvBias },
  { field: "bk", llama: "self_attn.k_proj.bias", llada: "k_proj.bias", shape: (c) => [keys(c)], present: ifQkvBias },
  { field: "bv", llama: "self_attn.v_proj.bias", llada: "v_proj.bias", shape: (c) => [keys(c)], present: ifQkvBias },
  { field: "bo", llama: "self_attn.o_proj.bias", llada: "attn_out.bias", shape: (c) => [c.hidden], present: (c) => c.outputBias },
  { field: "qNorm", llama: "self_attn.q_norm.weight", llada: undefined, shape: (c) => [c.headDim], present: (c) => c.qkNorm },
  { field: "kNorm", llama: "self_attn.k_norm.weight", llada: undefined, shape: (c) => [c.headDim], present: (c) => c.qkNorm },
  { field: "mlpNorm", llama: "post_attention_layernorm.weight", llada: "ff_norm.weight", shape: (c) => [c.hidden], present: always },
  { field: "wGate", llama: "mlp.gate_proj.weight", llada: "ff_proj.weight", shape: (c) => [c.intermediate, c.hidden], present: always },
  { field: "wUp", llama: "mlp.up_proj.weight", llada: "up_proj.weight", shape: (c) => [c.intermediate, c.hidden], present: always },
  { field: "wDown", llama: "mlp.down_proj.weight", llada: "ff_out.weight", shape: (c) => [c.hidden, c.intermediate], present: always },
  { field: "bGate", llama: "mlp.gate_proj.bias", llada: "ff_proj.bias", shape: (c) => [c.intermediate], present: ifMlpBias },
  { field: "bUp", llama: "mlp.up_proj.bias", llada: "up_proj.bias", shape: (c) => [c.intermediate], present: ifMlpBias },
  { field: "bDown", llama: "mlp.down_proj.bias", llada: "ff_out.bias", shape: (c) => [c.hidden], present: ifMlpBias },
];

/** How a checkpoint names its tensors. */
export interface NameStyle {
  /** Before the number of a layer. */
  readonly layers: string;
  /** Which column of {@linkcode LAYER_TENSORS} follows it. */
  readonly column: "llama" | "llada";
  /** The embedding. */
  readonly embedding: string;
  /** The last norm. */
  readonly finalNorm: string;
  /** The head of the vocabulary, where it may be. */
  readonly head: readonly string[];
}

function llamaStyle(prefix: string, ...heads: readonly string[]): NameStyle {
  return {
    layers: `${prefix}layers.`,
    column: "llama",
    embedding: `${prefix}embed_tokens.weight`,
    finalNorm: `${prefix}norm.weight`,
    head: ["lm_head.weight", ...heads],
  };
}

function lladaStyle(prefix: string): NameStyle {
  return {
    layers: `${prefix}blocks.`,
    column: "llada",
    embedding: `${prefix}wte.weight`,
    finalNorm: `${prefix}ln_f.weight`,
    head: [`${prefix}ff_out.weight`, "lm_head.weight"],
  };
}

/** The styles that are recognised; the text part of a model of several parts has longer prefixes. */
export const NAME_STYLES: readonly NameStyle[] = [
  llamaStyle("model."),
  llamaStyle("model.text_model."),
  llamaStyle("model.language_model."),
  llamaStyle("language_model.model.", "language_model.lm_head.weight"),
  llamaStyle(""),
  lladaStyle("model.transformer."),
  lladaStyle("transformer."),
];

/** The name of a tensor of a layer, or undefined where the style has none. */
export function layerTensorName(
  style: NameStyle,
  layer: number,
  tensor: LayerTensor,
): string | undefined {
  const name = tensor[style.column];
  return name === undefined ? undefined : `${style.layers}${layer}.${name}`;
}
