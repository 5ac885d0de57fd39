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

/**
 * y = round(x · wᵀ) with the sums in the order of a program (see `Contraction`). A product and its sum
 * are one rounding, as the machine's are.
 */
export function stagedContraction(
  x: Float32Array,
  w: Float32Array,
  inputs: number,
  parts: readonly (readonly Int32Array[])[],
  round: Round,
): Float32Array {
  const rows = x.length / inputs;
  const outputs = w.length / inputs;
  let total: Float32Array | undefined;
  for (const tiles of parts) {
    const part = new Float32Array(rows * outputs);
    for (const tile of tiles) {
      const n = tile.length;
      const own = new Float64Array(rows * n);
      for (let r = 0; r < rows; r++) {
        for (let k = 0; k < n; k++) own[r * n + k] = x[r * inputs + tile[k]!]!;
      }
      const column = new Float64Array(n);
      for (let o = 0; o < outputs; o++) {
        for (let k = 0; k < n; k++) column[k] = w[o * inputs + tile[k]!]!;
        // Two sums at a time, since each waits for itself.
        for (let r = 0; r < rows; r += 2) {
          const [first, second] = [r * n, Math.min(r + 1, rows - 1) * n];
          let [a, b] = [0, 0];
          for (let k = 0; k < n; k++) {
            a = Math.fround(a + column[k]! * own[first + k]!);
            b = Math.fround(b + column[k]! * own[second + k]!);
          }
          part[r * outputs + o]! += a;
          if (r + 1 < rows) part[(r + 1) * outputs + o]! += b;
        }
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

/** Rounding of one number, as the scalar unit does it. */
function scalarStep(round: Round): (value: number) => number {
  const one = new Float32Array(1);
  return (value) => {
    one[0] = value;
    return round(one)[0]!;
  };
}

/** The constants of a norm. */
export interface NormConstants {
  /** ε, as it reaches the machine. */
  readonly epsilon: number;
  /** 1 / width, as it reaches the machine. */
  readonly inverseWidth: number;
  /** Lanes of a row, whose squares are added up at once. */
  readonly lanes: number;
  /** Adds up a row; one square after the other, exactly, unless given. */
  readonly sum?: ((row: Float32Array) => number) | undefined;
}

/** An RMS norm without its gain, rounded after every operation (section 11 of the specification). */
export function stagedNorm(
  x: Float32Array,
  width: number,
  { epsilon, inverseWidth, lanes, sum: sumOf }: NormConstants,
  round: Round,
): Float32Array {
  const out = new Float32Array(x.length);
  const step = scalarStep(round);
  const squares = new Float32Array(width);
  const row = new Float32Array(lanes);
  for (let start = 0; start < x.length; start += width) {
    for (let i = 0; i < width; i++) squares[i] = x[start + i]! ** 2;
    round(squares);
    let acc = 0;
    for (let first = 0; first < width; first += lanes) {
      const end = Math.min(width, first + lanes);
      let sum = 0;
      if (sumOf === undefined) { for (let i = first; i < end; i++) sum += squares[i]!; }
      else {
        row.fill(0);
        row.set(squares.subarray(first, end));
        sum = sumOf(row);
      }
      acc = step(acc + Math.fround(sum));
    }
    const root = step(Math.sqrt(step(step(acc * inverseWidth) + epsilon)));
    const factor = step(1 / root);
    for (let i = 0; i < width; i++) out[start + i] = x[start + i]! * factor;
  }
  return round(out);
}

/**
 * The machine's float32 sum of a row (emulator specification, section 5.8): four vectors of eight lanes
 * take turns, are added up, and then their lanes. Rows of 512 and more are summed in levels there.
 */
export function laneSum(row: Float32Array): number {
  const vectors = row.length >> 3;
  const turns = vectors >> 2;
  const partial = new Float32Array(32);
  for (let i = 0; i < 32 * turns; i++) partial[i & 31]! += row[i]!;
  for (let i = 32 * turns; i < 8 * vectors; i++) partial[i & 7]! += row[i]!;
  for (let i = 8; i < 32; i++) partial[i & 7]! += partial[i]!;
  let sum = 0;
  for (let i = 8 * vectors; i < row.length; i++) sum = Math.fround(sum + row[i]!);
  for (let lane = 0; lane < 8; lane++) sum = Math.fround(sum + partial[lane]!);
  return sum;
}

/** A norm whose √width is in the weights behind it. */
export interface RootNorm {
  /** Elements that are divided by their common root. */
  readonly width: number;
  /** What the sum of squares starts with: ε · width. */
  readonly seed: number;
  /** Lanes of a row, whose squares are added up at once. */
  readonly lanes: number;
  /** Equal parts of the width that begin with a row of their own. */
  readonly parts: number;
}

/** Every `width` elements over √(Σx² + seed), rounded after every operation. */
export function stagedRootNorm(
  x: Float32Array,
  { width, seed, lanes, parts }: RootNorm,
  round: Round,
): Float32Array {
  const out = new Float32Array(x.length);
  const step = scalarStep(round);
  const squares = new Float32Array(width);
  const row = new Float32Array(lanes);
  const part = width / parts;
  for (let start = 0; start < x.length; start += width) {
    for (let i = 0; i < width; i++) squares[i] = x[start + i]! ** 2;
    round(squares);
    let sum = seed;
    for (let first = 0; first < width;) {
      const end = Math.min(first + lanes, first - first % part + part);
      row.fill(0);
      row.set(squares.subarray(first, end));
      sum = step(sum + laneSum(row));
      first = end;
    }
    const factor = step(1 / step(Math.sqrt(sum)));
    for (let i = 0; i < width; i++) out[start + i] = x[start + i]! * factor;
  }
  return round(out);
}

/** Heads to be turned. */
export interface StagedHeads {
  /** How many. */
  readonly heads: number;
  /** Tables in a row of cosines or sines; heads share them in equal runs. */
  readonly tables: number;
  /** Width of one. */
  readonly headDim: number;
}

/** round( round(x · cos) + round(rotateHalf(x) · sin) ) on every head of every row. */
export function stagedRope(
  x: Float32Array,
  { heads, tables, headDim }: StagedHeads,
  cos: Float32Array,
  sin: Float32Array,
  round: Round,
): Float32Array {
  const half = headDim / 2;
  const share = heads / tables;
  const straight = new Float32Array(x.length);
  const turned = new Float32Array(x.length);
  for (let head = 0; head * headDim < x.length; head++) {
    const at = head * headDim;
    const row = Math.floor(head / heads);
    const table = (row * tables + Math.floor(head % heads / share)) * headDim;
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
