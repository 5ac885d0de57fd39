import { assert, assertEquals, assertThrows } from "@std/assert";
import { bruteForce, randomNetworks } from "./_brute_force.ts";
import {
  computeDatabase,
  decodeDatabase,
  encodeDatabase,
  type SynthesisDatabase,
} from "./database.ts";
import { database, gatesNeeded, network } from "./database_lookup.ts";
import { type Margin, networkBits, SynthesisError, tableOf } from "./gate_network.ts";
import { verifyNetwork } from "./verify_network.ts";

/** Functions by number of gates: atoms specification 7.2, both tables. */
const COUNTS: readonly [inputs: number, margin: Margin, byGates: readonly number[]][] = [
  [1, 0, [4, 0, 0]],
  [1, 0.5, [4, 0, 0]],
  [2, 0, [14, 2, 0]],
  [2, 0.5, [14, 2, 0]],
  [3, 0, [104, 152, 0]],
  [3, 0.5, [104, 152, 0]],
  [4, 0, [1882, 50284, 13370]],
  [4, 0.5, [1694, 50346, 13496]],
];

for (const [inputs, margin, byGates] of COUNTS) {
  Deno.test(`network() is exact for every function of ${inputs} inputs, margin ${margin}`, () => {
    const counts = [0, 0, 0];
    const functions = 2 ** (1 << inputs);
    for (let mask = 0; mask < functions; mask++) {
      const found = network(mask, inputs, margin);
      counts[found.gates.length - 1]!++;
      // The slow checks verify all 65,536 functions; here are a tenth of them, and all smaller ones.
      if (inputs === 4 && mask % 11) continue;
      const verdict = verifyNetwork(found, tableOf(mask, inputs));
      assert(verdict.exact && verdict.margin >= margin && verdict.falseMargin >= 0.5, `${mask}`);
    }
    assertEquals(counts, byGates);
  });
}

Deno.test("network() needs 408 gates for all functions of 3 inputs, 142,560 for 4 with ties", () => {
  const sum = (inputs: number, margin: Margin): number => {
    let gates = 0;
    for (let mask = 0; mask < 2 ** (1 << inputs); mask++) {
      gates += gatesNeeded(mask, inputs, margin);
    }
    return gates;
  };
  assertEquals(sum(3, 0), 408);
  assertEquals(sum(3, 0.5), 408);
  assertEquals(sum(4, 0), 142_560);
});

for (const margin of [0, 0.5] as const) {
  Deno.test(`network() is as small as brute force for 2 inputs, margin ${margin}`, () => {
    for (const [mask, [gates, parameters]] of bruteForce(2, margin)) {
      const found = network(mask, 2, margin);
      assertEquals([found.gates.length, networkBits(found)], [gates, 4 * parameters], `${mask}`);
    }
  });
}

for (const margin of [0, 0.5] as const) {
  Deno.test(`network() is not larger than any of 40,000 random ones, margin ${margin}`, () => {
    for (const { mask, gates, parameters } of randomNetworks(4, margin, 40_000, 1)) {
      const found = network(mask, 4, margin);
      assert(found.gates.length <= gates, `${mask}`);
      if (found.gates.length === gates) assert(networkBits(found) <= 4 * parameters, `${mask}`);
    }
  });
}

Deno.test("computeDatabase() gives the shipped database for 1, 2 and 3 inputs", () => {
  for (const margin of [0, 0.5] as const) {
    for (const inputs of [1, 2, 3]) {
      const computed = computeDatabase(inputs, { margin });
      assertEquals(encodeDatabase(computed), encodeDatabase(database(inputs, margin)));
    }
  }
});

Deno.test("decodeDatabase() gives back what encodeDatabase() took", () => {
  const shipped: SynthesisDatabase = database(4);
  const bytes = encodeDatabase(shipped);
  assertEquals(decodeDatabase(bytes), shipped);
  assertThrows(() => decodeDatabase(bytes.subarray(1)), SynthesisError);
  assertThrows(() => decodeDatabase(bytes.subarray(0, 900)), SynthesisError);
  assertThrows(() => decodeDatabase(new Uint8Array()), SynthesisError);
});

Deno.test("network() refuses masks and inputs that it does not know", () => {
  assertThrows(() => network(16, 2), SynthesisError, "not a function of 2 inputs");
  assertThrows(() => network(-1, 2), SynthesisError);
  assertThrows(() => network(0, 5), SynthesisError, "No database");
});
