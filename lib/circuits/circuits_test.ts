import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Atom, STANDARD_ATOMS, train } from "../atoms/mod.ts";
import { builtinCircuit } from "./builtin.ts";
import { caseCount, caseValues, describeCase } from "./cases.ts";
import { type Circuit, compileCircuit } from "./circuit.ts";
import { CircuitError } from "./circuit_error.ts";
import { evaluateCases, flatten } from "./gates.ts";
import { allWires, type Netlist, sortInstances } from "./netlist.ts";
import { verifyCircuit } from "./verify_circuit.ts";

const ATOMS = STANDARD_ATOMS.map((spec) => train(spec));
const NOT_GATE: Netlist = {
  name: "inverter",
  description: "Y = not A",
  inputs: [{ name: "A", width: 1 }],
  outputs: [{ name: "Y", width: 1 }],
  instances: [{ name: "i", atom: "NOT", inputs: ["A"], output: "Y" }],
};

Deno.test("adders of 1 to 8 bits are exact in every case", () => {
  for (let width = 1; width <= 8; width++) {
    const builtin = builtinCircuit(`adder:${width}`);
    const { netlist } = builtin;
    const verdict = verifyCircuit(compileCircuit(netlist, ATOMS), builtin);
    assertEquals(verdict.exact, true, `width ${width}`);
    assertEquals(verdict.cases, 2 ** (2 * width + 1));
    assertEquals(netlist.instances.length, 2 * width);
  }
});

Deno.test("flat gates add: 3 + 250 + 1 = 254, wire by wire", () => {
  const { netlist } = builtinCircuit("adder:8");
  const list = flatten(compileCircuit(netlist, ATOMS));
  const index = 3 + 250 * 256 + 1 * 65536;
  const digits = evaluateCases(list, index, 1).map((wire) => wire[0]!);
  assertEquals(digits.reduce((sum, digit, bit) => sum + digit * 2 ** bit, 0), 254);
});

Deno.test("verifyCircuit() names the first wrong case when an atom is wrong", () => {
  const builtin = builtinCircuit("adder:2");
  const circuit = compileCircuit(builtin.netlist, ATOMS);
  const or: Atom = {
    ...ATOMS.find(({ name }) => name === "CARRY")!,
    layers: train({
      name: "OR3",
      inputs: ["a", "b", "c"],
      truthTable: "01111111",
    }).layers,
  };
  const wrong = {
    ...circuit,
    atoms: circuit.atoms.map((atom) => (atom.name === "CARRY" ? or : atom)),
  };
  const verdict = verifyCircuit(wrong, builtin);
  assertEquals(verdict.exact, false);
  assertEquals(verdict.outputs[0]!.firstWrong, {
    row: 1,
    inputs: "A=1 B=0 Cin=0",
    expected: "1",
    actual: "3",
  });
});

Deno.test("compileCircuit() refuses atoms that are missing, wrong or wired wrongly", () => {
  const not = ATOMS.find(({ name }) => name === "NOT")!;
  assertThrows(() => compileCircuit(NOT_GATE, []), CircuitError, "needs atom NOT");
  assertThrows(
    () => compileCircuit(NOT_GATE, [{ ...not, truthTable: "11" }]),
    CircuitError,
    "atom NOT is not exact: row a=1 gives 0, expected 1",
  );
  const twoInputs = {
    ...NOT_GATE,
    inputs: [{ name: "A", width: 2 }],
    instances: [
      { name: "i", atom: "NOT", inputs: ["A[0]", "A[1]"], output: "Y" },
    ],
  };
  assertThrows(() => compileCircuit(twoInputs, ATOMS), CircuitError, "gives 2 wires to NOT");
});

Deno.test("sortInstances() puts drivers before readers", () => {
  const { netlist } = builtinCircuit("adder:8");
  const sorted = sortInstances({ ...netlist, instances: [...netlist.instances].reverse() });
  const known = new Set(allWires(netlist.inputs));
  for (const { inputs, output } of sorted) {
    assert(inputs.every((wire) => known.has(wire)));
    known.add(output);
  }
});

