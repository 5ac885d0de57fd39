import { type BlockFormat, hasPowerOfTwoScale, type ScaleRule } from "./block_format.ts";
import { decode } from "./decode.ts";
import { encode, largestCode } from "./encode.ts";
import type { FloatFormat, Format } from "./format.ts";
import { floorLog2, powerOfTwo } from "./power_of_two.ts";

/** The largest value that an element can have, positive. */
export function largestElement(format: Format): number {
  switch (format.kind) {
    case "float":
      return decode(format, largestCode(format));
    case "int":
      return format.sign === 1 ? 2 ** (format.bits - 1) - 1 : 2 ** format.bits - 1;
    case "codebook":
      return format.values.at(-1)!;
  }
}

/**
 * A function from the largest magnitude of a block, positive and finite, to the code of its scale.
 * `perScale` is what an element of the largest value stands for under the scale 1: the largest
 * element, times the tensor scale where there is one.
 */
export function scaleChooser(
  format: BlockFormat,
  rule: ScaleRule,
  perScale: number,
): (largest: number) => number {
  return hasPowerOfTwoScale(format)
    ? powerOfTwoChooser(format, rule)
    : roundedChooser(format.scale, rule, perScale);
}

function powerOfTwoChooser(format: BlockFormat, rule: ScaleRule): (largest: number) => number {
  const top = largestElement(format.element);
  const topExponent = floorLog2(top);
  const topMantissa = top / powerOfTwo(topExponent);
  // A mantissa (1 to 2) of at least or above this gives the next exponent.
  const mantissaBits = format.element.kind === "float" ? format.element.mantissaBits : 0;
  const carriesFrom = 2 - powerOfTwo(-mantissaBits - 1);
  const carriesAbove = rule === "ceil" ? 1 : rule === "rceil" ? topMantissa : 2;
  const { bias, subnormals } = format.scale;
  const last = largestCode(format.scale);
  // In a format with a zero, code 0 is no power of two.
  const first = subnormals ? 1 : 0;
  return (largest: number): number => {
    const exponent = floorLog2(largest);
    const mantissa = largest / powerOfTwo(exponent);
    const carries = mantissa > carriesAbove || (rule === "even" && mantissa >= carriesFrom);
    const code = exponent + (carries ? 1 : 0) - topExponent + bias;
    return Math.min(Math.max(code, first), last);
  };
}

function roundedChooser(
  scale: FloatFormat,
  rule: ScaleRule,
  perScale: number,
): (largest: number) => number {
  const last = largestCode(scale);
  return (largest: number): number => {
    // Both are short enough for the quotient in doubles never to land on a tie it is not.
    const wanted = largest / perScale;
    let code = encode(scale, wanted, {
      rounding: rule === "even" ? "nearest-even" : "toward-zero",
      saturate: true,
    });
    if ((rule === "ceil" || rule === "rceil") && code < last && decode(scale, code) < wanted) {
      code++;
    }
    // The scale 0 would lose a block that the smallest scale can still hold in part.
    return Math.max(code, 1);
  };
}
