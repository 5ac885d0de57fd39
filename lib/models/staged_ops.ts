import { f16ToF32, f32ToF16, roundToBf16 } from "../numerics/mod.ts";

/** Rounds in place and returns it; or does nothing, where a mode does without. */
export type Round = (values: Float32Array) => Float32Array;

/** A constant as it reaches the machine: by binary16, then bfloat16. */
export function preloaded(value: number): number {
  const half = f16ToF32(f32ToF16(new Float32Array([value])));
  return roundToBf16(half)[0]!;
}

/**
 * y = round(x · wᵀ): x is (rows, inputs), w (outputs, inputs). Inputs are taken `chunk` at a time,
 * and partial sums are rounded and added up as the public compiler does when a tile memory does not
 * hold them all.
 */
export function stagedLinear(
  x: Float32Array,
  w: Float32Array,
  inputs: number,
  round: Round,
  chunk: number = inputs,
): Float32Array {
  const rows = x.length / inputs;
  const outputs = w.length / inputs;
  let total: Float32Array | undefined;
  for (let first = 0; first < inputs; first += chunk) {
    const end = Math.min(inputs, first + chunk);
    const part = new Float32Array(rows * outputs);
    for (let o = 0; o < outputs; o++) {
      const wRow = o * inputs;
      for (let r = 0; r < rows; r++) {
        const xRow = r * inputs;
        let sum = 0;
        for (let i = first; i < end; i++) sum += w[wRow + i]! * x[xRow + i]!;
        part[r * outputs + o] = sum;
      }
    }
    round(part);
    total = total === undefined ? part : stagedAdd(total, part, round);
  }
  return total!;
}

/** round(x + y). */
export function stagedAdd(x: Float32Array, y: Float32Array, round: Round): Float32Array {
  const out = new Float32Array(x.length);
  const period = y.length;
  for (let i = 0; i < out.length; i++) out[i] = x[i]! + y[i % period]!;
  return round(out);
}

/** round(x · y), y being repeated. */
export function stagedMultiply(x: Float32Array, y: Float32Array, round: Round): Float32Array {
  const out = new Float32Array(x.length);
  const period = y.length;
  for (let i = 0; i < out.length; i++) out[i] = x[i]! * y[i % period]!;
  return round(out);
}

/** The constants of a norm. */
export interface NormConstants {
  /** ε, as it reaches the machine. */
  readonly epsilon: number;
  /** 1 / width, as it reaches the machine. */
  readonly inverseWidth: number;
  /** Lanes of a row, whose squares are added up at once. */
  readonly lanes: number;
}

/** An RMS norm without its gain, rounded after every operation (section 11 of the specification). */
export function stagedNorm(
  x: Float32Array,
  width: number,
  { epsilon, inverseWidth, lanes }: NormConstants,
  round: Round,
): Float32Array {
  const out = new Float32Array(x.length);
  const one = new Float32Array(1);
  const step = (value: number): number => {
    one[0] = value;
    return round(one)[0]!;
  };
  const squares = new Float32Array(width);
  for (let start = 0; start < x.length; start += width) {
    for (let i = 0; i < width; i++) squares[i] = x[start + i]! ** 2;
    round(squares);
    let acc = 0;
    for (let first = 0; first < width; first += lanes) {
      let sum = 0;
      for (let i = first; i < Math.min(width, first + lanes); i++) sum += squares[i]!;
      acc = step(acc + Math.fround(sum));
    }
    const root = step(Math.sqrt(step(step(acc * inverseWidth) + epsilon)));
    const factor = step(1 / root);
    for (let i = 0; i < width; i++) out[start + i] = x[start + i]! * factor;
  }
  return round(out);
}

/**
 * Every row over √(Σx² + seed), rounded after every operation: the norm of a program that has √width
 * in the weights behind it and ε · width in the seed of the sum.
 */
export function stagedRootNorm(
  x: Float32Array,
  width: number,
  { seed, lanes }: { readonly seed: number; readonly lanes: number },
  round: Round,
): Float32Array {
  const out = new Float32Array(x.length);
  const one = new Float32Array(1);
  const step = (value: number): number => {
    one[0] = value;
    return round(one)[0]!;
  };
  const squares = new Float32Array(width);
  for (let start = 0; start < x.length; start += width) {
    for (let i = 0; i < width; i++) squares[i] = x[start + i]! ** 2;
    round(squares);
    let sum = seed;
    for (let first = 0; first < width; first += lanes) {
      let part = 0;
      for (let i = first; i < Math.min(width, first + lanes); i++) part += squares[i]!;
      sum = step(sum + Math.fround(part));
    }
    const factor = step(1 / step(Math.sqrt(sum)));
    for (let i = 0; i < width; i++) out[start + i] = x[start + i]! * factor;
  }
  return round(out);
}

/** round( round(x · cos) + round(rotateHalf(x) · sin) ) on every head of every row. */
export function stagedRope(
  x: Float32Array,
  heads: number,
  headDim: number,
  cos: Float32Array,
  sin: Float32Array,
  round: Round,
): Float32Array {
  const width = heads * headDim;
  const half = headDim / 2;
  const straight = new Float32Array(x.length);
  const turned = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += headDim) {
    const table = Math.floor(at / width) * headDim;
    for (let i = 0; i < headDim; i++) {
      const partner = i < half ? -x[at + half + i]! : x[at + i - half]!;
      straight[at + i] = x[at + i]! * cos[table + i]!;
      turned[at + i] = partner * sin[table + i]!;
    }
  }
  return stagedAdd(round(straight), round(turned), round);
}

/** silu(activated) · other, in the machine's six rounded steps; its exponential is held to ±88. */
export function stagedGatedSilu(
  activated: Float32Array,
  other: Float32Array,
  round: Round,
): Float32Array {
  const g = new Float32Array(activated.length);
  for (let i = 0; i < g.length; i++) {
    g[i] = Math.exp(Math.max(-88, Math.min(88, -activated[i]!)));
  }
  round(g);
  for (let i = 0; i < g.length; i++) g[i] = g[i]! + 1;
  round(g);
  for (let i = 0; i < g.length; i++) g[i] = 1 / g[i]!;
  round(g);
  return stagedMultiply(stagedMultiply(g, activated, round), other, round);
}

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
   * Keys of a block, whose shares a program exponentiates, adds up and divides in rounded steps;
   * undefined for a softmax that is one float32 expression.
   */
  readonly block: number | undefined;
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
  const width = heads * headDim;
  const kvWidth = kvHeads * headDim;
  const rows = q.length / width;
  const positions = keys.length / kvWidth;
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
        for (let d = 0; d < headDim; d++) dot += q[from + d]! * keys[key + d]!;
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
        for (let p = first; p < end; p++) mixed += s[p - first]! * values[p * kvWidth + kv + d]!;
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
  for (let i = 0; i < s.length;) {
    const end = Math.min(s.length, i + block - (firstKey + i) % block);
    let part = 0;
    for (; i < end; i++) part += s[i]!;
    sum[0] = sum[0]! + Math.fround(part);
    round(sum);
  }
  sum[0] = 1 / sum[0]!;
  round(sum);
  for (let i = 0; i < s.length; i++) s[i] = s[i]! * sum[0]!;
  round(s);
}
