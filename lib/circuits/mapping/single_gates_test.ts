import { assert, assertEquals } from "@std/assert";
import { type Margin, tableOf, thresholdGate } from "../../atoms/mod.ts";
import { decode, E2M1 } from "../../numerics/mod.ts";
import { singleGate } from "./single_gates.ts";
import type { Truth } from "./truth.ts";

/** Checks a gate in every row, by its definition. */
function assertGate(truth: Truth, inputs: number, margin: Margin): boolean {
  const gate = singleGate(truth, inputs, margin);
  if (gate === undefined) return false;
  for (let row = 0; row < 1 << inputs; row++) {
    let sum = gate.bias.reduce((sum, code) => sum + decode(E2M1, code), 0);
    gate.weights.forEach((code, i) => {
      if ((row >> i) & 1) sum += decode(E2M1, code);
    });
    const isOne = ((row < 32 ? truth.low : truth.high) >>> (row & 31)) & 1;
    assert(isOne ? sum >= margin : sum <= -0.5, `row ${row}: ${sum}`);
  }
  return true;
}

function dependsOnAll(table: string, inputs: number): boolean {
  return Array.from({ length: inputs }, (_, v) => v).every((v) =>
    [...table].some((value, row) => value !== table[row ^ (1 << v)])
  );
}

for (const margin of [0, 0.5] as const) {
  Deno.test(`singleGate() finds what the search of all weights finds, 3 and 4 inputs, margin ${margin}`, () => {
    for (const inputs of [3, 4]) {
      let count = 0;
      for (let mask = 0; mask < 2 ** (1 << inputs); mask += inputs === 3 ? 1 : 3) {
        const table = tableOf(mask, inputs);
        if (!dependsOnAll(table, inputs)) continue;
        const expected = thresholdGate(table, { margin, biasCodes: 2 }) !== undefined;
        assertEquals(assertGate({ low: mask, high: 0 }, inputs, margin), expected, table);
        if (expected) count++;
      }
      assert(count > 50);
    }
  });
}

Deno.test("singleGate() finds gates of 5 and 6 inputs where the search of all weights does", () => {
  let state = 7;
  const below = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  let found = 0;
  for (let trial = 0; trial < 250; trial++) {
    const inputs = 5 + trial % 2;
    // Threshold functions of small whole weights, some of which E2M1 does not hold.
    const weights = Array.from({ length: inputs }, () => 1 + below(7));
    const signs = weights.map(() => below(3) === 0 ? -1 : 1);
    const threshold = below(weights.reduce((sum, weight) => sum + weight, 0)) - 4;
    const truth = { low: 0, high: 0 };
    let table = "";
    for (let row = 0; row < 1 << inputs; row++) {
      const sum = weights.reduce((sum, w, i) => (row >> i) & 1 ? sum + w * signs[i]! : sum, 0);
      table += sum >= threshold ? 1 : 0;
      if (sum < threshold) continue;
      if (row < 32) truth.low |= 1 << row;
      else truth.high |= 1 << (row - 32);
    }
    if (!dependsOnAll(table, inputs)) continue;
    const expected = thresholdGate(table, { biasCodes: 2 }) !== undefined;
    assertEquals(assertGate(truth, inputs, 0.5), expected, table);
    if (expected) found++;
  }
  assert(found > 80, `${found}`);
});
