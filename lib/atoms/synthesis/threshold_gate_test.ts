import { assert, assertEquals } from "@std/assert";
import { tableOf } from "./gate_network.ts";
import { thresholdGate } from "./threshold_gate.ts";
import { verifyNetwork } from "./verify_network.ts";

Deno.test("thresholdGate() finds every single-gate function of up to 4 inputs", () => {
  // Atoms specification 7.2: one bias code with ties and with margin, two codes with margin.
  const expected = { 2: [14, 14, 14], 3: [104, 104, 104], 4: [1882, 1694, 1882] };
  for (const [key, counts] of Object.entries(expected)) {
    const inputs = Number(key);
    const found = [0, 0, 0];
    for (let mask = 0; mask < 2 ** (1 << inputs); mask++) {
      const table = tableOf(mask, inputs);
      for (const [i, margin, biasCodes] of [[0, 0, 1], [1, 0.5, 1], [2, 0.5, 2]] as const) {
        const gate = thresholdGate(table, { margin, biasCodes });
        if (!gate) continue;
        found[i]!++;
        if (inputs === 4 && mask % 7) continue;
        const verdict = verifyNetwork({ inputs, gates: [gate] }, table);
        assert(verdict.exact && verdict.margin === gate.margin && gate.margin >= margin, table);
      }
    }
    assertEquals(found, counts);
  }
});

Deno.test("thresholdGate() has the best tolerances of the specification", () => {
  const tolerance = (table: string): string => (100 * thresholdGate(table)!.tolerance).toFixed(1);
  assertEquals(tolerance("0001"), "14.3"); // AND
  assertEquals(tolerance("0111"), "84.6"); // OR
  assertEquals(tolerance("1000"), "84.6"); // NOR
  assertEquals(tolerance("10"), "84.6"); // NOT
  assertEquals(tolerance("00010111"), "14.3"); // CARRY
  assertEquals(tolerance("00000001"), "7.7"); // AND3
});

Deno.test("thresholdGate() says that XOR and parity are no gate", () => {
  assertEquals(thresholdGate("0110"), undefined);
  assertEquals(thresholdGate("01101001"), undefined);
});

Deno.test("thresholdGate() takes the majority of five and rejects its sum", () => {
  const ones = (row: number): number => row.toString(2).replaceAll("0", "").length;
  const table = (test: (count: number) => boolean): string =>
    Array.from({ length: 32 }, (_, row) => test(ones(row)) ? "1" : "0").join("");
  const majority = thresholdGate(table((count) => count >= 3))!;
  assert(verifyNetwork({ inputs: 5, gates: [majority] }, table((count) => count >= 3)).exact);
  assertEquals(thresholdGate(table((count) => count % 2 === 1)), undefined);
});
