import { laneSum, type Round } from "./staged_ops.ts";

/** What an attention needs besides its tensors. */
export interface StagedAttentionOptions {
  /** Query heads. */
  readonly heads: number;
  /** Key heads. */
  readonly kvHeads: number;
  /** Width of a head. */
  readonly headDim: number;
  /** Whether later positions are hidden. */
  readonly causal: boolean;
  /** Positions that are seen back, undefined for all. */
  readonly window: number | undefined;
  /** Factor on the products before they are rounded. */
  readonly productScale: number;
  /** Factor on the rounded products; undefined if it is in the queries already. */
  readonly scale: number | undefined;
  /**
   * Lanes of a row, if this is to be as a program has it: shares of a block of as many keys are
   * exponentiated, added up and divided in rounded steps; products are summed up in float32 row by
   * row. Undefined for a softmax that is one float32 expression, and exact sums.
   */
  readonly block: number | undefined;
  /** Whether, row by row, the halves of a head have rows of their own. */
  readonly splitHeads: boolean;
}

/** Attention with scores, shares and results rounded. */
export function stagedAttention(
  q: Float32Array,
  keys: Float32Array,
  values: Float32Array,
  options: StagedAttentionOptions,
  round: Round,
): Float32Array {
  const { heads, kvHeads, headDim, causal, window, productScale, scale, block } = options;
  const { splitHeads } = options;
  const width = heads * headDim;
  const kvWidth = kvHeads * headDim;
  const rows = q.length / width;
  const positions = keys.length / kvWidth;
  const half = splitHeads ? headDim / 2 : headDim;
  const out = new Float32Array(q.length);
  for (let r = 0; r < rows; r++) {
    const position = positions - rows + r;
    const first = window === undefined ? 0 : Math.max(0, position - window + 1);
    const end = causal ? position + 1 : positions;
    const s = new Float32Array(end - first);
    for (let h = 0; h < heads; h++) {
      const from = r * width + h * headDim;
      const kv = Math.floor(h * kvHeads / heads) * headDim;
      for (let p = first; p < end; p++) {
        const key = p * kvWidth + kv;
        let dot = 0;
        if (block === undefined) {
          for (let d = 0; d < headDim; d++) dot += q[from + d]! * keys[key + d]!;
        } else {
          for (let d = 0; d < headDim;) {
            const end = Math.min(d + block, d < half ? half : headDim);
            let sum = 0;
            for (; d < end; d++) sum = Math.fround(sum + q[from + d]! * keys[key + d]!);
            dot = Math.fround(dot + sum);
          }
        }
        s[p - first] = dot * productScale;
      }
      round(s);
      if (scale !== undefined) {
        for (let i = 0; i < s.length; i++) s[i] = s[i]! * scale;
        round(s);
      }
      let highest = -Infinity;
      for (let i = 0; i < s.length; i++) if (s[i]! > highest) highest = s[i]!;
      if (block === undefined) {
        let sum = 0;
        for (let i = 0; i < s.length; i++) sum += Math.exp(s[i]! - highest);
        for (let i = 0; i < s.length; i++) s[i] = Math.exp(s[i]! - highest) / sum;
        round(s);
      } else {
        sharesInSteps(s, highest, first, block, round);
      }
      for (let d = 0; d < headDim; d++) {
        let mixed = 0;
        if (block === undefined) {
          for (let p = first; p < end; p++) mixed += s[p - first]! * values[p * kvWidth + kv + d]!;
        } else {
          for (let p = first; p < end;) {
            const last = Math.min(end, p - p % block + block);
            let sum = 0;
            for (; p < last; p++) {
              sum = Math.fround(sum + s[p - first]! * values[p * kvWidth + kv + d]!);
            }
            mixed = Math.fround(mixed + sum);
          }
        }
        out[from + d] = mixed;
      }
    }
  }
  return round(out);
}

/** Scores to shares in place: difference, exponential, sums over blocks of keys, reciprocal, product. */
function sharesInSteps(
  s: Float32Array,
  highest: number,
  firstKey: number,
  block: number,
  round: Round,
): void {
  for (let i = 0; i < s.length; i++) s[i] = s[i]! - highest;
  round(s);
  for (let i = 0; i < s.length; i++) s[i] = Math.exp(Math.max(-88, s[i]!));
  round(s);
  const sum = new Float32Array(1);
  const row = new Float32Array(block);
  for (let i = 0; i < s.length;) {
    const lane = (firstKey + i) % block;
    const end = Math.min(s.length, i + block - lane);
    row.fill(0);
    row.set(s.subarray(i, end), lane);
    sum[0] = sum[0]! + laneSum(row);
    round(sum);
    i = end;
  }
  sum[0] = 1 / sum[0]!;
  round(sum);
  for (let i = 0; i < s.length; i++) s[i] = s[i]! * sum[0]!;
  round(s);
}
