/** The controller of one DRAM channel: queues, first-ready first-come scheduling, refresh. */
import { type ChannelCounters, newCounters } from "./channel_counters.ts";
import type { DramPreset } from "./dram_preset.ts";
import { ACT, cyclesOf, type DramTables, PRE, PREA, RD, REF, WR } from "./dram_tables.ts";
import { DramTiming } from "./dram_timing.ts";
import { RequestList } from "./request_list.ts";
import { findReady, isQueued, recount } from "./request_search.ts";
import { RequestSlots } from "./request_slots.ts";

// Places in the array of a channel's cycles.
const CYCLE = 0;
const LAST = 1;
const NEXT_TRY = 2;
const NEXT_REFRESH = 3;

/** What a channel tells about each command it issues; the row is −1 for PREA and REF. */
export type CommandListener = (cycle: number, command: number, bank: number, row: number) => void;

/**
 * One channel, driven cycle by cycle in meaning and event by event in fact.
 *
 * A cycle is: complete the read at the front whose data are due (at most one); put a refresh on the
 * priority list when its time has come; issue at most one command, which is, in this order,
 *
 * 1. the oldest that is ready for a request of the activated list;
 * 2. if a refresh waits: PREA or REF for it, or nothing;
 * 3. the oldest that is ready for a request of the read or of the write queue.
 *
 * Between two commands nothing changes but the cycle number. So when no command is ready the
 * channel computes when the first can be and goes there at once; `advance` over idle time is free.
 * Reads complete in the order in which they were issued, one per cycle, so the completion is known
 * when the read command is issued and needs no queue.
 *
 * Every waiting request has a *bound*, a cycle before which its next command cannot be legal.
 * Issuing a command can only move the others back, so bounds stay true without being touched;
 * closing a bank, which changes the next command of others, resets theirs.
 */
export class DramChannel {
  /** Accepted reads whose read command has not been issued. */
  waitingReads = 0;
  /** Completion cycle of each read that was offered with an id. */
  completions: Float64Array = new Float64Array(0);
  /** Called for each command, if set. */
  listener: CommandListener | undefined;
  /** What happened so far. */
  readonly counters: ChannelCounters = newCounters();

  readonly #timing: DramTiming;
  readonly #readLatency: number;
  readonly #drainStart: number;
  readonly #drainStop: number;
  readonly #refreshInterval: number;
  /** Cycles that change all the time, at the places named below: fields would be boxed. */
  readonly #at = new Float64Array(4);
  /** Refreshes that wait, and the unit of the first of them. */
  #dueRefreshes = 0;
  #refreshUnit = 0;
  #writeMode = false;

  readonly #reads: RequestList;
  readonly #writes: RequestList;
  readonly #activated: RequestList;
  readonly #slots: RequestSlots;
  // Requests per bank: in all lists, in the activated list, in the write queue.
  readonly #inBank: Uint16Array;
  readonly #activatedInBank: Uint16Array;
  readonly #writesInBank: Uint16Array;

  /** A channel in its first cycle, with all rows closed; `tables` are those of the preset. */
  constructor(preset: DramPreset, tables: DramTables) {
    this.#timing = new DramTiming(tables);
    this.#readLatency = cyclesOf(preset.readLatency, preset.timing);
    this.#drainStart = preset.writeDrain.start;
    this.#drainStop = preset.writeDrain.stop;
    this.#refreshInterval = preset.refresh === null
      ? Infinity
      : cyclesOf(preset.refresh.interval, preset.timing);
    this.#at[NEXT_REFRESH] = this.#refreshInterval;
    const { read, write, activated } = preset.queues;
    this.#reads = new RequestList(read);
    this.#writes = new RequestList(write);
    this.#activated = new RequestList(activated);
    this.#slots = new RequestSlots(read + write + activated);
    this.#inBank = new Uint16Array(this.#timing.banks);
    this.#activatedInBank = new Uint16Array(this.#timing.banks);
    this.#writesInBank = new Uint16Array(this.#timing.banks);
  }

