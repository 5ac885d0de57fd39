/** The experts that V_TOPK selects and their weights, best first. */
export interface TopK {
  /** Indices of the selected logits. */
  readonly indices: readonly number[];
  /** Binary32 softmax weights among the selected; 0 where no sum is finite and positive. */
  readonly weights: Float32Array;
}

const value = new Float32Array(1);
const valueBits = new Int32Array(value.buffer);

/** A number whose order is IEEE 754's total order of binary32 values, so that -0 is below +0. */
function totalOrder(x: number): number {
  value[0] = x;
  const bits = valueBits[0]!;
  return bits < 0 ? -2147483649 - bits : bits;
}

/**
 * Selects the largest logits: NaN counts as -infinity, equal ones go by lower index; weights are the
 * softmax of the selected in binary32, summed in rank order (emulator specification, section 4.4).
 */
export function topK(logits: Float32Array, count: number): TopK {
  const clean = Float32Array.from(logits, (x) => Number.isNaN(x) ? -Infinity : x);
  const order = Array.from(clean, (x, index) => ({ index, key: totalOrder(x) }));
  order.sort((a, b) => b.key - a.key || a.index - b.index);
  const indices = order.slice(0, count).map((entry) => entry.index);
  const weights = new Float32Array(count);
  const sum = new Float32Array(1);
  const difference = new Float32Array(1);
  const largest = clean[indices[0]!]!;
  for (let rank = 0; rank < count; rank++) {
    difference[0] = clean[indices[rank]!]! - largest;
    weights[rank] = Math.exp(difference[0]);
    sum[0]! += weights[rank]!;
  }
  const denominator = sum[0]!;
  const usable = denominator > 0 && denominator < Infinity;
  for (let rank = 0; rank < count; rank++) {
    weights[rank] = usable ? weights[rank]! / denominator : 0;
  }
  return { indices, weights };
}
