import type { ManifestRegion } from "./weight_manifest.ts";

/**
 * Which region of a manifest an address belongs to: of several that cover it, the first in the
 * manifest. Looked up by bisection, after the answer before.
 */
export class RegionMap {
  /** Where the answer changes, ascending; the first is 0. */
  readonly #starts: Float64Array;
  /** The answer from each start on: the number of a region, or -1. */
  readonly #regions: Int32Array;
  #last = 0;

  /** Maps the regions of a manifest; empty ones cover nothing. */
  constructor(regions: readonly ManifestRegion[]) {
    const cuts = new Set([0]);
    for (const { offset, size } of regions) cuts.add(offset).add(offset + size);
    const starts = [...cuts].sort((a, b) => a - b);
    const owners = new Int32Array(starts.length).fill(-1);
    // Painted from the last region to the first, so that the first stays on top.
    for (let i = regions.length - 1; i >= 0; i--) {
      const { offset, size } = regions[i]!;
      if (size > 0) owners.fill(i, bisect(starts, offset), bisect(starts, offset + size));
    }
    this.#starts = Float64Array.from(starts);
    this.#regions = owners;
  }

  /** The number of the region that covers a byte address, or -1. */
  find(address: number): number {
    const starts = this.#starts;
    const last = this.#last;
    if (address < starts[last]! || address >= (starts[last + 1] ?? Infinity)) {
      this.#last = bisect(starts, address);
    }
    return this.#regions[this.#last]!;
  }
}

/** The place of the last start at or before an address. */
function bisect(starts: ArrayLike<number>, address: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= address) low = middle;
    else high = middle - 1;
  }
  return low;
}
