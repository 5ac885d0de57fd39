import type { GateList } from "../gates.ts";
import { checkBdd } from "./bdd_check.ts";
import type { BitFunction } from "./bit_algebra.ts";
import type { Certificate } from "./certificate.ts";
import { demand, Rejection } from "./checker_kit.ts";
import { checkExhaustive } from "./exhaustive_check.ts";
import { checkSat } from "./sat_check.ts";

/** Whether a certificate shows what it is to show, and if not, where it fails. */
export type CertificateCheck =
  | { readonly isValid: true }
  | { readonly isValid: false; readonly reason: string };

/** The lists that certificates have, by their kind, and what the lists are of. */
const LISTS: Readonly<Record<Certificate["kind"], Readonly<Record<string, string>>>> = {
  exhaustive: { ones: "number", digests: "number" },
  bdd: { order: "number", nodes: "number", gates: "number", ands: "number" },
  sat: { ands: "number", gates: "number", proof: "string" },
};

/**
 * Checks that a certificate shows a circuit equal to its specification. Nothing of what found the
 * proof is used here, only the circuit, the specification and the formats of `Certificate`: a
 * decision diagram is checked node by node, a refutation line by line, an exhaustive run is run
 * again with another way to evaluate a gate.
 *
 * @param certificate Taken on trust in nothing, not even in its form: it may be any JSON.
 */
export function checkCertificate(
  list: GateList,
  specification: BitFunction,
  certificate: Certificate,
): CertificateCheck {
  try {
    checkForm(certificate);
    if (certificate.kind === "bdd") checkBdd(list, specification, certificate);
    else if (certificate.kind === "sat") checkSat(list, specification, certificate);
    else checkExhaustive(list, specification, certificate);
    return { isValid: true };
  } catch (error) {
    if (error instanceof Rejection) return { isValid: false, reason: error.message };
    throw error;
  }
}

function checkForm(certificate: unknown): void {
  const given = typeof certificate === "object" && certificate !== null ? certificate : {};
  const fields = new Map(Object.entries(given));
  const kind = String(fields.get("kind"));
  demand(Object.hasOwn(LISTS, kind), "no kind of certificate");
  for (const [name, type] of Object.entries(LISTS[kind as Certificate["kind"]])) {
    const list = fields.get(name);
    const isList = Array.isArray(list) && list.every((one) => typeof one === type);
    demand(isList, `${name} is no list of ${type}s`);
  }
}
