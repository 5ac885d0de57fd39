import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BUILTIN_KINDS, builtinCircuit, builtinReference } from "../builtin.ts";
import { CircuitError } from "../circuit_error.ts";
import type { Port } from "../netlist.ts";
import { Aig } from "./aig.ts";
import { type BitFunction, BOOLEANS } from "./bit_algebra.ts";
import { bitFunction, symbolicReference } from "./symbolic_reference.ts";

/** The bits of a case, wire by wire. */
function digits(number: bigint, wires: number): boolean[] {
  return Array.from({ length: wires }, (_, i) => (number >> BigInt(i)) % 2n === 1n);
}

/** A number dealt to buses, the first one taking the lowest digits. */
function deal(number: bigint, ports: readonly Port[]): bigint[] {
  let rest = number;
  return ports.map(({ width }) => {
    const value = rest % 2n ** BigInt(width);
    rest /= 2n ** BigInt(width);
    return value;
  });
}

function undeal(values: readonly bigint[], ports: readonly Port[]): bigint {
  return ports.reduceRight((sum, { width }, i) => sum * 2n ** BigInt(width) + values[i]!, 0n);
}

function evaluate(specification: BitFunction, number: bigint, wires: number): bigint {
  return specification(BOOLEANS, digits(number, wires))
    .reduce((sum, bit, i) => bit ? sum + 2n ** BigInt(i) : sum, 0n);
}

for (const { name, widths: [least, most] } of BUILTIN_KINDS) {
  Deno.test(`symbolicReference() of ${name} is the integer reference in all cases of small widths`, () => {
    let cases = 0;
    for (let width = least; width <= most; width++) {
      const spec = least === most ? name : `${name}:${width}`;
      const { netlist: { inputs, outputs }, reference } = builtinCircuit(spec);
      const wires = inputs.reduce((sum, port) => sum + port.width, 0);
      if (wires > 10 || outputs.some((port) => port.width > 64)) break;
      const specification = bitFunction(symbolicReference(spec), inputs);
      for (let number = 0n; number < 2n ** BigInt(wires); number++, cases++) {
        const expected = undeal(reference(deal(number, inputs)), outputs);
        assertEquals(evaluate(specification, number, wires), expected, `${spec}, case ${number}`);
      }
    }
    assert(cases >= 8);
  });
}

Deno.test("symbolicReference() is the integer reference at seeded cases of large widths", () => {
  for (
    const spec of [
      "adder:64",
      "sub:64",
      "cmp:64",
      "min:64",
      "max:64",
      "mux:37",
      "shift:50",
      "mul:32",
      "popcount:100",
      "parity:100",
      "priority:100",
      "alu:64",
      "lfsr:64",
    ]
  ) {
    const { inputs, outputs } = builtinCircuit(spec).netlist;
    const wires = inputs.reduce((sum, port) => sum + port.width, 0);
    const specification = bitFunction(symbolicReference(spec), inputs);
    const reference = builtinReference(spec);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** BigInt(wires) - 1n }), (number) => {
        const expected = undeal(reference(deal(number, inputs)), outputs);
        assertEquals(evaluate(specification, number, wires), expected, spec);
      }),
      { numRuns: 20, seed: 1 },
    );
  }
});

Deno.test("Aig computes what Booleans compute", () => {
  const { inputs } = builtinCircuit("alu:2").netlist;
  const specification = bitFunction(symbolicReference("alu:2"), inputs);
  const aig = new Aig(7);
  const outputs = specification(aig.algebra, Array.from({ length: 7 }, (_, i) => aig.input(i)));
  for (let number = 0; number < 2 ** 7; number++) {
    const values = [false, ...digits(BigInt(number), 7)];
    const value = (literal: number): boolean => values[literal >> 1]! !== ((literal & 1) === 1);
    for (let node = 8; node < aig.size; node++) {
      values.push(value(aig.fanins[2 * node]!) && value(aig.fanins[2 * node + 1]!));
    }
    assertEquals(outputs.map(value), [...specification(BOOLEANS, digits(BigInt(number), 7))]);
  }
});

Deno.test("symbolicReference() refuses a circuit that there is not", () => {
  for (const spec of ["adder", "adder:0", "subtract:8", ""]) {
    assertThrows(() => symbolicReference(spec), CircuitError);
  }
});
