import { NumericsError } from "./numerics_error.ts";

/**
 * Which codes of a float are not numbers.
 *
 * - `ieee`: exponent all ones is infinite when the mantissa is 0 and NaN otherwise.
 * - `fn`: only the code of all ones below the sign is NaN, nothing is infinite (OCP 8-bit E4M3).
 * - `none`: every code is a number (OCP FP4 and FP6).
 */
export type Specials = "ieee" | "fn" | "none";

/**
 * A binary float of at most 32 bits: sign, exponent and mantissa from the highest bit down.
 * Every limit (largest value, smallest subnormal, infinity, NaN) follows from these fields.
 */
export interface FloatFormat {
  /** Tells this kind of format from the others. */
  readonly kind: "float";
  /** The name that artifacts record, such as `E2M1`. */
  readonly name: string;
  /** 1 when the highest bit is a sign, 0 for formats without negative values. */
  readonly sign: 0 | 1;
  /** Width of the exponent field, 1 to 8. */
  readonly exponentBits: number;
  /** Width of the mantissa field, 0 to 23. */
  readonly mantissaBits: number;
  /** A normal code with exponent field E has the exponent E − bias. */
  readonly bias: number;
  /** Which codes are infinite or NaN. */
  readonly specials: Specials;
  /**
   * True when exponent field 0 holds zero and the subnormals, 0.M × 2^(1 − bias). False when it is
   * an exponent like the others, so that the format has no zero (E8M0).
   */
  readonly subnormals: boolean;
}

/** A two's complement (`sign: 1`) or unsigned (`sign: 0`) integer of 2 to 32 bits. */
export interface IntFormat {
  /** Tells this kind of format from the others. */
  readonly kind: "int";
  /** The name that artifacts record, such as `INT4`. */
  readonly name: string;
  /** 1 for two's complement, 0 for unsigned. */
  readonly sign: 0 | 1;
  /** Width of the whole code. */
  readonly bits: number;
}

/** A format whose code is an index into a rising list of values. */
export interface CodeBookFormat {
  /** Tells this kind of format from the others. */
  readonly kind: "codebook";
  /** The name that artifacts record, such as `NF4`. */
  readonly name: string;
  /** The value of each code, strictly rising; a power of two of them. */
  readonly values: readonly number[];
}

/** What the codes of a narrow number mean, as data. */
export type Format = FloatFormat | IntFormat | CodeBookFormat;

/** What {@linkcode minifloat} may be told beyond the two widths. */
export interface MinifloatOptions {
  /** Defaults to `E{exponentBits}M{mantissaBits}`. */
  readonly name?: string;
  /** Defaults to 1. */
  readonly sign?: 0 | 1;
  /** Defaults to 2^(exponentBits − 1) − 1; at most 512 in magnitude, so doubles hold every value. */
  readonly bias?: number;
  /** Defaults to `ieee`, so that `minifloat(8, 23)` is binary32 and `minifloat(5, 10)` binary16. */
  readonly specials?: Specials;
  /** Defaults to true. */
  readonly subnormals?: boolean;
}

/**
 * The float with the given field widths.
 *
 * ```ts
 * import { decode, minifloat } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * const e3m0 = minifloat(3, 0, { specials: "none" });
 * assertEquals([0, 1, 2, 7].map((code) => decode(e3m0, code)), [0, 0.25, 0.5, 16]);
 * ```
 *
 * @throws {NumericsError} if a width or the bias is out of range
 */
export function minifloat(
  exponentBits: number,
  mantissaBits: number,
  options: MinifloatOptions = {},
): FloatFormat {
  if (!Number.isInteger(exponentBits) || exponentBits < 1 || exponentBits > 8) {
    throw new NumericsError(
      `Cannot make a float with ${exponentBits} exponent bits`,
      "give it 1 to 8 exponent bits",
    );
  }
  if (!Number.isInteger(mantissaBits) || mantissaBits < 0 || mantissaBits > 23) {
    throw new NumericsError(
      `Cannot make a float with ${mantissaBits} mantissa bits`,
      "give it 0 to 23 mantissa bits",
    );
  }
  const bias = options.bias ?? 2 ** (exponentBits - 1) - 1;
  if (!Number.isInteger(bias) || Math.abs(bias) > 512) {
    throw new NumericsError(
      `Cannot make a float with bias ${bias}`,
      "give it an integer bias from -512 to 512",
    );
  }
  return Object.freeze({
    kind: "float",
    name: options.name ?? `E${exponentBits}M${mantissaBits}`,
    sign: options.sign ?? 1,
    exponentBits,
    mantissaBits,
    bias,
    specials: options.specials ?? "ieee",
    subnormals: options.subnormals ?? true,
  });
}

function integer(name: string, bits: number, sign: 0 | 1): IntFormat {
  return Object.freeze({ kind: "int", name, sign, bits });
}

