import type { MachineSettings } from "../boards/mod.ts";
import type { WeightTile } from "./circuit_images.ts";
import { tilesPerPrefetch } from "./kernels/transfers.ts";
import type { Placement } from "./place_gates.ts";

/** The gates of one group of columns of one level: as many as one matrix instruction writes. */
export interface ColumnGroup {
  /** Block of columns that is written. */
  readonly to: number;
  /** The first column in it. */
  readonly column: number;
  /** Tiles with weights of these gates. */
  readonly tiles: readonly number[];
}

/** What is computed while the same weights are in the matrix SRAM. */
export interface Segment {
  /** Groups of consecutively stored tiles that one prefetch loads, in the order of their slots. */
  readonly prefetches: readonly number[];
  /** Column groups, level by level; a level may go on in the next segment. */
  readonly steps: readonly {
    readonly level: number;
    readonly groups: readonly ColumnGroup[];
    /** Whether this ends the level. */
    readonly last: boolean;
  }[];
}

/**
 * Divides the levels of a circuit into segments whose weights fit the matrix SRAM together: one when
 * all do.
 *
 * @returns Nothing when not even the weights of one group of columns fit.
 */
export function scheduleSegments(
  placement: Placement,
  tiles: readonly WeightTile[],
  config: MachineSettings["config"],
): Segment[] | undefined {
  const { mlen, blen } = config;
  const perPrefetch = tilesPerPrefetch(config);
  const capacity = Math.floor(config.matrixSramRows / mlen / perPrefetch);
  const all = Math.ceil(new Set(tiles.map(({ place }) => place)).size / perPrefetch);
  const tilesTo = new Map<number, number[]>();
  tiles.forEach(({ to }, index) => tilesTo.set(to, [...tilesTo.get(to) ?? [], index]));

  const segments: Segment[] = [];
  let steps: { level: number; groups: ColumnGroup[]; last: boolean }[] = [];
  let loaded = new Set(all <= capacity ? Array.from({ length: all }, (_, i) => i) : []);
  const close = (): void => {
    segments.push({ prefetches: [...loaded], steps });
    [steps, loaded] = [[], new Set()];
  };
  for (const [level, { firstColumn, columns }] of placement.levels.entries()) {
    for (let first = firstColumn; first < firstColumn + columns; first += blen) {
      const to = Math.floor(first / mlen);
      const column = first % mlen;
      const used = (tilesTo.get(to) ?? []).filter((index) =>
        hasWeights(tiles[index]!, column, blen, mlen)
      );
      const needed = used.map((index) => Math.floor(tiles[index]!.place / perPrefetch));
      if (new Set(needed).size > capacity) return undefined;
      if (new Set([...loaded, ...needed]).size > capacity) close();
      for (const prefetch of needed) loaded.add(prefetch);
      if (steps.at(-1)?.level !== level) steps.push({ level, groups: [], last: false });
      steps.at(-1)!.groups.push({ to, column, tiles: used });
    }
    steps.at(-1)!.last = true;
  }
  close();
  return segments;
}

/** Whether a tile has any weight in a group of columns. */
function hasWeights(tile: WeightTile, column: number, group: number, mlen: number): boolean {
  for (let row = 0; row < mlen; row++) {
    for (let c = column; c < column + group; c++) {
      if (tile.values[row * mlen + c] !== 0) return true;
    }
  }
  return false;
}