Deno.test("sortInstances() names the wire of a wrong netlist", () => {
  const instance = NOT_GATE.instances[0]!;
  const refuse = (change: Partial<Netlist>, message: string): void => {
    assertThrows(() => sortInstances({ ...NOT_GATE, ...change }), CircuitError, message);
  };
  refuse({ instances: [] }, "output wire Y has no driver");
  refuse({ instances: [instance, instance] }, 'two instances are called "i"');
  refuse(
    { instances: [instance, { ...instance, name: "j" }] },
    "wire Y is driven by instance i and by instance j",
  );
  refuse({ instances: [{ ...instance, output: "A" }] }, "wire A is driven by an input and by");
  refuse(
    { instances: [{ ...instance, inputs: ["B"] }] },
    "instance i reads wire B, which has no driver",
  );
  refuse(
    { instances: [{ ...instance, inputs: ["Y"] }] },
    "instance i reads wire Y, which it drives itself",
  );
  const ring = [
    { ...instance, inputs: ["B"] },
    { ...instance, name: "j", inputs: ["Y"], output: "B" },
    { ...instance, name: "k", inputs: ["B"], output: "C" },
  ];
  refuse({ instances: ring }, "depend on each other in a ring: j, i");
  refuse({ inputs: [{ name: "A", width: 1 }, { name: "A", width: 1 }] }, "wire A is driven by");
  refuse(
    { outputs: [{ name: "Y", width: 1 }, { name: "Y", width: 1 }] },
    "two outputs are called Y",
  );
});

Deno.test("verifyCircuit() and flatten() refuse a circuit that is not what it says", () => {
  const builtin = builtinCircuit("adder:2");
  const circuit = compileCircuit(builtin.netlist, ATOMS);
  const [first, ...rest] = circuit.instances;
  const refuse = (change: Partial<Circuit>, message: string): void => {
    assertThrows(() => verifyCircuit({ ...circuit, ...change }, builtin), CircuitError, message);
  };
  const outputs = circuit.outputs.slice(0, 1);
  refuse({ outputs }, "the circuit's outputs are Sum:2, its definition has Sum:2 Cout:1");
  refuse({ inputs: [...circuit.inputs, { name: "Z", width: 1 }] }, "the circuit's inputs are");
  refuse({ instances: rest }, "output wire Sum[0] has no driver");
  refuse({ instances: [...circuit.instances].reverse() }, "which nothing before it drives");
  refuse({ atoms: circuit.atoms.slice(0, 1) }, "is of atom CARRY, which the circuit does not hold");
  refuse({ instances: [first!, first!, ...rest] }, `wire ${first!.output} has two drivers`);
  refuse({ instances: [{ ...first!, output: "A[0]" }, ...rest] }, "wire A[0] has two drivers");
  const wide = [{ name: "A", width: 1e9 }];
  assertThrows(() => flatten({ ...circuit, inputs: wide }), CircuitError, "has 1000000000 wires");
  const twoWires = { ...first!, inputs: first!.inputs.slice(0, 2) };
  refuse({ instances: [twoWires, ...rest] }, "gives 2 wires to SUM, which has 3 inputs");
});

Deno.test("caseCount() refuses circuits whose cases are too many to try", () => {
  assertEquals(caseCount([{ name: "A", width: 25 }]), 2 ** 25);
  assertThrows(() => caseCount([{ name: "A", width: 26 }]), CircuitError, "26 input wires");
});

Deno.test("builtinCircuit() refuses what it does not know", () => {
  for (
    const spec of [
      "adder",
      "adder:",
      "adder:0",
      "adder:1025",
      "adder:-1",
      "adder:08",
      "subber:8",
      "",
    ]
  ) {
    assertThrows(() => builtinCircuit(spec), CircuitError);
  }
});

Deno.test("caseValues() deals the binary digits of a case to the buses in order", () => {
  const ports = [{ name: "A", width: 2 }, { name: "B", width: 3 }, { name: "C", width: 1 }];
  assertEquals(caseValues(0b1_101_10, ports), [2, 5, 1]);
  assertEquals(describeCase(0b1_101_10, ports), "A=2 B=5 C=1");
});
