import type { GateList } from "../gates.ts";
import { gateLevels } from "../gate_statistics.ts";

/** A thing in a drawing: an input wire, a gate or an output wire. */
export interface DrawnNode {
  /** Number: input wires first, then gates, then output wires. */
  readonly id: number;
  /** Column: 0 for inputs, the level of a gate, one more than the last level for outputs. */
  readonly column: number;
  /** Place in the column, from the top. */
  readonly row: number;
}

/** A line from one thing to another. */
export interface DrawnEdge {
  /** Where it begins. */
  readonly from: number;
  /** Where it ends. */
  readonly to: number;
  /** Which input of the gate it is. */
  readonly pin: number;
  /** The weight; nothing at outputs. */
  readonly weight?: number;
}

/** Where everything goes. */
export interface DrawingLayout {
  /** Nodes by their numbers. */
  readonly nodes: readonly DrawnNode[];
  /** Edges. */
  readonly edges: readonly DrawnEdge[];
  /** Things in each column. */
  readonly columns: readonly (readonly number[])[];
}

/** Sweeps that bring each thing next to what it is connected to. */
const SWEEPS = 12;

/** Lays a circuit out in columns by level, rows by the mean place of neighbours (Sugiyama 1981). */
export function layOut(list: GateList): DrawingLayout {
  const levels = gateLevels(list);
  const last = levels.reduce((a, b) => Math.max(a, b), 0) + 1;
  const firstOutput = list.inputs + list.gates.length;
  const edges: DrawnEdge[] = [];
  list.gates.forEach(({ signals, weights }, gate) => {
    signals.forEach((from, pin) => {
      edges.push({ from, to: list.inputs + gate, pin, weight: weights[pin]! });
    });
  });
  list.outputs.forEach((from, i) => edges.push({ from, to: firstOutput + i, pin: 0 }));
  const columnOf = [
    ...Array.from({ length: list.inputs }, () => 0),
    ...levels,
    ...list.outputs.map(() => last),
  ];
  const columns: number[][] = Array.from({ length: last + 1 }, () => []);
  columnOf.forEach((column, id) => columns[column]!.push(id));
  const neighbours: { before: number[]; after: number[] }[] = columnOf.map(() => ({
    before: [],
    after: [],
  }));
  for (const { from, to } of edges) {
    neighbours[to]!.before.push(from);
    neighbours[from]!.after.push(to);
  }
  // Heights from 0 to 1, so that columns of different lengths compare.
  const height = new Float64Array(columnOf.length);
  const place = (column: readonly number[]): void =>
    column.forEach((id, row) => height[id] = (row + 0.5) / column.length);
  columns.forEach(place);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    const order = isForth ? columns.slice(1) : columns.slice(0, -1).reverse();
    for (const column of order) {
      const wish = new Map(column.map((id) => {
        const near = isForth ? neighbours[id]!.before : neighbours[id]!.after;
        const sum = near.reduce((sum, other) => sum + height[other]!, 0);
        return [id, near.length === 0 ? height[id]! : sum / near.length];
      }));
      column.sort((a, b) => wish.get(a)! - wish.get(b)! || a - b);
      place(column);
    }
  }
  const nodes: DrawnNode[] = [];
  columns.forEach((column, at) => column.forEach((id, row) => nodes[id] = { id, column: at, row }));
  return { nodes, edges, columns };
}
