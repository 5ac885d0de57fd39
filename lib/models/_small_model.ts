import type { DecoderConfig, DecoderWeights } from "./decoder_config.ts";
import { parseDecoderConfig } from "./parse_config.ts";
import { bytesSource, openSafetensors, type SafetensorsFile } from "./safetensors_file.ts";
import { LAYER_TENSORS, layerTensorName, type NameStyle } from "./tensor_names.ts";

/** A small config of a family, with fields of its own. */
export function smallConfig(model_type: string, more: Record<string, unknown> = {}): DecoderConfig {
  return parseDecoderConfig({
    model_type,
    hidden_size: 24,
    intermediate_size: 20,
    num_hidden_layers: 2,
    num_attention_heads: 6,
    num_key_value_heads: 2,
    vocab_size: 40,
    ...more,
  });
}

/** Packs weights as one file of F32 under the names of a style. */
export function packWeights(
  config: DecoderConfig,
  weights: DecoderWeights,
  style: NameStyle,
  change: (tensors: Map<string, [number[], Float32Array]>) => void = () => {},
): SafetensorsFile {
  const tensors = new Map<string, [number[], Float32Array]>();
  tensors.set(style.embedding, [[config.vocabulary, config.hidden], weights.embedding()]);
  for (let i = 0; i < config.layers; i++) {
    const layer = weights.layer(i);
    for (const tensor of LAYER_TENSORS) {
      const values = layer[tensor.field];
      const name = layerTensorName(style, i, tensor);
      if (values !== undefined) tensors.set(name!, [[...tensor.shape(config)], values]);
    }
  }
  tensors.set(style.finalNorm, [[config.hidden], weights.finalNorm()]);
  if (!config.tiedEmbeddings) {
    tensors.set(style.head[0]!, [[config.vocabulary, config.hidden], weights.head()]);
  }
  change(tensors);
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, [shape, values]] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, end += 4 * values.length] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  let at = 8 + json.length;
  for (const [, values] of tensors.values()) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return openSafetensors(bytesSource(file));
}
