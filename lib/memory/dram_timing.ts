/**
 * The state of one channel as its timing table sees it: which rows are open, and from which cycle
 * on each command is legal where.
 */
import type { DramCommand, DramPreset, TimingConstraint } from "./dram_preset.ts";
import { MemoryError } from "./memory_error.ts";

// Numbers of the commands in the hot loops.
/** Open a row. */
export const ACT = 0;
/** Close a bank. */
export const PRE = 1;
/** Read. */
export const RD = 2;
/** Write. */
export const WR = 3;
/** Close all banks of a unit. */
export const PREA = 4;
/** Refresh a unit. */
export const REF = 5;
/** The commands in the order of their numbers. */
export const COMMANDS: readonly DramCommand[] = ["ACT", "PRE", "RD", "WR", "PREA", "REF"];

/** Cycles of an expression such as `nCL + nBL + 2 - nCWL` under a set of timing parameters. */
export function cyclesOf(expression: string, timing: Readonly<Record<string, number>>): number {
  let sum = 0;
  let sign = 1;
  for (const word of expression.split(/\s+/)) {
    if (word === "+" || word === "-") sign = word === "+" ? 1 : -1;
    else {
      const value = /^\d+$/.test(word) ? Number(word) : timing[word];
      if (value === undefined) {
        throw new MemoryError(
          `There is no timing parameter "${word}" for "${expression}"`,
          `name one of ${Object.keys(timing).join(", ")}, or add it to the timing set`,
        );
      }
      sum += sign * value;
    }
  }
  return sum;
}

/** One channel of a DRAM. Banks are numbered through, as in the levels below the channel. */
export class DramTiming {
  /** Banks of the channel. */
  readonly banks: number;
  /** Nodes that are refreshed as one, such as ranks; bank / (banks / units) is a bank's unit. */
  readonly units: number;
  /** The open row of each bank; −1 for a closed bank. */
  readonly openRow: Float64Array;
  /** First legal cycle, per node and command. Open, as are `checks`, for the search of a queue. */
  readonly earliestAt: Float64Array;
  /**
   * Which of them a command on a bank must have reached, one per level: `checksPerBank` from
   * (command · banks + bank) · `checksPerBank` on.
   */
  readonly checks: Int32Array;
  /** At least 4. */
  readonly checksPerBank: number;
  /** Which of them a command on a bank raises, and by how many cycles. */
  readonly #raises: readonly Int32Array[];
  readonly #raiseCycles: readonly Int32Array[];
  readonly #windows: readonly (readonly Window[])[];

  /** @throws {MemoryError} If the table names a level, command or parameter that is not there. */
  constructor(preset: DramPreset) {
    const levels = preset.levels.slice(1);
    this.banks = levels.reduce((product, level) => product * level.count, 1);
    this.openRow = new Float64Array(this.banks).fill(-1);

    // Nodes are numbered level by level; nodeOf[level] gives the node of a bank.
    const banksPerNode = [this.banks];
    for (const { count } of levels) banksPerNode.push(banksPerNode.at(-1)! / count);
    const firstNode = [0];
    for (const size of banksPerNode) firstNode.push(firstNode.at(-1)! + this.banks / size);
    const node = (level: number, bank: number): number =>
      firstNode[level]! + Math.floor(bank / banksPerNode[level]!);
    const nodes = firstNode.at(-1)!;
    const never = nodes * COMMANDS.length; // one more entry, which nothing raises
    this.earliestAt = new Float64Array(never + 1);

    const unitLevel = preset.refresh === null ? 0 : levelNumber(preset, preset.refresh.level);
    this.units = this.banks / banksPerNode[unitLevel]!;

    const rows = preset.constraints.flatMap((constraint) => expand(constraint, preset));
    for (const { level, after, before } of rows) {
      if (level > unitLevel && (after >= PREA || before >= PREA)) {
        throw new MemoryError(
          `A row for ${COMMANDS[after]} and ${COMMANDS[before]} lies below the refreshed level`,
          `move it to the level ${preset.levels[unitLevel]!.name} or above`,
        );
      }
    }
    const perBank = (entries: readonly { level: number; before: number }[]): Int32Array =>
      Int32Array.from(
        { length: this.banks * entries.length },
        (_, i) => {
          const { level, before } = entries[i % entries.length]!;
          return node(level, Math.floor(i / entries.length)) * COMMANDS.length + before;
        },
      );
    this.checksPerBank = Math.max(4, preset.levels.length);
    this.checks = new Int32Array(COMMANDS.length * this.banks * this.checksPerBank);
    const raises: Int32Array[] = [];
    const raiseCycles: Int32Array[] = [];
    const windows: Window[][] = [];
    for (let command = 0; command < COMMANDS.length; command++) {
      for (let level = 0; level < this.checksPerBank; level++) {
        const isBound = rows.some((row) => row.before === command && row.level === level);
        for (let bank = 0; bank < this.banks; bank++) {
          this.checks[(command * this.banks + bank) * this.checksPerBank + level] = isBound
            ? node(level, bank) * COMMANDS.length + command
            : never;
        }
      }
      const simple = rows.filter((row) => row.after === command && row.window === 1);
      raises.push(perBank(simple));
      raiseCycles.push(Int32Array.from(simple, (row) => row.cycles));
      windows.push(
        rows.filter((row) => row.after === command && row.window > 1).map((row) => ({
          targets: perBank([row]),
          nodes: Int32Array.from({ length: this.banks }, (_, bank) => node(row.level, bank)),
          cycles: row.cycles,
          size: row.window,
          history: new Float64Array(nodes * row.window).fill(-Infinity),
          next: new Uint8Array(nodes),
        })),
      );
    }
    this.#raises = raises;
    this.#raiseCycles = raiseCycles;
    this.#windows = windows;
  }

