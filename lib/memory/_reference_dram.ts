/**
 * The DRAM once more for the tests, slow and obvious: every cycle is performed, every list is
 * searched whole, every command is checked against the table by looking back at the commands before
 * it. It shares the presets with the fast one, and no code.
 */
import type { DramCommandRecord } from "./dram_command_log.ts";
import type { DramCommand, DramPreset } from "./dram_preset.ts";
import type { TraceRow } from "./dram_trace.ts";

/** A command that was issued. */
export type IssuedCommand = DramCommandRecord;

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
  if (preset.split(" ")[0] === "hbm2") {
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
  if (preset.startsWith("ddr3-1600k-x16")) {
    return { channel: 0, bank: bits(u, 7n, 3n), row: Number(u >> 10n), column: bits(u, 0n, 7n) };
  }
  if (preset.startsWith("ddr4-2400r-x8")) {
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
  if (preset.startsWith("hbm2e")) {
    const column = bits(u, 0n, 1n) | bits(u, 8n, 4n) << 1;
    return {
      channel: bits(u, 1n, 5n) ^ (column >> 1),
      bank: bits(u, 6n, 2n) * 4 + bits(u, 12n, 2n),
      row: Number(u >> 14n),
      column,
    };
  }
  if (preset.startsWith("lpddr4")) {
    return { channel: 0, bank: bits(u, 6n, 3n), row: Number(u >> 9n), column: bits(u, 0n, 6n) };
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
  /** Cycles of each command, by command, level and node. */
  readonly #issued = new Map<string, number[][][]>();
  readonly #rowsBefore = new Map<
    string,
    { level: number; after: string; cycles: number; back: number }[]
  >();
  readonly #banksPerNode: number[] = [];

  constructor(preset: DramPreset) {
    const rows = preset.constraints.flatMap((row) =>
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
    for (const row of rows) {
      this.#rowsBefore.set(row.before, [...this.#rowsBefore.get(row.before) ?? [], row]);
    }
    for (let level = 0; level < preset.levels.length; level++) {
      this.#banksPerNode.push(
        preset.levels.slice(level + 1).reduce((product, { count }) => product * count, 1),
      );
    }
  }

  /** The rows that forbid a command at a cycle. */
  offences(command: DramCommand, bank: number, cycle: number): string[] {
    const found: string[] = [];
    for (const { level, after, cycles, back } of this.#rowsBefore.get(command) ?? []) {
      const node = Math.floor(bank / this.#banksPerNode[level]!);
      const last = this.#issued.get(after)?.[level]?.[node]?.at(-back);
      if (last !== undefined && cycle < last + cycles) {
        found.push(`${after} at ${last}, ${command} at ${cycle}: ${cycles} on level ${level}`);
      }
    }
    return found;
  }

  /** Notes a command. */
  note(command: DramCommand, bank: number, cycle: number): void {
    if (!this.#issued.has(command)) this.#issued.set(command, this.#banksPerNode.map(() => []));
    for (let level = 0; level < this.#banksPerNode.length; level++) {
      const nodes = this.#issued.get(command)![level]!;
      const node = Math.floor(bank / this.#banksPerNode[level]!);
      (nodes[node] ??= []).push(cycle);
    }
  }
}

class ReferenceChannel {
  clk = 0;
  readQ: Request[] = [];
  writeQ: Request[] = [];
  actQ: Request[] = [];
  pend: { due: number; id: number }[] = [];
  /** First bank of each refresh that waits. */
  refreshes: number[] = [];
  nextBank = 0;
  interval: number | undefined;
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
    const inOrder = this.preset.scheduler === "fcfs";
    const oldest = inOrder ? Math.min(...list.map(({ arrival }) => arrival)) : 0;
    const first = list.findIndex(({ arrival }) => arrival === oldest);
    for (const request of inOrder ? list.slice(first, first + 1) : list) {
      if (!this.isReady(this.next(request), request.bank)) continue;
      if (best === undefined || request.arrival < best.arrival) best = request;
    }
    return best;
  }

  tick(): void {
    this.clk++;
    if (this.pend.length > 0 && this.pend[0]!.due <= this.clk) this.done(this.pend.shift()!.id);
    const { refresh, timing } = this.preset;
    const banks = this.banksFrom(1);
    this.interval ??= refresh === null ? Infinity : sum(refresh.interval, timing);
    if (refresh !== null && this.clk % this.interval === 0) {
      if (refresh.command === "REFPB") {
        this.refreshes.push(this.nextBank);
        this.nextBank = (this.nextBank + 1) % banks;
      } else {
        for (let bank = 0; bank < banks; bank += this.unitSize()) this.refreshes.push(bank);
      }
    }

    const active = this.choose(this.actQ);
    if (active !== undefined) return this.issue(active, this.actQ);

    if (this.refreshes.length > 0) {
      const bank = this.refreshes[0]!;
      const size = refresh!.command === "REFPB" ? 1 : this.unitSize();
      const inUnit = (other: number): boolean => other >= bank && other < bank + size;
      const isOpen = [...this.open.keys()].some(inUnit);
      const close = refresh!.command === "REFPB" ? "PRE" : "PREA";
      const command = isOpen ? close : refresh!.command;
      if (!this.isReady(command, bank)) return;
      if (isOpen && this.actQ.some((request) => inUnit(request.bank))) return;
      this.note(command, bank, -1, -1);
      if (isOpen) {
        for (const other of [...this.open.keys()].filter(inUnit)) this.open.delete(other);
      } else this.refreshes.shift();
      return;
    }

    if (!this.writeMode && (this.writeQ.length >= 26 || this.readQ.length === 0)) {
      this.writeMode = true;
    } else if (this.writeMode && this.writeQ.length <= 6 && this.readQ.length > 0) {
      this.writeMode = false;
    }
    const list = this.writeMode ? this.writeQ : this.readQ;
    const request = this.choose(list);
    if (
      request !== undefined &&
      !(this.next(request) === "PRE" && this.actQ.some((other) => other.bank === request.bank))
    ) return this.issue(request, list);
    if (this.preset.pagePolicy === "closed") this.closeOne();
  }

  closeOne(): void {
    for (const bank of [...this.open.keys()].sort((a, b) => a - b)) {
      const isNeeded = [...this.readQ, ...this.writeQ, ...this.actQ].some((request) =>
        request.bank === bank && request.row === this.open.get(bank)
      );
      if (isNeeded || !this.isReady("PRE", bank)) continue;
      this.note("PRE", bank, -1, -1);
      this.open.delete(bank);
      return;
    }
  }

  /** Banks below a node of the level before this one. */
  banksFrom(level: number): number {
    return this.preset.levels.slice(level).reduce((product, { count }) => product * count, 1);
  }

  /** Banks that REF refreshes. */
  unitSize(): number {
    const { levels, refresh } = this.preset;
    return this.banksFrom(levels.findIndex(({ name }) => name === refresh!.level) + 1);
  }

  issue(request: Request, list: Request[]): void {
    const command = this.next(request);
    this.note(
      command,
      request.bank,
      command === "PRE" ? -1 : request.row,
      command === "RD" || command === "WR" ? request.column : -1,
    );
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

  note(command: DramCommand, bank: number, row: number, column: number): void {
    this.auditor.note(command, bank, this.clk);
    this.log.push({ channel: this.number, cycle: this.clk, command, bank, row, column });
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
