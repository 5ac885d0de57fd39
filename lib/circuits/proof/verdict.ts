import type { GateList } from "../gates.ts";
import { type BitFunction, BOOLEANS } from "./bit_algebra.ts";
import type { Certificate } from "./certificate.ts";
import { signalBits } from "./threshold_gate.ts";

/** A case in which a circuit is wrong. */
export interface Counterexample {
  /** Number of the case: its digit i is the value of input wire i. */
  readonly number: bigint;
  /** Value of every input wire. */
  readonly inputs: readonly number[];
  /** Value of every output wire by the specification. */
  readonly expected: readonly number[];
  /** Value of every output wire by the gates. */
  readonly actual: readonly number[];
  /** Whether no case of a lower number is wrong; false where showing that took too long. */
  readonly isSmallest: boolean;
}

/** What became of a proof. */
export type ProofVerdict =
  /** Every output is right in every case, and here is the evidence. */
  | { readonly kind: "proved"; readonly certificate: Certificate }
  /** It is not. */
  | { readonly kind: "refuted"; readonly counterexample: Counterexample }
  /** Neither was shown within the limits; `reason` names the limit. */
  | { readonly kind: "undecided"; readonly reason: string };

/**
 * A counterexample from the values of its input wires, evaluated by the gates and by the
 * specification.
 *
 * @throws {Error} When they agree: the one who found it is at fault.
 */
export function counterexample(
  list: GateList,
  specification: BitFunction,
  inputs: readonly number[],
  isSmallest: boolean,
): Counterexample {
  const bits = inputs.map((value) => value === 1);
  const expected = specification(BOOLEANS, bits).map(Number);
  const signals = signalBits(BOOLEANS, list, bits);
  const actual = list.outputs.map((signal) => Number(signals[signal]!));
  if (actual.every((value, i) => value === expected[i])) {
    throw new Error("a case that was to be a counterexample is none");
  }
  const number = inputs.reduce((sum, value, i) => sum + (BigInt(value) << BigInt(i)), 0n);
  return { number, inputs, expected, actual, isSmallest };
}
