import {
  decode,
  dequantizeBlocks,
  E2M1,
  encode,
  MXFP4,
  NF4,
  NVFP4,
  packCodes,
  quantizeBlocks,
  unpackCodes,
} from "../numerics/mod.ts";
import { AtomError } from "./atom_error.ts";

/**
 * Formats of weights and biases: E2M1 and NF4 elements with a scale as {@linkcode Scaling} says;
 * MXFP4 and NVFP4 blocks with the scales that they are defined with; float32 for comparison.
 */
export const WEIGHT_FORMATS = ["e2m1", "nf4", "mxfp4", "nvfp4", "float32"] as const;
/** One of {@linkcode WEIGHT_FORMATS}. */
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/** Scales of E2M1 and NF4: none (all 1), one float32 per tensor, or one float32 per row. */
export const SCALINGS = ["none", "tensor", "row"] as const;
/** One of {@linkcode SCALINGS}. */
export type Scaling = (typeof SCALINGS)[number];

/** How numbers become codes. */
export interface Quantisation {
  /** The format. */
  readonly format: WeightFormat;
  /** Scales of E2M1 and NF4; the other formats do not look at it. */
  readonly scaling: Scaling;
  /** What the largest magnitude under a scale is multiplied by before it sets it. Default 1. */
  readonly multiple?: number;
}

/** A matrix of packed codes. */
export interface QuantisedTensor {
  /** Format of the elements. */
  readonly format: WeightFormat;
  /** Scales of an E2M1 or NF4 tensor; absent where the format settles it. */
  readonly scaling?: Scaling | undefined;
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly columns: number;
  /** Elements row by row, as hexadecimal bytes: codes low nibble first, or float32 little-endian. */
  readonly codes: string;
  /**
   * Scales as hexadecimal bytes. E2M1 and NF4: float32, little-endian. MXFP4: one E8M0 byte per 32
   * elements of a row. NVFP4: the float32 of the tensor, then one E4M3 byte per 16 of a row.
   */
  readonly scales: string;
}

const BLOCK_FORMAT = { mxfp4: MXFP4, nvfp4: NVFP4 } as const;
const ELEMENT = { e2m1: E2M1, nf4: NF4 } as const;
/** Largest element of each format. */
const LARGEST = { e2m1: 6, nf4: 1 } as const;

/**
 * Quantises a matrix: a scale makes the largest magnitude under it the largest element of the
 * format, times `multiple`; then every quotient goes to the nearest element, ties to the even code.
 * Block formats follow their standards.
 */
export function quantiseTensor(
  values: Float64Array,
  rows: number,
  { format, scaling, multiple = 1 }: Quantisation,
): QuantisedTensor {
  const columns = values.length / rows;
  if (format === "float32") {
    return { format, rows, columns, codes: float32Hex(values), scales: "" };
  }
  if (format === "mxfp4" || format === "nvfp4") {
    const blocks = quantizeBlocks(Float32Array.from(values), BLOCK_FORMAT[format], {
      rowLength: columns,
    });
    const tensorScale = blocks.tensorScale === undefined ? "" : float32Hex([blocks.tensorScale]);
    const scales = tensorScale + Uint8Array.from(blocks.scales).toHex();
    return { format, rows, columns, codes: nibbleHex(blocks.codes), scales };
  }
  const scales = scalesOf(values, rows, { format, scaling, multiple });
  const codes = new Uint8Array(values.length);
  const group = groupSize(scaling, values.length, columns);
  for (let i = 0; i < values.length; i++) {
    codes[i] = encode(ELEMENT[format], values[i]! / scales[Math.floor(i / group)]!);
  }
  return {
    format,
    scaling,
    rows,
    columns,
    codes: nibbleHex(codes),
    scales: scaling === "none" ? "" : float32Hex(scales),
  };
}

