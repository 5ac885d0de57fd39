import type { CodeBookFormat, FloatFormat, Format, IntFormat } from "./format.ts";
import { NumericsError } from "./numerics_error.ts";
import { floorLog2, powerOfTwo } from "./power_of_two.ts";

/**
 * How a value between two codes is rounded.
 *
 * - `nearest-even`: to the nearer value, and from exactly halfway to the even code.
 * - `toward-zero`: to the value of smaller magnitude.
 * - `stochastic`: up in magnitude with the probability of the distance covered, so that the mean
 *   over many draws is the value itself.
 */
export type Rounding = "nearest-even" | "toward-zero" | "stochastic";

/** What becomes of NaN in a format without a NaN code: an error, 0, or the largest value. */
export type NanPolicy = "error" | "zero" | "maximum";

/** How {@linkcode encode} rounds, and what it does at the ends of the range. */
export interface EncodeOptions {
  /** Defaults to `nearest-even`. */
  readonly rounding?: Rounding;
  /** Draws from [0, 1), one for each inexact value; required for `stochastic` rounding. */
  readonly random?: () => number;
  /**
   * Whether a value beyond the range becomes the largest finite one. When false it becomes infinite
   * (`ieee`) or NaN (`fn`); formats that have neither always saturate. Defaults to true for formats
   * without infinity and to false for the others.
   */
  readonly saturate?: boolean;
  /** Used only where the format has no NaN code; defaults to `error`. */
  readonly nan?: NanPolicy;
}

/**
 * The code of the value nearest to `value`, under the rounding asked for. Exact for every double:
 * the remainder is computed without error, so ties are ties.
 *
 * - The sign of zero is kept, also when a small value rounds to zero.
 * - NaN gives the positive quiet NaN of the format. Where there is none, `options.nan` decides.
 * - An infinity counts as a value beyond the range, so it saturates when `saturate` holds.
 * - A result that rounds beyond the largest finite value, as if larger exponents existed, is beyond
 *   the range; rounding toward zero never leaves the range of its own accord.
 * - A negative value in an unsigned format is beyond the range: code 0 when it saturates.
 * - In a format without zero (E8M0) everything below the smallest value gives code 0.
 *
 * ```ts
 * import { E2M1, E4M3, encode } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(encode(E2M1, 2.5), 4); // halfway between 2 (code 4) and 3 (code 5)
 * assertEquals(encode(E2M1, -100), 15); // FP4 has no infinity
 * assertEquals(encode(E4M3, 1000, { saturate: false }), 0x7f); // NaN
 * ```
 *
 * @throws {NumericsError} if `value` is NaN, the format has no NaN and `nan` is `error`
 * @throws {TypeError} if `rounding` is `stochastic` and there is no `random`
 */
export function encode(format: Format, value: number, options: EncodeOptions = {}): number {
  if (options.rounding === "stochastic" && !options.random) {
    throw new TypeError("Stochastic rounding needs options.random, for example random(seed)");
  }
  switch (format.kind) {
    case "float":
      return encodeFloat(format, value, options);
    case "int":
      return encodeInt(format, value, options);
    case "codebook":
      return encodeInBook(format, value, options);
  }
}

/** Whether the lower of two neighbouring codes gives way to the upper, `part` of the way up. */
function roundsUp(part: number, lowerIsOdd: boolean, options: EncodeOptions): boolean {
  switch (options.rounding) {
    case "toward-zero":
      return false;
    case "stochastic":
      return part > 0 && options.random!() < part;
    default:
      return part > 0.5 || (part === 0.5 && lowerIsOdd);
  }
}

