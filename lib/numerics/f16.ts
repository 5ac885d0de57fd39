import { checkSameLength } from "./code_array.ts";

/**
 * IEEE binary16 codes of float32 values: round to nearest, ties to even, beyond 65,519 infinite.
 * NaN keeps its sign and upper payload bits and becomes quiet. Writes to `out` if given, which
 * must be as long as `values`.
 */
export function f32ToF16(
  values: Float32Array,
  out: Uint16Array = new Uint16Array(values.length),
): Uint16Array {
  checkSameLength(values.length, out.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const u = bits[i]!;
    const magnitude = u & 0x7fffffff;
    const sign = (u >>> 16) & 0x8000;
    if (magnitude >= 0x47800000) {
      out[i] = sign | (magnitude > 0x7f800000 ? 0x7e00 | ((u >>> 13) & 0x3ff) : 0x7c00);
    } else if (magnitude >= 0x38800000) {
      // Normal: rebias the exponent, then drop 13 bits; a carry may reach the exponent.
      out[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    } else if (magnitude > 0x33000000) {
      // Subnormal: the unit is 2^-24.
      const shift = 126 - (magnitude >>> 23);
      const mantissa = (magnitude & 0x7fffff) | 0x800000;
      out[i] = sign |
        ((mantissa + (1 << (shift - 1)) - 1 + ((mantissa >>> shift) & 1)) >>> shift);
    } else {
      out[i] = sign;
    }
  }
  return out;
}

/** The float32 bits of every binary16 code, made when first needed. */
let f16Bits: Uint32Array | undefined;

function makeF16Bits(): Uint32Array {
  const table = new Uint32Array(0x10000);
  for (let code = 0; code < 0x10000; code++) {
    const sign = (code & 0x8000) << 16;
    let exponent = (code >>> 10) & 31;
    let mantissa = code & 0x3ff;
    if (exponent === 31) {
      exponent = 255 - 112;
    } else if (exponent === 0) {
      if (mantissa === 0) {
        table[code] = sign;
        continue;
      }
      // A subnormal is normal in binary32: shift until the leading bit is the implicit one.
      const shift = Math.clz32(mantissa) - 21;
      mantissa = (mantissa << shift) & 0x3ff;
      exponent = 1 - shift;
    }
    table[code] = sign | ((exponent + 112) << 23) | (mantissa << 13);
  }
  return table;
}

/** The exact float32 values of binary16 codes, NaN payloads included. Writes to `out` if given. */
export function f16ToF32(
  codes: Uint16Array,
  out: Float32Array = new Float32Array(codes.length),
): Float32Array {
  checkSameLength(codes.length, out.length);
  const table = f16Bits ??= makeF16Bits();
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < codes.length; i++) bits[i] = table[codes[i]!]!;
  return out;
}
