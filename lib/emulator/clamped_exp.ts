/** The exponential of the vector and the scalar unit. */

/** Beyond this magnitude the exponential's operand is cut. */
export const EXP_LIMIT = 88;

/** The machine's exponential of a value; NaN stays NaN. */
export function clampedExp(value: number): number {
  return Math.exp(value > EXP_LIMIT ? EXP_LIMIT : value < -EXP_LIMIT ? -EXP_LIMIT : value);
}
