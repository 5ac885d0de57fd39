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
  /** For a loop whose iterations are longer than the machine allows: how they are renewed. */
  readonly renewal?: Renewal | undefined;
}

/** What the renewal of a long loop needs, see {@linkcode renewLongLoops}. */
export interface Renewal {
  /** The loop's counter. */
  readonly counter: Register;
  /** The register of the entries that lead back to where a renewal was. */
  readonly back: Register;
  /** INT SRAM entry with the iterations that are left. */
  readonly slot: number;
}

/** A place where loops around it are renewed. */
export interface CodeRenewal {
  /** Tells it from other nodes. */
  readonly kind: "renewal";
  /** The loops, outermost first. */
  readonly loops: readonly Renewal[];
}

/** Instructions that a renewal of one loop executes. */
const RENEWAL_EXECUTED = 9;

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
export type CodeNode = CodeInstruction | CodeLoop | CodeStage | CodeRenewal;

/** How many instructions a piece of code executes. */
export function executedInstructions(nodes: readonly CodeNode[]): number {
  let total = 0;
  for (const node of nodes) {
    if (node.kind === "instruction") total++;
    else if (node.kind === "stage") total += executedInstructions(node.body);
    else if (node.kind === "renewal") total += RENEWAL_EXECUTED * node.loops.length;
    else {
      const [once, each] = node.renewal === undefined ? [1, 1] : [3, 7];
      total += once + node.count * (executedInstructions(node.body) + each);
    }
  }
  return total;
}

/** How many instructions a piece of code without renewals has. */
export function staticInstructions(nodes: readonly CodeNode[]): number {
  let total = 0;
  for (const node of nodes) {
    if (node.kind === "instruction") total++;
    else if (node.kind !== "renewal") {
      total += staticInstructions(node.body) + (node.kind === "loop" ? 2 : 0);
    }
  }
  return total;
}
