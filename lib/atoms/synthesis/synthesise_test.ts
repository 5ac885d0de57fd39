import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { STANDARD_ATOMS } from "../truth_table.ts";
import { networkBits, SynthesisError } from "./gate_network.ts";
import { synthesise } from "./synthesise.ts";
import { verifyNetwork } from "./verify_network.ts";

/** The truth table of a function of a row number. */
function tableOf(inputs: number, output: (row: number) => number | boolean): string {
  return Array.from({ length: 2 ** inputs }, (_, row) => output(row) ? "1" : "0").join("");
}

function ones(row: number): number {
  return row.toString(2).replaceAll("0", "").length;
}

for (const margin of [0, 0.5] as const) {
  Deno.test(`synthesise() is exact for any function of 1 to 6 inputs, margin ${margin}`, () => {
    const tables = fc.integer({ min: 1, max: 6 }).chain((inputs) =>
      fc.string({ unit: fc.constantFrom("0", "1"), minLength: 2 ** inputs, maxLength: 2 ** inputs })
    );
    fc.assert(
      fc.property(tables, (table) => {
        const verdict = verifyNetwork(synthesise(table, { margin }), table);
        return verdict.exact && verdict.margin >= margin && verdict.falseMargin >= 0.5;
      }),
      { numRuns: 30, seed: 4 },
    );
  });
}

Deno.test("synthesise() makes the standard atoms with 1 gate, or with 2 in place of 3 and 5", () => {
  const gates = Object.fromEntries(STANDARD_ATOMS.map(({ name, truthTable }) => {
    const network = synthesise(truthTable);
    assert(verifyNetwork(network, truthTable).margin >= 0.5, name);
    return [name, network.gates.length];
  }));
  const single = { AND: 1, OR: 1, NOT: 1, NAND: 1, NOR: 1, CARRY: 1 };
  assertEquals(gates, { ...single, XOR: 2, XNOR: 2, SUM: 2, MUX: 2 });
});

Deno.test("synthesise() makes the sum of a full adder with 36 bits: 7 weights and 2 biases", () => {
  assertEquals(networkBits(synthesise("01101001")), 36);
});

/** Functions of 5 and 6 inputs with the most gates that they may need. */
const STRUCTURED: readonly [string, number, number, (row: number) => number | boolean][] = [
  ["parity of 5", 5, 3, (row) => ones(row) % 2],
  ["parity of 6", 6, 4, (row) => ones(row) % 2],
  ["majority of 5", 5, 1, (row) => ones(row) > 2],
  ["majority of 6, by a second bias", 6, 2, (row) => ones(row) > 3],
  ["three of 6", 6, 3, (row) => ones(row) === 3],
  ["multiplexer of 4", 6, 4, (row) => (row >> (2 + row % 4)) & 1],
  ["carry of two 2-bit numbers", 5, 1, (row) => row % 4 + (row >> 2) % 4 + (row >> 4) > 3],
  ["less than, 3 bits", 6, 1, (row) => row % 8 < row >> 3],
  ["equal, 3 bits", 6, 4, (row) => row % 8 === row >> 3],
  ["one of 6 inputs", 6, 1, (row) => (row >> 4) & 1],
  ["never, of 6", 6, 1, () => 0],
  ["always, of 5", 5, 1, () => 1],
  ["four inputs of 6", 6, 2, (row) => ones(row & 0b101101) === 4 || ones(row & 0b101101) < 2],
];

for (const [name, inputs, most, output] of STRUCTURED) {
  Deno.test(`synthesise() makes ${name} with at most ${most} gates`, () => {
    const table = tableOf(inputs, output);
    const network = synthesise(table);
    const verdict = verifyNetwork(network, table);
    assert(verdict.exact && verdict.margin >= 0.5);
    assert(network.gates.length <= most, `${network.gates.length} gates`);
  });
}

Deno.test("synthesise() gives the same network twice", () => {
  const table = tableOf(6, (row) => (row * 37 + (row >> 2)) % 11 < 5);
  assertEquals(synthesise(table), synthesise(table));
});

Deno.test("synthesise() refuses what is not a truth table of 1 to 6 inputs", () => {
  for (const table of ["", "0", "011", "01x0", "0".repeat(128)]) {
    assertThrows(() => synthesise(table), SynthesisError, "truth table");
  }
});

Deno.test("verifyNetwork() finds the first wrong row and refuses crooked networks", () => {
  const xor = synthesise("0110");
  assertEquals(verifyNetwork(xor, "0111").firstWrongRow, 3);
  assertEquals(verifyNetwork(xor, "01101001").exact, false);
  assertEquals(verifyNetwork({ inputs: 2, gates: [] }, "0110").exact, false);
  const gates = [{ weightCodes: [2], biasCodes: [9] }];
  assertEquals(verifyNetwork({ inputs: 2, gates }, "0101").exact, false);
});

Deno.test("verifyNetwork() reports a tie as margin 0 and the false side apart", () => {
  // step(a + b − 2): AND with a tie; its nearest 0 is at −1.
  const gates = [{ weightCodes: [2, 2], biasCodes: [12] }];
  const verdict = verifyNetwork({ inputs: 2, gates }, "0001");
  assertEquals(verdict, { exact: true, firstWrongRow: -1, margin: 0, falseMargin: 1 });
});
