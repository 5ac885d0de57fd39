import { encodeBias, type GateList } from "../circuits/mod.ts";
import { roundUp } from "./round_up.ts";

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
  /** Columns at the left of every block of inputs that always hold 1. */
  readonly constants: number;
  /** Per gate the block of inputs whose constants it reads: one that it or its group reads anyway. */
  readonly constantBlock: readonly number[];
}

/** Column that always holds 1: a gate's weight there is its bias, or the first code of it. */
export const BIAS_COLUMN = 0;
/** Column that always holds 1: every gate's weight there is 0.5, see {@linkcode THRESHOLD_SHIFT}. */
export const SHIFT_COLUMN = 1;
/** Column that holds 1 where a bias of the circuit has two codes: the second one is the weight. */
export const SECOND_BIAS_COLUMN = 2;

/**
 * What is added to every sum. E2M1 sums are multiples of 0.5, so z ≥ 0.5 or z ≤ −0.5 (a gate has
 * a margin) becomes ≥ 1 or ≤ 0, and clamping to [0, 1] is the step. Where a gate decides at z = 0, the
 * shifted sums are doubled first: 0 becomes 1, and −0.5 becomes 0. Doubling with clamping leaves zeros
 * and ones as they are, so whole rows can be treated, columns of earlier levels included.
 */
export const THRESHOLD_SHIFT = 0.5;

/**
 * Sorts the gates into levels and gives every signal a column. A gate goes to the first level in
 * which all its inputs are known; gates that nothing reads wait for the last level, where they
 * share groups. Inputs that need several blocks stand in the order in which they are read, so that
 * neighbouring gates read few blocks.
 *
 * @param group Columns that one matrix instruction writes.
 * @param block Columns of a block: what one matrix instruction reads.
 */
export function placeGates(list: GateList, group: number, block: number): Placement {
  const hasTwoCodes = list.gates.some(({ bias }) => (encodeBias(bias)?.length ?? 1) > 1);
  const constants = hasTwoCodes ? SECOND_BIAS_COLUMN + 1 : SECOND_BIAS_COLUMN;
  const level = list.gates.map(() => 0);
  const levelOf = (signal: number): number =>
    signal < list.inputs ? 0 : level[signal - list.inputs]!;
  list.gates.forEach(({ signals }, gate) => {
    level[gate] = 1 + signals.reduce((most, signal) => Math.max(most, levelOf(signal)), 0);
  });
  const depth = level.reduce((most, own) => Math.max(most, own), 0);
  const isRead = new Set(list.gates.flatMap(({ signals }) => signals));
  level.forEach((_, gate) => {
    if (!isRead.has(list.inputs + gate)) level[gate] = depth;
  });

  const gatesOf: number[][] = Array.from({ length: depth }, () => []);
  level.forEach((own, gate) => gatesOf[own - 1]!.push(gate));
  const columnOf = inputColumns(list, gatesOf.flat(), constants, block);
  let next = columnOf.reduce((most, column) => Math.max(most, column), constants - 1) + 1;
  const inputBlocks = Math.ceil(next / block);

  const levels: Level[] = [];
  const constantBlock: number[] = [];
  for (const gates of gatesOf) {
    const firstColumn = roundUp(next, group);
    const columns = roundUp(gates.length, group);
    gates.forEach((gate, i) => columnOf[list.inputs + gate] = firstColumn + i);
    for (let start = 0; start < gates.length; start += group) {
      const members = gates.slice(start, start + group);
      const read = members.flatMap((gate) => list.gates[gate]!.signals)
        .map((signal) => Math.floor(columnOf[signal]! / block))
        .filter((found) => found < inputBlocks);
      const first = read.reduce((least, found) => Math.min(least, found), inputBlocks);
      for (const gate of members) constantBlock[gate] = first % inputBlocks;
    }
    levels.push({ gates, firstColumn, columns });
    next = firstColumn + columns;
  }
  return { levels, columnOf, columns: next, constants, constantBlock };
}

/** Columns of the inputs, by wire: as they come where one block holds them, else as they are read. */
function inputColumns(
  list: GateList,
  gates: readonly number[],
  constants: number,
  block: number,
): number[] {
  const wires = Array.from({ length: list.inputs }, (_, wire) => wire);
  const order = constants + list.inputs <= block ? wires : [
    ...new Set([
      ...gates.flatMap((gate) => list.gates[gate]!.signals.filter((s) => s < list.inputs)),
      ...wires,
    ]),
  ];
  const perBlock = block - constants;
  const columns: number[] = [];
  order.forEach((wire, i) => {
    columns[wire] = Math.floor(i / perBlock) * block + constants + i % perBlock;
  });
  return columns;
}
