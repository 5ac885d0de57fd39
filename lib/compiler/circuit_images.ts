import { encodeBias, type GateList } from "../circuits/mod.ts";
import { decode, E2M1 } from "../numerics/mod.ts";
import { CompileError } from "./compile_error.ts";
import {
  BIAS_COLUMN,
  type Placement,
  SECOND_BIAS_COLUMN,
  SHIFT_COLUMN,
  THRESHOLD_SHIFT,
} from "./place_gates.ts";

/** A tile of the weight matrix that holds any weight. */
export interface WeightTile {
  /** Block of columns that the gates read. */
  readonly from: number;
  /** Block of columns that the gates write. */
  readonly to: number;
  /** mlen × mlen weights, row by row: row = column read, column = column written. */
  readonly values: Float32Array;
  /** Where the values are stored, counted in tiles: tiles of equal values have one place. */
  readonly place: number;
}

/**
 * The weights of all gates as one sparse matrix from columns to columns, cut into tiles; tiles
 * without a weight are left out. A circuit that repeats itself repeats its tiles.
 */
export function weightTiles(list: GateList, placement: Placement, mlen: number): WeightTile[] {
  const tiles = new Map<string, Omit<WeightTile, "place">>();
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
    const codes = encodeBias(bias);
    if (codes === undefined) {
      throw new CompileError(
        `gate ${gate} has bias ${bias}, which two E2M1 codes do not hold`,
        "compile the circuit again with: deno task circuit:compile",
      );
    }
    const first = placement.constantBlock[gate]! * mlen;
    put(first + BIAS_COLUMN, to, decode(E2M1, codes[0]!));
    if (codes.length > 1) put(first + SECOND_BIAS_COLUMN, to, decode(E2M1, codes[1]!));
    put(first + SHIFT_COLUMN, to, THRESHOLD_SHIFT);
    signals.forEach((signal, i) => put(placement.columnOf[signal]!, to, weights[i]!));
  });
  const places = new Map<string, number>();
  return [...tiles.values()].sort((a, b) => a.to - b.to || a.from - b.from).map((tile) => {
    const key = tile.values.join();
    if (!places.has(key)) places.set(key, places.size);
    return { ...tile, place: places.get(key)! };
  });
}

/** The values of tiles in the order in which they are stored, each of them once. */
export function storedTiles(tiles: readonly WeightTile[]): Float32Array[] {
  const stored: Float32Array[] = [];
  for (const { place, values } of tiles) stored[place] = values;
  return stored;
}

/**
 * The first state of every case, for one block of columns: the constant ones and the input wires.
 *
 * @param wires What the input wires carry: a 0 or 1 per case.
 * @returns cases × width values, row by row.
 */
export function inputBlock(
  wires: readonly Uint8Array[],
  placement: Placement,
  block: number,
  width: number,
  cases: number,
): Uint8Array {
  const values = new Uint8Array(cases * width);
  // Every block of inputs begins with constants, and has no other gaps.
  const columns: (Uint8Array | undefined)[] = Array(placement.constants).fill(undefined);
  wires.forEach((wire, i) => columns[placement.columnOf[i]!] = wire);
  const first = block * width;
  for (let column = first; column < Math.min(first + width, columns.length); column++) {
    const wire = columns[column];
    for (let index = 0; index < cases; index++) {
      values[index * width + column - first] = wire === undefined ? 1 : wire[index]!;
    }
  }
  return values;
}

/** What the input wires carry when case i is the binary digits of i, the first wire bit 0. */
export function countingWires(inputs: number, cases: number): Uint8Array[] {
  return Array.from({ length: inputs }, (_, wire) => {
    const weight = 2 ** wire;
    return Uint8Array.from({ length: cases }, (_, index) => Math.floor(index / weight) & 1);
  });
}
