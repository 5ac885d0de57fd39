/**
 * The one routine of the PLENA machine that converts between floating-point formats (emulator
 * specification, section 5.2). It is kept step by step as specified: its subnormals are worth half
 * of what IEEE 754 says, and narrowing the exponent gives wrong values.
 */

/** A floating-point code: sign, exponent and mantissa from the top. At most 32 bits. */
export interface FpFields {
  /** Whether there is a sign bit. */
  readonly sign: boolean;
  /** Exponent width, bits; the bias is `2 ** (exponent - 1) - 1`. */
  readonly exponent: number;
  /** Mantissa width, bits. */
  readonly mantissa: number;
}

/** How one element or scale is coded: a float, or a raw unsigned integer. */
export type CodeType =
  | ({ readonly type: "Fp" } & FpFields)
  | { readonly type: "Int"; readonly width: number };

/** IEEE binary32. */
export const BINARY32: FpFields = { sign: true, exponent: 8, mantissa: 23 };

/** Width of a code, bits. */
export function codeWidth(type: CodeType): number {
  return type.type === "Int" ? type.width : (type.sign ? 1 : 0) + type.exponent + type.mantissa;
}

/**
 * Converts a code from one floating-point format to another as the machine does.
 *
 * @param code The source code, unsigned; formats wider than 32 bits are not meaningful here.
 */
export function castCode(code: number, from: FpFields, to: FpFields): number {
  const m = from.mantissa;
  const m2 = to.mantissa;
  const maskE = 2 ** from.exponent - 1;
  const maskE2 = 2 ** to.exponent - 1;
  const mantissa = code % 2 ** m;
  const exponent = Math.floor(code / 2 ** m) % 2 ** from.exponent;
  const sign = from.sign ? Math.floor(code / 2 ** (m + from.exponent)) % 2 : 0;
  if (sign === 1 && !to.sign) return 0;

  let normalise = 0;
  let exponent2: number;
  if (exponent === 0) {
    exponent2 = 0;
    if (mantissa !== 0 && from.exponent < to.exponent) {
      const shift = m - (31 - Math.clz32(mantissa)); // leading zeros and the leading one
      exponent2 = -(maskE >>> 1) - shift + (maskE2 >>> 1);
      if (exponent2 <= 0) exponent2 = 0;
      else normalise = shift;
    }
  } else if (exponent === maskE) {
    exponent2 = maskE2;
  } else if (from.exponent <= to.exponent) {
    exponent2 = exponent + ((maskE2 - maskE) >>> 1);
  } else {
    const t = ((exponent - maskE2) >>> 0) >>> 1; // wraps: the wrong rebias of narrowing casts
    if (exponent <= t) exponent2 = 0;
    else if (exponent - t >= maskE2) exponent2 = maskE2;
    else exponent2 = exponent - t;
  }

  let mantissa2: number;
  if (m <= m2) {
    const normalised = normalise > 0 ? (mantissa * 2 ** normalise) % 2 ** m : mantissa;
    mantissa2 = normalised * 2 ** (m2 - m);
  } else {
    const below = m - m2 - 1; // bits under the rounding bit
    const upper = Math.floor(mantissa / 2 ** below);
    const sticky = mantissa % 2 ** below !== 0;
    const lowest = upper % 4;
    const up = (lowest === 1 && sticky) || lowest === 3 ? 1 : 0;
    mantissa2 = Math.floor((upper + up) / 2);
    if (mantissa2 >= 2 ** m2) {
      mantissa2 = 0;
      exponent2 = Math.min(exponent2 + 1, maskE2);
    }
  }
  return (sign * 2 ** to.exponent + exponent2) * 2 ** m2 + mantissa2;
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The bits of a number rounded to binary32. */
export function f32Bits(value: number): number {
  scratch[0] = value;
  return scratchBits[0]!;
}

/** The number whose binary32 bits are given. */
export function f32FromBits(bits: number): number {
  scratchBits[0] = bits;
  return scratch[0]!;
}

/** The binary32 bits of the value that a code stands for; integers are unsigned. */
export function decodeToF32Bits(code: number, type: CodeType): number {
  return type.type === "Int" ? f32Bits(code) : castCode(code, type, BINARY32);
}

/**
 * The code that the machine gives to a binary32 value, handed over as bits: a cast for floats,
 * truncation toward zero with saturation to 32 bits for integers (NaN becomes 0).
 */
export function encodeFromF32Bits(bits: number, type: CodeType): number {
  if (type.type === "Fp") return castCode(bits >>> 0, BINARY32, type);
  const value = f32FromBits(bits);
  const integer = Number.isNaN(value)
    ? 0
    : Math.trunc(Math.min(Math.max(value, -2147483648), 2147483647));
  return type.width >= 32 ? integer >>> 0 : (integer >>> 0) % 2 ** type.width;
}
