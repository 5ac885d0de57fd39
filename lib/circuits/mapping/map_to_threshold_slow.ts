import { assert, assertEquals } from "@std/assert";
import { CONSTRUCTED_ATOMS } from "../../atoms/mod.ts";
import { builtinCircuit } from "../builtin.ts";
import { compileCircuit } from "../circuit.ts";
import { exportAiger } from "../formats/export_aiger.ts";
import { exportBlif } from "../formats/export_blif.ts";
import { readAiger } from "../formats/read_aiger.ts";
import { readBlif } from "../formats/read_blif.ts";
import { prove } from "../proof/prove.ts";
import { bitFunction, symbolicReference } from "../proof/symbolic_reference.ts";
import { randomBlif } from "./_random_logic.ts";
import { mapToThreshold } from "./map_to_threshold.ts";

/** Large circuits of the ten atoms: the gates that they have, and those that a mapping may have. */
// deno-fmt-ignore: one circuit, one row
const LARGE: readonly [spec: string, before: number, after: number][] = [
  ["mul:16",       1_664, 498],
  ["shift:64",     1_416, 753],
  ["cmp:64",         194,  65],
  ["alu:32",         640, 192],
];

for (const [spec, before, after] of LARGE) {
  Deno.test(`${spec} of ${before} gates in atoms is read, mapped to ${after} or fewer, proved`, () => {
    const { netlist } = builtinCircuit(spec, "atoms");
    const circuit = compileCircuit(netlist, CONSTRUCTED_ATOMS);
    const logic = readBlif(exportBlif(circuit));
    const { gates } = mapToThreshold(logic);
    assert(gates.gates.length <= after, `${gates.gates.length}`);
    // Against arithmetic, not against the file that it was read from.
    const wanted = bitFunction(symbolicReference(spec), netlist.inputs);
    assertEquals(prove(gates, wanted).kind, "proved");
  });
}

Deno.test("random logic of 1,000 tables and some 6,800 and-gates goes through, both ways", () => {
  const logic = readBlif(randomBlif(64, 1000, 32, 1));
  for (const objective of ["gates", "depth"] as const) {
    const { gates, circuit, ands } = mapToThreshold(logic, { objective });
    assert(ands > 5000);
    assertEquals(prove(gates, logic.specification).kind, "proved");
    const again = readAiger(exportAiger(circuit, "binary"));
    assertEquals(prove(gates, again.specification).kind, "proved");
  }
});
