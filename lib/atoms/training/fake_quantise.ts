import { decode, E2M1, E4M3, encode, MXFP4, NF4, NVFP4 } from "../../numerics/mod.ts";
import { type Quantisation, scalesOf } from "../quantised_tensor.ts";

/** A sorted list of the values of a format and the points from which each of them is chosen. */
interface Grid {
  readonly values: Float64Array;
  readonly middles: Float64Array;
  /** Whether a value at the middle itself goes up. */
  readonly tiesUp: readonly boolean[];
}

const GRIDS = { e2m1: grid(E2M1), nf4: grid(NF4) } as const;
const E2M1_LARGEST = 6;
const E4M3_LARGEST = 448;
const E8M0_SMALLEST = 2 ** -127;

function grid(format: typeof E2M1 | typeof NF4): Grid {
  const all = Array.from({ length: 16 }, (_, code) => decode(format, code));
  const values = Float64Array.from(new Set(all.map((value) => value + 0))).sort();
  const middles = values.slice(1).map((value, i) => (value + values[i]!) / 2);
  const tiesUp = Array.from(
    middles,
    (middle, i) => decode(format, encode(format, middle)) === values[i + 1],
  );
  return { values, middles, tiesUp };
}

function nearest({ values, middles, tiesUp }: Grid, value: number): number {
  let low = 0;
  let high = middles.length;
  while (low < high) {
    const at = (low + high) >> 1;
    const middle = middles[at]!;
    if (value > middle || (value === middle && tiesUp[at]!)) low = at + 1;
    else high = at;
  }
  return values[low]!;
}

/**
 * Writes the values that a matrix has after quantisation, to the precision of float32: what {@linkcode quantiseTensor} and
 * {@linkcode dequantiseTensor} would give, without making codes. Training goes through this in
 * every epoch; what counts in the end is the codes.
 */
export function fakeQuantise(
  values: Float64Array,
  rows: number,
  quantisation: Quantisation,
  out: Float64Array,
): void {
  const { format, scaling } = quantisation;
  const columns = values.length / rows;
  switch (format) {
    case "float32":
      out.set(Float32Array.from(values));
      return;
    case "e2m1":
    case "nf4": {
      const scales = scalesOf(values, rows, { ...quantisation, format });
      const group = scaling === "row" ? columns : values.length;
      for (let g = 0; g < scales.length; g++) {
        roundGroup(values, g * group, (g + 1) * group, GRIDS[format], scales[g]!, out);
      }
      return;
    }
    case "mxfp4":
      for (const [from, to] of blocks(rows, columns, MXFP4.blockSize)) {
        const largest = largestOf(values, from, to);
        const scale = largest === 0
          ? 1
          : Math.max(2 ** (exponentOf(Math.fround(largest)) - 2), E8M0_SMALLEST);
        roundGroup(values, from, to, GRIDS.e2m1, scale, out);
      }
      return;
    case "nvfp4": {
      const all = largestOf(values, 0, values.length);
      const tensorScale = all === 0 ? 1 : Math.fround(all / (E2M1_LARGEST * E4M3_LARGEST));
      for (const [from, to] of blocks(rows, columns, NVFP4.blockSize)) {
        const wanted = largestOf(values, from, to) / (E2M1_LARGEST * tensorScale);
        const code = Math.max(1, encode(E4M3, wanted, { saturate: true }));
        roundGroup(values, from, to, GRIDS.e2m1, decode(E4M3, code) * tensorScale, out);
      }
    }
  }
}

function roundGroup(
  values: Float64Array,
  from: number,
  to: number,
  grid: Grid,
  scale: number,
  out: Float64Array,
): void {
  for (let i = from; i < to; i++) out[i] = nearest(grid, values[i]! / scale) * scale;
}

function largestOf(values: Float64Array, from: number, to: number): number {
  let largest = 0;
  for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

function exponentOf(value: number): number {
  let exponent = Math.floor(Math.log2(value));
  // The logarithm may be rounded across a power of two.
  if (2 ** exponent > value) exponent--;
  else if (2 ** (exponent + 1) <= value) exponent++;
  return exponent;
}

function* blocks(rows: number, columns: number, size: number): Generator<[number, number]> {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column += size) {
      yield [row * columns + column, row * columns + Math.min(column + size, columns)];
    }
  }
}
