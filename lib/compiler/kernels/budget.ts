/**
 * Budgets: static instructions that unrolled bodies may have. More of them are fewer executed ones; these
 * were chosen by measurement, so that a layer stays small while it loses little.
 *
 * @module
 */

/** What the largest body of a program may have when nothing else is asked for. */
export const BODY_BUDGET = 216;

/** Most for the scores of a block of queries: a program has several such bodies. */
export const SCORES_BUDGET = 12;

/** Most for the weighted sum of values. */
export const VALUES_BUDGET = 48;

/** From here on the block on the diagonal is computed in stairs, each a body of its own. */
export const STAIRS_BUDGET = 24;

/** Blocks of a row that a norm writes out, instead of a loop over them. */
export const NORM_BLOCKS = 12;

/** Transfers that the body of a loop over them has. */
export function unrolledTransfers(budget: number): number {
  return budget < 64 ? 1 : 4;
}