  /** Cycles performed so far. */
  get cycle(): number {
    return this.#at[CYCLE]!;
  }

  /** Requests in the write queue and writes whose row was opened for them. */
  get waitingWrites(): number {
    return this.#reads.length + this.#writes.length + this.#activated.length - this.waitingReads;
  }

  /**
   * Offers a read in the cycle reached.
   *
   * @param id Where its completion goes in `completions`; −1 for nowhere.
   * @returns Whether it was accepted.
   */
  offerRead(bank: number, row: number, column: number, id: number): boolean {
    if (this.#writesInBank[bank] !== 0 && isQueued(this.#writes, this.#slots, bank, row, column)) {
      this.counters.reads++;
      this.counters.forwardedReads++;
      this.#complete(this.#at[CYCLE]! + 1, id);
      return true;
    }
    const list = this.#reads;
    if (!list.hasRoom) {
      this.counters.refusals++;
      return false;
    }
    this.#accept(list, bank, row, column, 0, id);
    this.waitingReads++;
    this.counters.reads++;
    if (list.length > this.counters.peakReadQueue) this.counters.peakReadQueue = list.length;
    return true;
  }

  /** Offers a write in the cycle reached, and says whether it was accepted. */
  offerWrite(bank: number, row: number, column: number): boolean {
    const list = this.#writes;
    if (!list.hasRoom) {
      this.counters.refusals++;
      return false;
    }
    this.#accept(list, bank, row, column, 1, -1);
    this.#writesInBank[bank]!++;
    this.counters.writes++;
    if (list.length > this.counters.peakWriteQueue) this.counters.peakWriteQueue = list.length;
    return true;
  }

