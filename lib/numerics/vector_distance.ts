import { checkSameLength } from "./code_array.ts";

/** How far one vector is from another, as a whole; both figures do not change with their scale. */
export interface VectorDistance {
  /** √(Σ(x − y)² / Σy²), y being the reference. */
  readonly relativeRms: number;
  /** Cosine of the angle between both. */
  readonly cosine: number;
}

/**
 * How far values are from a reference, with sums in doubles. Beside a reference of zeros the relative
 * RMS is 0 without error and Infinity with one. The cosine of two vectors of zeros is 1, that of one
 * of them beside another vector 0. NaN anywhere makes both NaN, so that no bound holds for them.
 *
 * ```ts
 * import { vectorDistance } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(vectorDistance([3, 4], [3, 0]), { relativeRms: 4 / 3, cosine: 3 / 5 });
 * assertEquals(vectorDistance([3, 4], [0, 0]), { relativeRms: Infinity, cosine: 0 });
 * assertEquals(vectorDistance([0, 0], [0, 0]), { relativeRms: 0, cosine: 1 });
 * ```
 *
 * @throws {NumericsError} if the lengths differ
 */
export function vectorDistance(
  values: ArrayLike<number>,
  reference: ArrayLike<number>,
): VectorDistance {
  checkSameLength(reference.length, values.length);
  let [error, power, own, product] = [0, 0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const x = values[i]!;
    const y = reference[i]!;
    error += (x - y) * (x - y);
    power += y * y;
    own += x * x;
    product += x * y;
  }
  return {
    // 0 / 0 would be no number, and there is no error.
    relativeRms: error === 0 ? 0 : Math.sqrt(error / power),
    cosine: cosineOfSums(product, own, power),
  };
}

/**
 * The cosine of two vectors by Σxy, Σx² and Σy²: 1 if both are zeros, 0 if one of them is, NaN if a
 * sum is.
 */
export function cosineOfSums(product: number, own: number, power: number): number {
  // The product of zeros and an element that is no number is no number either.
  if (own === 0 || power === 0) return own === power ? 1 : product;
  return product / (Math.sqrt(own) * Math.sqrt(power));
}
