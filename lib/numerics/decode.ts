import type { FloatFormat, Format } from "./format.ts";
import { codeCount } from "./format.ts";
import { NumericsError } from "./numerics_error.ts";
import { powerOfTwo } from "./power_of_two.ts";

/**
 * The exact value that a code stands for, from the definition of the format. Codes that the format
 * reserves give NaN or an infinity. Negative zero is kept.
 *
 * ```ts
 * import { decode, E2M1, E8M0, INT4 } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decode(E2M1, 0b0_11_1), 6);
 * assertEquals(decode(E8M0, 0), 2 ** -127);
 * assertEquals(decode(INT4, 0xf), -1);
 * ```
 *
 * @throws {NumericsError} if `code` is not an integer from 0 to `codeCount(format) - 1`
 */
export function decode(format: Format, code: number): number {
  const count = codeCount(format);
  if (!(code >= 0 && code < count && Number.isInteger(code))) {
    throw new NumericsError(
      `${code} is not a code of ${format.name}`,
      `codes of ${format.name} run from 0 to ${count - 1}`,
    );
  }
  switch (format.kind) {
    case "float":
      return decodeFloat(format, code);
    case "int":
      return format.sign === 1 && code >= count / 2 ? code - count : code;
    case "codebook":
      return format.values[code]!;
  }
}

function decodeFloat(format: FloatFormat, code: number): number {
  const { exponentBits, mantissaBits, bias, specials } = format;
  const implicit = 2 ** mantissaBits;
  const mantissa = code % implicit;
  const exponentCount = 2 ** exponentBits;
  const exponent = Math.floor(code / implicit) % exponentCount;
  const sign = code >= implicit * exponentCount ? -1 : 1;
  if (exponent === exponentCount - 1) {
    if (specials === "ieee") return mantissa === 0 ? sign * Infinity : NaN;
    if (specials === "fn" && mantissa === implicit - 1) return NaN;
  }
  return exponent === 0 && format.subnormals
    ? sign * mantissa * powerOfTwo(1 - bias - mantissaBits)
    : sign * (implicit + mantissa) * powerOfTwo(exponent - bias - mantissaBits);
}
