import type { GateList } from "../gates.ts";
import type { Aig, AigLiteral } from "./aig.ts";
import type { BitFunction } from "./bit_algebra.ts";
import { type CircuitGraph, circuitGraph } from "./circuit_graph.ts";
import { ClauseLog } from "./clause_log.ts";
import { SatSolver } from "./sat_solver.ts";
import { Simulation } from "./simulation.ts";
import { counterexample, type ProofVerdict } from "./verdict.ts";

/** Settings of a proof by satisfiability. */
export interface SatOptions {
  /** Conflicts after which a whole output is given up; 100,000 unless given. */
  readonly maxConflicts?: number;
  /** Conflicts after which one inner equality is left unproved; 300 unless given. */
  readonly maxInnerConflicts?: number;
  /** Asked now and then whether to give up; a clock or a key may stand behind it. */
  readonly shouldStop?: () => boolean;
}

/**
 * Proves a circuit equal to its specification, or finds its smallest wrong case, by satisfiability
 * (combinational equivalence checking by sweeping, Kuehlmann 2004): simulation finds inner signals
 * that are perhaps equal, the solver proves them so from the inputs on, and each equality makes the
 * next one easy; at last those of the outputs.
 *
 * @throws {CircuitError} When the specification has another number of outputs.
 */
export function proveBySat(
  list: GateList,
  specification: BitFunction,
  { maxConflicts = 100_000, maxInnerConflicts = 300, shouldStop = () => false }: SatOptions = {},
): ProofVerdict {
  const graph = circuitGraph(list, specification);
  const sweeper = new Sweeper(graph, shouldStop);
  const differing = sweeper.simulation.firstDifference(graph.actual, graph.expected);
  if (differing !== undefined) {
    return refute(list, specification, differing, maxConflicts, shouldStop);
  }
  if (!sweeper.sweep(maxInnerConflicts)) {
    return {
      kind: "undecided",
      reason: "undecided when it was stopped, while proving inner equalities",
    };
  }
  const wanted: number[] = [];
  for (const [output, actual] of graph.actual.entries()) {
    if (shouldStop()) {
      return { kind: "undecided", reason: `undecided when it was stopped, at output ${output}` };
    }
    const expected = graph.expected[output]!;
    if (actual === expected) continue;
    for (const sign of [0, 1]) {
      const answer = sweeper.imply(actual ^ sign, expected ^ sign, maxConflicts);
      if (answer === "undecided") {
        const reason = shouldStop()
          ? `undecided when it was stopped, at output ${output}`
          : `undecided after ${maxConflicts} conflicts at output ${output}`;
        return { kind: "undecided", reason };
      }
      if (answer === "refuted") {
        return refute(list, specification, sweeper.model(), maxConflicts, shouldStop);
      }
      wanted.push(answer);
    }
  }
  const { aig, gates } = graph;
  const ands = [...aig.fanins.subarray(2 * (aig.inputs + 1), 2 * aig.size)];
  return {
    kind: "proved",
    certificate: { kind: "sat", ands, gates, proof: sweeper.log.lines(wanted) },
  };
}

/** A solver loaded with the clauses of a graph, that proves equalities in it. */
class Sweeper {
  readonly log: ClauseLog;
  readonly simulation: Simulation;
  readonly #aig: Aig;
  readonly #solver: SatSolver;
  /** By node: the last walk that came by. */
  readonly #visited: Int32Array;
  #visit = 0;
  /** Clauses of two literals that were proved, by these. */
  readonly #implications = new Map<string, number>();

  constructor(readonly graph: CircuitGraph, readonly shouldStop: () => boolean) {
    const { aig } = graph;
    this.#visited = new Int32Array(aig.size);
    this.#aig = aig;
    this.log = new ClauseLog(1 + 3 * (aig.size - aig.inputs - 1));
    this.#solver = new SatSolver(aig.size, this.log);
    this.simulation = new Simulation(aig);
    this.#solver.addClause([1], 1);
    let id = 2;
    for (let node = aig.inputs + 1; node < aig.size; node++) {
      const [a, b] = [aig.fanins[2 * node]!, aig.fanins[2 * node + 1]!];
      this.#solver.addClause([2 * node + 1, a], id++);
      this.#solver.addClause([2 * node + 1, b], id++);
      this.#solver.addClause([2 * node, a ^ 1, b ^ 1], id++);
    }
  }

