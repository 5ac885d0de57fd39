import type { MachineSettings } from "../../boards/mod.ts";
import { validate } from "../../isa/mod.ts";
import { CompileError } from "../compile_error.ts";
import { CodeBuilder } from "../code/code_builder.ts";
import { executedInstructions } from "../code/code_tree.ts";
import { finishCode, type LongLoops } from "../code/finish_code.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import type { DecoderProgram } from "./decoder_program.ts";
import type { DecoderSchedule } from "./decoder_steps.ts";
import type { LayerGroup } from "./plan.ts";
import { placeSchedule } from "./vector_schedule.ts";

/** What a program consists of. */
export interface ProgramParts {
  /** Its steps and tensors. */
  readonly schedule: DecoderSchedule;
  /** The machine. */
  readonly settings: MachineSettings;
  /** Layers, in groups that share a loop. */
  readonly layerGroups: readonly LayerGroup[];
  /** Moves the addresses of the current layer on to the next. */
  readonly nextLayer: (code: CodeBuilder) => void;
  /** INT SRAM entries for loops that are renewed. */
  readonly slots: readonly number[];
  /** What becomes of loops that are too long for the machine. */
  readonly longLoops: LongLoops;
  /** What earlier passes did. */
  readonly log: readonly string[];
}

/** A program without its scalar memories. */
export type AssembledProgram = Pick<
  DecoderProgram,
  | "words"
  | "text"
  | "instructions"
  | "executions"
  | "stages"
  | "log"
  | "tensors"
  | "output"
  | "firstRow"
>;

/**
 * The passes from a schedule to words: tensors of the vector SRAM are placed by their lifetimes, the steps
 * emit their code, layers in loops, and the code is finished.
 *
 * @throws {CompileError} When something does not fit the machine.
 */
export function assembleSteps(parts: ProgramParts): AssembledProgram {
  const { schedule: { steps, shapes, output, firstRow }, settings: { config }, layerGroups } =
    parts;
  const log = [...parts.log, `schedule: ${steps.map((step) => step.name).join(", ")}`];
  const { tensors, rows } = placeSchedule(shapes, steps, config.mlen, config.vectorSramRows);
  log.push(`place vectors: ${tensors.size} tensors in ${rows} rows of ${config.vectorSramRows}`);
  const code = new CodeBuilder();
  const emit = (scope: string, windowed = false): void =>
    steps.forEach((step) => {
      if (step.scope !== scope) return;
      // Only what a step says it uses is kept for it.
      const own = (name: string): VectorTensor => {
        const found = tensors.get(name);
        if (found !== undefined && step.uses.includes(name)) return found;
        throw new RangeError(`step ${step.name} does not say that it uses ${name}`);
      };
      code.stage(step.name, () => step.emit(code, own, windowed));
    });
  const layers = layerGroups.reduce((sum, { count }) => sum + count, 0);
  emit("start");
  for (const { count, windowed } of layerGroups) {
    code.loop(count, () => {
      emit("layer", windowed);
      if (layers > 1) parts.nextLayer(code);
    });
  }
  emit("end");
  const notes = [`${executedInstructions(code.nodes)} executed`, ...new Set(code.notes)];
  log.push(`select instructions: ${notes.join(", ")}`);
  const { maxLoopInstructions } = config;
  const { longLoops, slots } = parts;
  const finished = finishCode(code.nodes, { maxLoopInstructions, longLoops, slots });
  return {
    words: finished.program.words(),
    text: () => finished.program.text(),
    instructions: finished.instructions,
    executions: finished.executions,
    stages: finished.stages,
    log: [...log, ...finished.log],
    tensors,
    output,
    firstRow,
  };
}

/**
 * Validates a program with the INT SRAM of a sample run.
 *
 * @returns A line for the log.
 * @throws {CompileError} When it is wrong, which is a fault of the compiler.
 */
export function validateProgram(
  words: Uint32Array,
  { settings, machine }: {
    readonly settings: MachineSettings;
    readonly machine: "plena" | "extended";
  },
  intSram: Uint32Array,
): string {
  const findings = validate(words, settings.config, { machine, intSram, maxSteps: 2_000_000 });
  const error = findings.find(({ severity }) => severity === "error");
  if (error === undefined) return "validate: no errors";
  throw new CompileError(
    `the emitted program is wrong at instruction ${error.pc}: ${error.what}`,
    error.help,
  );
}
