import { assert, assertEquals, assertThrows } from "@std/assert";
import { CONSTRUCTED_ATOMS } from "../../atoms/mod.ts";
import { type Circuit, compileCircuit } from "../circuit.ts";
import { CircuitError, type CircuitPlace } from "../circuit_error.ts";
import { circuitRunner } from "../run_circuit.ts";
import { checkAtoms, elaborate, unusedWires } from "./elaborate.ts";
import { parseCircuitSpec } from "./parse_circuit_spec.ts";

const NESTED = `name: wide
description: an adder of two halves, and whether the sum is not zero
inputs:
  A: 4
  B: 4
outputs:
  Sum: 4
  Cout: 1
  Any: 1
wires:
  C: 1
  zero: 1
  some: 2
circuits:
  pair:
    inputs: { x: 2 }
    outputs: { any: 1 }
    instances:
      or: { atom: OR, inputs: ["x[0]", "x[1]"], output: any }
instances:
  low:
    circuit: adder:2
    inputs: { A: "A[1:0]", B: ["B[0]", "B[1]"], Cin: zero }
    outputs: { Sum: "Sum[1:0]", Cout: C }
  high:
    circuit: adder:2
    inputs: { A: "A[3:2]", B: "B[3:2]", Cin: C }
    outputs: { Sum: "Sum[3:2]", Cout: Cout }
  never:
    gate: { weights: [1], bias: [-2, -0.5] }
    inputs: ["A[0]"]
    output: zero
  lowPair: { circuit: pair, inputs: { x: "Sum[1:0]" }, outputs: { any: "some[0]" } }
  highPair: { circuit: pair, inputs: { x: "Sum[3:2]" }, outputs: { any: "some[1]" } }
  either:
    gate:
      weights: [1, 1]
      bias: -0.5
    inputs: [some]
    output: Any
`;

Deno.test("a specification of slices, gates and nested circuits computes what it says", () => {
  for (const objective of ["atoms", "depth"] as const) {
    const netlist = elaborate(parseCircuitSpec(NESTED, "wide.yaml"), objective);
    const circuit = compileCircuit(netlist, CONSTRUCTED_ATOMS);
    const vectors = Array.from({ length: 256 }, (_, i) => [BigInt(i % 16), BigInt(i >> 4)]);
    assertEquals(
      circuitRunner(circuit).runAll(vectors),
      vectors.map(([a, b]) => {
        const total = a! + b!;
        return [total % 16n, total / 16n, BigInt(total % 16n > 0n)];
      }),
    );
    assertEquals(unusedWires(netlist), []);
  }
});

Deno.test("elaborate() names parts by the circuits that they are in", () => {
  const { instances } = elaborate(parseCircuitSpec(NESTED));
  const names = instances.map(({ name }) => name);
  assert(names.includes("low/sum_0") && names.includes("highPair/or") && names.includes("never"));
  assertEquals(instances.find(({ name }) => name === "low/carry_0")?.output, "low/C[0]");
  assertEquals(instances.find(({ name }) => name === "low/carry_1")?.output, "C");
});

Deno.test("the TriX form is read", () => {
  const text = JSON.stringify({
    name: "full_adder",
    inputs: [{ name: "A" }, { name: "B", width: 1 }, { name: "Cin", width: 1 }],
    outputs: [{ name: "Sum", width: 1 }, { name: "Cout", width: 1 }],
    internals: [],
    atoms: [
      { name: "sum_atom", type: "SUM", inputs: ["A", "B", "Cin"], outputs: ["Sum"] },
      { name: "carry_atom", type: "CARRY", inputs: ["A", "B", "Cin"], outputs: ["Cout"] },
    ],
  });
  const circuit = compileCircuit(elaborate(parseCircuitSpec(text, "x.json")), CONSTRUCTED_ATOMS);
  assertEquals(circuitRunner(circuit).runAll([[1n, 1n, 0n], [1n, 1n, 1n]]), [[0n, 1n], [1n, 1n]]);
});

