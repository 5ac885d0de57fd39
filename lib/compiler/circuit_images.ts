import type { GateList } from "../circuits/mod.ts";
import { BIAS_COLUMN, type Placement, SHIFT_COLUMN, THRESHOLD_SHIFT } from "./place_gates.ts";

/** A tile of the weight matrix that holds any weight. */
export interface WeightTile {
  /** Block of columns that the gates read. */
  readonly from: number;
  /** Block of columns that the gates write. */
  readonly to: number;
  /** mlen × mlen weights, row by row: row = column read, column = column written. */
  readonly values: Float32Array;
}

/**
 * The weights of all gates as one sparse matrix from columns to columns, cut into tiles; tiles
 * without a weight are left out.
 */
export function weightTiles(list: GateList, placement: Placement, mlen: number): WeightTile[] {
  const tiles = new Map<string, WeightTile>();
  const put = (from: number, to: number, weight: number): void => {
    const key = [Math.floor(from / mlen), Math.floor(to / mlen)] as const;
    let tile = tiles.get(key.join());
    if (tile === undefined) {
      tile = { from: key[0], to: key[1], values: new Float32Array(mlen * mlen) };
      tiles.set(key.join(), tile);
    }
    tile.values[(from % mlen) * mlen + (to % mlen)]! += weight;
  };
  list.gates.forEach(({ signals, weights, bias }, gate) => {
    const to = placement.columnOf[list.inputs + gate]!;
    put(BIAS_COLUMN, to, bias);
    put(SHIFT_COLUMN, to, THRESHOLD_SHIFT);
    signals.forEach((signal, i) => put(placement.columnOf[signal]!, to, weights[i]!));
  });
  return [...tiles.values()].sort((a, b) => a.to - b.to || a.from - b.from);
}

/**
 * The first state of every case, for one block of columns: the constant ones and the input wires.
 * In case i the input wires carry the binary digits of i, the first wire bit 0.
 *
 * @returns cases × width values, row by row.
 */
export function inputBlock(
  inputs: number,
  placement: Placement,
  block: number,
  width: number,
  cases: number,
): Uint8Array {
  const values = new Uint8Array(cases * width);
  const fill = (column: number, digit: (index: number) => number): void => {
    if (Math.floor(column / width) !== block) return;
    for (let index = 0; index < cases; index++) {
      values[index * width + column % width] = digit(index);
    }
  };
  fill(BIAS_COLUMN, () => 1);
  fill(SHIFT_COLUMN, () => 1);
  for (let wire = 0; wire < inputs; wire++) {
    const weight = 2 ** wire;
    fill(placement.columnOf[wire]!, (index) => Math.floor(index / weight) & 1);
  }
  return values;
}
