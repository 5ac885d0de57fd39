/**
 * The block quantiser of the PLENA machine's H_STORE_V (emulator specification, section 5.5), with
 * its rounding to two fraction bits, lost carries and half-valued subnormals.
 */
import {
  BINARY32,
  castCode,
  type CodeType,
  codeWidth,
  encodeFromF32Bits,
  f32Bits,
  f32FromBits,
  type FpFields,
} from "./plena_cast.ts";
import { decodeTable, isOcpE4m3, isSubByte, type PlenaCodeOptions } from "./plena_decode.ts";

/** What the machine adds before it takes a logarithm. */
const EPSILON = f32FromBits(f32Bits(1e-9));

/** `floor(log2(f32(magnitude + 1e-9)))`, taken from the bits; 128 for infinity. */
function exponentOf(magnitude: number): number {
  return (f32Bits(magnitude + EPSILON) >>> 23) - 127;
}

/** Rounds to the nearest integer, ties to even, after cutting to two fraction bits. */
function roundQuarters(value: number): number {
  const u = Math.floor(4 * value) / 4;
  const whole = Math.floor(u);
  const fraction = u - whole;
  if (fraction > 0.5 || (fraction === 0.5 && whole % 2 !== 0)) return whole + 1;
  return whole;
}

/**
 * The code of one scaled element by the rule of section 5.5.
 *
 * @param y A binary32 value: the element divided by the power of two of its block.
 */
export function quantiseElement(y: number, format: FpFields): number {
  const { exponent: e, mantissa: m } = format;
  if (y === 0) return 0;
  const bias = 2 ** (e - 1) - 1;
  if (y !== y) return bias * 2 ** m;
  const highest = 2 ** e - 2 - bias;
  const lowest = -bias;
  const magnitude = Math.abs(y);
  const r = exponentOf(magnitude);
  const k = Math.min(Math.max(r, lowest), highest);
  const limit = 2 ** m - 1;
  let q = limit;
  if (r <= highest) {
    const scaled = f32FromBits(f32Bits(magnitude / 2 ** k));
    const t = k === lowest ? scaled * 2 ** m : (scaled - 1) * 2 ** m;
    q = Math.max(0, Math.min(roundQuarters(t), limit));
  }
  return (format.sign && y < 0 ? 2 ** (e + m) : 0) + (k + bias) * 2 ** m + q;
}

/**
 * The same for a value whose lower 16 bits are 0, as of bfloat16, in integers. Adding 1e-9 to such a
 * value moves it to another power of two only below 2^-22, where formats of at most 5 exponent bits
 * have their lowest exponent anyway.
 */
function quantiseShortBits(bits: number, e: number, m: number, signed: boolean): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude === 0) return 0;
  const bias = 2 ** (e - 1) - 1;
  if (magnitude > 0x7f800000) return bias << m;
  const limit = (1 << m) - 1;
  const sign = signed && bits < 0 ? 1 << (e + m) : 0;
  const field = (magnitude >>> 23) - 127 + bias; // what the exponent field would be
  const highest = 2 ** e - 2;
  if (field > highest) return sign | (highest << m) | limit;
  // Two fraction bits below the mantissa decide.
  const shift = 21 - m;
  const fraction = magnitude & 0x7fffff;
  let quarters: number;
  if (field > 0) quarters = fraction >>> shift;
  else quarters = shift - field > 31 ? 0 : (fraction | 0x800000) >>> (shift - field);
  let q = quarters >>> 2;
  const rest = quarters & 3;
  if (rest === 3 || (rest === 2 && (q & 1) === 1)) q++;
  if (q > limit) q = limit;
  return sign | ((field > 0 ? field : 0) << m) | q;
}

/**
 * The nearest code by value, ties to the even code, beyond the largest value that one. NaN is the
 * format's NaN, or 0 where it has none.
 */
function nearestCode(y: number, values: Float32Array): number {
  if (y !== y) return Math.max(0, values.findIndex(Number.isNaN));
  let best = 0;
  let distance = Infinity;
  for (let code = 0; code < values.length; code++) {
    const value = values[code]!;
    if (value !== value || (Object.is(value, -0) && !Object.is(y, -0))) continue;
    const d = y === value ? 0 : Math.abs(Math.max(-1e30, Math.min(1e30, y)) - value);
    if (d < distance || (d === distance && code % 2 === 0)) {
      best = code;
      distance = d;
    }
  }
  return best;
}

/** How blocks are quantised. */
export interface PlenaQuantiserOptions extends PlenaCodeOptions {
  /**
   * As the public tools fill HBM before a run, and not as H_STORE_V: a block of zeros has the scale of
   * 1e-9, 2^-30, and an element the sign of its value plus 1e-9, or none when it becomes 0 (emulator
   * specification, section 1.12; compiler specification, section 12). Has no effect on types that are
   * repaired.
   */
  readonly initial?: boolean;
}

