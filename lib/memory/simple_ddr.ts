import { EventQueue } from "./event_queue.ts";
import { EventTimers } from "./event_timers.ts";
import { type RegimePolicy, ROUTES } from "./regime_policy.ts";
import type { SimpleDdrPreset } from "./simple_ddr_preset.ts";

const BANKS = 16;
const ROWS = 2 ** 16;
const BLOCK_BITS = 6;

/** What an access does when it next runs; in the order of its life. */
const STEP = {
  begin: 0,
  linkTaken: 1,
  hostArrived: 2,
  slotTaken: 3,
  commandTaken: 4,
  commandDone: 5,
  rowOpen: 6,
  dataReady: 7,
  busTaken: 8,
  busDone: 9,
  hostDone: 10,
} as const;

/** Permits that are handed out in the order in which they were asked for. */
class Permits {
  readonly #waiting = new EventQueue();
  #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  /** Whether a permit was free; if not, the access waits. */
  take(access: number): boolean {
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    this.#waiting.push(access);
    return false;
  }

  /** Gives a permit back: to the access that is returned, or if that is -1 to nobody. */
  release(): number {
    if (this.#waiting.size > 0) return this.#waiting.shift();
    this.#free++;
    return -1;
  }
}

/**
 * The simple DDR device of the public emulator with a regime before it, as an exact event
 * simulation (memory specification, sections 3.3 and 6.3). Accesses that are ready run first in,
 * first out; then time jumps to the earliest timer, and all timers of that instant wake their
 * accesses in the order of their creation. Its oddities are kept: a row is never kept open for a
 * later access, an access that arrives while its bank closes a row gets the next without opening
 * it, and reads and writes may take their bank from other address bits.
 *
 * Add accesses, then {@linkcode finish}: all added accesses begin at the same instant, in order.
 */
export class SimpleDdr {
  /** The time that the simulation has reached, in picoseconds. */
  nowPs = 0;
  /** Time during which the host was moving data for some access, in picoseconds. */
  hostPs = 0;
  /** When each of the accesses since the last {@linkcode begin} was over, in picoseconds. */
  doneAtPs = new Float64Array(64);

  readonly #preset: SimpleDdrPreset;
  readonly #policy: RegimePolicy | undefined;
  readonly #ready = new EventQueue();
  readonly #timers = new EventTimers();

  readonly #readSlots: Permits;
  readonly #writeSlots: Permits;
  readonly #command = new Permits(1);
  readonly #data = new Permits(1);
  readonly #link = new Permits(1);

  readonly #bankBusy = new Uint8Array(BANKS);
  readonly #bankRow = new Int32Array(BANKS);
  readonly #bankWaiting = Array.from({ length: BANKS }, () => new EventQueue());

  #count = 0;
  #left = 0;
  #hostWaits = 0;
  #hostSincePs = 0;
  #step = new Uint8Array(64);
  #isWrite = new Uint8Array(64);
  #holdsLink = new Uint8Array(64);
  #block = new Float64Array(64);

  /** An idle device; without a policy every access goes to it at once. */
  constructor(preset: SimpleDdrPreset, policy?: RegimePolicy) {
    this.#preset = preset;
    this.#policy = policy;
    this.#readSlots = new Permits(preset.slots);
    this.#writeSlots = new Permits(preset.slots);
  }

  /** Advances to a time and forgets the accesses that are over; all must be. */
  begin(atPs: number): void {
    while (this.#timers.nextPs <= atPs) this.#nextInstant();
    if (atPs > this.nowPs) this.nowPs = atPs;
    this.#count = 0;
  }

  /** Adds an access that begins now. */
  add(block: number, isWrite: boolean): void {
    const access = this.#count++;
    if (access === this.#step.length) this.#grow();
    this.#step[access] = STEP.begin;
    this.#isWrite[access] = isWrite ? 1 : 0;
    this.#holdsLink[access] = 0;
    this.#block[access] = block;
    this.#left++;
    this.#ready.push(access);
  }

  /** Runs until the added accesses are over, and returns when the last was. */
  finish(): number {
    this.#runReady();
    while (this.#left > 0) this.#nextInstant();
    return this.nowPs;
  }

  /** Runs until nothing is left to happen, and returns when that is: `atPs` or later. */
  settle(atPs: number): number {
    this.begin(atPs);
    while (this.#timers.nextPs < Infinity) this.#nextInstant();
    return this.nowPs;
  }

  #nextInstant(): void {
    const timers = this.#timers;
    const now = timers.nextPs;
    this.nowPs = now;
    while (timers.nextPs === now) this.#ready.push(timers.pop());
    this.#runReady();
  }

  #runReady(): void {
    const ready = this.#ready;
    while (ready.size > 0) {
      const token = ready.shift();
      if (token < 0) this.#rowClosed(~token);
      else this.#run(token);
    }
  }

  #run(access: number): void {
    const { clockPs, casPs, burstPs } = this.#preset;
    const isWrite = this.#isWrite[access] === 1;
    switch (this.#step[access]) {
      case STEP.begin:
        return this.#route(access, isWrite);
      case STEP.linkTaken:
        this.#hostBegins();
        return this.#after(this.#policy!.hostPs, access, STEP.hostArrived);
      case STEP.hostArrived:
        this.#hostEnds();
        return this.#takeSlot(access, isWrite);
      case STEP.slotTaken:
        return this.#take(this.#command, access, STEP.commandTaken);
      case STEP.commandTaken:
        return this.#after(clockPs, access, STEP.commandDone);
      case STEP.commandDone:
        this.#release(this.#command);
        return this.#takeRow(access, isWrite);
      case STEP.rowOpen:
        if (!isWrite) return this.#after(casPs, access, STEP.dataReady);
        this.#releaseBank(this.#bankOf(access, true));
        return this.#take(this.#data, access, STEP.busTaken);
      case STEP.dataReady:
        this.#releaseBank(this.#bankOf(access, false));
        return this.#take(this.#data, access, STEP.busTaken);
      case STEP.busTaken:
        return this.#after(burstPs, access, STEP.busDone);
      case STEP.busDone:
        this.#release(this.#data);
        this.#release(isWrite ? this.#writeSlots : this.#readSlots);
        if (this.#holdsLink[access] === 1) this.#release(this.#link);
        return this.#over(access);
      case STEP.hostDone:
        this.#hostEnds();
        return this.#over(access);
    }
  }

  #route(access: number, isWrite: boolean): void {
    const policy = this.#policy;
    if (policy === undefined) return this.#takeSlot(access, isWrite);
    const block = this.#block[access]!;
    const route = isWrite
      ? policy.routeWrite(block, this.nowPs)
      : policy.routeRead(block, this.nowPs);
    switch (route) {
      case ROUTES.device:
        return this.#takeSlot(access, isWrite);
      case ROUTES.holdingLink:
        this.#holdsLink[access] = 1;
        return this.#take(this.#link, access, STEP.linkTaken);
      case ROUTES.afterHost:
      case ROUTES.hostOnly: {
        this.#hostBegins();
        const step = route === ROUTES.hostOnly ? STEP.hostDone : STEP.hostArrived;
        return this.#after(policy.hostPs, access, step);
      }
    }
  }

  #takeSlot(access: number, isWrite: boolean): void {
    this.#take(isWrite ? this.#writeSlots : this.#readSlots, access, STEP.slotTaken);
  }

