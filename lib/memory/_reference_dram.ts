/**
 * The DRAM once more for the tests, slow and obvious: every cycle is performed, every list is
 * searched whole, every command is checked against the table by looking back at the commands before
 * it. It shares the presets with the fast one, and no code.
 */
import type { DramCommand, DramPreset } from "./dram_preset.ts";
import type { TraceRow } from "./dram_trace.ts";

/** A command that was issued. */
export interface IssuedCommand {
  readonly channel: number;
  readonly cycle: number;
  readonly command: DramCommand;
  readonly bank: number;
  readonly row: number;
}

interface Place {
  readonly channel: number;
  readonly bank: number;
  readonly row: number;
  readonly column: number;
}

interface Request extends Place {
  readonly write: boolean;
  readonly arrival: number;
  readonly id: number;
}

/** Where a request goes: the formulas of the specification, in integers of any size. */
export function referencePlace(preset: string, u: bigint): Place {
  const bits = (value: bigint, low: bigint, count: bigint): number =>
    Number((value >> low) & ((1n << count) - 1n));
  if (preset === "hbm2") {
    const column = bits(u, 0n, 2n) | bits(u, 10n, 3n) << 2;
    const pseudochannel = bits(u, 5n, 1n) ^ (column >> 3 & 1);
    const group = bits(u, 6n, 2n) ^ (column >> 4 & 3);
    return {
      channel: bits(u, 2n, 3n) ^ (column & 7),
      bank: pseudochannel * 16 + group * 4 + bits(u, 8n, 2n),
      row: Number(u >> 13n),
      column,
    };
  }
  if (preset === "ddr3-1600k-x16") {
    return { channel: 0, bank: bits(u, 7n, 3n), row: Number(u >> 10n), column: bits(u, 0n, 7n) };
  }
  if (preset === "ddr4-2400r-x8") {
    const column = bits(u, 0n, 2n) | bits(u, 6n, 5n) << 2;
    const group = bits(u, 2n, 2n) ^ (column & 3);
    const bank = bits(u, 4n, 2n) ^ (column >> 2 & 3);
    return {
      channel: 0,
      bank: group * 4 + bank,
      row: Number((u >> 11n) ^ BigInt(column >> 4)),
      column,
    };
  }
  throw new Error(`no address map for ${preset}`);
}

/** Cycles of the sums in the presets. */
function sum(expression: string, timing: Readonly<Record<string, number>>): number {
  let result = 0;
  for (const [, sign, term] of expression.matchAll(/([+-]?)\s*(\w+)/g)) {
    const value = /^\d/.test(term!) ? Number(term) : timing[term!]!;
    result += sign === "-" ? -value : value;
  }
  return result;
}

/** Knows the timing table of one channel, and every command that was issued there. */
export class TimingAuditor {
  readonly #issued = new Map<string, number[]>();
  readonly #rows: { level: number; after: string; before: string; cycles: number; back: number }[];
  readonly #banksPerNode: number[] = [];

  constructor(preset: DramPreset) {
    this.#rows = preset.constraints.flatMap((row) =>
      row.after.flatMap((after) =>
        row.before.map((before) => ({
          level: preset.levels.findIndex(({ name }) => name === row.level),
          after,
          before,
          cycles: sum(row.cycles, preset.timing),
          back: row.window ?? 1,
        }))
      )
    );
    for (let level = 0; level < preset.levels.length; level++) {
      this.#banksPerNode.push(
        preset.levels.slice(level + 1).reduce((product, { count }) => product * count, 1),
      );
    }
  }

  /** The rows that forbid a command at a cycle. */
  offences(command: DramCommand, bank: number, cycle: number): string[] {
    const found: string[] = [];
    for (const { level, after, before, cycles, back } of this.#rows) {
      if (before !== command) continue;
      const last = this.#issued.get(this.#key(level, bank, after))?.at(-back);
      if (last !== undefined && cycle < last + cycles) {
        found.push(`${after} at ${last}, ${before} at ${cycle}: ${cycles} on level ${level}`);
      }
    }
    return found;
  }

  /** Notes a command. */
  note(command: DramCommand, bank: number, cycle: number): void {
    for (let level = 0; level < this.#banksPerNode.length; level++) {
      const key = this.#key(level, bank, command);
      const cycles = this.#issued.get(key);
      if (cycles === undefined) this.#issued.set(key, [cycle]);
      else cycles.push(cycle);
    }
  }

  #key(level: number, bank: number, command: string): string {
    return `${level}:${Math.floor(bank / this.#banksPerNode[level]!)}:${command}`;
  }
}

class ReferenceChannel {
  clk = 0;
  readQ: Request[] = [];
  writeQ: Request[] = [];
  actQ: Request[] = [];
  pend: { due: number; id: number }[] = [];
  refreshes = 0;
  writeMode = false;
  readonly open = new Map<number, number>();
  readonly auditor: TimingAuditor;

  constructor(
    readonly number: number,
    readonly preset: DramPreset,
    readonly log: IssuedCommand[],
    readonly done: (id: number) => void,
  ) {
    this.auditor = new TimingAuditor(preset);
  }

  next(request: Request): DramCommand {
    const row = this.open.get(request.bank);
    if (row === undefined) return "ACT";
    return row !== request.row ? "PRE" : request.write ? "WR" : "RD";
  }

  isReady(command: DramCommand, bank: number): boolean {
    return this.auditor.offences(command, bank, this.clk).length === 0;
  }

