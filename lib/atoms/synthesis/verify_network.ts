import { decode, E2M1 } from "../../numerics/mod.ts";
import type { TruthTable } from "../truth_table.ts";
import type { GateNetwork } from "./gate_network.ts";

/** What the check of a network found. */
export interface NetworkVerdict {
  /** Whether the network computes the function in every row. */
  readonly exact: boolean;
  /** First row in which it does not, or −1. */
  readonly firstWrongRow: number;
  /** Least |z| of all gates in all rows. 0 means that some gate decides at its threshold. */
  readonly margin: number;
  /** Least −z of all gates and rows in which the gate gives 0; Infinity if there is none. */
  readonly falseMargin: number;
}

/**
 * Evaluates a network in every row of a truth table. It decodes the codes by the definition of E2M1
 * and shares no code with the search, so that a network need not be believed because the search
 * found it. A network whose gates do not have one weight per source is not exact.
 *
 * ```ts
 * import { verifyNetwork } from "@fourbit/fourbit/atoms";
 * import { assertEquals } from "@std/assert";
 *
 * // XOR: g = step(a + b − 1.5), then step(a + b − 2g − 0.5).
 * const gates = [
 *   { weightCodes: [2, 2], biasCodes: [11] },
 *   { weightCodes: [2, 2, 12], biasCodes: [9] },
 * ];
 * assertEquals(verifyNetwork({ inputs: 2, gates }, "0110").margin, 0.5);
 * ```
 */
export function verifyNetwork(network: GateNetwork, truthTable: TruthTable): NetworkVerdict {
  const { inputs, gates } = network;
  let firstWrongRow = -1;
  let margin = Infinity;
  let falseMargin = Infinity;
  const wellFormed = truthTable.length === 2 ** inputs && gates.length > 0 &&
    gates.every(({ weightCodes }, gate) => weightCodes.length === inputs + gate);
  if (!wellFormed) return { exact: false, firstWrongRow: 0, margin: 0, falseMargin: 0 };
  for (let row = 0; row < 2 ** inputs; row++) {
    const signals: number[] = [];
    for (let input = 0; input < inputs; input++) signals.push(Math.floor(row / 2 ** input) % 2);
    for (const { weightCodes, biasCodes } of gates) {
      let z = 0;
      for (const code of biasCodes) z += decode(E2M1, code);
      for (let i = 0; i < weightCodes.length; i++) z += decode(E2M1, weightCodes[i]!) * signals[i]!;
      margin = Math.min(margin, Math.abs(z));
      if (z < 0) falseMargin = Math.min(falseMargin, -z);
      signals.push(z >= 0 ? 1 : 0);
    }
    if (String(signals.at(-1)) !== truthTable[row] && firstWrongRow < 0) firstWrongRow = row;
  }
  return { exact: firstWrongRow < 0, firstWrongRow, margin, falseMargin };
}
