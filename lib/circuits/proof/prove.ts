import type { GateList } from "../gates.ts";
import type { BitFunction } from "./bit_algebra.ts";
import { type BddOptions, proveByBdd } from "./prove_bdd.ts";
import { proveBySat, type SatOptions } from "./prove_sat.ts";
import type { ProofVerdict } from "./verdict.ts";

/** Settings of a proof: those of the methods that it tries. */
export interface ProveOptions extends BddOptions, SatOptions {
  /** One method; all of them unless given. */
  readonly method?: "bdd" | "sat";
}

/** Nodes of decision diagrams that are tried before satisfiability is: under a second. */
const FIRST_NODES = 2 ** 20;
/** Nodes that are tried when it decided nothing either: some ten seconds and 300 MB. */
const LAST_NODES = 2 ** 23;

/**
 * Proves a circuit equal to its specification in every case, or refutes it, or says that it could do
 * neither within the limits. Deterministic, but for `shouldStop`.
 *
 * Decision diagrams are tried first, satisfiability second, large diagrams last.
 *
 * @throws {CircuitError} When the specification has another number of outputs.
 */
export function prove(
  list: GateList,
  specification: BitFunction,
  options: ProveOptions = {},
): ProofVerdict {
  const { method, maxNodes = LAST_NODES, shouldStop = () => false } = options;
  if (method === "sat") return proveBySat(list, specification, options);
  if (method === "bdd") return proveByBdd(list, specification, options);
  const firstNodes = Math.min(FIRST_NODES, maxNodes);
  const first = proveByBdd(list, specification, { ...options, maxNodes: firstNodes });
  if (first.kind !== "undecided") return first;
  const second = proveBySat(list, specification, options);
  if (second.kind !== "undecided" || maxNodes <= firstNodes || shouldStop()) return second;
  const third = proveByBdd(list, specification, { ...options, maxNodes });
  if (third.kind !== "undecided") return third;
  return { kind: "undecided", reason: `${second.reason}, and ${third.reason}` };
}
