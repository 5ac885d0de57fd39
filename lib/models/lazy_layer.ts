import type { DecoderConfig, LayerWeights } from "./decoder_config.ts";
import { LAYER_TENSORS, type LayerTensor } from "./tensor_names.ts";

/**
 * The tensors of a layer, each made when it is first asked for and then kept as long as the layer
 * is; a field that the config does not have is absent.
 */
export function lazyLayer(
  config: DecoderConfig,
  make: (tensor: LayerTensor) => Float32Array,
): LayerWeights {
  const layer = {};
  for (const tensor of LAYER_TENSORS) {
    if (!tensor.present(config)) continue;
    let made: Float32Array | undefined;
    Object.defineProperty(layer, tensor.field, {
      enumerable: true,
      get: (): Float32Array => made ??= make(tensor),
    });
  }
  return layer as LayerWeights;
}

/** @throws {RangeError} If there is no such layer. */
export function checkLayer(config: DecoderConfig, index: number): void {
  if (Number.isInteger(index) && index >= 0 && index < config.layers) return;
  throw new RangeError(`There is no layer ${index} of ${config.layers}`);
}
