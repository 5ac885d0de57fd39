/**
 * Running a machine with a progress bar.
 *
 * @module
 */
import { startProgress } from "../lib/cli/mod.ts";
import type { ExecutedInstruction, Machine, StopReason } from "../lib/emulator/mod.ts";

/** Instructions between two looks at the progress bar. */
const PROGRESS_STEP = 2 ** 18;

/** How a machine is run. */
export interface RunChoice {
  /** What the progress bar says; `emulating` unless given. */
  readonly label?: string;
  /** Instructions that the run will execute; 0 for not known, which is run without a bar. */
  readonly total: number;
  readonly quiet: boolean;
  /** Instructions after which the machine is stopped; all unless given. */
  readonly maxInstructions?: number | undefined;
  /** Is told every instruction. */
  readonly onInstruction?: ((instruction: ExecutedInstruction) => void) | undefined;
}

/** Runs a machine to its end, a fault or the limit, and tells whether it was the limit. */
export function runMachine(machine: Machine, choice: RunChoice): boolean {
  const { label = "emulating", total, quiet, maxInstructions = Infinity, onInstruction } = choice;
  const progress = startProgress(label, total, quiet || total === 0);
  const listener = onInstruction === undefined ? {} : { onInstruction };
  let reason: StopReason;
  do {
    const step = Math.min(PROGRESS_STEP, maxInstructions - machine.instructions);
    reason = machine.run({ maxInstructions: step, ...listener });
    progress.update(machine.instructions);
  } while (reason === "limit" && machine.instructions < maxInstructions);
  progress.end();
  return reason === "limit";
}
