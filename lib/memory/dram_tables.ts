/**
 * The timing table of a preset as numbers: what each command waits for, and what waits for it. It is
 * worked out once and shared by all channels.
 */
import { cyclesOf } from "./dram_cycles.ts";
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
/** Refresh one bank. */
export const REFPB = 6;
/** The commands in the order of their numbers. */
export const COMMANDS: readonly DramCommand[] = ["ACT", "PRE", "RD", "WR", "PREA", "REF", "REFPB"];

/**
 * The table of one channel. Banks are numbered through, as in the levels below the channel; a channel
 * has a first legal cycle for every node and command, at `node * 7 + command`.
 */
export interface DramTables {
  /** Banks of the channel. */
  readonly banks: number;
  /** Nodes that are refreshed as one, such as ranks; bank / (banks / units) is a bank's unit. */
  readonly units: number;
  /** Nodes of all levels; node 0 is the channel. */
  readonly nodes: number;
  /**
   * The first legal cycles that a command on a bank must have reached, one per level:
   * `checksPerBank` from (command · banks + bank) · `checksPerBank` on. Where a level has nothing to
   * say it is `nodes * 7`, one more entry, which nothing raises.
   */
  readonly checks: Int32Array;
  /** At least 4. */
  readonly checksPerBank: number;
  /** By command: which of them it raises, the same number for each bank in turn. */
  readonly raises: readonly Int32Array[];
  /** By command: by how many cycles. */
  readonly raiseCycles: readonly Int32Array[];
  /** By command: what counts from several commands back. */
  readonly windows: readonly (readonly DramWindow[])[];
}

/** A row that counts from several commands back. */
export interface DramWindow {
  /** By bank: the first legal cycle that is raised. */
  readonly targets: Int32Array;
  /** By bank: the node whose commands are counted. */
  readonly nodes: Int32Array;
  /** From the oldest of the commands on. */
  readonly cycles: number;
  /** How many commands back. */
  readonly size: number;
}

/** @throws {MemoryError} If the table names a level, command or parameter that is not there. */
export function dramTables(preset: DramPreset): DramTables {
  const levels = preset.levels.slice(1);
  const banks = levels.reduce((product, level) => product * level.count, 1);

  // Nodes are numbered level by level; nodeOf[level] gives the node of a bank.
  const banksPerNode = [banks];
  for (const { count } of levels) banksPerNode.push(banksPerNode.at(-1)! / count);
  const firstNode = [0];
  for (const size of banksPerNode) firstNode.push(firstNode.at(-1)! + banks / size);
  const node = (level: number, bank: number): number =>
    firstNode[level]! + Math.floor(bank / banksPerNode[level]!);
  const nodes = firstNode.at(-1)!;
  const never = nodes * COMMANDS.length; // one more entry, which nothing raises

  const unitLevel = preset.refresh === null ? 0 : levelNumber(preset, preset.refresh.level);
  const units = banks / banksPerNode[unitLevel]!;

  const stated = preset.constraints.flatMap((constraint) => expand(constraint, preset));
  for (const { level, after, before } of stated) {
    const isOfUnit = [after, before].some((command) => command === PREA || command === REF);
    if (preset.refresh?.command === "REF" && isOfUnit && level > unitLevel) {
      throw new MemoryError(
        `A row for ${COMMANDS[after]} and ${COMMANDS[before]} lies below the refreshed level`,
        `move it to the level ${preset.levels[unitLevel]!.name} or above`,
      );
    }
  }
  // A level with one node in that of the level above says the same as that: one first legal cycle
  // serves both, and of two rows that raise it the longer counts.
  const rows: typeof stated = [];
  for (const { level: named, ...rest } of stated) {
    const row = { ...rest, level: banksPerNode.indexOf(banksPerNode[named]!) };
    const twin = rows.findIndex((other) =>
      other.level === row.level && other.after === row.after && other.before === row.before &&
      other.window === row.window
    );
    if (twin === -1) rows.push(row);
    else if (rows[twin]!.cycles < row.cycles) rows[twin] = row;
  }
  const perBank = (entries: readonly { level: number; before: number }[]): Int32Array =>
    Int32Array.from(
      { length: banks * entries.length },
      (_, i) => {
        const { level, before } = entries[i % entries.length]!;
        return node(level, Math.floor(i / entries.length)) * COMMANDS.length + before;
      },
    );
  const checksPerBank = Math.max(4, preset.levels.length);
  const checks = new Int32Array(COMMANDS.length * banks * checksPerBank);
  const raises: Int32Array[] = [];
  const raiseCycles: Int32Array[] = [];
  const windows: DramWindow[][] = [];
  for (let command = 0; command < COMMANDS.length; command++) {
    for (let level = 0; level < checksPerBank; level++) {
      const isBound = rows.some((row) => row.before === command && row.level === level);
      for (let bank = 0; bank < banks; bank++) {
        checks[(command * banks + bank) * checksPerBank + level] = isBound
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
        nodes: Int32Array.from({ length: banks }, (_, bank) => node(row.level, bank)),
        cycles: row.cycles,
        size: row.window,
      })),
    );
  }
  return { banks, units, nodes, checks, checksPerBank, raises, raiseCycles, windows };
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
