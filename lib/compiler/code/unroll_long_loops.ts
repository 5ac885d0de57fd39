import { CompileError } from "../compile_error.ts";
import {
  type CodeLoop,
  type CodeNode,
  executedInstructions,
  staticInstructions,
} from "./code_tree.ts";
import type { OperandValue, Register } from "./register.ts";

/** What the pass did. */
export interface UnrolledCode {
  /** The code without loops that are too long. */
  readonly nodes: readonly CodeNode[];
  /** The loops that were written out: how often, and what one iteration executes. */
  readonly unrolled: readonly { readonly count: number; readonly executed: number }[];
}

/** More instructions are not written out. */
const MOST_INSTRUCTIONS = 2 ** 20;

/**
 * Writes out the loops of which one iteration executes more than the machine allows
 * (MAX_LOOP_INSTRUCTIONS). Each copy gets registers of its own, where they are not used outside.
 *
 * @throws {CompileError} When that would be a million instructions.
 */
export function unrollLongLoops(nodes: readonly CodeNode[], limit: number): UnrolledCode {
  const unrolled: { count: number; executed: number }[] = [];
  const walk = (list: readonly CodeNode[]): CodeNode[] =>
    list.flatMap((node): CodeNode[] => {
      if (node.kind === "instruction" || node.kind === "renewal") return [node];
      // From the inside out: which registers are used outside is known of the nodes as they were.
      const body = walk(node.body);
      if (node.kind === "stage") return [{ ...node, body }];
      const executed = executedInstructions(node.body) + 1;
      if (executed <= limit) return [{ ...node, body }];
      unrolled.push({ count: node.count, executed });
      const total = node.count * staticInstructions(body);
      if (total > MOST_INSTRUCTIONS) {
        throw new CompileError(
          `a loop of ${node.count} whose iteration executes ${executed} instructions, of at most ` +
            `${limit} (MAX_LOOP_INSTRUCTIONS), would be ${total} instructions when written out`,
          "raise MAX_LOOP_INSTRUCTIONS in the settings, choose a larger BLEN, or a shorter text",
        );
      }
      const shared = mentionedOutside(nodes, node);
      return Array.from({ length: node.count }, () => copy(body, shared, new Map())).flat();
    });
  return { nodes: walk(nodes), unrolled };
}

function mentionedOutside(nodes: readonly CodeNode[], loop: CodeLoop): Set<Register> {
  const mentioned = new Set<Register>();
  const walk = (list: readonly CodeNode[]): void => {
    for (const node of list) {
      if (node === loop) continue;
      if (node.kind === "instruction") {
        for (const value of Object.values(node.operands)) {
          if (typeof value !== "number") mentioned.add(value);
        }
      } else if (node.kind !== "renewal") {
        if (node.kind === "loop") mentioned.add(node.counter);
        walk(node.body);
      }
    }
  };
  walk(nodes);
  return mentioned;
}

function copy(
  nodes: readonly CodeNode[],
  shared: ReadonlySet<Register>,
  renamed: Map<Register, Register>,
): CodeNode[] {
  const fresh = (register: Register): Register => {
    if (shared.has(register)) return register;
    let other = renamed.get(register);
    if (other === undefined) renamed.set(register, other = { ...register });
    return other;
  };
  return nodes.map((node): CodeNode => {
    if (node.kind === "renewal") return node;
    if (node.kind === "stage") return { ...node, body: copy(node.body, shared, renamed) };
    if (node.kind === "loop") {
      const body = copy(node.body, shared, renamed);
      return { ...node, counter: fresh(node.counter), body };
    }
    const operands: Record<string, OperandValue> = {};
    for (const [field, value] of Object.entries(node.operands)) {
      operands[field] = typeof value === "number" ? value : fresh(value);
    }
    return { ...node, operands };
  });
}
