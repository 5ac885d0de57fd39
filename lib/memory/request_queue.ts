/** The read or the write queue of a DRAM channel, bank by bank. */
import type { DramScheduler } from "./dram_preset.ts";
import { ACT, PRE } from "./dram_tables.ts";
import type { DramTiming } from "./dram_timing.ts";
import type { RequestSlots } from "./request_slots.ts";

/**
 * Requests of one kind, in the order of their arrival, and what can be done for them.
 *
 * All that want the open row of a bank have the same next command, and so have all that want
 * another row: it is legal for all of them or for none. So of each bank only two requests matter,
 * the oldest *hit* and the oldest *miss*, however many wait.
 *
 * For either there is a *bound*, a cycle before which its command cannot be legal. A command can
 * only move the others back, so bounds stay true without being touched.
 */
export class RequestQueue {
  /** How many requests wait. */
  length = 0;
  /** By bank: the oldest request for the open row; −1 for none. */
  readonly hit: Int16Array;
  /** By bank: the oldest request for another row, or, of a closed bank, the oldest. */
  readonly miss: Int16Array;
  // What `find` leaves behind, beside the slot.
  /** The next command of the request that was found. */
  command = 0;
  /** How many hits may have been ready. */
  readyHits = 0;
  /** How many misses of closed banks may have been. */
  readyMisses = 0;
  /** How many misses of open banks may have been. */
  readyConflicts = 0;

  readonly #slots: RequestSlots;
  readonly #timing: DramTiming;
  readonly #inOrder: boolean;
  readonly #first: Int16Array;
  readonly #last: Int16Array;
  readonly #hitBound: Float64Array;
  readonly #missBound: Float64Array;
  /** Banks for which requests wait, by the oldest of them. */
  readonly #banks: Uint16Array;
  #bankCount = 0;
  /** Where the bank of the request that was found is among them. */
  #foundPlace = 0;
  // In an array because a field that changes all the time would be boxed.
  readonly #wake = new Float64Array(1);

  /**
   * Makes an empty queue for at most `capacity` requests whose column command is `column`; they lie
   * in slots that it shares.
   */
  constructor(
    readonly capacity: number,
    readonly column: number,
    slots: RequestSlots,
    timing: DramTiming,
    scheduler: DramScheduler,
  ) {
    const { banks } = timing;
    this.#slots = slots;
    this.#timing = timing;
    this.#inOrder = scheduler === "fcfs";
    this.hit = new Int16Array(banks).fill(-1);
    this.miss = new Int16Array(banks).fill(-1);
    this.#first = new Int16Array(banks).fill(-1);
    this.#last = new Int16Array(banks).fill(-1);
    this.#hitBound = new Float64Array(banks);
    this.#missBound = new Float64Array(banks);
    this.#banks = new Uint16Array(banks);
  }

  /** No request can be served before this cycle. */
  get wake(): number {
    return this.#wake[0]!;
  }
  /** Sets what is known of it. */
  set wake(cycle: number) {
    this.#wake[0] = cycle;
  }

  /** Whether a further request is accepted. */
  get hasRoom(): boolean {
    return this.length < this.capacity;
  }

  /** Puts a request at the end. */
  push(slot: number): void {
    const { bank: bankOf, row, next, previous } = this.#slots;
    const bank = bankOf[slot]!;
    const last = this.#last[bank]!;
    previous[slot] = last;
    next[slot] = -1;
    if (last === -1) {
      this.#first[bank] = slot;
      this.#banks[this.#bankCount++] = bank;
    } else next[last] = slot;
    this.#last[bank] = slot;
    this.length++;
    if (this.#timing.openRow[bank] === row[slot]) {
      if (this.hit[bank] !== -1) return;
      this.hit[bank] = slot;
      this.#hitBound[bank] = 0;
    } else {
      if (this.miss[bank] !== -1) return;
      this.miss[bank] = slot;
      this.#missBound[bank] = 0;
    }
    this.wake = 0;
  }

  /** Takes the request out that was found. */
  remove(slot: number): void {
    const { bank: bankOf, next, previous } = this.#slots;
    const bank = bankOf[slot]!;
    const before = previous[slot]!;
    const after = next[slot]!;
    if (before === -1) this.#first[bank] = after;
    else next[before] = after;
    if (after === -1) this.#last[bank] = before;
    else previous[after] = before;
    this.length--;
    if (before === -1) this.#moveBank(bank, after);
    if (this.hit[bank] === slot) this.#setHit(bank, after);
    else this.miss[bank] = this.#nextMiss(bank, after);
  }

