import type { TensorType } from "../../boards/mod.ts";
import { storedSize } from "../../memory/mod.ts";
import { f32ToBf16, plena } from "../../numerics/mod.ts";
import { CompileError } from "../compile_error.ts";

/** How the machine that will read a tensor reads codes, and who writes it. */
export interface CodeRules {
  /** E4M3 as in OCP MX. */
  readonly ocpE4m3?: boolean | undefined;
  /** As the public tools fill HBM before a run, and not as the machine stores rows. */
  readonly initial?: boolean | undefined;
}

/** The bytes of a tensor, which are filled some rows at a time. */
export interface RowWriter {
  /** Elements row by row, then the scales. */
  readonly bytes: Uint8Array;
  /** Quantises whole rows into their place. */
  write(values: Float32Array, firstRow: number): void;
}

/**
 * Quantises a tensor to a type of the machine, with the machine's own quantiser.
 *
 * @param values rows × columns, row by row.
 * @throws {CompileError} When the scales are integers.
 */
export function quantiseRows(
  values: Float32Array,
  rows: number,
  columns: number,
  type: TensorType,
  rules: CodeRules = {},
): Uint8Array {
  const writer = rowWriter(rows, columns, type, rules);
  writer.write(values, 0);
  return writer.bytes;
}

/**
 * Quantises a tensor some rows at a time, so that it need not be in memory as floats; rows that are
 * never written are zeros.
 *
 * @throws {CompileError} When the scales are integers.
 */
export function rowWriter(
  rows: number,
  columns: number,
  type: TensorType,
  rules: CodeRules = {},
): RowWriter {
  const { elementBytes, scaleBytes } = storedSize(rows, columns, type);
  const bytes = new Uint8Array(elementBytes + scaleBytes);
  const encode = type.kind === "plain"
    ? plainEncoder(bytes, type.element)
    : blockEncoder(bytes, elementBytes, type, rules);
  return { bytes, write: (values, firstRow) => encode(values, firstRow * columns) };
}

/** Writes codes of values from an element on. */
type Encoder = (values: Float32Array, first: number) => void;

function plainEncoder(bytes: Uint8Array, element: TensorType["element"]): Encoder {
  const isBf16 = element.type === "Fp" && element.sign && element.exponent === 8 &&
    element.mantissa === 7;
  if (isBf16) {
    return (values, first) => {
      const codes = f32ToBf16(values);
      for (let i = 0; i < codes.length; i++) {
        bytes[2 * (first + i)] = codes[i]! & 0xff;
        bytes[2 * (first + i) + 1] = codes[i]! >>> 8;
      }
    };
  }
  const width = plena.codeWidth(element);
  return (values, first) => {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < values.length; i++) {
      plena.putCode(bytes, 0, width, first + i, plena.encodeFromF32Bits(bits[i]!, element));
    }
  };
}

function blockEncoder(
  bytes: Uint8Array,
  elementBytes: number,
  { element, scale: scaleType, block }: TensorType & { readonly kind: "mx" },
  { ocpE4m3 = false, initial = false }: CodeRules,
): Encoder {
  if (scaleType.type !== "Fp") {
    throw new CompileError(
      "a tensor type with integer scales cannot be stored",
      "choose E8M0 scales in the settings",
    );
  }
  const width = plena.codeWidth(element);
  const isFp = element.type === "Fp";
  const subByte = width < 8;
  const quantise = plena.blockQuantiser(element, scaleType, { ocpE4m3, subByte, initial });
  const isShort = isFp && element.mantissa <= 5 && element.exponent >= 2 && element.exponent <= 5;
  const isNearest = subByte || (ocpE4m3 && width === 8 && isFp && element.exponent === 4);
  const shorten = isShort ? isNearest ? shortenToOdd : shortenToQuarters : undefined;
  const codes = new Uint32Array(block);
  const short = new Float32Array(block);
  const shortBits = new Uint32Array(short.buffer);
  const scaleWidth = plena.codeWidth(scaleType);
  return (values, first) => {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let at = 0; at < values.length; at += block) {
      const to = first + at;
      const scale = shorten?.(bits, at, shortBits) === true
        ? quantise(short, 0, block, codes, 0)
        : quantise(values, at, block, codes, 0);
      if (scaleWidth === 8) bytes[elementBytes + to / block] = scale;
      else plena.putCode(bytes, elementBytes, scaleWidth, to / block, scale);
      for (let i = 0; i < block; i++) {
        if (width === 8) bytes[to + i] = codes[i]!;
        else plena.putCode(bytes, 0, width, to + i, codes[i]!);
      }
    }
  };
}

/**
 * Makes of a block one whose numbers have the lower 16 bits zero, which the quantiser is fast on, and
 * the same codes.
 *
 * @returns Whether there is such a block.
 */
type Shorten = (bits: Uint32Array, offset: number, short: Uint32Array) => boolean;

/**
 * The machine's rounding cuts to two bits behind the element's, so that 7 bits of a mantissa decide, but
 * that it adds 1e-9 before it takes a logarithm or a sign: not where that could make a difference.
 */
const shortenToQuarters: Shorten = (bits, offset, short) => {
  let highest = 0;
  for (let i = 0; i < short.length; i++) {
    const all = bits[offset + i]!;
    const magnitude = all & 0x7fffffff;
    if (magnitude > highest) highest = magnitude;
    // Next to a power of two; or smaller than 2^-29, where 1e-9 may change the sign.
    if ((all & 0x7f0000) === 0x7f0000 && (all & 0xffff) !== 0) return false;
    if (magnitude < 0x31000000 && magnitude !== 0) return false;
    short[i] = all & 0xffff0000;
  }
  return highest === 0 || highest >= 0x34800000; // 2^-22
};

/** Rounds to nearest, ties to even, see whether a number is exact: one bit tells of those cut off. */
const shortenToOdd: Shorten = (bits, offset, short) => {
  for (let i = 0; i < short.length; i++) {
    const all = bits[offset + i]!;
    short[i] = (all & 0xffff0000) | ((all & 0xffff) === 0 ? 0 : 0x10000);
  }
  return true;
};
