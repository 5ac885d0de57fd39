import type { Gate } from "../gates.ts";
import type { BitAlgebra } from "./bit_algebra.ts";

/** A certificate that does not show what it is to show. */
export class Rejection extends Error {
  /** Name of the class. */
  override readonly name = "Rejection";
}

/** Rejects a certificate unless a condition holds. */
export function demand(condition: boolean, reason: string): void {
  if (!condition) throw new Rejection(reason);
}

/** The algebra of `and` and `not`: the rules by which certificates expand a specification. */
export function expandedAlgebra<B>(
  zero: B,
  one: B,
  not: (a: B) => B,
  and: (a: B, b: B) => B,
): BitAlgebra<B> {
  const or = (a: B, b: B): B => not(and(not(a), not(b)));
  const xor = (a: B, b: B): B => or(and(a, not(b)), and(not(a), b));
  const mux = (select: B, a: B, b: B): B => or(and(select, a), and(not(select), b));
  return { zero, one, not, and, or, xor, mux };
}

/**
 * The algebra of literals 2·node + complement, node 0 the constant 0, in which a conjunction is
 * looked up by its two literals, the lower one first, unless it is trivial.
 */
export function lookupAlgebra(conjunctions: ReadonlyMap<string, number>): BitAlgebra<number> {
  return expandedAlgebra(0, 1, (a) => a ^ 1, (a, b) => {
    if (a === 0 || b === 0 || a === (b ^ 1)) return 0;
    if (a === 1 || a === b) return b;
    if (b === 1) return a;
    const both = conjunctions.get(`${Math.min(a, b)} ${Math.max(a, b)}`);
    if (both === undefined) throw new Rejection(`the conjunction of ${a} and ${b} is missing`);
    return both;
  });
}

/**
 * Whether a gate surely has an output, when some of its inputs are known: 0, 1, or 2 for unknown.
 */
export function isSurely(
  { weights, bias }: Gate,
  inputs: readonly number[],
  output: number,
): boolean {
  let [least, most] = [bias, bias];
  for (const [i, weight] of weights.entries()) {
    if (inputs[i] === 1 || (inputs[i] === 2 && weight < 0)) least += weight;
    if (inputs[i] === 1 || (inputs[i] === 2 && weight > 0)) most += weight;
  }
  return output === 1 ? least >= 0 : output === 0 && most < 0;
}

/** Whether a value is a literal of one of the nodes below `nodes`. */
export function isLiteral(value: number | undefined, nodes: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value < 2 * nodes;
}
