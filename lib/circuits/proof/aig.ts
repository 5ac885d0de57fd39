import { algebraOfAnds, type BitAlgebra } from "./bit_algebra.ts";

/** The constant 0. */
export const AIG_ZERO = 0;
/** The constant 1. */
export const AIG_ONE = 1;

/**
 * A function as a literal of a graph of and-gates, numbered as in the AIGER format (Biere 2007):
 * twice the number of its node, plus 1 for its complement. Node 0 is the constant 0, nodes 1 to n
 * are the inputs, every later one is the conjunction of two literals of earlier nodes.
 */
export type AigLiteral = number;

/** A graph of and-gates and inverters, in which no and-gate is there twice. */
export class Aig {
  /** The operations as an algebra; all but `and` and `not` are made of those. */
  readonly algebra: BitAlgebra<AigLiteral> = algebraOfAnds({
    zero: AIG_ZERO,
    one: AIG_ONE,
    not: (a) => a ^ 1,
    and: (a, b) => this.and(a, b),
  });
  /** Nodes in use: the constant, the inputs and the and-gates. */
  size: number;
  /** The two literals of each and-gate, the lower one first; node n's are at 2n and 2n + 1. */
  fanins: Int32Array = new Int32Array(1 << 12);
  readonly #known = new Map<number, AigLiteral>();

  /** A graph of `inputs` inputs without gates. */
  constructor(readonly inputs: number) {
    this.size = inputs + 1;
  }

  /** The literal of an input. */
  input(number: number): AigLiteral {
    return 2 * (number + 1);
  }

  /** Whether a node is an and-gate. */
  isAnd(node: number): boolean {
    return node > this.inputs;
  }

  /** The conjunction of two functions: an and-gate, unless it is simpler or there already. */
  and(a: AigLiteral, b: AigLiteral): AigLiteral {
    if (a > b) [a, b] = [b, a];
    if (a === AIG_ZERO || a === (b ^ 1)) return AIG_ZERO;
    if (a === AIG_ONE || a === b) return b;
    const key = a * 2 ** 26 + b;
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const node = this.size++;
    while (2 * node + 1 >= this.fanins.length) {
      const more = new Int32Array(2 * this.fanins.length);
      more.set(this.fanins);
      this.fanins = more;
    }
    this.fanins[2 * node] = a;
    this.fanins[2 * node + 1] = b;
    this.#known.set(key, 2 * node);
    return 2 * node;
  }

  /** Marks the nodes that some literals depend on: one entry per node, 1 if marked. */
  cone(literals: readonly AigLiteral[]): Uint8Array {
    const marks = new Uint8Array(this.size);
    let last = 0;
    for (const literal of literals) {
      marks[literal >> 1] = 1;
      last = Math.max(last, literal >> 1);
    }
    for (let node = last; node > this.inputs; node--) {
      if (marks[node] === 0) continue;
      marks[this.fanins[2 * node]! >> 1] = 1;
      marks[this.fanins[2 * node + 1]! >> 1] = 1;
    }
    return marks;
  }
}

/**
 * An order of the inputs for decision diagrams: depth first from the deepest root on, at each gate
 * the shallower side first. In arithmetic this meets the highest digits of the operands first, side
 * by side, and the carry of the lowest digit last, which keeps the diagrams of sums linear.
 *
 * @returns Numbers of the inputs, the one to be decided first at the front; those that no root
 * depends on come last.
 */
export function inputOrder(aig: Aig, roots: readonly AigLiteral[]): number[] {
  const depth = new Int32Array(aig.size);
  for (let node = aig.inputs + 1; node < aig.size; node++) {
    const [a, b] = [aig.fanins[2 * node]! >> 1, aig.fanins[2 * node + 1]! >> 1];
    depth[node] = Math.max(depth[a]!, depth[b]!) + 1;
  }
  const order: number[] = [];
  const seen = new Uint8Array(aig.size);
  const deepest = roots.map((root) => root >> 1).sort((a, b) => depth[b]! - depth[a]!);
  for (const root of deepest) {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (seen[node]) continue;
      seen[node] = 1;
      if (!aig.isAnd(node)) {
        if (node > 0) order.push(node - 1);
        continue;
      }
      const [a, b] = [aig.fanins[2 * node]! >> 1, aig.fanins[2 * node + 1]! >> 1];
      if (depth[a]! <= depth[b]!) stack.push(b, a);
      else stack.push(a, b);
    }
  }
  for (let input = 0; input < aig.inputs; input++) {
    if (!seen[input + 1]) order.push(input);
  }
  return order;
}
