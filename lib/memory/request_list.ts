/** An ordered list of few small numbers, from whose middle is taken. */

/**
 * A list of slot numbers of bounded length in a ring, so that taking one out moves only the shorter
 * side.
 */
export class RequestList {
  /** Slot numbers; the entry at position p is `order[(head + p) & mask]`. */
  readonly order: Uint16Array;
  /** Length of the ring, less one. */
  readonly mask: number;
  /** Where the first entry is. */
  head = 0;
  /** How many entries there are. */
  length = 0;
  /** The next command of the request that was found last. */
  command = 0;
  /** How many of them find their row open; the owner counts. */
  hits = 0;
  // In an array because a field that changes all the time would be boxed.
  readonly #wake = new Float64Array(1);

  /** Makes an empty list for at most `capacity` entries. */
  constructor(readonly capacity: number) {
    let size = 2;
    while (size < capacity) size *= 2;
    this.order = new Uint16Array(size);
    this.mask = size - 1;
  }

  /** No entry can be served before this cycle: what the last look at the list has found. */
  get wake(): number {
    return this.#wake[0]!;
  }
  /** Sets what is known of it. */
  set wake(cycle: number) {
    this.#wake[0] = cycle;
  }

  /** Whether a further entry is accepted. */
  get hasRoom(): boolean {
    return this.length < this.capacity;
  }

  /** The slot at a position. */
  at(position: number): number {
    return this.order[(this.head + position) & this.mask]!;
  }

  /** Puts a slot at the end. */
  push(slot: number): void {
    this.order[(this.head + this.length++) & this.mask] = slot;
  }

  /** Puts a slot behind every entry whose key is not above its own. */
  insert(slot: number, keys: Float64Array): void {
    const { order, mask, head } = this;
    const key = keys[slot]!;
    let position = this.length++;
    for (; position > 0; position--) {
      const before = order[(head + position - 1) & mask]!;
      if (keys[before]! <= key) break;
      order[(head + position) & mask] = before;
    }
    order[(head + position) & mask] = slot;
  }

  /** Takes the entry at a position out. */
  removeAt(position: number): void {
    const { order, mask, head } = this;
    const last = --this.length;
    if (position < last - position) {
      for (let p = position; p > 0; p--) order[(head + p) & mask] = order[(head + p - 1) & mask]!;
      this.head = (head + 1) & mask;
    } else {
      for (let p = position; p < last; p++) {
        order[(head + p) & mask] = order[(head + p + 1) & mask]!;
      }
    }
  }
}
