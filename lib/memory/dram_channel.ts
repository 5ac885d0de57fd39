/** The controller of one DRAM channel: queues, scheduling, refresh. */
import { type ChannelCounters, newCounters } from "./channel_counters.ts";
import { cyclesOf } from "./dram_cycles.ts";
import type { DramPreset } from "./dram_preset.ts";
import { ACT, type DramTables, PRE, PREA, RD, REF, REFPB, WR } from "./dram_tables.ts";
import { DramTiming } from "./dram_timing.ts";
import { RequestList } from "./request_list.ts";
import { RequestQueue } from "./request_queue.ts";
import { RequestSlots } from "./request_slots.ts";

// Places in the array of a channel's cycles.
const CYCLE = 0;
const LAST = 1;
const NEXT_TRY = 2;
const NEXT_REFRESH = 3;
const NEXT_CLOSE = 4;

/**
 * What a channel tells about each command it issues. Row and column are −1 where the command has
 * none; the bank of PREA and REF is the first of those that they are for.
 */
export type CommandListener = (
  cycle: number,
  command: number,
  bank: number,
  row: number,
  column: number,
) => void;

/**
 * One channel, driven cycle by cycle in meaning and event by event in fact.
 *
 * A cycle is: complete the read at the front whose data are due (at most one); put a refresh on the
 * priority list when its time has come; issue at most one command, which is, in this order,
 *
 * 1. the oldest that is ready for a request of the activated list;
 * 2. if a refresh waits: what closes its banks, or the refresh, or nothing;
 * 3. the oldest that is ready for a request of the read or of the write queue, but nothing if it
 *    closed a bank that the activated list needs;
 * 4. if rows are not kept open: PRE for the first open bank, in their order, that no waiting request
 *    needs open and that can be closed.
 *
 * Between two commands nothing changes but the cycle number. So when no command is ready the
 * channel computes when the first can be and goes there at once; `advance` over idle time is free.
 * Reads complete in the order in which they were issued, one per cycle, so the completion is known
 * when the read command is issued and needs no queue.
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
  /** REF or REFPB, what closes its banks, and how many units an interval brings. */
  readonly #refreshCommand: number;
  readonly #closeCommand: number;
  readonly #unitsPerRefresh: number;
  readonly #closesRows: boolean;
  /** How much of the activated list is looked at. */
  readonly #depth: number;
  /** Cycles that change all the time, at the places named above: fields would be boxed. */
  readonly #at = new Float64Array(5);
  /** Refreshes that wait, and the unit of the first of them. */
  #dueRefreshes = 0;
  #refreshUnit = 0;
  #writeMode = false;
  #accepted = 0;

  readonly #reads: RequestQueue;
  readonly #writes: RequestQueue;
  readonly #activated: RequestList;
  readonly #slots: RequestSlots;
  /** Requests in the activated list, by bank. */
  readonly #activatedInBank: Uint16Array;

  /** A channel in its first cycle, with all rows closed; `tables` are those of the preset. */
  constructor(preset: DramPreset, tables: DramTables) {
    const timing = new DramTiming(tables);
    this.#timing = timing;
    this.#readLatency = cyclesOf(preset.readLatency, preset.timing);
    this.#drainStart = preset.writeDrain.start;
    this.#drainStop = preset.writeDrain.stop;
    const { refresh, scheduler } = preset;
    this.#refreshInterval = refresh === null ? Infinity : cyclesOf(refresh.interval, preset.timing);
    const perBank = refresh?.command === "REFPB";
    this.#refreshCommand = perBank ? REFPB : REF;
    this.#closeCommand = perBank ? PRE : PREA;
    this.#unitsPerRefresh = perBank ? 1 : timing.units;
    this.#closesRows = preset.pagePolicy === "closed";
    this.#depth = scheduler === "fcfs" ? 1 : Infinity;
    this.#at[NEXT_REFRESH] = this.#refreshInterval;
    this.#at[NEXT_CLOSE] = Infinity;
    const { read, write, activated } = preset.queues;
    this.#slots = new RequestSlots(read + write + activated);
    this.#reads = new RequestQueue(read, RD, this.#slots, timing, scheduler);
    this.#writes = new RequestQueue(write, WR, this.#slots, timing, scheduler);
    this.#activated = new RequestList(activated);
    this.#activatedInBank = new Uint16Array(timing.banks);
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
    const { counters } = this;
    if (this.#writes.length !== 0 && this.#writes.has(bank, row, column)) {
      counters.reads++;
      counters.forwardedReads++;
      this.#complete(this.#at[CYCLE]! + 1, id);
      return true;
    }
    const queue = this.#reads;
    if (!queue.hasRoom) {
      counters.refusals++;
      return false;
    }
    this.#accept(queue, bank, row, column, 0, id);
    this.waitingReads++;
    counters.reads++;
    if (queue.length > counters.peakReadQueue) counters.peakReadQueue = queue.length;
    return true;
  }

  /** Offers a write in the cycle reached, and says whether it was accepted. */
  offerWrite(bank: number, row: number, column: number): boolean {
    const { counters } = this;
    const queue = this.#writes;
    if (!queue.hasRoom) {
      counters.refusals++;
      return false;
    }
    this.#accept(queue, bank, row, column, 1, -1);
    counters.writes++;
    if (queue.length > counters.peakWriteQueue) counters.peakWriteQueue = queue.length;
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
      this.#dueRefreshes += this.#unitsPerRefresh;
    }

    const activated = this.#activated;
    if (activated.wake <= cycle) {
      const position = activated.find(this.#slots, this.#timing, cycle, this.#depth);
      if (position >= 0) {
        this.#serveActivated(position, cycle);
        return true;
      }
    }

    if (this.#dueRefreshes > 0) {
      this.#tryRefresh(cycle);
      return true;
    }

    this.#updateWriteMode();
    const queue = this.#writeMode ? this.#writes : this.#reads;
    let isBlocked = false;
    if (queue.wake <= cycle) {
      const slot = queue.find(cycle);
      if (slot >= 0) {
        if (queue.command !== PRE || this.#activatedInBank[this.#slots.bank[slot]!] === 0) {
          this.#serve(queue, slot, cycle);
          return true;
        }
        // A bank that the activated list needs is not closed, and nothing is tried in its place.
        // That lasts until the list is served or an earlier request becomes ready.
        isBlocked = true;
      }
    }
    let next = activated.wake < queue.wake ? activated.wake : queue.wake;
    if (isBlocked) queue.wake = 0;
    if (at[NEXT_CLOSE]! <= cycle && this.#tryClose(cycle)) return true;
    if (at[NEXT_CLOSE]! < next) next = at[NEXT_CLOSE]!;
    at[NEXT_TRY] = next;
    return true;
  }

  /** Changes between reading and writing, in a cycle in which the activated list has nothing. */
  #updateWriteMode(): void {
    const { length } = this.#writes;
    if (!this.#writeMode) {
      if (length >= this.#drainStart || this.#reads.length === 0) this.#writeMode = true;
    } else if (length <= this.#drainStop && this.#reads.length > 0) this.#writeMode = false;
  }

  /** Issues the command that was found for a request of the activated list. */
  #serveActivated(position: number, cycle: number): void {
    const activated = this.#activated;
    const { command } = activated;
    const timing = this.#timing;
    const slot = activated.at(position);
    const bank = this.#slots.bank[slot]!;
    this.#issue(command, slot, cycle);
    activated.removeAt(position);
    this.#activatedInBank[bank]!--;
    if (this.#depth === 1) activated.wake = 0; // another is the oldest now
    else {
      // Of the others that were ready too, no more is known than what holds for every bank.
      let { wake } = activated;
      if (activated.readyReads > (command === RD ? 1 : 0)) {
        wake = Math.min(wake, timing.gate(RD));
      }
      if (activated.readyWrites > (command === WR ? 1 : 0)) {
        wake = Math.min(wake, timing.gate(WR));
      }
      activated.wake = wake;
    }
    this.#finish(command, slot, bank, cycle);
    this.#setNextTry();
  }

  /** Issues the command that was found for a request of a queue. */
  #serve(queue: RequestQueue, slot: number, cycle: number): void {
    const { command } = queue;
    const { counters } = this;
    const slots = this.#slots;
    const bank = slots.bank[slot]!;
    this.#issue(command, slot, cycle);
    queue.wakeAfterIssue();
    if (command === ACT) {
      counters.activations++;
      if (slots.begun[slot] === 0) counters.rowMisses++;
      slots.begun[slot] = 1;
      const activated = this.#activated;
      if (activated.hasRoom) {
        queue.remove(slot);
        slots.bound[slot] = this.#timing.earliest(slots.isWrite[slot] === 0 ? RD : WR, bank);
        activated.insert(slot, slots);
        this.#activatedInBank[bank]!++;
        if (activated.length > counters.peakActivatedQueue) {
          counters.peakActivatedQueue = activated.length;
        }
      }
      this.#reads.resort(bank);
      this.#writes.resort(bank);
    } else if (command === PRE) {
      counters.precharges++;
      if (slots.begun[slot] === 0) counters.rowConflicts++;
      slots.begun[slot] = 1;
      this.#reads.resort(bank);
      this.#writes.resort(bank);
    } else {
      if (slots.begun[slot] === 0) counters.rowHits++;
      queue.remove(slot);
      this.#finish(command, slot, bank, cycle);
    }
    this.#setNextTry();
  }

  /** Performs a command for a request. */
  #issue(command: number, slot: number, cycle: number): void {
    const { bank, row, column } = this.#slots;
    this.#timing.issue(command, bank[slot]!, row[slot]!, cycle);
    if (this.listener !== undefined) {
      const hasRow = command !== PRE;
      const hasColumn = command !== PRE && command !== ACT;
      this.listener(
        cycle,
        command,
        bank[slot]!,
        hasRow ? row[slot]! : -1,
        hasColumn ? column[slot]! : -1,
      );
    }
  }

  /** Ends a request that has left its list, after its read or write command. */
  #finish(command: number, slot: number, bank: number, cycle: number): void {
    this.#slots.release(slot);
    if (command === RD) {
      this.waitingReads--;
      this.#complete(cycle + this.#readLatency, this.#slots.id[slot]!);
    }
    if (this.#closesRows && !this.#isNeededOpen(bank)) {
      const close = this.#timing.earliest(PRE, bank);
      if (close < this.#at[NEXT_CLOSE]!) this.#at[NEXT_CLOSE] = close;
    }
  }

  /** Whether a waiting request wants the open row of a bank. */
  #isNeededOpen(bank: number): boolean {
    return this.#activatedInBank[bank] !== 0 || this.#reads.hit[bank] !== -1 ||
      this.#writes.hit[bank] !== -1;
  }

  /** After a command: no request of any list can be served earlier. */
  #setNextTry(): void {
    if (this.#dueRefreshes > 0) return;
    let next = this.#activated.wake;
    if (this.#reads.wake < next) next = this.#reads.wake;
    if (this.#writes.wake < next) next = this.#writes.wake;
    if (this.#at[NEXT_CLOSE]! < next) next = this.#at[NEXT_CLOSE]!;
    this.#at[NEXT_TRY] = next;
  }

  /** Closes the first bank that nobody needs open, if one can be closed. */
  #tryClose(cycle: number): boolean {
    const timing = this.#timing;
    let wake = Infinity;
    for (let bank = 0; bank < timing.banks; bank++) {
      if (timing.openRow[bank] === -1 || this.#isNeededOpen(bank)) continue;
      const ready = timing.earliest(PRE, bank);
      if (ready <= cycle) {
        timing.issue(PRE, bank, -1, cycle);
        if (this.listener !== undefined) this.listener(cycle, PRE, bank, -1, -1);
        this.counters.precharges++;
        this.#reads.resort(bank);
        this.#writes.resort(bank);
        return true; // NEXT_CLOSE stays: there may be others
      }
      if (ready < wake) wake = ready;
    }
    this.#at[NEXT_CLOSE] = wake;
    return false;
  }

  /** Tries the command that the first refresh needs. */
  #tryRefresh(cycle: number): void {
    const timing = this.#timing;
    const unit = this.#refreshUnit;
    const size = timing.banks / timing.units;
    const firstBank = unit * size;
    const isOpen = timing.isUnitOpen(unit);
    const command = isOpen ? this.#closeCommand : this.#refreshCommand;
    const ready = timing.earliest(command, firstBank);
    const activatedWake = this.#activated.wake;
    if (ready > cycle) {
      this.#at[NEXT_TRY] = ready < activatedWake ? ready : activatedWake;
      return;
    }
    if (isOpen) {
      for (let bank = firstBank; bank < firstBank + size; bank++) {
        if (this.#activatedInBank[bank] !== 0) {
          this.#at[NEXT_TRY] = activatedWake;
          return;
        }
      }
    }
    timing.issue(command, firstBank, -1, cycle);
    if (this.listener !== undefined) this.listener(cycle, command, firstBank, -1, -1);
    if (isOpen) {
      this.counters.precharges++;
      for (let bank = firstBank; bank < firstBank + size; bank++) {
        this.#reads.resort(bank);
        this.#writes.resort(bank);
      }
    } else {
      this.counters.refreshes++;
      this.#dueRefreshes--;
      this.#refreshUnit = unit + 1 === timing.units ? 0 : unit + 1;
    }
  }

  /**
   * Counts the refreshes of a long idle time at once, but for the last ones: with all banks closed,
   * each round leaves the state of the one before behind, later.
   */
  #skipRefreshes(limit: number): void {
    if (limit === Infinity || this.#dueRefreshes > 0 || this.listener !== undefined) return;
    const { units } = this.#timing;
    for (let unit = 0; unit < units; unit++) {
      if (this.#timing.isUnitOpen(unit)) return;
    }
    // A round of refreshes takes so many intervals; the last round and two intervals are performed.
    const interval = this.#refreshInterval;
    const round = units / this.#unitsPerRefresh;
    const intervals = Math.floor((limit - this.#at[NEXT_REFRESH]!) / interval) - 2 - round;
    const count = intervals - intervals % round;
    if (count <= 0) return;
    this.#at[NEXT_REFRESH]! += count * interval;
    this.counters.refreshes += count * this.#unitsPerRefresh;
  }

  #accept(
    queue: RequestQueue,
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
    slots.order[slot] = this.#accepted++;
    slots.id[slot] = id;
    slots.begun[slot] = 0;
    queue.push(slot);
    this.#at[NEXT_TRY] = 0;
  }

  /** Notes a read whose data are due in a cycle: it also waits for the reads before it. */
  #complete(due: number, id: number): void {
    const after = this.#at[LAST]! + 1;
    const completion = due > after ? due : after;
    this.#at[LAST] = completion;
    if (id >= 0) this.completions[id] = completion;
  }
}