/** FP4 of OCP Microscaling Formats 1.0: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives. */
export const E2M1: FloatFormat = minifloat(2, 1, { specials: "none" });
/** FP8 E4M3 of the OCP 8-bit floating point specification: up to 448, one NaN, no infinity. */
export const E4M3: FloatFormat = minifloat(4, 3, { specials: "fn" });
/** E4M3 as the machine reads it: exponent field 15 is infinite or NaN, so it ends at 240. */
export const E4M3_IEEE: FloatFormat = minifloat(4, 3, { name: "E4M3_IEEE" });
/** FP8 E5M2 of the OCP 8-bit floating point specification: the upper byte of binary16. */
export const E5M2: FloatFormat = minifloat(5, 2);
/** 8-bit float with 3 exponent bits, IEEE-style infinity and NaN. */
export const E3M4: FloatFormat = minifloat(3, 4);
/** 8-bit float with 2 exponent bits, IEEE-style infinity and NaN. */
export const E2M5: FloatFormat = minifloat(2, 5);
/** 8-bit float with 6 exponent bits, IEEE-style infinity and NaN. */
export const E6M1: FloatFormat = minifloat(6, 1);
/** FP6 E2M3 of OCP Microscaling Formats 1.0: up to 7.5, every code a number. */
export const E2M3: FloatFormat = minifloat(2, 3, { specials: "none" });
/** FP6 E3M2 of OCP Microscaling Formats 1.0: up to 28, every code a number. */
export const E3M2: FloatFormat = minifloat(3, 2, { specials: "none" });
/** bfloat16: the upper half of binary32. */
export const BF16: FloatFormat = minifloat(8, 7, { name: "BF16" });
/** IEEE 754 binary16. */
export const FP16: FloatFormat = minifloat(5, 10, { name: "FP16" });
/** IEEE 754 binary32. */
export const FP32: FloatFormat = minifloat(8, 23, { name: "FP32" });
/** The scale of OCP Microscaling Formats 1.0: code c is 2^(c − 127), 255 is NaN, there is no zero. */
export const E8M0: FloatFormat = minifloat(8, 0, { sign: 0, specials: "fn", subnormals: false });
/** Two's complement integer from −8 to 7. */
export const INT4: IntFormat = integer("INT4", 4, 1);
/** Two's complement integer from −128 to 127. */
export const INT8: IntFormat = integer("INT8", 8, 1);
/** Two's complement integer from −32,768 to 32,767. */
export const INT16: IntFormat = integer("INT16", 16, 1);
/** Two's complement integer from −2^31 to 2^31 − 1. */
export const INT32: IntFormat = integer("INT32", 32, 1);

/** The QLoRA code book: quantiles of a normal distribution scaled to −1 … 1, code 7 is 0. */
// deno-fmt-ignore: four values a row
export const NF4: CodeBookFormat = Object.freeze({
  kind: "codebook",
  name: "NF4",
  values: Object.freeze([
    -1.0,                 -0.6961928009986877,  -0.5250730514526367,  -0.39491748809814453,
    -0.28444138169288635, -0.18477343022823334, -0.09105003625154495,  0.0,
     0.07958029955625534,  0.16093020141124725,  0.24611230194568634,  0.33791524171829224,
     0.44070982933044434,  0.5626170039176941,   0.7229568362236023,   1.0,
  ]),
});

/** Every named format, narrow ones first. A new one here inherits every test. */
// deno-fmt-ignore: grouped by width
export const FORMATS: readonly Format[] = Object.freeze([
  E2M1, NF4, INT4,
  E2M3, E3M2,
  E4M3, E4M3_IEEE, E5M2, E3M4, E2M5, E6M1, E8M0, INT8,
  BF16, FP16, INT16,
  FP32, INT32,
]);

/**
 * The format that a name stands for: one of {@linkcode FORMATS} in any letter case, or `ExMy` for
 * the IEEE-style float with those field widths.
 *
 * @throws {NumericsError} if there is none
 */
export function formatByName(name: string): Format {
  const wanted = name.toUpperCase().replaceAll("-", "_");
  const known = FORMATS.find((format) => format.name === wanted);
  if (known) return known;
  const widths = /^E(\d+)M(\d+)$/.exec(wanted);
  if (widths) return minifloat(Number(widths[1]), Number(widths[2]));
  throw new NumericsError(
    `Unknown number format ${name}`,
    `use ExMy or one of ${FORMATS.map((format) => format.name).join(", ")}`,
  );
}

/** Width of a code in bits. */
export function codeBits(format: Format): number {
  switch (format.kind) {
    case "float":
      return format.sign + format.exponentBits + format.mantissaBits;
    case "int":
      return format.bits;
    case "codebook":
      return Math.log2(format.values.length);
  }
}

/** How many codes a format has: 16 for a 4-bit one. Codes run from 0 to this, exclusive. */
export function codeCount(format: Format): number {
  return 2 ** codeBits(format);
}