  choose(list: readonly Request[]): Request | undefined {
    let best: Request | undefined;
    for (const request of list) {
      if (!this.isReady(this.next(request), request.bank)) continue;
      if (best === undefined || request.arrival < best.arrival) best = request;
    }
    return best;
  }

  tick(): void {
    this.clk++;
    if (this.pend.length > 0 && this.pend[0]!.due <= this.clk) this.done(this.pend.shift()!.id);
    const { refresh, timing } = this.preset;
    if (refresh !== null && this.clk % sum(refresh.interval, timing) === 0) this.refreshes++;

    const active = this.choose(this.actQ);
    if (active !== undefined) return this.issue(active, this.actQ);

    if (this.refreshes > 0) { // one rank
      const command = this.open.size > 0 ? "PREA" : "REF";
      if (!this.isReady(command, 0) || (command === "PREA" && this.actQ.length > 0)) return;
      this.note(command, 0, -1);
      if (command === "PREA") this.open.clear();
      else this.refreshes--;
      return;
    }

    if (!this.writeMode && (this.writeQ.length >= 26 || this.readQ.length === 0)) {
      this.writeMode = true;
    } else if (this.writeMode && this.writeQ.length <= 6 && this.readQ.length > 0) {
      this.writeMode = false;
    }
    const list = this.writeMode ? this.writeQ : this.readQ;
    const request = this.choose(list);
    if (request === undefined) return;
    if (
      this.next(request) === "PRE" && this.actQ.some((other) => other.bank === request.bank)
    ) return;
    this.issue(request, list);
  }

  issue(request: Request, list: Request[]): void {
    const command = this.next(request);
    this.note(command, request.bank, request.row);
    const remove = (): void => void list.splice(list.indexOf(request), 1);
    if (command === "ACT") {
      this.open.set(request.bank, request.row);
      if (this.actQ.length <= 32) {
        remove();
        this.actQ.push(request);
      }
    } else if (command === "PRE") this.open.delete(request.bank);
    else remove();
    if (command === "RD") {
      const latency = sum(this.preset.readLatency, this.preset.timing);
      this.pend.push({ due: this.clk + latency, id: request.id });
    }
  }

  note(command: DramCommand, bank: number, row: number): void {
    this.auditor.note(command, bank, this.clk);
    this.log.push({ channel: this.number, cycle: this.clk, command, bank, row });
  }

  offer(place: Place, write: boolean, id: number): boolean {
    const list = write ? this.writeQ : this.readQ;
    const { bank, row, column } = place;
    if (
      !write &&
      this.writeQ.some((w) => w.bank === bank && w.row === row && w.column === column)
    ) {
      this.pend.push({ due: this.clk + 1, id });
      return true;
    }
    if (list.length > 32) return false;
    list.push({ ...place, write, arrival: this.clk, id });
    return true;
  }
}

/** All channels, and the batch and write rules, a cycle at a time; times are cycles. */
export class ReferenceDram {
  readonly log: IssuedCommand[] = [];
  readonly #channels: ReferenceChannel[];
  #ticks = 0;
  #outstanding = 0;
  readonly #done = new Map<number, number>();

  constructor(readonly preset: DramPreset) {
    this.#channels = Array.from(
      { length: preset.levels[0]!.count },
      (_, number) =>
        new ReferenceChannel(number, preset, this.log, (id) => {
          this.#outstanding--;
          this.#done.set(id, this.#ticks);
        }),
    );
  }

  /** When the batch ends. */
  readBatch(blocks: readonly number[], t0: number): number {
    const requests = blocks.flatMap((block) => this.#requestsOf(block));
    let offered = 0;
    const offer = (): void => {
      while (offered < requests.length && this.#offer(requests[offered]!, false)) offered++;
    };
    let now = t0;
    while (this.#ticks < t0) this.tick();
    offer();
    do {
      now = this.#ticks;
      this.tick();
      if (now > t0) offer();
    } while (offered < requests.length || this.#outstanding > 0);
    return now;
  }

  /** When the write has been accepted. */
  writeBlock(block: number, t: number): number {
    let now = t;
    for (const request of this.#requestsOf(block)) {
      for (;; now++) {
        while (this.#ticks < now) this.tick();
        if (this.#offer(request, true)) break;
      }
    }
    return now;
  }

  /** The rows with the cycles in which they were accepted and done. */
  replay(rows: readonly TraceRow[]): TraceRow[] {
    const accepted: number[] = [];
    while (accepted.length < rows.length || this.#outstanding > 0) {
      for (let i = accepted.length; i < rows.length; i++) {
        const { address, write, wantCycle } = rows[i]!;
        const request = BigInt(address) / BigInt(this.preset.requestBytes);
        if (wantCycle > this.#ticks || !this.#offer(request, write, i)) break;
        accepted.push(this.#ticks);
      }
      this.tick();
    }
    return rows.map((row, i) => ({
      ...row,
      acceptCycle: accepted[i]!,
      doneCycle: row.write ? -1 : this.#done.get(i)!,
    }));
  }

  /** Performs one cycle. */
  tick(): void {
    for (const channel of this.#channels) channel.tick();
    this.#ticks++;
  }

  #requestsOf(block: number): bigint[] {
    const count = 64 / this.preset.requestBytes;
    return Array.from({ length: count }, (_, i) => BigInt(block) * BigInt(count) + BigInt(i));
  }

  #offer(request: bigint, write: boolean, id = 0): boolean {
    const place = referencePlace(this.preset.name, request);
    const accepted = this.#channels[place.channel]!.offer(place, write, id);
    if (accepted && !write) this.#outstanding++;
    return accepted;
  }
}
