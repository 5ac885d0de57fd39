import type { EmulatorFault } from "./fault.ts";
import { createMachine, type Machine } from "./machine.ts";
import type { MachineOptions, RunLimits } from "./machine_options.ts";
import type { MachineRules } from "./rules.ts";
import {
  type OpcodeStatistics,
  sumByUnit,
  type TimeAttribution,
  type UnitStatistics,
} from "./statistics.ts";

/** What a run did. */
export interface RunResult {
  /** Simulated time, in picoseconds; up to the fault if there was one. */
  readonly latencyPs: number;
  /** Simulated time, in nanoseconds. */
  readonly latencyNs: number;
  /** Executed instructions, without one that faulted. */
  readonly instructions: number;
  /** Bytes of the HBM blocks that were read and written. */
  readonly hbm: { readonly bytesRead: number; readonly bytesWritten: number };
  /** What each kind of instruction did. */
  readonly perOpcode: readonly OpcodeStatistics[];
  /** What each unit did. */
  readonly perUnit: readonly UnitStatistics[];
  /** Where the time went; the parts sum to `latencyPs`. */
  readonly attribution: TimeAttribution;
  /** The timing model of the off-chip memory and its own figures. */
  readonly memory: { readonly name: string; readonly statistics: Record<string, number> };
  /** The repairs that were on or off. */
  readonly rules: MachineRules;
  /** Why the program stopped before its end; absent if it did not. */
  readonly fault?: EmulatorFault;
}

/** The machine's counts do not add up: a defect of the emulator, not of the program. */
export class AccountingError extends Error {
  /** The name of the class. */
  override readonly name: string = "AccountingError";
}

/** A run so long that its picoseconds are no longer whole numbers of a double. */
export class TimeRangeError extends RangeError {
  /** The name of the class. */
  override readonly name: string = "TimeRangeError";
  /** What to do about it. */
  readonly help: string = "choose a memory model, capacity or host link with which less is moved";
}

/**
 * What a machine has done so far.
 *
 * @throws {AccountingError} If the parts do not sum to the whole.
 * @throws {TimeRangeError} If the run takes 2^53 ps or more, which is two and a half hours.
 */
export function summarize(machine: Machine): RunResult {
  const perOpcode = machine.counters.perOpcode();
  const perUnit = sumByUnit(perOpcode);
  let computePs = 0;
  let transferPs = 0;
  let instructions = 0;
  let bytesRead = 0;
  let bytesWritten = 0;
  for (const row of perUnit) {
    if (row.unit === "memory") transferPs += row.ps;
    else computePs += row.ps;
    instructions += row.executed;
    bytesRead += row.bytesRead;
    bytesWritten += row.bytesWritten;
  }
  const memory = machine.memory;
  const hostPs = memory.timeShares?.().hostPs ?? 0;
  const { hbmTraffic, nowPs } = machine;
  const isOver = machine.halted && machine.fault === undefined;
  const latencyPs = isOver ? memory.settle?.(nowPs) ?? nowPs : nowPs;
  const waitPs = latencyPs - nowPs;
  const attribution = { computePs, dramPs: transferPs - hostPs, hostPs, waitPs };
  if (!Number.isSafeInteger(latencyPs)) {
    throw new TimeRangeError(
      `the run takes ${latencyPs / 1e12} s of simulated time, more than 2^53 ps can tell exactly`,
    );
  }
  if (
    computePs + transferPs !== nowPs || instructions !== machine.instructions ||
    bytesRead !== hbmTraffic.bytesRead || bytesWritten !== hbmTraffic.bytesWritten ||
    attribution.dramPs < 0
  ) {
    throw new AccountingError(
      `${computePs} + ${transferPs} ps of ${nowPs}, ${instructions} instructions of ${machine.instructions}`,
    );
  }
  return {
    latencyPs,
    latencyNs: latencyPs / 1000,
    instructions,
    hbm: hbmTraffic,
    perOpcode,
    perUnit,
    attribution,
    memory: { name: memory.name, statistics: memory.statistics() },
    rules: machine.rules,
    ...(machine.fault === undefined ? {} : { fault: machine.fault }),
  };
}

/**
 * Runs a program from its first instruction to its end or fault. Touches nothing but its arguments;
 * the same arguments give the same result on every host.
 *
 * @returns What it did, and the machine for its memories.
 */
export function run(
  options: MachineOptions & Pick<RunLimits, "onInstruction">,
): RunResult & { readonly machine: Machine } {
  const machine = createMachine(options);
  machine.run(options.onInstruction === undefined ? {} : { onInstruction: options.onInstruction });
  return { ...summarize(machine), machine };
}
