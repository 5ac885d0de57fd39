import type { GateList } from "../gates.ts";
import { checkBdd } from "./bdd_check.ts";
import type { BitFunction } from "./bit_algebra.ts";
import type { Certificate } from "./certificate.ts";
import { Rejection } from "./checker_kit.ts";
import { checkExhaustive } from "./exhaustive_check.ts";
import { checkSat } from "./sat_check.ts";

/** Whether a certificate shows what it is to show, and if not, where it fails. */
export type CertificateCheck =
  | { readonly isValid: true }
  | { readonly isValid: false; readonly reason: string };

/**
 * Checks that a certificate shows a circuit equal to its specification. Nothing of what found the
 * proof is used here, only the circuit, the specification and the formats of `Certificate`: a
 * decision diagram is checked node by node, a refutation line by line, an exhaustive run is run
 * again with another way to evaluate a gate.
 */
export function checkCertificate(
  list: GateList,
  specification: BitFunction,
  certificate: Certificate,
): CertificateCheck {
  try {
    if (certificate.kind === "bdd") checkBdd(list, specification, certificate);
    else if (certificate.kind === "sat") checkSat(list, specification, certificate);
    else checkExhaustive(list, specification, certificate);
    return { isValid: true };
  } catch (error) {
    if (error instanceof Rejection) return { isValid: false, reason: error.message };
    throw error;
  }
}
