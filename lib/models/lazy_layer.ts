import type { DecoderConfig, LayerWeights } from "./decoder_config.ts";
import { LAYER_TENSORS, type LayerTensor } from "./tensor_names.ts";

/**
 * The tensors of a layer, each made anew whenever it is asked for, so that no more than one need be in
 * memory; a field that the config does not have is absent.
 */
export function lazyLayer(
  config: DecoderConfig,
  make: (tensor: LayerTensor) => Float32Array,
): LayerWeights {
  const layer = {};
  for (const tensor of LAYER_TENSORS) {
    if (!tensor.present(config)) continue;
    Object.defineProperty(layer, tensor.field, { enumerable: true, get: () => make(tensor) });
  }
  return layer as LayerWeights;
}

/** @throws {RangeError} If there is no such layer. */
export function checkLayer(config: DecoderConfig, index: number): void {
  if (Number.isInteger(index) && index >= 0 && index < config.layers) return;
  throw new RangeError(`There is no layer ${index} of ${config.layers}`);
}
