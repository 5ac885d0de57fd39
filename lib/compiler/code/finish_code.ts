import type { ProgramBuilder } from "../../isa/mod.ts";
import { CompileError } from "../compile_error.ts";
import { allocateRegisters, type RegisterAllocation } from "./allocate_registers.ts";
import type { CodeNode } from "./code_tree.ts";
import { encodeCode, type StageRange } from "./encode_code.ts";
import { renewLongLoops } from "./renew_long_loops.ts";
import { unrollLongLoops } from "./unroll_long_loops.ts";

/** A program that is ready to run. */
export interface FinishedCode {
  /** The words and comments. */
  readonly program: ProgramBuilder;
  /** Where each stage lies. */
  readonly stages: readonly StageRange[];
  /** For each word how often a run executes it. */
  readonly executions: Float64Array;
  /** Instructions of the program, and instructions that a run executes. */
  readonly instructions: { readonly static: number; readonly executed: number };
  /** A line of each pass. */
  readonly log: readonly string[];
}

/** What is done about loops whose iterations are longer than the machine allows. */
export type LongLoops = "renew" | "unroll";

/** What the passes know of a machine and its program. */
export interface FinishOptions {
  /** Instructions that an iteration of a loop may execute. */
  readonly maxLoopInstructions: number;
  /** What is done about longer ones; `unroll` by default. */
  readonly longLoops?: LongLoops;
  /** INT SRAM entries for renewed loops. */
  readonly slots?: readonly number[];
}

/**
 * The passes from a tree of instructions to words: loops that are too long for the machine are
 * renewed or written out, registers get numbers, words are encoded.
 */
export function finishCode(nodes: readonly CodeNode[], options: FinishOptions): FinishedCode {
  const { code, line, registers } = renewed(nodes, options) ?? written(nodes, options);
  const { numbers, peak } = registers;
  const { program, stages, executions } = encodeCode(code, numbers);
  const executed = executions.reduce((sum, count) => sum + count, 0);
  const log = [
    line,
    `allocate registers: ${numbers.size} values in ${peak.gp} gp, ${peak.f} f and ${peak.a} a ` +
    "registers",
    `encode: ${executions.length} instructions, ${executed} executed`,
  ];
  const instructions = { static: executions.length, executed };
  return { program, stages, executions, instructions, log };
}

/** Code whose loops the machine can run, with its registers, and a line that tells of the loops. */
interface RolledCode {
  readonly code: readonly CodeNode[];
  readonly line: string;
  readonly registers: RegisterAllocation;
}

/** The code with long loops renewed, if there are any that can be. */
function renewed(
  nodes: readonly CodeNode[],
  { maxLoopInstructions: limit, longLoops, slots = [] }: FinishOptions,
): RolledCode | undefined {
  if (longLoops !== "renew") return undefined;
  const found = renewLongLoops(nodes, limit, slots);
  if (found === undefined || found.renewed.length === 0) return undefined;
  const loops = found.renewed.map(({ count, executed, places }) =>
    `${longLoop(count, executed, limit)} is renewed in ${places} places`
  );
  try {
    const registers = allocateRegisters(found.nodes);
    return { code: found.nodes, line: rolled(loops), registers };
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

/** The code with long loops written out. */
function written(
  nodes: readonly CodeNode[],
  { maxLoopInstructions: limit }: FinishOptions,
): RolledCode {
  const { nodes: code, unrolled } = unrollLongLoops(nodes, limit);
  const loops = unrolled.map(({ count, executed }) =>
    `${longLoop(count, executed, limit)} is written out`
  );
  return { code, line: rolled(loops), registers: allocateRegisters(code) };
}

/** A line of what became of long loops; of those that are alike once. */
function rolled(loops: readonly string[]): string {
  if (loops.length === 0) return "roll loops: every loop stays within MAX_LOOP_INSTRUCTIONS";
  const unique = [...new Set(loops)].map((line) => {
    const times = loops.filter((other) => other === line).length;
    return times === 1 ? line : `${line} (${times} such)`;
  });
  return `roll loops: ${unique.join("; ")}`;
}

function longLoop(count: number, executed: number, limit: number): string {
  return `a loop of ${count} whose iteration executes ${executed} instructions, of at most ` +
    `${limit} (MAX_LOOP_INSTRUCTIONS),`;
}
