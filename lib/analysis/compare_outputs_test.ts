import { assertEquals } from "@std/assert";
import { encodeTensor } from "../memory/mod.ts";
import { compareOutputs, type OutputComparison } from "./compare_outputs.ts";

const TYPE = {
  kind: "plain",
  element: { type: "Fp", sign: true, exponent: 8, mantissa: 7 },
} as const;

/** Two regions of two columns; wires Y[0], Y[1] and Z stand in the second, first and third used. */
function comparison(first: number[], second: number[], expected: number[]): OutputComparison {
  const region = (
    values: number[],
  ): { bytes: Uint8Array; shape: [number, number]; type: typeof TYPE } => ({
    bytes: encodeTensor(values, values.length / 2, 2, TYPE),
    shape: [values.length / 2, 2],
    type: TYPE,
  });
  return {
    cases: first.length / 2,
    ports: [{ name: "Y", width: 2 }, { name: "Z", width: 1 }],
    wires: [
      { region: "A", column: 1 },
      { region: "A", column: 0 },
      { region: "B", column: 1 },
    ],
    regions: new Map([["A", region(first)], ["B", region(second)]]),
    expected: Uint8Array.from(expected),
    describeCase: (index) => `case ${index}`,
  };
}

Deno.test("compareOutputs() finds every wire in its region and column", () => {
  const verdict = compareOutputs(comparison([0, 1, 1, 0], [9, 0, 9, 1], [1, 0, 0, 0, 1, 1]));
  assertEquals(verdict, {
    equal: true,
    cases: 2,
    outputs: [{ name: "Y", bits: 2, wrong: 0 }, { name: "Z", bits: 1, wrong: 0 }],
    wrongCases: 0,
    firstDifference: null,
  });
});

Deno.test("compareOutputs() counts a bus once per case and names the first difference", () => {
  const verdict = compareOutputs(comparison([0, 1, 0, 0], [9, 0, 9, 0], [1, 0, 0, 1, 1, 1]));
  assertEquals(verdict.outputs.map(({ wrong }) => wrong), [1, 1]);
  assertEquals(verdict.wrongCases, 1);
  assertEquals(verdict.firstDifference, {
    case: 1,
    inputs: "case 1",
    expected: "1 1 1",
    actual: "0 0 0",
  });
});

Deno.test("compareOutputs() takes only exact zeros and ones for right", () => {
  const verdict = compareOutputs(comparison([0, 0.99609375], [9, 0], [1, 0, 0]));
  assertEquals(verdict.equal, false);
});
