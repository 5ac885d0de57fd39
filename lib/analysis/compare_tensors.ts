import { vectorDistance } from "../numerics/mod.ts";

/** How far one tensor is from another, over all elements at once. */
export interface TensorComparison {
  /** Elements compared. */
  readonly elements: number;
  /** √(Σ(x − y)² / Σy²), y being the reference; infinite for an error beside a reference of zeros. */
  readonly relativeRms: number;
  /** Cosine of the angle between both; 1 for two tensors of zeros, 0 beside one of them. */
  readonly cosine: number;
  /** Largest |x − y|. */
  readonly maxError: number;
  /** Index of the first element with that error; -1 when there is no element. */
  readonly maxErrorAt: number;
  /** Elements beyond the tolerance. */
  readonly outside: number;
}

/** How far an element may be from the reference: |x − y| ≤ absolute + relative · |y|. */
export interface Tolerance {
  /** For references near zero. */
  readonly absolute: number;
  /** Of the reference's magnitude. */
  readonly relative: number;
}

/**
 * The rule of the public compiler's check (compiler specification, section 13.1), which passes when
 * nine in ten elements keep it. Told for comparison only: it is far too wide to find a wrong program.
 */
export const PUBLIC_TOLERANCE: Tolerance = { absolute: 0.2, relative: 0.2 };

/**
 * A tolerance that knows the reference's size, so that it holds or not whatever both are scaled by:
 * `size` of an element's magnitude and of the root mean square of all.
 */
export function relativeTolerance(reference: ArrayLike<number>, size: number): Tolerance {
  let power = 0;
  for (let i = 0; i < reference.length; i++) power += reference[i]! ** 2;
  const rms = reference.length === 0 ? 0 : Math.sqrt(power / reference.length);
  return { absolute: size * rms, relative: size };
}

/**
 * Compares a tensor with a reference, element by element and as a whole. Something that is not a
 * number is outside every tolerance, and makes the figures of the whole not a number, so that no
 * bound holds for them.
 *
 * @throws {RangeError} When the tensors are of different lengths.
 */
export function compareTensors(
  values: ArrayLike<number>,
  reference: ArrayLike<number>,
  tolerance: Tolerance = PUBLIC_TOLERANCE,
): TensorComparison {
  checkLengths(values, reference);
  const { absolute, relative } = tolerance;
  let [maxError, maxErrorAt, outside] = [0, -1, 0];
  for (let i = 0; i < reference.length; i++) {
    const x = values[i]!;
    const y = reference[i]!;
    const distance = Math.abs(x - y);
    if (!(distance <= absolute + relative * Math.abs(y))) outside++;
    // The first one that is not a number stays the largest.
    if (maxErrorAt < 0 || !(distance <= maxError) && !Number.isNaN(maxError)) {
      maxError = distance;
      maxErrorAt = i;
    }
  }
  return {
    elements: reference.length,
    ...vectorDistance(values, reference),
    maxError,
    maxErrorAt,
    outside,
  };
}

/**
 * In how many rows the largest element is at the same column in both tensors, which for logits is the
 * same next token. Of equal elements the first counts; a row with something that is not a number
 * agrees with none.
 *
 * @param columns Length of a row.
 * @throws {RangeError} When the tensors are of different lengths, or no whole rows.
 */
export function topAgreement(
  values: ArrayLike<number>,
  reference: ArrayLike<number>,
  columns: number,
): { readonly rows: number; readonly agreeing: number } {
  checkLengths(values, reference);
  const rows = reference.length / columns;
  if (!Number.isInteger(rows)) {
    throw new RangeError(`${reference.length} elements are no whole rows of ${columns}`);
  }
  let agreeing = 0;
  for (let row = 0; row < rows; row++) {
    const top = topColumn(reference, row * columns, columns);
    if (top >= 0 && topColumn(values, row * columns, columns) === top) agreeing++;
  }
  return { rows, agreeing };
}

/** The first column with the largest element of a row; -1 if one is not a number. */
function topColumn(tensor: ArrayLike<number>, from: number, columns: number): number {
  let top = 0;
  for (let column = 0; column < columns; column++) {
    const value = tensor[from + column]!;
    if (Number.isNaN(value)) return -1;
    if (value > tensor[from + top]!) top = column;
  }
  return top;
}

function checkLengths(values: ArrayLike<number>, reference: ArrayLike<number>): void {
  if (values.length === reference.length) return;
  throw new RangeError(`${values.length} elements beside a reference of ${reference.length}`);
}
