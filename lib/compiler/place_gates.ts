import type { GateList } from "../circuits/mod.ts";

/** Gates that do not depend on each other and are computed in one pass. */
export interface Level {
  /** Numbers of the gates, in the order of their columns. */
  readonly gates: readonly number[];
  /** First column: a multiple of the group size. */
  readonly firstColumn: number;
  /** Columns that the pass writes: whole groups, the last one filled up with zeros. */
  readonly columns: number;
}

/** Where every signal of a circuit stands in a row of the state. */
export interface Placement {
  /** Passes, in order. */
  readonly levels: readonly Level[];
  /** Column of every signal: input wires, then gates. */
  readonly columnOf: readonly number[];
  /** Columns in all. */
  readonly columns: number;
}

/** Column that always holds 1: a gate's weight there is its bias. */
export const BIAS_COLUMN = 0;
/** Column that always holds 1: every gate's weight there is 0.5, see {@linkcode THRESHOLD_SHIFT}. */
export const SHIFT_COLUMN = 1;
const FIRST_INPUT_COLUMN = 2;

/**
 * What is added to every sum. E2M1 sums are multiples of 0.5, so z ≥ 0.5 or z ≤ −0.5 (a gate has
 * a margin) becomes ≥ 1 or ≤ 0, and clamping to [0, 1] is the step. Clamping leaves zeros and ones
 * as they are, so whole rows can be clamped, columns of earlier levels included.
 */
export const THRESHOLD_SHIFT = 0.5;

/**
 * Sorts the gates into levels and gives every signal a column. A gate goes to the first level in
 * which all its inputs are known; gates that nothing reads wait for the last level, where they
 * share groups.
 *
 * @param group Columns that one matrix instruction writes.
 */
export function placeGates(list: GateList, group: number): Placement {
  const level = list.gates.map(() => 0);
  const levelOf = (signal: number): number =>
    signal < list.inputs ? 0 : level[signal - list.inputs]!;
  list.gates.forEach(({ signals }, gate) => {
    level[gate] = 1 + Math.max(0, ...signals.map(levelOf));
  });
  const depth = Math.max(...level);
  const isRead = new Set(list.gates.flatMap(({ signals }) => signals));
  level.forEach((_, gate) => {
    if (!isRead.has(list.inputs + gate)) level[gate] = depth;
  });

  const columnOf = Array.from({ length: list.inputs }, (_, wire) => FIRST_INPUT_COLUMN + wire);
  const levels: Level[] = [];
  let next = FIRST_INPUT_COLUMN + list.inputs;
  for (let l = 1; l <= depth; l++) {
    const gates = level.flatMap((own, gate) => (own === l ? [gate] : []));
    const firstColumn = Math.ceil(next / group) * group;
    const columns = Math.ceil(gates.length / group) * group;
    gates.forEach((gate, i) => columnOf[list.inputs + gate] = firstColumn + i);
    levels.push({ gates, firstColumn, columns });
    next = firstColumn + columns;
  }
  return { levels, columnOf, columns: next };
}
