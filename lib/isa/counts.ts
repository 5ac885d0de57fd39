import { BY_OPCODE, type LatencyName, type Mnemonic } from "./instructions.ts";
import { findLoops } from "./loops.ts";

/** How many instructions a program has or executes. */
export interface InstructionCounts {
  /** All together. */
  readonly total: number;
  /** By mnemonic; without the mnemonics that do not occur. */
  readonly byMnemonic: Readonly<Partial<Record<Mnemonic, number>>>;
  /** Words that are no instruction. */
  readonly invalid: number;
}

/** How many instructions a program executes. */
export interface DynamicCounts extends InstructionCounts {
  /** For each word how often it is executed. */
  readonly executions: Float64Array;
}

/** How many instructions a program has. */
export function staticCounts(words: Uint32Array): InstructionCounts {
  return sum(words, new Float64Array(words.length).fill(1));
}

/**
 * How many instructions a program executes, from its loop counts, without running it.
 *
 * @throws {LoopError} If the run does not follow from the loop counts (see {@linkcode findLoops}).
 */
export function dynamicCounts(words: Uint32Array): DynamicCounts {
  const executions = new Float64Array(words.length).fill(1);
  // The multiplier changes after each start and each end; a running product would round, so the
  // counts around are kept on a stack.
  const loops = findLoops(words);
  const multipliers = [1];
  let next = 0;
  const ends: number[] = [];
  for (let pc = 0; pc < words.length; pc++) {
    executions[pc] = multipliers.at(-1)!;
    const loop = loops[next];
    if (loop?.startPc === pc) {
      multipliers.push(executions[pc]! * loop.count);
      ends.push(loop.endPc);
      next++;
    } else if (ends.at(-1) === pc) {
      ends.pop();
      multipliers.pop();
    }
  }
  return { ...sum(words, executions), executions };
}

function sum(words: Uint32Array, weights: Float64Array): InstructionCounts {
  const byOpcode = new Float64Array(64);
  for (let pc = 0; pc < words.length; pc++) byOpcode[words[pc]! & 0x3f]! += weights[pc]!;
  const byMnemonic: Partial<Record<Mnemonic, number>> = {};
  let total = 0;
  let invalid = 0;
  for (const [opcode, count] of byOpcode.entries()) {
    if (count === 0) continue;
    total += count;
    const row = BY_OPCODE[opcode];
    if (row === undefined) invalid += count;
    else byMnemonic[row.mnemonic] = count;
  }
  return { total, byMnemonic, invalid };
}

/** What a cost in cycles depends on: a latency entry or a dimension, see {@linkcode CostTerm}. */
export type CyclesOf = (name: LatencyName | "MLEN" | "VLEN") => number;

/**
 * Cycles that one execution of an instruction takes, apart from memory transfers
 * (emulator specification, section 8); 0 for words that are no instruction.
 */
export function wordCycles(word: number, cyclesOf: CyclesOf): number {
  const row = BY_OPCODE[word & 0x3f];
  if (row === undefined || (row.freeWhenRdIsF0 && ((word >>> 6) & 0xf) === 0)) return 0;
  let cycles = 0;
  for (const term of row.cost) {
    if (term === "ONE") cycles += 1;
    else if (term === "EXPERTS*VECTOR_MAX_CYCLES") {
      const experts = ((word >>> 18) & 0xf) === 0 ? 32 : 128;
      cycles += experts * cyclesOf("VECTOR_MAX_CYCLES");
    } else cycles += cyclesOf(term);
  }
  return cycles;
}

/**
 * Cycles that a program takes when memory transfers take none, from its loop counts.
 *
 * @throws {LoopError} If the run does not follow from the loop counts (see {@linkcode findLoops}).
 */
export function programCycles(words: Uint32Array, cyclesOf: CyclesOf): number {
  const { executions } = dynamicCounts(words);
  let cycles = 0;
  for (let pc = 0; pc < words.length; pc++) {
    cycles += executions[pc]! * wordCycles(words[pc]!, cyclesOf);
  }
  return cycles;
}