  /** First cycle at which a command on a bank is legal; for PREA and REF any bank of the unit. */
  earliest(command: number, bank: number): number {
    const earliest = this.earliestAt;
    const checks = this.checks;
    const first = (command * this.banks + bank) * this.checksPerBank;
    const end = first + this.checksPerBank;
    let cycle = 0;
    for (let i = first; i < end; i++) {
      const at = earliest[checks[i]!]!;
      if (at > cycle) cycle = at;
    }
    return cycle;
  }

  /** First cycle at which the channel as a whole lets a row be opened or closed. */
  rowGate(): number {
    const act = this.earliestAt[ACT]!; // node 0 is the channel
    const pre = this.earliestAt[PRE]!;
    return act < pre ? act : pre;
  }

  /** Whether some bank of a unit is open. */
  isUnitOpen(unit: number): boolean {
    const size = this.banks / this.units;
    for (let bank = unit * size; bank < (unit + 1) * size; bank++) {
      if (this.openRow[bank] !== -1) return true;
    }
    return false;
  }

  /** Performs a command at a cycle; the caller has seen that it is legal. `row` matters for ACT. */
  issue(command: number, bank: number, row: number, cycle: number): void {
    const earliest = this.earliestAt;
    const targets = this.#raises[command]!;
    const cycles = this.#raiseCycles[command]!;
    const count = cycles.length;
    const first = bank * count;
    for (let i = 0; i < count; i++) {
      const target = targets[first + i]!;
      const until = cycle + cycles[i]!;
      if (until > earliest[target]!) earliest[target] = until;
    }
    if (command === ACT) {
      this.openRow[bank] = row;
    } else if (command === PRE) {
      this.openRow[bank] = -1;
    } else if (command === PREA) {
      const size = this.banks / this.units;
      const firstBank = Math.floor(bank / size) * size;
      this.openRow.fill(-1, firstBank, firstBank + size);
    }
    const windows = this.#windows[command]!;
    for (let w = 0; w < windows.length; w++) {
      const { targets, nodes, cycles, size, history, next } = windows[w]!;
      const node = nodes[bank]!;
      const position = next[node]!;
      history[node * size + position] = cycle;
      const following = position + 1 === size ? 0 : position + 1;
      next[node] = following;
      const until = history[node * size + following]! + cycles; // the oldest of the window
      const target = targets[bank]!;
      if (until > earliest[target]!) earliest[target] = until;
    }
  }
}

/** A row that counts from several commands back, with the last commands of every node. */
interface Window {
  readonly targets: Int32Array;
  readonly nodes: Int32Array;
  readonly cycles: number;
  readonly size: number;
  readonly history: Float64Array;
  readonly next: Uint8Array;
}

function levelNumber(preset: DramPreset, name: string): number {
  const level = preset.levels.findIndex((level) => level.name === name);
  if (level >= 0) return level;
  const names = preset.levels.map((level) => level.name).join(", ");
  throw new MemoryError(`${preset.name} has no level "${name}"`, `name one of ${names}`);
}

/** A row as numbers: one for each pair of commands. */
function expand(
  constraint: TimingConstraint,
  preset: DramPreset,
): { level: number; after: number; before: number; cycles: number; window: number }[] {
  const level = levelNumber(preset, constraint.level);
  const cycles = cyclesOf(constraint.cycles, preset.timing);
  const window = constraint.window ?? 1;
  return constraint.after.flatMap((after) =>
    constraint.before.map((before) => ({
      level,
      after: COMMANDS.indexOf(after),
      before: COMMANDS.indexOf(before),
      cycles,
      window,
    }))
  );
}
