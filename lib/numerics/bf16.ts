import { checkSameLength } from "./code_array.ts";

/**
 * The bfloat16 code of the float32 with the given bits: round to nearest, ties to even. NaN keeps
 * its upper 16 bits and becomes quiet, so no NaN turns into an infinity.
 */
export function bf16FromF32Bits(bits: number): number {
  return (bits & 0x7fffffff) > 0x7f800000
    ? (bits >>> 16) | 0x40
    : ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/**
 * bfloat16 codes of float32 values, rounded to nearest with ties to even; NaN as in
 * {@linkcode bf16FromF32Bits}. Writes to `out` if given, which must be as long as `values`.
 */
export function f32ToBf16(
  values: Float32Array,
  out: Uint16Array = new Uint16Array(values.length),
): Uint16Array {
  checkSameLength(values.length, out.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const u = bits[i]!;
    out[i] = (u & 0x7fffffff) > 0x7f800000
      ? (u >>> 16) | 0x40
      : (u + 0x7fff + ((u >>> 16) & 1)) >>> 16;
  }
  return out;
}

/** The exact float32 values of bfloat16 codes, NaN payloads included. Writes to `out` if given. */
export function bf16ToF32(
  codes: Uint16Array,
  out: Float32Array = new Float32Array(codes.length),
): Float32Array {
  checkSameLength(codes.length, out.length);
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < codes.length; i++) bits[i] = codes[i]! << 16;
  return out;
}

/** Rounds float32 values to bfloat16 in place, as {@linkcode f32ToBf16} does; returns `values`. */
export function roundToBf16(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const u = bits[i]!;
    bits[i] = (u & 0x7fffffff) > 0x7f800000
      ? (u | 0x400000) & 0xffff0000
      : (u + 0x7fff + ((u >>> 16) & 1)) & 0xffff0000;
  }
  return values;
}
