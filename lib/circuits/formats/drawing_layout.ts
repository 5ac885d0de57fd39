import { gateLevels } from "../gate_statistics.ts";
import type { GateList } from "../gates.ts";

/** A line between things in neighbouring columns. */
export interface DrawnLine {
  /** Where it begins. */
  readonly from: number;
  /** Where it ends. */
  readonly to: number;
  /** Which input of a gate it is, and its weight; nothing elsewhere. */
  readonly pin?: { readonly index: number; readonly weight: number };
}

/**
 * Where everything goes. Things are numbered: input wires first, then gates, then output wires, then
 * the bends of lines that cross columns.
 */
export interface DrawingLayout {
  /** Column of each thing: 0 for inputs, the level of a gate, one more than the last for outputs. */
  readonly columnOf: readonly number[];
  /** Things in each column, from the top. */
  readonly columns: readonly (readonly number[])[];
  /** Lines. */
  readonly lines: readonly DrawnLine[];
}

/** Sweeps that bring each thing next to what it is connected to. */
const SWEEPS = 12;

/** Lays a circuit out in columns by level, rows by the mean place of neighbours (Sugiyama 1981). */
export function layOut(list: GateList): DrawingLayout {
  const levels = gateLevels(list);
  const last = levels.reduce((a, b) => Math.max(a, b), 0) + 1;
  const columnOf = [
    ...Array.from({ length: list.inputs }, () => 0),
    ...levels,
    ...list.outputs.map(() => last),
  ];
  const lines: DrawnLine[] = [];
  // One trunk per signal, from which all its readers branch off.
  const trunks = new Map<number, number[]>();
  const connect = (from: number, to: number, pin?: DrawnLine["pin"]): void => {
    const trunk = trunks.get(from) ?? [from];
    trunks.set(from, trunk);
    const bends = columnOf[to]! - columnOf[from]! - 1;
    while (trunk.length <= bends) {
      const bend = columnOf.length;
      lines.push({ from: trunk.at(-1)!, to: bend });
      columnOf.push(columnOf[from]! + trunk.length);
      trunk.push(bend);
    }
    lines.push({ from: trunk[bends]!, to, ...(pin === undefined ? {} : { pin }) });
  };
  list.gates.forEach(({ signals, weights }, gate) => {
    signals.forEach((signal, index) => {
      connect(signal, list.inputs + gate, { index, weight: weights[index]! });
    });
  });
  const firstOutput = list.inputs + list.gates.length;
  list.outputs.forEach((signal, i) => connect(signal, firstOutput + i));
  return { columnOf, columns: arrange(columnOf, lines, last), lines };
}

/** The things of each column in an order with few crossings. */
function arrange(
  columnOf: readonly number[],
  lines: readonly DrawnLine[],
  last: number,
): number[][] {
  const columns: number[][] = Array.from({ length: last + 1 }, () => []);
  columnOf.forEach((column, id) => columns[column]!.push(id));
  const before: number[][] = columnOf.map(() => []);
  const after: number[][] = columnOf.map(() => []);
  for (const { from, to } of lines) {
    before[to]!.push(from);
    after[from]!.push(to);
  }
  // Heights from 0 to 1, so that columns of different lengths compare.
  const height = new Float64Array(columnOf.length);
  const place = (column: readonly number[]): void =>
    column.forEach((id, row) => height[id] = (row + 0.5) / column.length);
  columns.forEach(place);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const column of isForth ? columns.slice(1) : columns.slice(0, -1).reverse()) {
      const wish = new Map(column.map((id) => {
        const near = isForth ? before[id]! : after[id]!;
        const sum = near.reduce((sum, other) => sum + height[other]!, 0);
        return [id, near.length === 0 ? height[id]! : sum / near.length];
      }));
      column.sort((a, b) => wish.get(a)! - wish.get(b)! || a - b);
      place(column);
    }
  }
  return columns;
}
