import { type Operands, type ProgramBuilder, programBuilder } from "../../isa/mod.ts";
import type { CodeNode } from "./code_tree.ts";
import type { OperandValue, Register } from "./register.ts";

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

/** Encodes a tree whose registers have numbers. */
export function encodeCode(
  nodes: readonly CodeNode[],
  numbers: ReadonlyMap<Register, number>,
): { readonly program: ProgramBuilder; readonly stages: StageRange[] } {
  const program = programBuilder();
  const stages: StageRange[] = [];
  const number = (value: OperandValue): number =>
    typeof value === "number" ? value : numbers.get(value)!;
  const walk = (list: readonly CodeNode[], times: number, depth: number): void => {
    for (const node of list) {
      if (node.kind === "instruction") {
        const operands: Record<string, number> = {};
        for (const field in node.operands) operands[field] = number(node.operands[field]!);
        // The fields were written for this mnemonic; encode() checks them against its row.
        program.emit(node.mnemonic, operands as Operands<typeof node.mnemonic>, node.comment);
      } else if (node.kind === "loop") {
        program.loop(node.count, number(node.counter), () => {
          walk(node.body, times * node.count, depth);
        });
      } else {
        const first = program.pc;
        program.comment(`=== ${node.name} ===`);
        const index = stages.push({ name: node.name, first, end: first, times, depth }) - 1;
        walk(node.body, times, depth + 1);
        stages[index] = { ...stages[index]!, end: program.pc };
      }
    }
  };
  walk(nodes, 1, 0);
  return { program, stages };
}
