import type { Mnemonic } from "../../isa/mod.ts";
import type { OperandValue, Register } from "./register.ts";

/** One instruction; its registers need not have numbers yet. */
export interface CodeInstruction {
  /** Tells it from loops and stages. */
  readonly kind: "instruction";
  /** Its mnemonic. */
  readonly mnemonic: Mnemonic;
  /** Its operands, by field. */
  readonly operands: Readonly<Record<string, OperandValue>>;
  /** A comment for the text. */
  readonly comment?: string | undefined;
}

/** A hardware loop. */
export interface CodeLoop {
  /** Tells it from instructions and stages. */
  readonly kind: "loop";
  /** How often the body runs; at least 2. */
  readonly count: number;
  /** The register that counts down. */
  readonly counter: Register;
  /** What is repeated. */
  readonly body: readonly CodeNode[];
}

/** A named part of the program. */
export interface CodeStage {
  /** Tells it from instructions and loops. */
  readonly kind: "stage";
  /** What the part computes. */
  readonly name: string;
  /** Its code. */
  readonly body: readonly CodeNode[];
}

/** A program as data: instructions in loops in stages. */
export type CodeNode = CodeInstruction | CodeLoop | CodeStage;

/** How many instructions a piece of code executes. */
export function executedInstructions(nodes: readonly CodeNode[]): number {
  let total = 0;
  for (const node of nodes) {
    if (node.kind === "instruction") total++;
    else if (node.kind === "stage") total += executedInstructions(node.body);
    else total += 1 + node.count * (executedInstructions(node.body) + 1);
  }
  return total;
}
