import {
  type Mnemonic,
  type Operands,
  type ProgramBuilder,
  programBuilder,
} from "../../isa/mod.ts";
import type { CodeLoop, CodeNode, CodeRenewal } from "./code_tree.ts";
import { type OperandValue, type Register, ZERO } from "./register.ts";

/** Where a stage lies in the program. */
export interface StageRange {
  /** What it computes. */
  readonly name: string;
  /** Index of its first instruction. */
  readonly first: number;
  /** Index after its last instruction. */
  readonly end: number;
  /** How often the loops around it run it. */
  readonly times: number;
  /** Stages around it. */
  readonly depth: number;
}

/** A program in words. */
export interface EncodedCode {
  /** Words and comments. */
  readonly program: ProgramBuilder;
  /** Where each stage lies. */
  readonly stages: readonly StageRange[];
  /** For each word how often it is executed. */
  readonly executions: Float64Array;
}

/** Encodes a tree whose registers have numbers. */
export function encodeCode(
  nodes: readonly CodeNode[],
  numbers: ReadonlyMap<Register, number>,
): EncodedCode {
  const encoder = new Encoder(numbers);
  encoder.list(nodes, 1, 0);
  const { program, stages, executions } = encoder;
  return { program, stages, executions: Float64Array.from(executions) };
}

class Encoder {
  readonly program = programBuilder();
  readonly stages: StageRange[] = [];
  readonly executions: number[] = [];
  /** How often the loop that a register counts is renewed. */
  readonly #renewals = new Map<Register, number>();

  constructor(readonly numbers: ReadonlyMap<Register, number>) {}

  list(nodes: readonly CodeNode[], times: number, depth: number): void {
    for (const node of nodes) {
      switch (node.kind) {
        case "instruction":
          this.#emit(times, node.mnemonic, node.operands, node.comment);
          break;
        case "loop":
          if (node.renewal === undefined) this.#loop(node, times, depth);
          else this.#longLoop(node, node.renewal, times, depth);
          break;
        case "renewal":
          this.#renewal(node, times);
          break;
        case "stage": {
          const first = this.program.pc;
          this.program.comment(`=== ${node.name} ===`);
          const index = this.stages.push({ name: node.name, first, end: first, times, depth }) - 1;
          this.list(node.body, times, depth + 1);
          this.stages[index] = { ...this.stages[index]!, end: this.program.pc };
        }
      }
    }
  }

  #emit(
    times: number,
    mnemonic: Mnemonic,
    operands: Readonly<Record<string, OperandValue>>,
    comment?: string,
  ): void {
    const numbered: Record<string, number> = {};
    for (const field in operands) {
      const value = operands[field]!;
      numbered[field] = typeof value === "number" ? value : this.numbers.get(value)!;
    }
    // The fields were written for this mnemonic; encode() checks them against its row.
    this.program.emit(mnemonic, numbered as Operands<typeof mnemonic>, comment);
    this.executions.push(times);
  }

  #loop({ counter, count, body }: CodeLoop, times: number, depth: number): void {
    this.#emit(times, "C_LOOP_START", { rd: counter, imm22: count });
    this.list(body, times * count, depth);
    this.#emit(times * count, "C_LOOP_END", { rd: counter });
  }

  /** A loop that is renewed: how it works is told at `renewLongLoops`. */
  #longLoop(
    { counter, count, body }: CodeLoop,
    { back, slot }: NonNullable<CodeLoop["renewal"]>,
    times: number,
    depth: number,
  ): void {
    const iterations = times * count;
    const left = { rd: counter, rs1: ZERO, imm18: slot };
    this.#emit(times, "C_LOOP_START", { rd: back, imm22: 1 });
    this.#emit(times, "C_LOOP_START", { rd: counter, imm22: count }, `${count} long iterations`);
    const top = this.program.pc;
    this.#emit(iterations, "S_ST_INT", left, "iterations left");
    this.#emit(iterations, "C_LOOP_START", { rd: counter, imm22: 1 });
    this.#emit(iterations, "C_LOOP_END", { rd: back }, "back to a renewal, or on");
    this.#emit(iterations, "C_LOOP_END", { rd: counter });
    this.#renewals.set(counter, 0);
    this.list(body, iterations, depth);
    this.#emit(iterations, "S_LD_INT", left);
    this.#emit(iterations, "C_LOOP_START", { rd: back, imm22: 1 });
    this.#emit(iterations, "C_LOOP_END", { rd: counter });
    this.#emit(times, "C_LOOP_END", { rd: back });
    for (let pc = top; pc < top + 3; pc++) this.executions[pc]! += this.#renewals.get(counter)!;
  }

  #renewal({ loops }: CodeRenewal, times: number): void {
    for (const { counter, back, slot } of loops) {
      this.#emit(times, "S_LD_INT", { rd: counter, rs1: ZERO, imm18: slot }, "renewal");
      this.#emit(times, "S_ADDI_INT", { rd: counter, rs1: counter, imm18: 1 });
      this.#emit(times, "C_LOOP_START", { rd: back, imm22: 2 });
      this.#emit(2 * times, "C_LOOP_END", { rd: counter });
      this.#emit(times, "C_LOOP_END", { rd: back });
      this.#renewals.set(counter, this.#renewals.get(counter)! + times);
    }
  }
}
