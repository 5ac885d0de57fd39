import { assert, assertEquals, assertThrows } from "@std/assert";
import { gatesNeeded } from "../../atoms/mod.ts";
import { builtinCircuit } from "../builtin.ts";
import { CircuitError } from "../circuit_error.ts";
import { exportBlif } from "../formats/export_blif.ts";
import { builtin } from "../formats/_shared_circuits.ts";
import type { LogicCircuit } from "../formats/logic_circuit.ts";
import { readBlif } from "../formats/read_blif.ts";
import { gateStatistics } from "../gate_statistics.ts";
import { evaluateCases } from "../gates.ts";
import { decidesAtZero, gateMargins } from "../margins.ts";
import { allWires } from "../netlist.ts";
import { BOOLEANS } from "../proof/bit_algebra.ts";
import { prove } from "../proof/prove.ts";
import { bitFunction, symbolicReference } from "../proof/symbolic_reference.ts";
import { randomBlif } from "./_random_logic.ts";
import { circuitOfGates } from "./gates_circuit.ts";
import { mapToThreshold } from "./map_to_threshold.ts";

/** A built-in circuit as foreign logic: what it computes, not how. */
function logicOf(spec: string): LogicCircuit {
  const { netlist: { inputs, outputs } } = builtinCircuit(spec);
  const specification = bitFunction(symbolicReference(spec), inputs);
  return { name: spec, inputs, outputs, specification };
}

/** Compares every row with the specification over plain Booleans. */
function assertExact(logic: LogicCircuit, gates: Parameters<typeof evaluateCases>[0]): void {
  const wires = allWires(logic.inputs).length;
  const rows = evaluateCases(gates, 0, 2 ** wires);
  for (let row = 0; row < 2 ** wires; row++) {
    const bits = Array.from({ length: wires }, (_, i) => ((row >> i) & 1) === 1);
    const expected = logic.specification(BOOLEANS, bits).map(Number);
    assertEquals(rows.map((values) => values[row]), expected, `row ${row}`);
  }
}

const C17 =
  ".model c17\n.inputs 1 2 3 6 7\n.outputs 22 23\n.names 1 3 10\n11 0\n.names 3 6 11\n11 0\n" +
  ".names 2 11 16\n11 0\n.names 11 7 19\n11 0\n.names 10 16 22\n11 0\n.names 16 19 23\n11 0\n.end\n";

Deno.test("mapToThreshold() maps c17 to at most its six gates, exact in every row", () => {
  const logic = readBlif(C17);
  const mapped = mapToThreshold(logic);
  assertEquals(mapped.ands, 6);
  assert(mapped.gates.gates.length <= 6);
  assertExact(logic, mapped.gates);
});

for (const objective of ["gates", "depth"] as const) {
  for (const margin of [0, 0.5] as const) {
    Deno.test(`mapToThreshold() is exact for random logic: ${objective}, margin ${margin}`, () => {
      for (let seed = 1; seed <= 4; seed++) {
        const logic = readBlif(randomBlif(8, 30, 6, seed));
        const leaves = 2 + seed % 5;
        const { gates } = mapToThreshold(logic, { objective, margin, leaves });
        assertExact(logic, gates);
        for (const { above, below, exact } of gateMargins(gates)) {
          assert(below >= 0.5);
          if (exact) assert(above >= margin);
        }
        if (margin > 0) gates.gates.forEach((_, gate) => assert(!decidesAtZero(gates, gate)));
      }
    });
  }
}

Deno.test("mapToThreshold() needs no more gates for a function than the minimal database", () => {
  for (let mask = 1; mask < 65536; mask += 1_321) {
    const rows = Array.from(
      { length: 16 },
      (_, row) =>
        (mask >> row) & 1 ? `${[0, 1, 2, 3].map((i) => (row >> i) & 1).join("")} 1\n` : "",
    );
    const logic = readBlif(`.inputs a b c d\n.outputs y\n.names a b c d y\n${rows.join("")}`);
    const { gates } = mapToThreshold(logic);
    assert(gates.gates.length <= gatesNeeded(mask, 4), `${mask}`);
    assertExact(logic, gates);
  }
});

