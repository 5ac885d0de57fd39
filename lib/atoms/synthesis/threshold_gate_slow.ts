// Counts the single gates of five inputs. Some seconds:
//   deno test --doc=false lib/atoms/synthesis/threshold_gate_slow.ts
import { assert, assertEquals } from "@std/assert";
import { tableOf } from "./gate_network.ts";
import { thresholdGate, type ThresholdGateOptions } from "./threshold_gate.ts";
import { verifyNetwork } from "./verify_network.ts";

/** Chow parameter of each input: rows with output 1 in which the input is 1. */
function chow(table: string): number[] {
  return [0, 1, 2, 3, 4].map((i) =>
    [...table].filter((digit, row) => digit === "1" && (row >> i) & 1).length
  );
}

/** Functions that one has by renaming the inputs: equal Chow parameters are symmetric inputs. */
function orbit(parameters: readonly number[]): number {
  let size = 120;
  let run = 1;
  for (let i = 1; i < parameters.length; i++) {
    run = parameters[i] === parameters[i - 1] ? run + 1 : 1;
    size /= run;
  }
  return size;
}

/** Functions of five inputs, ascending in Chow parameters, whose halves are threshold functions. */
function candidates(): string[] {
  const halves: string[] = [];
  for (let mask = 0; mask < 65536; mask++) {
    const table = tableOf(mask, 4);
    if (thresholdGate(table, { margin: 0 })) halves.push(table);
  }
  assertEquals(halves.length, 1882); // all threshold functions of four inputs
  const found: string[] = [];
  const parameters = halves.map((half) => chow(half + "0".repeat(16)).slice(0, 4));
  for (const [i, zero] of halves.entries()) {
    for (const [j, one] of halves.entries()) {
      const sums = parameters[i]!.map((count, k) => count + parameters[j]![k]!);
      sums.push(one.replaceAll("0", "").length);
      if (sums.every((sum, k) => k === 0 || sums[k - 1]! <= sum)) found.push(zero + one);
    }
  }
  return found;
}

Deno.test("thresholdGate() finds the single gates of 5 inputs that the specification counts", () => {
  // Atoms specification 7.2, last column.
  const rows: [ThresholdGateOptions, number][] = [
    [{ margin: 0 }, 88_087],
    [{ margin: 0.5 }, 47_812],
    [{ margin: 0, biasCodes: 2 }, 94_572],
    [{ margin: 0.5, biasCodes: 2 }, 78_552],
  ];
  const tables = candidates();
  for (const [options, expected] of rows) {
    let count = 0;
    for (const table of tables) {
      const gate = thresholdGate(table, options);
      if (!gate) continue;
      count += orbit(chow(table));
      assert(verifyNetwork({ inputs: 5, gates: [gate] }, table).exact, table);
    }
    assertEquals(count, expected, JSON.stringify(options));
  }
});
