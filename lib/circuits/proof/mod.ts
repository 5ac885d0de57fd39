/**
 * Proofs about circuits of threshold gates: that a circuit computes what its specification says in
 * every case, with evidence that a separate checker replays, or else the smallest case in which it
 * does not.
 *
 * A specification is a function over an algebra of bits, so that it can be read as a decision
 * diagram, as and-gates or as words of cases; `symbolicReference()` gives the built-in circuits'.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bitFunction, checkCertificate, prove, symbolicReference } from "@fourbit/fourbit/circuits";
 *
 * const inputs = [{ name: "A", width: 1 }, { name: "B", width: 1 }, { name: "Cin", width: 1 }];
 * const addition = bitFunction(symbolicReference("adder:1"), inputs);
 * const carry = { signals: [0, 1, 2], weights: [1, 1, 1], bias: -1.5 };
 * const sum = { signals: [0, 1, 2, 3], weights: [1, 1, 1, -2], bias: -0.5 };
 * const adder = { inputs: 3, gates: [carry, sum], outputs: [4, 3] };
 *
 * const verdict = prove(adder, addition);
 * assertEquals(verdict.kind, "proved");
 * if (verdict.kind === "proved") {
 *   assertEquals(checkCertificate(adder, addition, verdict.certificate), { isValid: true });
 * }
 * ```
 *
 * @module
 */
export { type BitAlgebra, type BitFunction, BOOLEANS } from "./bit_algebra.ts";
export type {
  BddCertificate,
  Certificate,
  ExhaustiveCertificate,
  SatCertificate,
} from "./certificate.ts";
export { type CertificateCheck, checkCertificate } from "./certificate_check.ts";
export {
  BLOCK_CASES,
  type ExhaustivePlan,
  type ExhaustiveTally,
  mergeTallies,
  planExhaustive,
  runExhaustive,
} from "./exhaustive_plan.ts";
export { prove, type ProveOptions } from "./prove.ts";
export { type BddOptions, proveByBdd } from "./prove_bdd.ts";
export { proveBySat, type SatOptions } from "./prove_sat.ts";
export { bitFunction, type SymbolicReference, symbolicReference } from "./symbolic_reference.ts";
export { signalBits } from "./threshold_gate.ts";
export type { Counterexample, ProofVerdict } from "./verdict.ts";
export {
  exhaustiveCertificate,
  verifyExhaustive,
  verifyExhaustiveParallel,
} from "./verify_exhaustive.ts";
export { type Word, Words } from "./words.ts";
