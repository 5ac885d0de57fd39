/** A part of a manifest that moves between host and board as a whole. */
export interface SwapUnit {
  /** Bytes. */
  readonly size: number;
}

/** What one access to a unit made move. */
export interface SwapMove {
  /** Bytes that come from the host. */
  readonly loadedBytes: number;
  /** Bytes that must return to the host first. */
  readonly writtenBackBytes: number;
}

const NOTHING: SwapMove = { loadedBytes: 0, writtenBackBytes: 0 };

/**
 * Which units are on the board under true LRU with write-back. What is there is always the most
 * recently used units, so more capacity never moves more bytes. A unit above the capacity is
 * loaded alone, and dropped when another is loaded.
 */
export class SwapSpace {
  /** Changed bytes that only the board has. */
  dirtyBytes = 0;

  readonly #capacity: number;
  /** Units that are there, the least recently used first, with their changed parts. */
  readonly #resident = new Map<SwapUnit, Map<number, number>>();
  #usedBytes = 0;

  /** Holds nothing at first. */
  constructor(capacityBytes: number) {
    this.#capacity = capacityBytes;
  }

  /**
   * Uses a unit.
   *
   * @param part Number of the changed part of the unit; -1 if nothing is changed.
   * @param partBytes Its size: a changed part is written back as a whole.
   */
  use(unit: SwapUnit, part: number, partBytes: number): SwapMove {
    let move = NOTHING;
    let changed = this.#resident.get(unit);
    if (changed === undefined) {
      move = { loadedBytes: unit.size, writtenBackBytes: this.#makeRoom(unit.size) };
      changed = new Map();
      this.#usedBytes += unit.size;
    } else {
      this.#resident.delete(unit);
    }
    this.#resident.set(unit, changed);
    if (part >= 0 && !changed.has(part)) {
      changed.set(part, partBytes);
      this.dirtyBytes += partBytes;
    }
    return move;
  }

  #makeRoom(bytes: number): number {
    let writtenBack = 0;
    for (const [unit, changed] of this.#resident) {
      if (this.#usedBytes + bytes <= this.#capacity) break;
      this.#resident.delete(unit);
      this.#usedBytes -= unit.size;
      for (const partBytes of changed.values()) writtenBack += partBytes;
    }
    this.dirtyBytes -= writtenBack;
    return writtenBack;
  }
}