/** A quantiser of whole blocks for one element and scale type. */
export interface BlockQuantiser {
  /**
   * Quantises one block.
   *
   * @param codes Receives the element codes from `codesOffset` on.
   * @returns The scale code.
   */
  (
    values: Float32Array,
    offset: number,
    block: number,
    codes: Uint32Array,
    codesOffset: number,
  ): number;
}

/**
 * Makes the quantiser of a block type.
 *
 * Types that {@linkcode PlenaCodeOptions} repairs follow OCP MX instead: the scale exponent is that
 * of the block's largest magnitude minus the element format's, elements are rounded to the nearest
 * code, ties to even, and saturate; NaN stays NaN in a format that has it and is 0 in one without.
 *
 * @param scale A float type; with other than 8 exponent bits the machine's narrowing cast spoils it.
 */
export function blockQuantiser(
  element: CodeType,
  scale: FpFields,
  options: PlenaQuantiserOptions = {},
): BlockQuantiser {
  const scaleBias = 2 ** (scale.exponent - 1) - 1;
  const repaired = isOcpE4m3(element, options) || isSubByte(element, options);
  const values = repaired
    ? new Float32Array(decodeTable(element, options).buffer)
    : new Float32Array(0);
  let largest = 0;
  for (const value of values) if (value > largest) largest = value;
  const elementExponent = repaired ? Math.floor(Math.log2(largest)) : 0;
  const initial = options.initial === true && !repaired;
  const short = element.type === "Fp" && !repaired && element.exponent >= 2 &&
      element.exponent <= 5 && element.mantissa <= 20
    ? element
    : undefined;

  const magnitudeBits = 2 ** (codeWidth(element) - 1) - 1;

  // Codes of values whose lower 16 bits are 0, by their upper 16; found when first needed.
  const known = new Int16Array(repaired ? 2 ** 16 : 0).fill(-1);

  function nearest(y: number): number {
    const bits = f32Bits(y);
    if ((bits & 0xffff) !== 0) return nearestCode(y, values);
    const upper = bits >>> 16;
    if (known[upper]! < 0) known[upper] = nearestCode(y, values);
    return known[upper]!;
  }

  function encode(y: number): number {
    if (repaired) return nearest(y);
    return element.type === "Fp"
      ? quantiseElement(y, element)
      : encodeFromF32Bits(f32Bits(y), element);
  }

  return (source, offset, block, codes, codesOffset) => {
    let largestMagnitude = 0;
    for (let i = offset; i < offset + block; i++) {
      const magnitude = Math.abs(source[i]!);
      if (magnitude > largestMagnitude) largestMagnitude = magnitude;
    }
    if (largestMagnitude === 0 && !initial) {
      for (let i = 0; i < block; i++) {
        codes[codesOffset + i] = repaired && Number.isNaN(source[offset + i]!) ? encode(NaN) : 0;
      }
      return 0;
    }
    const exponent = Math.min(
      Math.max(
        repaired
          ? (f32Bits(largestMagnitude) >>> 23) - 127 - elementExponent
          : exponentOf(largestMagnitude),
        -scaleBias,
      ),
      scaleBias,
    );
    const inverse = 2 ** -exponent;
    for (let i = 0; i < block; i++) {
      let bits = f32Bits(source[offset + i]! * inverse);
      if (initial && bits >>> 31 === 1) {
        const shifted = f32FromBits(f32Bits(source[offset + i]! + EPSILON));
        if (shifted > 0) bits ^= 0x80000000;
        else if (shifted === 0) bits = 0;
      }
      const code = short !== undefined && (bits & 0xffff) === 0
        ? quantiseShortBits(bits | 0, short.exponent, short.mantissa, short.sign)
        : encode(f32FromBits(bits >>> 0));
      codes[codesOffset + i] = initial && (code & magnitudeBits) === 0 ? 0 : code;
    }
    return castCode(f32Bits(2 ** (exponent + scaleBias - 127)), BINARY32, scale);
  };
}

/** Writes code `index` of a sequence that is packed from the lowest bit of `bytes[offset]` on. */
export function putCode(
  bytes: Uint8Array,
  offset: number,
  width: number,
  index: number,
  code: number,
): void {
  if (width === 8) {
    bytes[offset + index] = code;
    return;
  }
  const first = index * width;
  for (let bit = 0; bit < width;) {
    const at = first + bit;
    const inByte = at & 7;
    const take = Math.min(8 - inByte, width - bit);
    const mask = ((1 << take) - 1) << inByte;
    const part = (Math.floor(code / 2 ** bit) << inByte) & mask;
    const byte = offset + (at >>> 3);
    bytes[byte] = (bytes[byte]! & ~mask) | part;
    bit += take;
  }
}
