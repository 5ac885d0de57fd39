/**
 * What each stage computes, as plain loops over the model's own shapes with the machine's roundings: the
 * other side of the stage-by-stage comparison. Nothing here knows of tiles or blocks but the running
 * sums, which are rounded after every MLEN lanes.
 */
import { f16ToF32, f32ToF16, roundToBf16 } from "../../numerics/mod.ts";

const cell = new Float32Array(1);

/** A number as bfloat16. */
export function bf16(value: number): number {
  cell[0] = value;
  return roundToBf16(cell)[0]!;
}

/** A constant as it reaches the machine: through binary16. */
export function preloaded(value: number): number {
  return bf16(f16ToF32(f32ToF16(Float32Array.of(value)))[0]!);
}

/** x · wᵀ: x is (rows, inputs), w (outputs, inputs). */
export function multiply(x: Float32Array, w: Float32Array, inputs: number): Float32Array {
  const rows = x.length / inputs;
  const outputs = w.length / inputs;
  const y = new Float32Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += x[r * inputs + i]! * w[o * inputs + i]!;
      y[r * outputs + o] = sum;
    }
  }
  return roundToBf16(y);
}

/** a + b. */
export function sumOf(a: Float32Array, b: Float32Array): Float32Array {
  return roundToBf16(a.map((value, i) => value + b[i]!));
}

/** Adds a row to every row. */
export function withBias(x: Float32Array, bias: Float32Array | undefined, scale = 1): Float32Array {
  if (bias === undefined) return x;
  const row = roundToBf16(bias.map((value) => value * scale));
  return roundToBf16(x.map((value, i) => value + row[i % row.length]!));
}

/** Every group of `width` over √(Σx² + seed); the sum is rounded after each of the `pieces`. */
export function rootNorm(
  x: Float32Array,
  width: number,
  seed: number,
  piece: number,
): Float32Array {
  const y = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let sum = preloaded(seed);
    for (let first = 0; first < width; first += piece) {
      let part = 0;
      const end = Math.min(width, first + piece);
      for (let i = first; i < end; i++) part += bf16(x[start + i]! ** 2);
      sum = bf16(sum + part);
    }
    const inverse = bf16(1 / bf16(Math.sqrt(sum)));
    for (let i = 0; i < width; i++) y[start + i] = x[start + i]! * inverse;
  }
  return roundToBf16(y);
}

/** Turns heads of `width`; cos and sin are (rows, width). */
export function turn(
  x: Float32Array,
  rows: number,
  width: number,
  cos: Float32Array,
  sin: Float32Array,
): Float32Array {
  const y = new Float32Array(x.length);
  const perRow = x.length / rows;
  const half = width / 2;
  for (let at = 0; at < x.length; at += width) {
    const table = Math.floor(at / perRow) * width;
    for (let i = 0; i < half; i++) {
      const [a, b] = [x[at + i]!, x[at + half + i]!];
      const [c, s] = [cos[table + i]!, sin[table + i]!];
      y[at + i] = bf16(bf16(a * c) - bf16(b * s));
      y[at + half + i] = bf16(bf16(b * c) + bf16(a * s));
    }
  }
  return y;
}

/** Shapes of an attention. */
export interface AttentionShape {
  /** Query heads. */
  readonly heads: number;
  /** Key heads. */
  readonly kvHeads: number;
  /** Width of a head. */
  readonly headDim: number;
  /** Whether later keys are hidden. */
  readonly causal: boolean;
  /** Positions that are seen, the own one included; undefined for all. */
  readonly window: number | undefined;
  /** Lanes of a row. */
  readonly mlen: number;
}

/** softmax(q · kᵀ) · v, with queries that have the scale already. */
export function attend(
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  { heads, kvHeads, headDim, causal, window = Infinity, mlen }: AttentionShape,
): Float32Array {
  const rows = q.length / (heads * headDim);
  const out = new Float32Array(q.length);
  const weights = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    for (let h = 0; h < heads; h++) {
      const kv = Math.floor(h / (heads / kvHeads));
      const query = (r * heads + h) * headDim;
      const from = Math.max(0, r - window + 1);
      const to = causal ? r + 1 : rows;
      let highest = -60000;
      for (let key = from; key < to; key++) {
        let score = 0;
        const at = (key * kvHeads + kv) * headDim;
        for (let d = 0; d < headDim; d++) score += q[query + d]! * k[at + d]!;
        weights[key] = bf16(score);
        highest = Math.max(highest, weights[key]!);
      }
      let sum = 0;
      for (let first = Math.floor(from / mlen) * mlen; first < to; first += mlen) {
        let part = 0;
        for (let key = Math.max(first, from); key < Math.min(first + mlen, to); key++) {
          weights[key] = bf16(Math.exp(Math.max(-88, bf16(weights[key]! - highest))));
          part += weights[key]!;
        }
        sum = bf16(sum + part);
      }
      const inverse = bf16(1 / sum);
      for (let key = from; key < to; key++) weights[key] = bf16(weights[key]! * inverse);
      for (let d = 0; d < headDim; d++) {
        let mixed = 0;
        for (let key = from; key < to; key++) {
          mixed += weights[key]! * v[(key * kvHeads + kv) * headDim + d]!;
        }
        out[query + d] = mixed;
      }
    }
  }
  return roundToBf16(out);
}

/** silu(gate) · up, from both negated. */
export function gated(gate: Float32Array, up: Float32Array): Float32Array {
  const y = new Float32Array(gate.length);
  for (let i = 0; i < y.length; i++) {
    const raised = bf16(Math.exp(Math.max(-88, Math.min(88, gate[i]!))));
    const share = bf16(1 / bf16(raised + 1));
    y[i] = bf16(bf16(share * gate[i]!) * up[i]!);
  }
  return y;
}
