import { decode, E2M1 } from "../../numerics/mod.ts";

/** The 15 codes that stand for different values: all but 8, which is −0. */
export const CODES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15];

/** E2M1 values by code in units of 0.5: 0, 1, 2, 3, 4, 6, 8, 12 and their negatives. */
export const UNITS: Int8Array = Int8Array.from({ length: 16 }, (_, code) => 2 * decode(E2M1, code));

/** The values of {@linkcode CODES} in units of 0.5. */
export const VALUES: readonly number[] = CODES.map((code) => UNITS[code]!);

/** Largest sum of a bias and the weights of two earlier gates, in units of 0.5. */
export const MAX_SHIFT = 36;

/**
 * A weighted sum of the inputs, compared with all thresholds that a bias and up to two earlier gates
 * can make.
 */
export interface LinearForm {
  /** Number of weights that are not zero. */
  readonly weights: number;
  /** At `MAX_SHIFT + t`: rows with sum + t ≥ 0, as a mask; t in units of 0.5. */
  readonly on: Uint16Array;
  /** At `MAX_SHIFT + t`: rows with sum + t = 0. */
  readonly ties: Uint16Array;
}

/**
 * The linear forms of the inputs with E2M1 weights in ascending order of their place in
 * {@linkcode CODES}. All others follow by renaming the inputs.
 */
export function linearForms(inputs: number): LinearForm[] {
  const forms: LinearForm[] = [];
  const rows = 1 << inputs;
  const visit = (weights: readonly number[], from: number): void => {
    if (weights.length < inputs) {
      for (let i = from; i < VALUES.length; i++) visit([...weights, VALUES[i]!], i);
      return;
    }
    const on = new Uint16Array(2 * MAX_SHIFT + 1);
    const ties = new Uint16Array(2 * MAX_SHIFT + 1);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) if ((row >> i) & 1) sum += weights[i]!;
      for (let shift = 0; shift <= 2 * MAX_SHIFT; shift++) {
        const z = sum + shift - MAX_SHIFT;
        if (z >= 0) on[shift]! |= 1 << row;
        if (z === 0) ties[shift]! |= 1 << row;
      }
    }
    forms.push({ weights: weights.filter((weight) => weight !== 0).length, on, ties });
  };
  visit([], 0);
  return forms;
}
