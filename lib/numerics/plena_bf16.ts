/**
 * Rounding binary32 to bfloat16 as the two paths of the PLENA machine do (emulator specification,
 * section 5.2), on bits, so that no value passes through a number and NaN payloads survive.
 */

import { f32Bits } from "./plena_cast.ts";

/** The NaN that an invalid operation gives on the machine's host: quiet, sign set. */
export const DEFAULT_NAN_BITS = 0xffc00000;

/**
 * The vector SRAM's rounding: to nearest, ties to even, as binary32 bits whose lower half is 0.
 * A NaN whose upper payload is empty, or rounds out, becomes infinity.
 */
export function castBitsToBf16(bits: number): number {
  if ((bits & 0x7fff8000) === 0x7fff8000) return ((bits & 0x80000000) | 0x7f800000) >>> 0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0;
}

/** The scalar unit's rounding: the same but for NaN, which stays NaN and becomes quiet. */
export function scalarBitsToBf16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits & 0xffff0000) | 0x00400000) >>> 0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0;
}

/**
 * The NaN that an operation on two binary32 operands gives, as bits: the first NaN operand made
 * quiet, else the default NaN.
 */
export function nanOf(a: number, b: number): number {
  if ((a & 0x7fffffff) > 0x7f800000) return (a | 0x00400000) >>> 0;
  if ((b & 0x7fffffff) > 0x7f800000) return (b | 0x00400000) >>> 0;
  return DEFAULT_NAN_BITS;
}

/** The binary32 bits of a binary16 code, exact; NaN keeps its payload. For few codes: no table. */
export function halfToF32Bits(code: number): number {
  const sign = code & 0x8000 ? 0x80000000 : 0;
  const exponent = (code >>> 10) & 31;
  const mantissa = code & 0x3ff;
  if (exponent === 0) return (sign | f32Bits(mantissa * 2 ** -24)) >>> 0;
  const field = exponent === 31 ? 255 : exponent + 112;
  return (sign | (field << 23) | (mantissa << 13)) >>> 0;
}

/** Rounds `count` binary32 values to bfloat16, from bits to bits; the arrays may be the same. */
export function castRowToBf16(
  source: Uint32Array,
  sourceOffset: number,
  target: Uint32Array,
  targetOffset: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const bits = source[sourceOffset + i]!;
    target[targetOffset + i] = (bits & 0x7fff8000) === 0x7fff8000
      ? (bits & 0x80000000) | 0x7f800000
      : (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
  }
}
