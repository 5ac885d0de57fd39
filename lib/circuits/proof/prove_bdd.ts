import type { GateList } from "../gates.ts";
import { Aig, inputOrder } from "./aig.ts";
import { Bdd, BDD_ONE, BDD_ZERO, type BddRef } from "./bdd.ts";
import { algebraOfAnds, type BitFunction } from "./bit_algebra.ts";
import { BudgetError } from "./budget_error.ts";
import type { BddCertificate } from "./certificate.ts";
import { checkOutputs } from "./circuit_graph.ts";
import { signalBits } from "./threshold_gate.ts";
import { counterexample, type ProofVerdict } from "./verdict.ts";

/** Settings of a proof by decision diagrams. */
export interface BddOptions {
  /** Nodes after which it is given up; 2^21 unless given. */
  readonly maxNodes?: number;
  /** Input wires in the order of decision, the first one first; that of the specification unless
   * given. */
  readonly order?: readonly number[];
}

/**
 * Proves a circuit equal to its specification, or finds its smallest wrong case, by decision
 * diagrams: equal functions have one diagram. Linear in the width for adders, comparators and
 * selectors; hopeless for wide multipliers.
 *
 * @throws {CircuitError} When the specification has another number of outputs.
 */
export function proveByBdd(
  list: GateList,
  specification: BitFunction,
  { maxNodes, order = specificationOrder(list.inputs, specification) }: BddOptions = {},
): ProofVerdict {
  const bdd = new Bdd(list.inputs, maxNodes);
  const levels = new Int32Array(list.inputs);
  order.forEach((wire, level) => levels[wire] = level);
  try {
    const inputs = Array.from(levels, (level) => bdd.input(level));
    const signals = signalBits(bdd.algebra, list, inputs);
    const actual = list.outputs.map((signal) => signals[signal]!);
    const ands = new Map<string, readonly BddRef[]>();
    const expected = specification(recordingAlgebra(bdd, ands), inputs);
    checkOutputs(actual.length, expected.length);
    const { or, xor } = bdd.algebra;
    const wrong = actual.reduce((some, ref, i) => or(some, xor(ref, expected[i]!)), BDD_ZERO);
    if (wrong !== BDD_ZERO) {
      const smallest = smallestCase(bdd, wrong, levels);
      return {
        kind: "refuted",
        counterexample: counterexample(list, specification, smallest, true),
      };
    }
    const gates = signals.slice(list.inputs);
    return { kind: "proved", certificate: certify(bdd, order, gates, [...ands.values()].flat()) };
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return { kind: "undecided", reason: error.message };
  }
}

/** The order that the and-gates of a specification suggest. */
function specificationOrder(inputs: number, specification: BitFunction): number[] {
  const aig = new Aig(inputs);
  const literals = Array.from({ length: inputs }, (_, wire) => aig.input(wire));
  return inputOrder(aig, specification(aig.algebra, literals));
}

/** The algebra of and-gates on diagrams, which writes down every conjunction that is not trivial. */
function recordingAlgebra(
  bdd: Bdd,
  ands: Map<string, readonly BddRef[]>,
): ReturnType<typeof algebraOfAnds<BddRef>> {
  return algebraOfAnds({
    zero: BDD_ZERO,
    one: BDD_ONE,
    not: bdd.algebra.not,
    and: (a, b) => {
      const both = bdd.algebra.and(a, b);
      if (a > 1 && b > 1 && a >> 1 !== b >> 1) {
        const [low, high] = a < b ? [a, b] : [b, a];
        ands.set(`${low} ${high}`, [low, high, both]);
      }
      return both;
    },
  });
}

/** The case of the lowest number in which a function is 1: upper wires are 0 where they can be. */
function smallestCase(bdd: Bdd, wrong: BddRef, levels: Int32Array): number[] {
  const inputs = new Array<number>(levels.length).fill(0);
  let rest = wrong;
  for (let wire = levels.length - 1; wire >= 0; wire--) {
    const without = bdd.restrict(rest, levels[wire]!, 0);
    if (without === BDD_ZERO) inputs[wire] = 1;
    rest = without === BDD_ZERO ? bdd.restrict(rest, levels[wire]!, 1) : without;
  }
  return inputs;
}

/** The nodes that gates and conjunctions use, numbered anew. */
function certify(
  bdd: Bdd,
  order: readonly number[],
  gates: readonly BddRef[],
  ands: readonly BddRef[],
): BddCertificate {
  const isUsed = new Uint8Array(bdd.size);
  for (const ref of gates) isUsed[ref >> 1] = 1;
  for (const ref of ands) isUsed[ref >> 1] = 1;
  for (const wire of order.keys()) isUsed[bdd.input(wire) >> 1] = 1;
  for (let node = bdd.size - 1; node > 0; node--) {
    if (isUsed[node] === 0) continue;
    isUsed[bdd.low(2 * node) >> 1] = 1;
    isUsed[bdd.high(2 * node) >> 1] = 1;
  }
  const numbers = new Int32Array(bdd.size);
  const renamed = (ref: BddRef): BddRef => 2 * numbers[ref >> 1]! + (ref & 1);
  const nodes: number[] = [];
  let count = 0;
  for (let node = 1; node < bdd.size; node++) {
    if (isUsed[node] === 0) continue;
    numbers[node] = ++count;
    nodes.push(bdd.level(2 * node), renamed(bdd.low(2 * node)), renamed(bdd.high(2 * node)));
  }
  return { kind: "bdd", order, nodes, gates: gates.map(renamed), ands: ands.map(renamed) };
}