  /** Performs all cycles up to `cycle`. */
  advance(cycle: number): void {
    while (this.#step(cycle));
  }

  /** Performs all cycles up to `cycle`, then further ones until a read can be accepted. */
  advanceToReadRoom(cycle: number): number {
    this.advance(cycle);
    while (!this.#reads.hasRoom) this.#step(Infinity);
    return this.#at[CYCLE]!;
  }

  /** Performs all cycles up to `cycle`, then further ones until a write can be accepted. */
  advanceToWriteRoom(cycle: number): number {
    this.advance(cycle);
    while (!this.#writes.hasRoom) this.#step(Infinity);
    return this.#at[CYCLE]!;
  }

  /**
   * Performs cycles until every accepted read has been issued.
   *
   * @returns The cycle in which the last of them completes.
   */
  advanceToLastRead(): number {
    while (this.waitingReads > 0) this.#step(Infinity);
    return this.#at[LAST]!;
  }

  /** Performs the next cycle that matters, or says that there is none up to `limit`. */
  #step(limit: number): boolean {
    const at = this.#at;
    let cycle = at[CYCLE]! + 1;
    const nextTry = at[NEXT_TRY]!;
    let nextRefresh = at[NEXT_REFRESH]!;
    if (nextTry > cycle) {
      if (nextTry === Infinity && limit - nextRefresh > 4 * this.#refreshInterval) {
        this.#skipRefreshes(limit);
        nextRefresh = at[NEXT_REFRESH]!;
      }
      cycle = nextTry < nextRefresh ? nextTry : nextRefresh;
      if (this.#dueRefreshes === 0 && limit >= at[CYCLE]! + 1) this.#updateWriteMode();
    }
    if (cycle > limit) {
      if (limit > at[CYCLE]!) at[CYCLE] = limit;
      return false;
    }
    if (cycle === Infinity) throw new Error("no event can end this wait");
    at[CYCLE] = cycle;
    at[NEXT_TRY] = cycle + 1;
    if (cycle === nextRefresh) {
      at[NEXT_REFRESH] = nextRefresh + this.#refreshInterval;
      this.#dueRefreshes += this.#timing.units;
    }

    const activated = this.#activated;
    if (activated.wake <= cycle) {
      const position = findReady(activated, this.#slots, this.#timing, cycle);
      if (position >= 0) {
        this.#serve(activated, position, cycle);
        return true;
      }
    }

    if (this.#dueRefreshes > 0) {
      this.#tryRefresh(cycle);
      return true;
    }

    this.#updateWriteMode();
    const list = this.#writeMode ? this.#writes : this.#reads;
    if (list.wake <= cycle) {
      if (list.hits === 0) {
        // All want to open or close a row, and the channel may be busy with another one.
        const gate = this.#timing.rowGate();
        if (gate > cycle) {
          at[NEXT_TRY] = activated.wake < gate ? activated.wake : gate;
          return true;
        }
      }
      const position = findReady(list, this.#slots, this.#timing, cycle);
      if (position >= 0) {
        if (
          list.command !== PRE || this.#activatedInBank[this.#slots.bank[list.at(position)]!] === 0
        ) {
          this.#serve(list, position, cycle);
          return true;
        }
        // A bank that the activated list needs is not closed, and nothing is tried in its place.
        // That lasts until the list is served or an earlier request becomes ready.
        at[NEXT_TRY] = activated.wake < list.wake ? activated.wake : list.wake;
        list.wake = 0;
        return true;
      }
    }
    at[NEXT_TRY] = activated.wake < list.wake ? activated.wake : list.wake;
    return true;
  }

  /** Changes between reading and writing, in a cycle in which the activated list has nothing. */
  #updateWriteMode(): void {
    const { length } = this.#writes;
    if (!this.#writeMode) {
      if (length >= this.#drainStart || this.#reads.length === 0) this.#writeMode = true;
    } else if (length <= this.#drainStop && this.#reads.length > 0) this.#writeMode = false;
  }

  /** Issues the command that `findReady` found for the request at a position. */
  #serve(list: RequestList, position: number, cycle: number): void {
    const slots = this.#slots;
    const command = list.command;
    const slot = list.at(position);
    const bank = slots.bank[slot]!;
    const row = slots.row[slot]!;
    const { counters } = this;
    const timing = this.#timing;
    timing.issue(command, bank, row, cycle);
    if (this.listener !== undefined) this.listener(cycle, command, bank, row);
    // What `findReady` left in `wake` is about the entries before this one. If it was the last, that
    // and its own next command are all there is to wait for; else the others have to be looked at.
    let wake = position === list.length - 1 ? list.wake : 0;

    if (command === RD || command === WR) {
      if (slots.begun[slot] === 0) counters.rowHits++;
      list.removeAt(position);
      slots.release(slot);
      this.#inBank[bank]!--;
      if (list === this.#activated) this.#activatedInBank[bank]!--;
      else {
        list.hits--;
        if (list === this.#writes) this.#writesInBank[bank]!--;
      }
      if (command === RD) {
        this.waitingReads--;
        this.#complete(cycle + this.#readLatency, slots.id[slot]!);
      }
    } else if (command === ACT) {
      counters.activations++;
      if (slots.begun[slot] === 0) counters.rowMisses++;
      slots.begun[slot] = 1;
      const ready = timing.earliest(slots.isWrite[slot] === 0 ? RD : WR, bank);
      slots.bound[slot] = ready;
      const activated = this.#activated;
      const moved = list !== activated && activated.hasRoom;
      if (moved) {
        list.removeAt(position);
        if (list === this.#writes) this.#writesInBank[bank]!--;
        activated.insert(slot, slots.arrival);
        if (ready < activated.wake) activated.wake = ready;
        this.#activatedInBank[bank]!++;
        if (activated.length > counters.peakActivatedQueue) {
          counters.peakActivatedQueue = activated.length;
        }
      } else if (ready < wake) wake = ready;
      if (this.#inBank[bank]! > 1 || !moved) {
        recount(this.#reads, slots, timing, 0, 0);
        recount(this.#writes, slots, timing, 0, 0);
      }
    } else {
      counters.precharges++;
      if (slots.begun[slot] === 0) counters.rowConflicts++;
      slots.begun[slot] = 1;
      const ready = timing.earliest(ACT, bank);
      slots.bound[slot] = ready;
      if (ready < wake) wake = ready;
      if (this.#inBank[bank]! > 1) {
        this.#resetBounds(bank, bank + 1);
        wake = 0;
      }
    }
    list.wake = wake;
    if (this.#dueRefreshes === 0) this.#at[NEXT_TRY] = this.#firstWake();
  }

  /** A cycle before which no request of any list can be served. */
  #firstWake(): number {
    const activated = this.#activated.wake;
    const reads = this.#reads.wake;
    const writes = this.#writes.wake;
    const first = activated < reads ? activated : reads;
    return first < writes ? first : writes;
  }

  /** Tries the command that the first refresh needs. */
  #tryRefresh(cycle: number): void {
    const timing = this.#timing;
    const unit = this.#refreshUnit;
    const size = timing.banks / timing.units;
    const firstBank = unit * size;
    const command = timing.isUnitOpen(unit) ? PREA : REF;
    const ready = timing.earliest(command, firstBank);
    const activatedWake = this.#activated.wake;
    if (ready > cycle) {
      this.#at[NEXT_TRY] = ready < activatedWake ? ready : activatedWake;
      return;
    }
    if (command === PREA) {
      for (let bank = firstBank; bank < firstBank + size; bank++) {
        if (this.#activatedInBank[bank] !== 0) {
          this.#at[NEXT_TRY] = activatedWake;
          return;
        }
      }
    }
    timing.issue(command, firstBank, -1, cycle);
    if (this.listener !== undefined) this.listener(cycle, command, firstBank, -1);
    if (command === PREA) {
      this.counters.precharges++;
      this.#resetBounds(firstBank, firstBank + size);
    } else {
      this.counters.refreshes++;
      this.#dueRefreshes--;
      this.#refreshUnit = unit + 1 === timing.units ? 0 : unit + 1;
    }
  }

  /**
   * Counts the refreshes of a long idle time at once, but for the last ones: with all banks closed,
   * each leaves the state of the one before behind, later.
   */
  #skipRefreshes(limit: number): void {
    if (limit === Infinity || this.#dueRefreshes > 0 || this.listener !== undefined) return;
    for (let unit = 0; unit < this.#timing.units; unit++) {
      if (this.#timing.isUnitOpen(unit)) return;
    }
    const interval = this.#refreshInterval;
    const count = Math.floor((limit - this.#at[NEXT_REFRESH]!) / interval) - 2;
    this.#at[NEXT_REFRESH]! += count * interval;
    this.counters.refreshes += count * this.#timing.units;
  }

  #accept(
    list: RequestList,
    bank: number,
    row: number,
    column: number,
    isWrite: number,
    id: number,
  ): void {
    const slots = this.#slots;
    const slot = slots.take();
    slots.bank[slot] = bank;
    slots.row[slot] = row;
    slots.column[slot] = column;
    slots.isWrite[slot] = isWrite;
    slots.arrival[slot] = this.#at[CYCLE]!;
    slots.bound[slot] = 0;
    slots.id[slot] = id;
    slots.begun[slot] = 0;
    this.#inBank[bank]!++;
    list.push(slot);
    if (this.#timing.openRow[bank] === row) list.hits++;
    list.wake = 0;
    this.#at[NEXT_TRY] = 0;
  }

  /** Notes a read whose data are due in a cycle: it also waits for the reads before it. */
  #complete(due: number, id: number): void {
    const after = this.#at[LAST]! + 1;
    const completion = due > after ? due : after;
    this.#at[LAST] = completion;
    if (id >= 0) this.completions[id] = completion;
  }

  /**
   * Forgets what was known of the requests of some banks, whose next command has changed: none is
   * in the activated list, or its bank would not have been closed.
   */
  #resetBounds(firstBank: number, endBank: number): void {
    recount(this.#reads, this.#slots, this.#timing, firstBank, endBank);
    recount(this.#writes, this.#slots, this.#timing, firstBank, endBank);
  }
}
