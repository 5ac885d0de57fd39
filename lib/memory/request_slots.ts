/** The requests that wait in a DRAM channel, field by field. */

/** Room for a fixed number of requests; a slot number names one, and −1 none. */
export class RequestSlots {
  /** Bank, numbered through the channel. */
  readonly bank: Uint16Array;
  /** Row. */
  readonly row: Float64Array;
  /** Column. */
  readonly column: Uint16Array;
  /** 1 for a write. */
  readonly isWrite: Uint8Array;
  /** The cycle in which it was accepted. */
  readonly arrival: Float64Array;
  /** How many were accepted before it. */
  readonly order: Float64Array;
  /** In the activated list, a cycle before which its next command is not legal. */
  readonly bound: Float64Array;
  /** Where its completion is noted; −1 for nowhere. */
  readonly id: Int32Array;
  /** 1 when a command was issued for it. */
  readonly begun: Uint8Array;
  /** The request of its queue and bank that came before it. */
  readonly previous: Int16Array;
  /** The request of its queue and bank that came after it. */
  readonly next: Int16Array;
  readonly #free: Uint16Array;
  #freeCount: number;

  /** Room for `count` requests. */
  constructor(count: number) {
    this.bank = new Uint16Array(count);
    this.row = new Float64Array(count);
    this.column = new Uint16Array(count);
    this.isWrite = new Uint8Array(count);
    this.arrival = new Float64Array(count);
    this.order = new Float64Array(count);
    this.bound = new Float64Array(count);
    this.id = new Int32Array(count);
    this.begun = new Uint8Array(count);
    this.previous = new Int16Array(count);
    this.next = new Int16Array(count);
    this.#free = Uint16Array.from({ length: count }, (_, i) => count - 1 - i);
    this.#freeCount = count;
  }

  /** A free slot; there is one, since the queues hold no more requests than there are slots. */
  take(): number {
    return this.#free[--this.#freeCount]!;
  }

  /** Frees a slot. */
  release(slot: number): void {
    this.#free[this.#freeCount++] = slot;
  }
}
