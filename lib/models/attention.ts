import type { DecoderConfig } from "./decoder_config.ts";

/**
 * Attention of the last rows of a sequence to all of it: q is (rows, heads · headDim), keys and
 * values (positions, kvHeads · headDim), and the last row stands at the last position. Groups of
 * query heads share a key head; a window counts the position itself.
 */
export function attention(
  config: Pick<DecoderConfig, "heads" | "kvHeads" | "headDim" | "causal">,
  q: Float64Array,
  keys: Float64Array,
  values: Float64Array,
  window: number | undefined,
): Float64Array {
  const { heads, kvHeads, headDim, causal } = config;
  const width = heads * headDim;
  const kvWidth = kvHeads * headDim;
  const rows = q.length / width;
  const positions = keys.length / kvWidth;
  const ratio = heads / kvHeads;
  const scale = 1 / Math.sqrt(headDim);
  const out = new Float64Array(q.length);
  const weights = new Float64Array(positions);
  for (let r = 0; r < rows; r++) {
    const position = positions - rows + r;
    const first = window === undefined ? 0 : Math.max(0, position - window + 1);
    const end = causal ? position + 1 : positions;
    for (let h = 0; h < heads; h++) {
      const from = r * width + h * headDim;
      const kv = Math.floor(h / ratio) * headDim;
      let highest = -Infinity;
      for (let p = first; p < end; p++) {
        const key = p * kvWidth + kv;
        let dot = 0;
        for (let d = 0; d < headDim; d++) dot += q[from + d]! * keys[key + d]!;
        weights[p] = dot * scale;
        if (weights[p]! > highest) highest = weights[p]!;
      }
      let sum = 0;
      for (let p = first; p < end; p++) {
        weights[p] = Math.exp(weights[p]! - highest);
        sum += weights[p]!;
      }
      for (let p = first; p < end; p++) {
        const share = weights[p]! / sum;
        const value = p * kvWidth + kv;
        for (let d = 0; d < headDim; d++) {
          out[from + d] = out[from + d]! + share * values[value + d]!;
        }
      }
    }
  }
  return out;
}
