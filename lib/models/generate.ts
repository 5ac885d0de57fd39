import type { DecoderConfig, DecoderWeights, LayerWeights } from "./decoder_config.ts";
import { forward } from "./forward.ts";
import { KvCache } from "./kv_cache.ts";

/**
 * The same weights, each tensor made only once and then kept in memory: for many passes over a
 * model that fits. A layer is made as a whole.
 */
export function keptWeights(config: DecoderConfig, weights: DecoderWeights): DecoderWeights {
  const layers = new Map<number, LayerWeights>();
  let embedding: Float32Array | undefined;
  let head: Float32Array | undefined;
  let norm: Float32Array | undefined;
  const embed = (): Float32Array => embedding ??= weights.embedding();
  return {
    embedding: embed,
    finalNorm: () => norm ??= weights.finalNorm(),
    head: () => config.tiedEmbeddings ? embed() : head ??= weights.head(),
    layer: (index) => {
      let known = layers.get(index);
      // A copy has every tensor that the layer makes when it is asked for.
      if (known === undefined) layers.set(index, known = { ...weights.layer(index) });
      return known;
    },
  };
}

/** Index of the largest number, the first of equal ones. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > values[best]!) best = i;
  }
  return best;
}

/**
 * Continues a prompt greedily, a token at a time with a cache, until `count` tokens are made or the
 * model ends the text. Keep the weights in memory ({@linkcode keptWeights}) if they fit.
 *
 * @throws {ModelError} If the prompt is empty or has a token that is not of the vocabulary.
 */
export function* generate(
  config: DecoderConfig,
  weights: DecoderWeights,
  prompt: readonly number[],
  count: number,
): Generator<number, void> {
  const cache = new KvCache(config, prompt.length + count);
  let next = prompt;
  for (let i = 0; i < count; i++) {
    const token = argmax(forward(config, weights, next, { cache, logits: "last" }).logits);
    yield token;
    if (config.eosTokens.includes(token)) return;
    next = [token];
  }
}
