import type { GateList } from "../gates.ts";
import type { BitFunction } from "./bit_algebra.ts";
import { type BddOptions, proveByBdd } from "./prove_bdd.ts";
import { proveBySat, type SatOptions } from "./prove_sat.ts";
import { smallestCase } from "./smallest_case.ts";
import type { ProofVerdict } from "./verdict.ts";

/** Settings of a proof: those of the methods that it tries. */
export interface ProveOptions extends BddOptions, SatOptions {
  /** One method; all of them unless given. */
  readonly method?: "bdd" | "sat";
}

/** Nodes of decision diagrams that are tried first: a second or two. */
const FIRST_NODES = 2 ** 20;
/** Nodes that are tried where satisfiability did not help soon: half a minute and 300 MB. */
const LAST_NODES = 2 ** 23;
/** Conflicts per output that satisfiability has before that: some seconds. */
const FIRST_CONFLICTS = 2000;
/** Conflicts per output that it has at last: some minutes. */
const LAST_CONFLICTS = 100_000;

/**
 * Proves a circuit equal to its specification in every case, or refutes it, or says that it could do
 * neither within the limits. Deterministic, but for `shouldStop`.
 *
 * Small decision diagrams are tried first; then satisfiability, which decides soon where circuit and
 * specification have signals in common; then large diagrams; at last satisfiability for long. The
 * limits are 2^23 nodes and 100,000 conflicts per output unless given.
 *
 * @throws {CircuitError} When the specification has another number of outputs.
 */
export function prove(
  list: GateList,
  specification: BitFunction,
  options: ProveOptions = {},
): ProofVerdict {
  if (options.method === "bdd") return proveByBdd(list, specification, options);
  if (options.method === "sat") return proveBySat(list, specification, options);
  const { maxNodes = LAST_NODES, maxConflicts = LAST_CONFLICTS } = options;
  const byBdd = (maxNodes: number): ProofVerdict =>
    proveByBdd(list, specification, { ...options, maxNodes });
  const bySat = (maxConflicts: number): ProofVerdict =>
    proveBySat(list, specification, { ...options, maxConflicts });
  const attempts = [
    () => byBdd(Math.min(FIRST_NODES, maxNodes)),
    () => bySat(Math.min(FIRST_CONFLICTS, maxConflicts)),
    ...(maxNodes > FIRST_NODES ? [() => byBdd(maxNodes)] : []),
    ...(maxConflicts > FIRST_CONFLICTS ? [() => bySat(maxConflicts)] : []),
  ];
  const reasons: string[] = [];
  for (const attempt of attempts) {
    const verdict = attempt();
    if (verdict.kind === "proved") return verdict;
    if (verdict.kind === "refuted") {
      if (verdict.counterexample.isSmallest) return verdict;
      const smallest = smallestCase(list, specification, verdict.counterexample);
      // Without it, more conflicts may show that there is none below.
      return smallest === undefined
        ? bySat(maxConflicts)
        : { kind: "refuted", counterexample: smallest };
    }
    reasons.push(verdict.reason);
    if (options.shouldStop?.()) break;
  }
  return { kind: "undecided", reason: reasons.slice(-2).join(", and ") };
}
