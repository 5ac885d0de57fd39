import { dynamicCounts, type ProgramBuilder } from "../../isa/mod.ts";
import { allocateRegisters } from "./allocate_registers.ts";
import type { CodeNode } from "./code_tree.ts";
import { encodeCode, type StageRange } from "./encode_code.ts";
import { unrollLongLoops } from "./unroll_long_loops.ts";

/** A program that is ready to run. */
export interface FinishedCode {
  /** The words and comments. */
  readonly program: ProgramBuilder;
  /** Where each stage lies. */
  readonly stages: readonly StageRange[];
  /** Instructions of the program, and instructions that a run executes. */
  readonly instructions: { readonly static: number; readonly executed: number };
  /** A line of each pass. */
  readonly log: readonly string[];
}

/**
 * The passes from a tree of instructions to words: loops that are too long for the machine are
 * written out, registers get numbers, words are encoded.
 */
export function finishCode(
  nodes: readonly CodeNode[],
  maxLoopInstructions: number,
): FinishedCode {
  const log: string[] = [];
  const { nodes: loops, unrolled } = unrollLongLoops(nodes, maxLoopInstructions);
  log.push(
    unrolled.length === 0
      ? "roll loops: every loop stays within MAX_LOOP_INSTRUCTIONS"
      : "roll loops: " + unrolled.map(({ count, executed }) =>
        `a loop of ${count} written out, its iteration executes ${executed} instructions of at ` +
        `most ${maxLoopInstructions}`
      ).join("; "),
  );
  const { numbers, peak } = allocateRegisters(loops);
  log.push(
    `allocate registers: ${numbers.size} values in ${peak.gp} gp, ${peak.f} f and ${peak.a} a ` +
      "registers",
  );
  const { program, stages } = encodeCode(loops, numbers);
  const words = program.words();
  const executed = dynamicCounts(words).total;
  log.push(`encode: ${words.length} instructions, ${executed} executed`);
  return { program, stages, instructions: { static: words.length, executed }, log };
}