  /** Moves the bank of the request that was found to its place among the banks, or out. */
  #moveBank(bank: number, oldest: number): void {
    const { order } = this.#slots;
    const first = this.#first;
    const banks = this.#banks;
    const last = this.#bankCount - 1;
    const until = oldest === -1 ? Infinity : order[oldest]!;
    let place = this.#foundPlace;
    for (; place < last; place++) {
      const next = banks[place + 1]!;
      if (order[first[next]!]! > until) break;
      banks[place] = next;
    }
    if (oldest === -1) this.#bankCount = last;
    else banks[place] = bank;
  }

  /** Whether it holds a request for a column. */
  has(bank: number, row: number, column: number): boolean {
    const { row: rowOf, column: columnOf, next } = this.#slots;
    for (let slot = this.#first[bank]!; slot !== -1; slot = next[slot]!) {
      if (columnOf[slot] === column && rowOf[slot] === row) return true;
    }
    return false;
  }

  /** Sorts the requests of a bank whose row has been opened or closed anew. */
  resort(bank: number): void {
    const first = this.#first[bank]!;
    if (first === -1) return;
    const isOpen = this.#timing.openRow[bank] !== -1;
    if (isOpen) {
      this.#setHit(bank, first);
      this.miss[bank] = this.#nextMiss(bank, first);
      if (this.miss[bank] === -1) return;
    } else {
      this.hit[bank] = -1;
      this.miss[bank] = first;
    }
    const bound = this.#timing.earliest(isOpen ? PRE : ACT, bank);
    this.#missBound[bank] = bound;
    this.#wakeAt(bound);
  }

  /**
   * The oldest request whose next command is ready, or −1; in order, only the oldest of all can be
   * it. Leaves in `wake` the first cycle at which one that was not ready can be.
   */
  find(cycle: number): number {
    const { hit, miss } = this;
    const { order } = this.#slots;
    const { openRow } = this.#timing;
    const timing = this.#timing;
    const hitBound = this.#hitBound;
    const missBound = this.#missBound;
    const banks = this.#banks;
    const count = this.#bankCount;
    const first = this.#first;
    const limit = this.#inOrder && count > 0 ? order[first[banks[0]!]!]! : Infinity;
    let wake = Infinity;
    let found = -1;
    let foundOrder = Infinity;
    let command = 0;
    let hits = 0;
    let misses = 0;
    let conflicts = 0;
    // What holds for every bank is asked for once. Of requests that came later than one that has been
    // found it is left open whether they are ready.
    const hitGate = timing.gate(this.column);
    const actGate = timing.gate(ACT);
    const preGate = timing.gate(PRE);
    for (let i = 0; i < count; i++) {
      const bank = banks[i]!;
      if (found !== -1 && order[first[bank]!]! > foundOrder) {
        hits++;
        misses++;
        conflicts++;
        break;
      }
      let slot = hit[bank]!;
      if (slot !== -1 && order[slot]! <= limit) {
        let ready = hitBound[bank]!;
        if (ready < hitGate) ready = hitGate;
        if (ready <= cycle) {
          if (order[slot]! > foundOrder) hits++;
          else {
            ready = timing.earliest(this.column, bank);
            hitBound[bank] = ready;
            if (ready <= cycle) {
              hits++;
              found = slot;
              this.#foundPlace = i;
              foundOrder = order[slot]!;
              command = this.column;
            }
          }
        }
        if (ready > cycle && ready < wake) wake = ready;
      }
      slot = miss[bank]!;
      if (slot !== -1 && order[slot]! <= limit) {
        const isOpen = openRow[bank] !== -1;
        const gate = isOpen ? preGate : actGate;
        let ready = missBound[bank]!;
        if (ready < gate) ready = gate;
        if (ready <= cycle) {
          if (order[slot]! < foundOrder) {
            ready = timing.earliest(isOpen ? PRE : ACT, bank);
            missBound[bank] = ready;
            if (ready <= cycle) {
              found = slot;
              this.#foundPlace = i;
              foundOrder = order[slot]!;
              command = isOpen ? PRE : ACT;
            }
          }
          if (ready <= cycle) {
            if (isOpen) conflicts++;
            else misses++;
          }
        }
        if (ready > cycle && ready < wake) wake = ready;
      }
    }
    this.command = command;
    this.readyHits = hits;
    this.readyMisses = misses;
    this.readyConflicts = conflicts;
    this.wake = wake;
    return found;
  }

  /** Sets `wake` after the command that `find` found has been issued. */
  wakeAfterIssue(): void {
    if (this.#inOrder) {
      this.wake = 0; // another request is the oldest now
      return;
    }
    // Of the others that may be ready too, no more is known than what holds for every bank.
    const { command } = this;
    const timing = this.#timing;
    if (this.readyHits > (command === this.column ? 1 : 0)) this.#wakeAt(timing.gate(this.column));
    if (this.readyMisses > (command === ACT ? 1 : 0)) this.#wakeAt(timing.gate(ACT));
    if (this.readyConflicts > (command === PRE ? 1 : 0)) this.#wakeAt(timing.gate(PRE));
  }

  #wakeAt(cycle: number): void {
    if (cycle < this.wake) this.wake = cycle;
  }

  /** Makes the first hit from a slot on that of its bank. */
  #setHit(bank: number, from: number): void {
    const { row, next } = this.#slots;
    const open = this.#timing.openRow[bank]!;
    let slot = from;
    while (slot !== -1 && row[slot] !== open) slot = next[slot]!;
    this.hit[bank] = slot;
    if (slot === -1) return;
    const bound = this.#timing.earliest(this.column, bank);
    this.#hitBound[bank] = bound;
    this.#wakeAt(bound);
  }

  /** The first request from a slot on that does not want the open row. */
  #nextMiss(bank: number, from: number): number {
    const { row, next } = this.#slots;
    const open = this.#timing.openRow[bank]!;
    let slot = from;
    while (slot !== -1 && row[slot] === open) slot = next[slot]!;
    return slot;
  }
}