function refusal(text: string): CircuitError {
  return assertThrows(() => elaborate(parseCircuitSpec(text, "wide.yaml")), CircuitError);
}

Deno.test("what is wrong is named, with line and column", () => {
  const refuse = (
    from: string,
    to: string,
    message: string,
    place: Partial<CircuitPlace>,
  ): void => {
    assert(NESTED.includes(from), from);
    const error = refusal(NESTED.replace(from, to));
    assert(error.message.includes(message), error.message);
    const { line, column } = error.place!;
    assertEquals({ line, column }, { line, column, ...place }, error.message);
  };
  refuse("  A: 4", "  A: x", 'the width is "x"', { line: 4, column: 6 });
  refuse("bias: -0.5", "bias: -0.6", "-0.6 is no E2M1 value", { line: 38, column: 13 });
  refuse("    gate:\n", "    gates:\n", "unknown field gates", { line: 36 });
  refuse("A[3:2]", "A[4:2]", "instance high names A[4:2], but A has the bits 0 to 3", { line: 25 });
  refuse("Cin: zero", "Cin: zeros", "names wire zeros, which is not declared", { line: 21 });
  refuse("Cin: zero", "Cim: zero", "wires input Cim, which its circuit does not have", {
    line: 21,
  });
  refuse(", Cin: zero", "", "instance low has no wire at input Cin", { line: 21 });
  refuse('A: "A[1:0]"', 'A: "A[2:0]"', "gives 3 wires to input A, which has 2", { line: 21 });
  refuse("circuit: pair,", "circuit: pear,", "is of circuit pear, which is not there", {
    line: 33,
  });
  refuse("output: Any", "output: some", "drives some, which is 2 wires", { line: 35 });
  refuse("  C: 1\n", "  A: 1\n", "two buses are called A", { line: 1 });
  refuse("description: an", "description: [an", "the circuit is not YAML", {});
});

const FLAT = `inputs: { A: 2, B: 2 }
outputs: { Y: 1 }
wires: { w: 1 }
instances:
  n: { atom: AND, inputs: ["A[0]", w], output: Y }
  m: { atom: NOT, inputs: ["B[1]"], output: w }
`;

// deno-fmt-ignore: one fault, one row
const FAULTS: readonly [from: string, to: string, message: string, line: number][] = [
  ['"B[1]"], output: w', '"B[1]"], output: Y', "wire Y is driven by instance n and by instance m", 6],
  ["output: w", 'output: "A[0]"', "wire A[0] is driven by an input and by instance m", 6],
  ["  m:", "  # m:", "instance n reads wire w, which has no driver", 5],
  ["Y: 1 }", "Y: 1, Z: 1 }", "output wire Z has no driver", 1],
  ['"B[1]"', "Y", "instances depend on each other in a ring: m, n", 5],
  ['"B[1]"', "w", "instance m reads wire w, which it drives itself", 6],
  ["  m:", "  m: { name: n,", "two instances are called", 6],
  ["atom: NOT", "gate: { weights: [1, 1], bias: 0 }", "gate m has 2 weights for 1 wires", 6],
  ["atom: NOT", "gate: { weights: 1, bias: [1, 1, 1] }", "gate m has 3 bias codes", 6],
  ["atom: NOT", 'circuit: "adder:5000"', "adder has no width 5000", 6],
  ["atom: NOT", "atom: NOTT", "instance m needs atom NOTT", 6],
  ["atom: NOT", "atom: AND", "instance m gives 1 wires to AND, which has 2", 6],
  ["A: 2", "A: 65537", "the width is 65537, expected at most 65536", 1],
  ["A: 2, B: 2", "2: 2, 1: 2", "is called by a number", 1],
];

