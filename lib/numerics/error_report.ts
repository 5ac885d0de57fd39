import { checkSameLength } from "./code_array.ts";
import { cosineOfSums } from "./vector_distance.ts";

/** How far an approximation is from its reference. Errors are in the units of the values. */
export interface ErrorReport {
  /** Elements compared. */
  readonly count: number;
  /** Elements left out because one of the two is NaN or infinite. */
  readonly nonFinite: number;
  /** Largest absolute error. */
  readonly max: number;
  /** Where the largest error is first, or −1 without elements. */
  readonly maxAt: number;
  /** Mean absolute error. */
  readonly mean: number;
  /** Root of the mean squared error. */
  readonly rms: number;
  /**
   * Signal to quantisation noise, 10 · log10(Σ reference² / Σ error²) decibels. Infinite without
   * error, −Infinity for a reference of zeros; both are null in JSON.
   */
  readonly sqnrDb: number;
  /** Cosine of the angle between the two as vectors; 1 if both are zeros, 0 if one of them is. */
  readonly cosine: number;
}

/**
 * Compares an approximation with its reference, element by element, with sums in doubles.
 *
 * ```ts
 * import { errorReport } from "@fourbit/fourbit/numerics";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const report = errorReport([3, 4], [3, 5]);
 * assertEquals([report.max, report.maxAt, report.mean, report.rms], [1, 1, 0.5, Math.SQRT1_2]);
 * assertAlmostEquals(report.sqnrDb, 13.979, 0.001); // 25 to 1
 * ```
 *
 * @throws {NumericsError} if the lengths differ
 */
export function errorReport(
  reference: ArrayLike<number>,
  approximation: ArrayLike<number>,
): ErrorReport {
  checkSameLength(reference.length, approximation.length);
  let count = 0;
  let max = 0;
  let maxAt = -1;
  let sum = 0;
  let squares = 0;
  let signal = 0;
  let other = 0;
  let product = 0;
  for (let i = 0; i < reference.length; i++) {
    const wanted = reference[i]!;
    const found = approximation[i]!;
    const error = Math.abs(wanted - found);
    if (!(error < Infinity)) continue; // NaN or infinite, in one or in both
    count++;
    if (error > max || maxAt < 0) {
      max = error;
      maxAt = i;
    }
    sum += error;
    squares += error * error;
    signal += wanted * wanted;
    other += found * found;
    product += wanted * found;
  }
  return {
    count,
    nonFinite: reference.length - count,
    max,
    maxAt,
    mean: count === 0 ? 0 : sum / count,
    rms: count === 0 ? 0 : Math.sqrt(squares / count),
    sqnrDb: squares === 0 ? Infinity : 10 * Math.log10(signal / squares),
    cosine: cosineOfSums(product, other, signal),
  };
}