  /** Goes on with a step at once if the permit is free, else when it is handed over. */
  #take(permits: Permits, access: number, step: number): void {
    this.#step[access] = step;
    if (permits.take(access)) this.#run(access);
  }

  #release(permits: Permits): void {
    const access = permits.release();
    if (access >= 0) this.#ready.push(access);
  }

  #after(delayPs: number, access: number, step: number): void {
    this.#step[access] = step;
    this.#timers.add(this.nowPs + delayPs, access);
  }

  #over(access: number): void {
    this.doneAtPs[access] = this.nowPs;
    this.#left--;
  }

  #bankOf(access: number, isWrite: boolean): number {
    const bit = isWrite ? this.#preset.writeBankBit : this.#preset.readBankBit;
    return Math.floor(this.#block[access]! / 2 ** (bit - BLOCK_BITS)) % BANKS;
  }

  #rowOf(access: number): number {
    return Math.floor(this.#block[access]! / 2 ** (this.#preset.rowBit - BLOCK_BITS)) % ROWS;
  }

  #takeRow(access: number, isWrite: boolean): void {
    this.#step[access] = STEP.rowOpen;
    const bank = this.#bankOf(access, isWrite);
    if (this.#bankBusy[bank] === 1) {
      this.#bankWaiting[bank]!.push(access);
      return;
    }
    this.#bankBusy[bank] = 1;
    this.#bankRow[bank] = this.#rowOf(access);
    this.#after(this.#preset.rcdPs, access, STEP.rowOpen);
  }

  #releaseBank(bank: number): void {
    const { rpPs, rcdPs } = this.#preset;
    const waiting = this.#bankWaiting[bank]!;
    if (waiting.size === 0) {
      this.#timers.add(this.nowPs + rpPs, ~bank);
      return;
    }
    const row = this.#bankRow[bank]!;
    for (let i = 0; i < waiting.size; i++) {
      if (this.#rowOf(waiting.at(i)) === row) {
        this.#ready.push(waiting.removeAt(i));
        return;
      }
    }
    const oldest = waiting.shift();
    this.#bankRow[bank] = this.#rowOf(oldest);
    this.#after(rpPs + rcdPs, oldest, STEP.rowOpen);
  }

  /** A bank without waiting accesses has closed its row; who came meanwhile need not open one. */
  #rowClosed(bank: number): void {
    const waiting = this.#bankWaiting[bank]!;
    if (waiting.size === 0) {
      this.#bankBusy[bank] = 0;
      return;
    }
    const oldest = waiting.shift();
    this.#bankRow[bank] = this.#rowOf(oldest);
    this.#ready.push(oldest);
  }

  #hostBegins(): void {
    if (this.#hostWaits++ === 0) this.#hostSincePs = this.nowPs;
  }

  #hostEnds(): void {
    if (--this.#hostWaits === 0) this.hostPs += this.nowPs - this.#hostSincePs;
  }

  #grow(): void {
    const length = 2 * this.#step.length;
    const step = new Uint8Array(length);
    const isWrite = new Uint8Array(length);
    const holdsLink = new Uint8Array(length);
    const block = new Float64Array(length);
    const doneAtPs = new Float64Array(length);
    step.set(this.#step);
    isWrite.set(this.#isWrite);
    holdsLink.set(this.#holdsLink);
    block.set(this.#block);
    doneAtPs.set(this.doneAtPs);
    this.#step = step;
    this.#isWrite = isWrite;
    this.#holdsLink = holdsLink;
    this.#block = block;
    this.doneAtPs = doneAtPs;
  }
}
