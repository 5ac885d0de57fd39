/** The activated list of a DRAM channel: requests whose row was opened for them. */
import { RD, WR } from "./dram_tables.ts";
import type { DramTiming } from "./dram_timing.ts";
import type { RequestSlots } from "./request_slots.ts";

/** A list of slot numbers of bounded length, in the order of arrival; all find their row open. */
export class RequestList {
  /** How many entries there are. */
  length = 0;
  // What `find` leaves behind, beside the position.
  /** The next command of the request that was found. */
  command = 0;
  /** How many reads were ready. */
  readyReads = 0;
  /** How many writes were ready. */
  readyWrites = 0;
  readonly #order: Uint16Array;
  // In an array because a field that changes all the time would be boxed.
  readonly #wake = Float64Array.of(Infinity);

  /** Makes an empty list for at most `capacity` entries. */
  constructor(readonly capacity: number) {
    this.#order = new Uint16Array(capacity);
  }

  /** No entry can be served before this cycle. */
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
    return this.#order[position]!;
  }

  /** Puts a slot behind every entry that did not arrive later. */
  insert(slot: number, { arrival, bound }: RequestSlots): void {
    const order = this.#order;
    const key = arrival[slot]!;
    let position = this.length++;
    for (; position > 0; position--) {
      const before = order[position - 1]!;
      if (arrival[before]! <= key) break;
      order[position] = before;
    }
    order[position] = slot;
    if (bound[slot]! < this.wake) this.wake = bound[slot]!;
  }

  /** Takes the entry at a position out. */
  removeAt(position: number): void {
    const order = this.#order;
    const last = --this.length;
    for (let p = position; p < last; p++) order[p] = order[p + 1]!;
  }

  /**
   * The position of the first entry whose next command is ready, or −1; at most `depth` entries are
   * looked at. Leaves in `wake` the first cycle at which one that was not ready can be.
   */
  find(slots: RequestSlots, timing: DramTiming, cycle: number, depth: number): number {
    const order = this.#order;
    const { bound, bank, isWrite } = slots;
    const count = this.length < depth ? this.length : depth;
    let wake = Infinity;
    let found = -1;
    let reads = 0;
    let writes = 0;
    for (let position = 0; position < count; position++) {
      const slot = order[position]!;
      const command = isWrite[slot] === 0 ? RD : WR;
      let ready = bound[slot]!;
      if (ready <= cycle) {
        ready = timing.earliest(command, bank[slot]!);
        bound[slot] = ready;
      }
      if (ready <= cycle) {
        if (command === RD) reads++;
        else writes++;
        if (found === -1) {
          found = position;
          this.command = command;
        }
      } else if (ready < wake) wake = ready;
    }
    this.readyReads = reads;
    this.readyWrites = writes;
    this.wake = wake;
    return found;
  }
}