// Two gates a bit is what E2M1 needs at least: atoms specification, 7.2. The others are what the
// mapping finds; more would be a loss.
// deno-fmt-ignore: one circuit, one row
const COUNTS: readonly [spec: string, gates: number][] = [
  ["full-adder", 2], ["adder:8", 16], ["adder:64", 128], ["sub:16", 32], ["cmp:8", 25], ["parity:16", 15],
  ["mul:8", 121],
];

for (const [spec, gates] of COUNTS) {
  Deno.test(`mapToThreshold() maps ${spec} to ${gates} gates or fewer, and it is proved`, () => {
    const logic = logicOf(spec);
    const mapped = mapToThreshold(logic);
    assert(mapped.gates.gates.length <= gates, `${mapped.gates.gates.length}`);
    assertEquals(prove(mapped.gates, logic.specification).kind, "proved");
  });
}

Deno.test("mapToThreshold() for depth is not deeper than for gates", () => {
  for (const spec of ["adder:16", "shift:16", "cmp:8", "priority:16"]) {
    const depths = (["depth", "gates"] as const).map((objective) => {
      const logic = logicOf(spec);
      const { gates } = mapToThreshold(logic, { objective });
      assertEquals(prove(gates, logic.specification).kind, "proved");
      return gateStatistics(gates).depth;
    });
    assert(depths[0]! <= depths[1]!, `${spec}: ${depths}`);
  }
});

Deno.test("mapToThreshold() gives the same circuit every time", () => {
  const logic = readBlif(randomBlif(8, 60, 6, 3));
  assertEquals(mapToThreshold(logic).circuit, mapToThreshold(logic).circuit);
});

Deno.test("mapToThreshold() brings back a circuit that was exported as BLIF", () => {
  const { circuit } = builtin("mul:4");
  const logic = readBlif(exportBlif(circuit));
  const mapped = mapToThreshold(logic);
  assertEquals(mapped.circuit.inputs, circuit.inputs);
  assertEquals(mapped.circuit.outputs, circuit.outputs);
  const wanted = logicOf("mul:4").specification;
  assertEquals(prove(mapped.gates, wanted).kind, "proved");
});

Deno.test("mapToThreshold() takes constants, copies, complements and inputs that are outputs", () => {
  const logic = readBlif(
    ".inputs a b\n.outputs a y z one zero nb\n.names a y\n1 1\n.names a z\n1 1\n.names one\n1\n" +
      ".names a b t\n11 1\n.names a t zero\n01 1\n.names b nb\n0 1\n",
  );
  const { gates, circuit } = mapToThreshold(logic);
  assertExact(logic, gates);
  assertEquals(circuit.instances.length, 5); // two copies, two constants, one inverter
});

Deno.test("a mapping with one weight changed is refuted", () => {
  const logic = logicOf("adder:8");
  const { gates } = mapToThreshold(logic);
  const [first, ...rest] = gates.gates;
  const wrong = { ...first!, bias: -first!.bias };
  assertEquals(prove({ ...gates, gates: [wrong, ...rest] }, logic.specification).kind, "refuted");
});

Deno.test("mapToThreshold() and circuitOfGates() refuse what they cannot do", () => {
  const logic = readBlif(C17);
  assertThrows(() => mapToThreshold(logic, { leaves: 7 }), RangeError, "expected 2 to 6");
  assertThrows(() => mapToThreshold(logic, { cuts: 0 }), RangeError, "expected 1 to 64");
  const names = {
    name: "x",
    description: "",
    inputs: [{ name: "a", width: 1 }],
    outputs: [{ name: "y", width: 1 }],
  };
  const gate = { signals: [0], weights: [5], bias: 0 };
  const list = { inputs: 1, gates: [gate], outputs: [1] };
  assertThrows(() => circuitOfGates(names, list), CircuitError, "weight 5");
  const biased = { ...list, gates: [{ ...gate, weights: [1], bias: 5.25 }] };
  assertThrows(() => circuitOfGates(names, biased), CircuitError, "bias 5.25");
  assertThrows(
    () => circuitOfGates(names, { ...list, outputs: [] }),
    CircuitError,
    "1 output wires",
  );
});
