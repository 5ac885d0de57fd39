// The whole search again, and every network of the databases in every row. About three minutes:
//   deno test --doc=false lib/atoms/synthesis/database_slow.ts
import { assert, assertEquals } from "@std/assert";
import { bruteForce, randomNetworks } from "./_brute_force.ts";
import { computeDatabase, encodeDatabase } from "./database.ts";
import { database, network } from "./database_lookup.ts";
import { representatives } from "./function_class.ts";
import { networkBits, tableOf } from "./gate_network.ts";
import { searchNetworks } from "./search.ts";
import { verifyNetwork } from "./verify_network.ts";

for (const margin of [0, 0.5] as const) {
  Deno.test(`computeDatabase() gives the shipped database for 4 inputs, margin ${margin}`, () => {
    const shipped = database(4, margin);
    assertEquals(encodeDatabase(computeDatabase(4, { margin })), encodeDatabase(shipped));
  });

  Deno.test(`network() is exact for all 65,536 functions, margin ${margin}`, () => {
    for (let mask = 0; mask < 65536; mask++) {
      const verdict = verifyNetwork(network(mask, 4, margin), tableOf(mask, 4));
      assert(verdict.exact && verdict.margin >= margin && verdict.falseMargin >= 0.5, `${mask}`);
    }
  });

  Deno.test(`networkBits() is what the search proved least, margin ${margin}`, () => {
    for (const inputs of [1, 2, 3, 4]) {
      const witnesses = searchNetworks(inputs, margin);
      for (const mask of representatives(inputs, margin)) {
        const { functions, cost } = witnesses.get(mask)!;
        const found = network(mask, inputs, margin);
        assertEquals([found.gates.length, networkBits(found)], [functions.length, 4 * cost]);
      }
    }
  });

  Deno.test(`network() is as small as brute force for 3 inputs, margin ${margin}`, () => {
    for (const [mask, [gates, parameters]] of bruteForce(3, margin)) {
      const found = network(mask, 3, margin);
      assertEquals([found.gates.length, networkBits(found)], [gates, 4 * parameters], `${mask}`);
    }
  });

  Deno.test(`network() is not larger than any of 3,000,000 random ones, margin ${margin}`, () => {
    for (const { mask, gates, parameters } of randomNetworks(4, margin, 3_000_000, 7)) {
      const found = network(mask, 4, margin);
      assert(found.gates.length <= gates, `${mask}`);
      if (found.gates.length === gates) assert(networkBits(found) <= 4 * parameters, `${mask}`);
    }
  });
}