/** The scales of an E2M1 or NF4 matrix, rounded to float32; 1 where all values are 0. */
export function scalesOf(
  values: Float64Array,
  rows: number,
  { format, scaling, multiple = 1 }: Quantisation & { readonly format: "e2m1" | "nf4" },
): Float32Array {
  const group = groupSize(scaling, values.length, values.length / rows);
  const scales = new Float32Array(scaling === "row" ? rows : 1).fill(1);
  if (scaling === "none") return scales;
  for (let g = 0; g < scales.length; g++) {
    let largest = 0;
    for (let i = g * group; i < (g + 1) * group; i++) {
      largest = Math.max(largest, Math.abs(values[i]!));
    }
    scales[g] = largest * multiple / LARGEST[format];
    // A magnitude so small that its scale is lost in float32 counts as 0.
    if (scales[g] === 0) scales[g] = 1;
  }
  return scales;
}

function groupSize(scaling: Scaling, length: number, columns: number): number {
  return scaling === "row" ? columns : Math.max(length, 1);
}

/**
 * The values of a matrix, from its packed codes.
 *
 * @param owner What the message of an error calls the matrix.
 * @throws {AtomError} When there are too few or too many bytes.
 */
export function dequantiseTensor(tensor: QuantisedTensor, owner = "tensor"): Float64Array {
  const { format, rows, columns } = tensor;
  const count = rows * columns;
  const sizes = tensorBytes(tensor);
  const codes = bytesOf(tensor.codes, sizes.codes, `${owner}: codes`);
  const scales = bytesOf(tensor.scales, sizes.scales, `${owner}: scales`);
  if (format === "float32") return floats(codes, 0, count);
  const elements = unpackCodes(codes, 4, count, "low-first");
  if (format === "mxfp4" || format === "nvfp4") {
    const { descriptor } = quantizeBlocks(new Float32Array(count), BLOCK_FORMAT[format], {
      rowLength: columns,
    });
    const hasTensorScale = format === "nvfp4";
    return Float64Array.from(dequantizeBlocks({
      descriptor,
      codes: elements,
      scales: scales.slice(hasTensorScale ? 4 : 0),
      ...(hasTensorScale ? { tensorScale: floats(scales, 0, 1)[0]! } : {}),
    }));
  }
  const scaling = tensor.scaling ?? "none";
  const factors = scaling === "none" ? Float64Array.of(1) : floats(scales, 0, scales.length / 4);
  const group = groupSize(scaling, count, columns);
  return Float64Array.from(
    elements,
    (code, i) => decode(ELEMENT[format], code) * factors[Math.floor(i / group)]!,
  );
}

/** Bytes that the codes and the scales of a matrix take. */
export function tensorBytes(
  { format, scaling = "none", rows, columns }: Omit<QuantisedTensor, "codes" | "scales">,
): { readonly codes: number; readonly scales: number } {
  const count = rows * columns;
  const nibbles = Math.ceil(count / 2);
  switch (format) {
    case "float32":
      return { codes: count * 4, scales: 0 };
    case "mxfp4":
      return { codes: nibbles, scales: rows * Math.ceil(columns / MXFP4.blockSize) };
    case "nvfp4":
      return { codes: nibbles, scales: 4 + rows * Math.ceil(columns / NVFP4.blockSize) };
    case "e2m1":
    case "nf4":
      return {
        codes: nibbles,
        scales: scaling === "none" ? 0 : scaling === "row" ? rows * 4 : 4,
      };
  }
}

function bytesOf(hex: string, expected: number, what: string): Uint8Array {
  const bytes = Uint8Array.fromHex(hex);
  if (bytes.length === expected) return bytes;
  throw new AtomError(
    `${what} of ${bytes.length} bytes, expected ${expected}`,
    "train the atoms again with: deno task atoms:train",
  );
}

function nibbleHex(codes: ArrayLike<number>): string {
  return packCodes(codes, 4, "low-first").toHex();
}

function float32Hex(values: ArrayLike<number>): string {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i]!, true);
  return bytes.toHex();
}

function floats(bytes: Uint8Array, offset: number, count: number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Float64Array.from({ length: count }, (_, i) => view.getFloat32(offset + i * 4, true));
}
