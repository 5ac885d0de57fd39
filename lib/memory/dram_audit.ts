/**
 * An auditor of DRAM commands. It knows the preset and shares no code with the simulator: sums are
 * worked out here, distances are measured between the commands themselves, and rows, refreshes and
 * the data bus are followed anew.
 */
import type { DramCommandRecord } from "./dram_command_log.ts";
import type { DramCommand, DramPreset, TimingConstraint } from "./dram_preset.ts";

/** A command that should not have been given when it was. */
export interface DramViolation {
  /** Which command: its place in the log. */
  readonly index: number;
  /** What it breaks, in words. */
  readonly rule: string;
  /** The row of the timing table that it breaks, if it is one. */
  readonly constraint?: TimingConstraint;
}

/** How many refreshes the standards let a controller postpone. */
const POSTPONABLE = 8;

/**
 * What a log breaks: rows of the timing table; a row opened in an open bank, a column of a closed
 * bank or another row, a refresh of an open bank; two transfers at once on a data bus; two commands
 * in one cycle of a channel; a node that was not refreshed within nine intervals, or fewer times than
 * the intervals since cycle 0, less the eight that may be postponed.
 *
 * The commands of a channel must be in their order; channels may be mixed.
 */
export function auditCommands(
  log: readonly DramCommandRecord[],
  preset: DramPreset,
): DramViolation[] {
  const channels = new Map<number, ChannelAudit>();
  const violations: DramViolation[] = [];
  log.forEach((record, index) => {
    let audit = channels.get(record.channel);
    if (audit === undefined) {
      audit = new ChannelAudit(preset, violations);
      channels.set(record.channel, audit);
    }
    audit.take(record, index);
  });
  for (const audit of channels.values()) audit.end();
  return violations.sort((a, b) => a.index - b.index);
}

/** The value of a sum in the preset. */
function total(sum: string, timing: Readonly<Record<string, number>>): number {
  let value = 0;
  for (const [, sign, term] of sum.matchAll(/([-+]?)\s*(\w+)/g)) {
    const amount = timing[term!] ?? Number(term);
    value += sign === "-" ? -amount : amount;
  }
  return value;
}

/** A row of the table as it is looked up: by its following command. */
interface Rule {
  readonly constraint: TimingConstraint;
  readonly level: number;
  readonly after: DramCommand;
  readonly cycles: number;
  readonly window: number;
}

class ChannelAudit {
  readonly #rules = new Map<DramCommand, Rule[]>();
  /** Cycles of the commands so far, the last ones: by command, level and node. */
  readonly #past = new Map<DramCommand, number[][][]>();
  /** Banks in a node of each level. */
  readonly #sizes: number[];
  readonly #longest: number;
  /** The open row by bank. */
  readonly #open = new Map<number, number>();
  /** When the data bus is held: its transfers so far, the last ones, by bus. */
  readonly #transfers: [from: number, to: number][][] = [];
  readonly #bus: { readonly size: number; RD: number; WR: number; cycles: number };
  /** Banks that a refresh and PREA are for, cycles in which each is due once, and when each was. */
  readonly #unit: { readonly size: number; readonly period: number };
  readonly #refreshes: number[][] = [];
  #lastCycle = -1;
  #lastIndex = -1;

