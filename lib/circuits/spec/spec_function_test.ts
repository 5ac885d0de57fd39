import { assertEquals, assertThrows } from "@std/assert";
import { STANDARD_ATOMS } from "../../atoms/mod.ts";
import { BOOLEANS } from "../proof/bit_algebra.ts";
import { CircuitError } from "../circuit_error.ts";
import { parseCircuitSpec } from "./parse_circuit_spec.ts";
import { specFunction } from "./spec_function.ts";

const TABLES = new Map(STANDARD_ATOMS.map(({ name, truthTable }) => [name, truthTable]));
const tableOf = (name: string): string => TABLES.get(name)!;

/** Bits of a number, lowest first. */
function bits(value: number, width: number): boolean[] {
  return Array.from({ length: width }, (_, bit) => (value >> bit) % 2 === 1);
}

Deno.test("specFunction() says what atoms, gates, and nested and built-in circuits compute together", () => {
  // Y = (A + B + 1) mod 4, written with the parts in the wrong order; Z = a majority gate of A's
  // bits and B[0]; N = not both of A's bits.
  const spec = parseCircuitSpec(`
inputs: { A: 2, B: 2 }
outputs: { Y: 2, Z: 1, N: 1 }
wires: { one: 1, both: 1 }
circuits:
  plus:
    inputs: { X: 2, Z: 2, C: 1 }
    outputs: { S: 2 }
    instances:
      add: { circuit: "adder:2", inputs: { A: X, B: Z, Cin: C }, outputs: { Sum: S } }
instances:
  sum: { circuit: plus, inputs: { X: A, Z: B, C: one }, outputs: { S: Y } }
  one: { gate: { weights: [0], bias: 1 }, inputs: ["A[0]"], output: one }
  major: { gate: { weights: [1, 1, 1], bias: -1.5 }, inputs: ["A[0]", "A[1]", "B[0]"], output: Z }
  not: { atom: NOT, inputs: [both], output: N }
  and: { atom: AND, inputs: [A], output: both }
`);
  const compute = specFunction(spec, tableOf);
  for (let a = 0; a < 4; a++) {
    for (let b = 0; b < 4; b++) {
      const majority = (a & 1) + (a >> 1) + (b & 1) >= 2;
      assertEquals(
        compute(BOOLEANS, [...bits(a, 2), ...bits(b, 2)]),
        [...bits((a + b + 1) & 3, 2), majority, a !== 3],
        `${a} ${b}`,
      );
    }
  }
});

Deno.test("specFunction() gives every atom its truth table, the first input being the lowest bit", () => {
  for (const { name, inputs, truthTable } of STANDARD_ATOMS) {
    const ports = inputs.map((input) => `${input}: 1`).join(", ");
    const spec = parseCircuitSpec(
      `inputs: { ${ports} }\noutputs: { Y: 1 }\ninstances:\n` +
        `  n: { atom: ${name}, inputs: [${inputs.join(", ")}], output: Y }\n`,
    );
    const compute = specFunction(spec, tableOf);
    const rows = Array.from(
      truthTable,
      (_, row) => Number(compute(BOOLEANS, bits(row, inputs.length))[0]),
    );
    assertEquals(rows.join(""), truthTable, name);
  }
});

Deno.test("specFunction() refuses rings and wires without a driver", () => {
  const of = (instances: string): () => unknown => () =>
    specFunction(
      parseCircuitSpec(
        `inputs: { A: 1 }\noutputs: { Y: 1 }\nwires: { B: 1 }\ninstances:\n${instances}`,
      ),
      tableOf,
    );
  assertThrows(of("  n: { atom: NOT, inputs: [A], output: B }\n"), CircuitError, "output wire Y");
  assertThrows(
    of("  n: { atom: NOT, inputs: [B], output: Y }\n  m: { atom: NOT, inputs: [Y], output: B }\n"),
    CircuitError,
    "in a ring: m, n",
  );
  assertThrows(of("  n: { atom: AND, inputs: [A], output: Y }\n"), CircuitError, "has 4 rows");
});