  /** The input values of the last refutation. */
  model(): number[] {
    return Array.from(
      { length: this.#aig.inputs },
      (_, wire) => +this.#solver.isTrue(this.#aig.input(wire)),
    );
  }

  /** Proves that a ≤ b: the number of the clause (¬a ∨ b). */
  imply(a: AigLiteral, b: AigLiteral, maxConflicts: number): number | "refuted" | "undecided" {
    const key = `${Math.min(a ^ 1, b)} ${Math.max(a ^ 1, b)}`;
    const known = this.#implications.get(key);
    if (known !== undefined) return known;
    const answer = this.#solver.solve([a, b ^ 1], this.#cone(a, b), maxConflicts, this.shouldStop);
    if (answer.kind !== "unsatisfiable") {
      return answer.kind === "satisfiable" ? "refuted" : "undecided";
    }
    const { clause } = answer;
    this.#solver.addClause(clause, answer.id);
    const id = clause.length === 2 ? answer.id : this.log.add([a ^ 1, b], [answer.id]);
    this.#implications.set(key, id);
    return id;
  }

  /** Searches for input values under which some literals, in the cone of `root`, are all 1. */
  find(
    literals: readonly AigLiteral[],
    root: AigLiteral,
    maxConflicts: number,
  ): "found" | "none" | "undecided" {
    const { kind } = this.#solver.solve(
      literals,
      this.#cone(root, root),
      maxConflicts,
      this.shouldStop,
    );
    return kind === "satisfiable" ? "found" : kind === "undecided" ? kind : "none";
  }

  /** Proves, from the inputs on, what simulation suggests; false if it was stopped. */
  sweep(maxConflicts: number): boolean {
    const { simulation } = this;
    const isUsed = this.#aig.cone([...this.graph.actual, ...this.graph.expected]);
    for (let node = this.#aig.inputs + 1; node < this.#aig.size; node++) {
      if (!isUsed[node]) continue;
      if (this.shouldStop()) return false;
      for (;;) {
        const like = simulation.lookalike(node);
        if (like === undefined) break;
        const forth = this.imply(2 * node, like, maxConflicts);
        const back = typeof forth === "number"
          ? this.imply(2 * node + 1, like ^ 1, maxConflicts)
          : forth;
        if (typeof back === "number" || back === "undecided") break;
        simulation.refine(this.model());
      }
    }
    return true;
  }

  /** The nodes that two literals depend on. */
  #cone(a: AigLiteral, b: AigLiteral): number[] {
    const { fanins, inputs } = this.#aig;
    const visit = ++this.#visit;
    const nodes: number[] = [];
    const open = [a >> 1, b >> 1];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (this.#visited[node] === visit) continue;
      this.#visited[node] = visit;
      nodes.push(node);
      if (node > inputs) open.push(fanins[2 * node]! >> 1, fanins[2 * node + 1]! >> 1);
    }
    return nodes;
  }
}

/** Searches below a wrong case for the smallest one, from the highest wire down. */
function refute(
  list: GateList,
  specification: BitFunction,
  known: readonly number[],
  maxConflicts: number,
  shouldStop: () => boolean,
): ProofVerdict {
  const { aig, actual, expected } = circuitGraph(list, specification);
  const { or, xor } = aig.algebra;
  const wrong = actual.reduce((some, bit, i) => or(some, xor(bit, expected[i]!)), aig.algebra.zero);
  const sweeper = new Sweeper({ aig, gates: [], actual: [wrong], expected: [] }, shouldStop);
  let isSmallest = true;
  let best = known;
  const fixed = [wrong];
  for (let wire = list.inputs - 1; wire >= 0; wire--) {
    if (best[wire] === 1) {
      const answer = shouldStop()
        ? "undecided"
        : sweeper.find([...fixed, aig.input(wire) ^ 1], wrong, maxConflicts);
      if (answer === "found") best = sweeper.model();
      isSmallest &&= answer !== "undecided";
    }
    fixed.push(aig.input(wire) ^ (best[wire] === 1 ? 0 : 1));
  }
  return { kind: "refuted", counterexample: counterexample(list, specification, best, isSmallest) };
}