  constructor(readonly preset: DramPreset, readonly violations: DramViolation[]) {
    const { levels, timing, constraints, dataBus, refresh } = preset;
    this.#sizes = levels.map((_, level) =>
      levels.slice(level + 1).reduce((product, { count }) => product * count, 1)
    );
    const levelOf = (name: string): number => levels.findIndex((level) => level.name === name);
    for (const constraint of constraints) {
      for (const before of constraint.before) {
        const rules = this.#rules.get(before) ?? [];
        for (const after of constraint.after) {
          rules.push({
            constraint,
            after,
            level: levelOf(constraint.level),
            cycles: total(constraint.cycles, timing),
            window: constraint.window ?? 1,
          });
        }
        this.#rules.set(before, rules);
      }
    }
    this.#longest = Math.max(...constraints.map(({ window }) => window ?? 1));
    this.#bus = {
      size: this.#sizes[levelOf(dataBus.level)]!,
      RD: total(dataBus.read, timing),
      WR: total(dataBus.write, timing),
      cycles: total(dataBus.cycles, timing),
    };
    const size = refresh === null ? this.#sizes[0]! : this.#sizes[levelOf(refresh.level)]!;
    const interval = refresh === null ? Infinity : total(refresh.interval, timing);
    const turns = refresh?.command === "REFPB" ? this.#sizes[0]! : 1;
    this.#unit = { size, period: interval * turns };
  }

  take({ cycle, command, bank, row }: DramCommandRecord, index: number): void {
    const fail = (rule: string, constraint?: TimingConstraint): void => {
      this.violations.push({ index, rule, ...(constraint === undefined ? {} : { constraint }) });
    };
    if (cycle <= this.#lastCycle) fail(`a command in cycle ${this.#lastCycle} came before`);
    this.#lastCycle = cycle;
    this.#lastIndex = index;

    for (const { constraint, level, after, cycles, window } of this.#rules.get(command) ?? []) {
      const node = Math.floor(bank / this.#sizes[level]!);
      const earlier = this.#past.get(after)?.[level]?.[node]?.at(-window);
      if (earlier === undefined || cycle - earlier >= cycles) continue;
      const distance = `${cycle - earlier} cycles, not ${cycles}`;
      fail(`${after} to ${command} of a ${constraint.level}: ${distance}`, constraint);
    }
    this.#note(command, bank, cycle);

    const open = this.#open.get(bank);
    if (command === "ACT") {
      if (open !== undefined) fail(`ACT in bank ${bank}, whose row ${open} is open`);
      this.#open.set(bank, row);
    } else if (command === "PRE") this.#open.delete(bank);
    else if (command === "RD" || command === "WR") {
      if (open === undefined) fail(`${command} in bank ${bank}, which is closed`);
      else if (open !== row) {
        fail(`${command} of row ${row} in bank ${bank}, whose row ${open} is open`);
      }
      this.#transfer(command, bank, cycle, fail);
    } else this.#unitCommand(command, bank, cycle, fail);
  }

  /** Checks what should have come before the end. */
  end(): void {
    const { size, period } = this.#unit;
    if (period === Infinity) return;
    const expected = Math.floor(this.#lastCycle / period) - POSTPONABLE;
    for (let unit = 0; unit < this.#sizes[0]! / size; unit++) {
      const count = this.#refreshes[unit]?.length ?? 0;
      if (count < expected) {
        this.violations.push({
          index: this.#lastIndex,
          rule: `bank ${unit * size} was refreshed ${count} times, not ${expected}`,
        });
      }
    }
  }

  #note(command: DramCommand, bank: number, cycle: number): void {
    let levels = this.#past.get(command);
    if (levels === undefined) {
      levels = this.#sizes.map(() => []);
      this.#past.set(command, levels);
    }
    this.#sizes.forEach((size, level) => {
      const cycles = levels[level]![Math.floor(bank / size)] ??= [];
      cycles.push(cycle);
      if (cycles.length > this.#longest) cycles.shift();
    });
  }

  #transfer(
    command: "RD" | "WR",
    bank: number,
    cycle: number,
    fail: (rule: string) => void,
  ): void {
    const { size, cycles } = this.#bus;
    const from = cycle + this.#bus[command];
    const transfers = this.#transfers[Math.floor(bank / size)] ??= [];
    const other = transfers.find((other) => from < other[1] && other[0] < from + cycles);
    if (other !== undefined) {
      fail(`data from ${from} on, while others hold the bus from ${other[0]}`);
    }
    transfers.push([from, from + cycles]);
    if (transfers.length > 16) transfers.shift();
  }

  #unitCommand(
    command: DramCommand,
    bank: number,
    cycle: number,
    fail: (rule: string) => void,
  ): void {
    const size = command === "REFPB" ? 1 : this.#unit.size;
    const unit = Math.floor(bank / size);
    for (let other = unit * size; other < (unit + 1) * size; other++) {
      if (command === "PREA") this.#open.delete(other);
      else if (this.#open.has(other)) fail(`${command} while bank ${other} is open`);
    }
    if (command === "PREA") return;
    const refreshes = this.#refreshes[unit] ??= [];
    const since = cycle - (refreshes.at(-1) ?? 0);
    const longest = (1 + POSTPONABLE) * this.#unit.period;
    if (since > longest) fail(`${command} after ${since} cycles, not ${longest}`);
    refreshes.push(cycle);
  }
}
