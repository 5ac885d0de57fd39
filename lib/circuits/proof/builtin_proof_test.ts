import { assertEquals } from "@std/assert";
import { STANDARD_ATOMS, train } from "../../atoms/mod.ts";
import { BUILTIN_KINDS, builtinCircuit } from "../builtin.ts";
import { OBJECTIVES } from "../builtin/objective.ts";
import { compileCircuit } from "../circuit.ts";
import { flatten, type GateList } from "../gates.ts";
import type { BitFunction } from "./bit_algebra.ts";
import { checkCertificate } from "./certificate_check.ts";
import { prove } from "./prove.ts";
import { proveBySat } from "./prove_sat.ts";
import { bitFunction, symbolicReference } from "./symbolic_reference.ts";

const ATOMS = STANDARD_ATOMS.map((spec) => train(spec));
/** Widths that are tried: narrow ones, and for what proofs are made for, wide ones. */
const WIDTHS: Readonly<Record<string, readonly number[]>> = {
  "full-adder": [1],
  adder: [7, 32, 64],
  "carry-select": [64],
  "kogge-stone": [64],
  sub: [64],
  cmp: [64],
  mux: [13, 32],
  decoder: [5],
  mul: [4],
  popcount: [13],
  parity: [256],
};

for (const { name } of BUILTIN_KINDS) {
  Deno.test(`prove() proves ${name} for every objective, and its certificates are valid`, () => {
    for (const width of WIDTHS[name] ?? [6, 17]) {
      for (const objective of OBJECTIVES) {
        const spec = name === "full-adder" ? name : `${name}:${width}`;
        const { netlist } = builtinCircuit(spec, objective);
        const list = flatten(compileCircuit(netlist, ATOMS));
        const specification = bitFunction(symbolicReference(spec), netlist.inputs);
        for (const method of width < 20 ? [prove, proveBySat] : [prove]) {
          assertProved(method, list, specification, `${spec}, ${objective}`);
        }
      }
    }
  });
}

function assertProved(
  method: typeof prove,
  list: GateList,
  specification: BitFunction,
  what: string,
): void {
  const verdict = method(list, specification);
  assertEquals(verdict.kind, "proved", what);
  if (verdict.kind !== "proved") return;
  assertEquals(
    checkCertificate(list, specification, verdict.certificate),
    { isValid: true },
    what,
  );
}
