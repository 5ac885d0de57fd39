import type { TruthTable } from "../truth_table.ts";
import { decompose } from "./decompose.ts";
import { type GateNetwork, type SynthesisOptions, tableInputs } from "./gate_network.ts";

/**
 * Makes a network of E2M1 threshold gates for a function of 1 to 6 inputs.
 *
 * Up to 4 inputs it is provably minimal: no network of threshold gates with E2M1 weights, one E2M1
 * bias per gate and skip connections that keeps the margin has fewer gates, and none with as few
 * gates has fewer weights and biases that are not zero. 5 and 6 inputs are decomposed; that is exact
 * but not claimed to be minimal.
 *
 * ```ts
 * import { networkBits, synthesise, verifyNetwork } from "@fourbit/fourbit/atoms";
 * import { assertEquals } from "@std/assert";
 *
 * const sum = synthesise("01101001"); // odd parity of three inputs
 * assertEquals(sum.gates.length, 2); // carry = step(a + b + c − 1.5) comes first
 * assertEquals(networkBits(sum), 36); // 7 weights and 2 biases
 * assertEquals(verifyNetwork(sum, "01101001").exact, true);
 * ```
 *
 * @param truthTable Output per row, the first input being bit 0 of a row's number.
 * @throws {SynthesisError} When the table is not one of 1 to 6 inputs.
 */
export function synthesise(truthTable: TruthTable, options: SynthesisOptions = {}): GateNetwork {
  return decompose(truthTable, tableInputs(truthTable), options.margin ?? 0.5);
}