for (const [from, to, message, line] of FAULTS) {
  Deno.test(`a specification is refused with its line: ${message}`, () => {
    const changed = to.includes("name: n,")
      ? FLAT.replace("  m: {", to)
      : FLAT.replace(from, to).replace(/(circuit: .*)inputs: .*/, "$1}");
    assert(changed !== FLAT);
    const error = assertThrows(() => {
      const spec = parseCircuitSpec(changed, "x.yaml");
      elaborate(spec);
      checkAtoms(spec, CONSTRUCTED_ATOMS);
    }, CircuitError);
    assert(error.message.includes(message), error.message);
    assertEquals([error.place?.file, error.place?.line], ["x.yaml", line], error.message);
    assert(error.help.length > 5);
  });
}

Deno.test("JSON in which an object has a field twice is refused, and a bus may be called constructor", () => {
  const twice = `{ "inputs": { "A": 1 }, "outputs": { "Y": 1 }, "instances": {
    "n": { "atom": "NOT", "inputs": ["A"], "output": "Y" },
    "n": { "atom": "NOT", "inputs": ["A"], "output": "Y" } } }`;
  const error = refusal(twice);
  assertEquals([error.message, error.place?.line], ["a second field is called n", 3]);
  const inner = "inputs: { constructor: 1 }\noutputs: { Y: 1 }\n";
  const text = inner + "circuits:\n  c:\n" + inner.replace(/^/gm, "    ").trimEnd() +
    "\n    instances:\n      k: { atom: NOT, inputs: [constructor], output: Y }\n" +
    "instances:\n  n: { circuit: c, inputs: {}, outputs: { Y: Y } }\n";
  assert(refusal(text).message.includes("no wire at input constructor"));
});

Deno.test("errors in JSON have their line and column", () => {
  const text = `{
  "inputs": { "A": 1 },
  "outputs": { "Y": 1 },
  "instances": {
    "n": { "atom": "NOT", "inputs": ["A"], "output": 5 }
  }
}`;
  assertEquals(refusal(text).place, { file: "wide.yaml", line: 5, column: 54 });
  assert(refusal(text.replace("5 }", "}")).message.startsWith("the circuit is not JSON"));
});

Deno.test("a circuit that contains itself, a wire of two drivers and an unknown atom are refused", () => {
  const self = `inputs: { A: 1 }
outputs: { Y: 1 }
circuits:
  c:
    inputs: { A: 1 }
    outputs: { Y: 1 }
    instances:
      inner: { circuit: c, inputs: { A: A }, outputs: { Y: Y } }
instances:
  outer: { circuit: c, inputs: { A: A }, outputs: { Y: Y } }
`;
  assert(refusal(self).message.includes("circuit c contains itself, in instance outer/inner"));
  const compile = (text: string): Circuit =>
    compileCircuit(elaborate(parseCircuitSpec(text)), CONSTRUCTED_ATOMS);
  const flat = (instances: string): string =>
    `inputs: { A: 1 }\noutputs: { Y: 1 }\nwires: { B: 1 }\ninstances:\n${instances}`;
  const not = "  n: { atom: NOT, inputs: [A], output: Y }\n";
  const second = "  m: { atom: NOT, inputs: [A], output: Y }\n";
  assertThrows(
    () => compile(flat(not + second)),
    CircuitError,
    "wire Y is driven by instance n and",
  );
  const error = assertThrows(() => compile(flat(not.replace("NOT", "NOTT"))), CircuitError);
  assert(error.message.includes("needs atom NOTT") && error.help.includes('did you mean "NOT"'));
  assertThrows(
    () => compile(flat(not.replace("[A]", "[A, A]"))),
    CircuitError,
    "gives 2 wires to NOT",
  );
  assertThrows(
    () => compile(flat(not.replace("[A]", "[B]"))),
    CircuitError,
    "wire B, which has no driver",
  );
  const unused = "  m: { atom: NOT, inputs: [A], output: B }\n";
  assertEquals(unusedWires(elaborate(parseCircuitSpec(flat(not + unused)))), ["B"]);
});