function encodeFloat(format: FloatFormat, value: number, options: EncodeOptions): number {
  const { exponentBits, mantissaBits, bias, specials, subnormals } = format;
  const implicit = 2 ** mantissaBits;
  const negativeZero = 2 ** (exponentBits + mantissaBits);
  const saturate = options.saturate ?? specials !== "ieee";
  if (Number.isNaN(value)) {
    const nan = nanCode(format);
    if (nan !== undefined) return nan;
    return encodeFloat(format, withoutNan(format, options), { ...options, saturate: true });
  }
  const negative = value < 0 || Object.is(value, -0);
  if (negative && format.sign === 0) {
    return value < 0 && !saturate ? nanCode(format) ?? 0 : 0;
  }
  const sign = negative ? negativeZero : 0;
  const magnitude = Math.abs(value);
  const last = largestCode(format);
  const overflow = saturate ? last : overflowCode(format);
  if (magnitude === Infinity) return sign + overflow;

  // In units of the last place at its exponent, a value is floor + part, both exact.
  const smallestExponent = subnormals ? 1 - bias : -bias;
  const exponent = Math.max(floorLog2(magnitude), smallestExponent);
  const scaled = magnitude / powerOfTwo(exponent - mantissaBits);
  const floor = Math.floor(scaled);
  if (!subnormals && floor < implicit) return sign;
  // Codes count on from one binade to the next, so a carry out of the mantissa needs no care.
  const code = (exponent - smallestExponent) * implicit + floor - (subnormals ? 0 : implicit);
  if (code > last) return sign + (options.rounding === "toward-zero" ? last : overflow);
  const rounded = roundsUp(scaled - floor, code % 2 === 1, options) ? code + 1 : code;
  return sign + (rounded > last ? overflow : rounded);
}

function encodeInt(format: IntFormat, value: number, options: EncodeOptions): number {
  if (Number.isNaN(value)) return encodeInt(format, withoutNan(format, options), options);
  const count = 2 ** format.bits;
  const largest = format.sign === 1 ? count / 2 - 1 : count - 1;
  const smallest = format.sign === 1 ? -count / 2 : 0;
  if (value >= largest) return largest;
  if (value <= smallest) return smallest < 0 ? count + smallest : smallest;
  const magnitude = Math.abs(value);
  const floor = Math.floor(magnitude);
  const rounded = roundsUp(magnitude - floor, floor % 2 === 1, options) ? floor + 1 : floor;
  return value < 0 && rounded > 0 ? count - rounded : rounded;
}

function encodeInBook(format: CodeBookFormat, value: number, options: EncodeOptions): number {
  if (Number.isNaN(value)) return encodeInBook(format, withoutNan(format, options), options);
  const { values } = format;
  const last = values.length - 1;
  if (value >= values[last]!) return last;
  if (value <= values[0]!) return 0;
  let below = 0;
  while (values[below + 1]! <= value) below++;
  const low = values[below]!;
  const high = values[below + 1]!;
  if (value === low) return below;
  if (options.rounding === "toward-zero") return value < 0 ? below + 1 : below;
  if (options.rounding === "stochastic") {
    return options.random!() < (value - low) / (high - low) ? below + 1 : below;
  }
  // Sums of two neighbours are exact in doubles, so this compares with the true midpoint.
  const twice = 2 * value;
  if (twice === low + high) return below % 2 === 0 ? below : below + 1;
  return twice > low + high ? below + 1 : below;
}

function withoutNan(format: Format, options: EncodeOptions): number {
  switch (options.nan) {
    case "zero":
      return 0;
    case "maximum":
      return format.kind === "codebook" ? format.values.at(-1)! : Number.MAX_VALUE;
    default:
      throw new NumericsError(
        `${format.name} has no code for NaN`,
        'remove the NaN, or say what it becomes: nan: "zero" or nan: "maximum"',
      );
  }
}

/** The code of the largest finite value, which is also how many positive steps there are. */
export function largestCode(format: FloatFormat): number {
  const all = 2 ** (format.exponentBits + format.mantissaBits) - 1;
  switch (format.specials) {
    case "ieee":
      return all - 2 ** format.mantissaBits;
    case "fn":
      return all - 1;
    case "none":
      return all;
  }
}

/** The code of the positive quiet NaN, or undefined for a format without NaN. */
export function nanCode(format: FloatFormat): number | undefined {
  const all = 2 ** (format.exponentBits + format.mantissaBits) - 1;
  switch (format.specials) {
    case "ieee":
      // Exponent all ones and the highest mantissa bit.
      return format.mantissaBits === 0 ? undefined : all + 1 - 2 ** (format.mantissaBits - 1);
    case "fn":
      return all;
    case "none":
      return undefined;
  }
}

/** What a positive value beyond the range becomes when it does not saturate. */
function overflowCode(format: FloatFormat): number {
  const largest = largestCode(format);
  return format.specials === "none" ? largest : largest + 1;
}
