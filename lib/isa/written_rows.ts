/** Which rows of a memory have been written, in pages so that only touched rows cost memory. */
export class WrittenRows {
  readonly #pages: (Uint8Array | undefined)[] = [];
  readonly #everywhere: number;
  #unknown = false;

  /** Nothing written but the first `preloaded` rows. */
  constructor(preloaded = 0) {
    this.#everywhere = preloaded;
  }

  /** Marks `count` rows from `first` as written. */
  write(first: number, count: number): void {
    for (let row = first; row < first + count; row++) {
      (this.#pages[row >>> 12] ??= new Uint8Array(4096))[row & 4095] = 1;
    }
  }

  /** Something was written nobody knows where: from now on every row may have been. */
  writeAnywhere(): void {
    this.#unknown = true;
  }

  /** The first of `count` rows from `first` that was certainly never written, or -1. */
  firstUnwritten(first: number, count: number): number {
    if (this.#unknown) return -1;
    for (let row = Math.max(first, this.#everywhere); row < first + count; row++) {
      if (!this.#pages[row >>> 12]?.[row & 4095]) return row;
    }
    return -1;
  }
}
