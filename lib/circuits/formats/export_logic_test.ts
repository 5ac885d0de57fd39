import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { evaluateCases, flatten, type Gate } from "../gates.ts";
import { BOOLEANS } from "../proof/bit_algebra.ts";
import { prove } from "../proof/prove.ts";
import { AWKWARD, builtin, CASES } from "./_shared_circuits.ts";
import { exportAiger } from "./export_aiger.ts";
import { exportBlif } from "./export_blif.ts";
import { readAiger } from "./read_aiger.ts";
import { readBlif } from "./read_blif.ts";
import { thresholdCover } from "./threshold_cover.ts";

for (const [spec, objective] of CASES) {
  Deno.test(`${spec} of ${objective} is proved equal to its BLIF and both AIGER forms`, () => {
    const { circuit } = builtin(spec, objective);
    const list = flatten(circuit);
    const ascii = readAiger(exportAiger(circuit, "ascii"));
    for (const logic of [readBlif(exportBlif(circuit)), ascii]) {
      assertEquals(logic.inputs, circuit.inputs);
      assertEquals(logic.outputs, circuit.outputs);
      assertEquals(prove(list, logic.specification).kind, "proved");
    }
    const binary = readAiger(exportAiger(circuit, "binary"));
    assertEquals(binary.inputs, circuit.inputs);
    assertEquals(prove(list, binary.specification).kind, "proved");
  });
}

Deno.test("exportBlif() and exportAiger() take odd names, constants, copies and wide gates", () => {
  const list = flatten(AWKWARD);
  for (
    const logic of [
      readBlif(exportBlif(AWKWARD)),
      readAiger(exportAiger(AWKWARD, "ascii")),
      readAiger(exportAiger(AWKWARD, "binary")),
    ]
  ) {
    assertEquals(prove(list, logic.specification).kind, "proved");
  }
  const aiger = readAiger(exportAiger(AWKWARD, "binary"));
  assertEquals(aiger.inputs, AWKWARD.inputs);
});

Deno.test("exportBlif() written for one gate list is refuted for another", () => {
  const { circuit } = builtin("adder:4");
  const wrong = readBlif(exportBlif(circuit).replace("11- 1\n", "11- 1\n-00 1\n"));
  assertEquals(prove(flatten(circuit), wrong.specification).kind, "refuted");
});

Deno.test("exportAiger() writes the three and-gates of a half adder, byte for byte", () => {
  const gates = [
    { name: "c", inputs: ["x", "y"], output: "c", gate: { weights: [2, 2], bias: [11] } },
  ];
  const circuit = {
    name: "and",
    description: "",
    inputs: [{ name: "x", width: 1 }, { name: "y", width: 1 }],
    outputs: [{ name: "c", width: 1 }],
    atoms: [],
    instances: gates,
  };
  assertEquals(
    exportAiger(circuit, "ascii"),
    "aag 3 2 0 1 1\n2\n4\n6\n6 4 2\ni0 x\ni1 y\no0 c\nc\nand\n",
  );
  const bytes = exportAiger(circuit, "binary");
  const text = new TextDecoder().decode(bytes);
  assertEquals(text, "aig 3 2 0 1 1\n6\n\x02\x02i0 x\ni1 y\no0 c\nc\nand\n");
  assertEquals(readAiger(bytes).specification(BOOLEANS, [true, true]), [true]);
});

Deno.test("thresholdCover() is the gate, and no literal of it can be left out", () => {
  const values = [0.5, 1, 1.5, 2, 3, 4, 6].flatMap((value) => [value, -value]);
  const gateOf = fc.record({
    weights: fc.array(fc.constantFrom(...values), { maxLength: 7 }),
    bias: fc.constantFrom(0, ...values),
  });
  fc.assert(fc.property(gateOf, ({ weights, bias }) => {
    const gate: Gate = { signals: [...weights.keys()], weights, bias };
    const inputs = weights.length;
    const list = { inputs, gates: [gate], outputs: [inputs] };
    const [rows] = evaluateCases(list, 0, 2 ** inputs);
    const cover = thresholdCover(gate, 1000)!;
    const holds = (cube: string, row: number): boolean =>
      [...cube].every((digit, i) => digit === "-" || Number(digit) === ((row >> i) & 1));
    for (const [row, value] of rows!.entries()) {
      assertEquals(cover.some((cube) => holds(cube, row)), value === 1);
    }
    for (const cube of cover) {
      for (let i = 0; i < inputs; i++) {
        if (cube[i] === "-") continue;
        const wider = cube.slice(0, i) + "-" + cube.slice(i + 1);
        assert(rows!.some((value, row) => value === 0 && holds(wider, row)), cube);
      }
    }
  }));
});
