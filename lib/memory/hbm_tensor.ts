import { plena } from "../numerics/mod.ts";
import { MemoryError } from "./memory_error.ts";

/** How one element or scale is coded. */
export type CodeType = plena.CodeType;

/** How a tensor is coded: elements alone, or blocks of `block` elements that share one scale. */
export type StoredType =
  | { readonly kind: "plain"; readonly element: CodeType }
  | {
    readonly kind: "mx";
    readonly block: number;
    readonly element: CodeType;
    readonly scale: CodeType;
  };

/** Sizes of a stored tensor, in bytes. Scales follow the elements immediately. */
export interface StoredSize {
  /** One row of elements. */
  readonly rowBytes: number;
  /** All elements, which is where the scales begin. */
  readonly elementBytes: number;
  /** All scales. */
  readonly scaleBytes: number;
}

/** How many bytes a tensor takes in HBM: elements row by row, then one scale per block. */
export function storedSize(rows: number, columns: number, type: StoredType): StoredSize {
  const rowBytes = columns * plena.codeWidth(type.element) / 8;
  const scaleBytes = type.kind === "mx"
    ? rows * Math.floor(columns / type.block) * plena.codeWidth(type.scale) / 8
    : 0;
  return { rowBytes, elementBytes: rows * rowBytes, scaleBytes };
}

/**
 * The codes of values that a type can hold exactly at scale 1, found by asking what the machine
 * reads for every code.
 *
 * @throws {MemoryError} By the returned function, when no code has the value.
 */
export function exactEncoder(type: CodeType): (value: number) => number {
  const width = plena.codeWidth(type);
  if (width > 16) throw new MemoryError(`elements of ${width} bits`, "choose a type of 16 at most");
  const bits = plena.decodeTable(type, { subByte: true });
  const codes = new Map<number, number>();
  for (let code = bits.length - 1; code >= 0; code--) {
    codes.set(plena.f32FromBits(bits[code]!), code);
  }
  return (value) => {
    const code = codes.get(value);
    if (code === undefined) {
      throw new MemoryError(
        `the value ${value} has no code in a type of ${width} bits`,
        "choose a type that holds it exactly in the settings",
      );
    }
    return code;
  };
}

/**
 * Encodes a tensor whose values the type can hold exactly at scale 1.
 *
 * @param values rows × columns, row by row.
 * @throws {MemoryError} When a value has no code.
 */
export function encodeTensor(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  type: StoredType,
): Uint8Array {
  const { elementBytes, scaleBytes } = storedSize(rows, columns, type);
  const bytes = new Uint8Array(elementBytes + scaleBytes);
  const width = plena.codeWidth(type.element);
  const encode = exactEncoder(type.element);
  for (let i = 0; i < rows * columns; i++) putBits(bytes, i, width, encode(values[i]!));
  if (type.kind === "mx") {
    const one = exactEncoder(type.scale)(1);
    const scaleWidth = plena.codeWidth(type.scale);
    const scales = bytes.subarray(elementBytes);
    for (let i = 0; i < scaleBytes * 8 / scaleWidth; i++) putBits(scales, i, scaleWidth, one);
  }
  return bytes;
}

function putBits(bytes: Uint8Array, index: number, width: number, code: number): void {
  if (width === 8) bytes[index] = code;
  else if (width === 16) {
    bytes[2 * index] = code & 0xff;
    bytes[2 * index + 1] = code >>> 8;
  } else {
    for (let bit = 0; bit < width; bit++) {
      const at = index * width + bit;
      bytes[at >>> 3]! |= ((code >>> bit) & 1) << (at & 7);
    }
  }
}

/** How a tensor is read where machines differ. */
export interface DecodeOptions {
  /** E4M3 as in OCP MX, exponent 15 being finite, and not as on the recorded machine. */
  readonly ocpE4m3?: boolean;
}

/** Decodes a tensor as the machine reads it. */
export function decodeTensor(
  bytes: Uint8Array,
  rows: number,
  columns: number,
  type: StoredType,
  options: DecodeOptions = {},
): Float32Array {
  const count = rows * columns;
  const width = plena.codeWidth(type.element);
  const elements = codeValues(type.element, options);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = elements[plena.codeAt(bytes, 0, width, i)]!;
  if (type.kind === "mx") {
    const { elementBytes } = storedSize(rows, columns, type);
    const scaleWidth = plena.codeWidth(type.scale);
    const scales = codeValues(type.scale, options);
    for (let i = 0; i < count; i++) {
      const block = Math.floor(i / type.block);
      values[i]! *= scales[plena.codeAt(bytes, elementBytes, scaleWidth, block)]!;
    }
  }
  return values;
}

function codeValues(type: CodeType, options: DecodeOptions): Float32Array {
  const table = plena.decodeTable(type, { ...options, subByte: true });
  return Float32Array.from(table, plena.f32FromBits);
}
