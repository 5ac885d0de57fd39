import type { TruthTable } from "../truth_table.ts";

/**
 * One threshold gate: step(Σ W[i]·s[i] + Σ b), where step(z) is 1 for z ≥ 0 and 0 otherwise. The
 * sources s are the inputs of the network, first to last, and then all earlier gates, first to last.
 */
export interface NetworkGate {
  /** E2M1 code of the weight of each source. Zero means that the source is not connected. */
  readonly weightCodes: readonly number[];
  /** E2M1 codes whose sum is the bias: one code, or two where that was asked for. */
  readonly biasCodes: readonly number[];
}

/** A feed-forward network of threshold gates with skip connections. The last gate is the output. */
export interface GateNetwork {
  /** Inputs of the network. */
  readonly inputs: number;
  /** Gates, each of which may see the inputs and all gates before it. */
  readonly gates: readonly NetworkGate[];
}

/**
 * The least distance |z| that a gate's sum must keep from the threshold in every state that occurs:
 * - `0.5`: every sum is 0.5 or more, or −0.5 or less;
 * - `0`: a sum of exactly 0 may stand for a 1 (a sum that stands for a 0 is −0.5 or less always,
 *   because all sums are multiples of 0.5).
 */
export type Margin = 0 | 0.5;

/** How networks are chosen. */
export interface SynthesisOptions {
  /** Margin that every gate keeps in every row. Default 0.5. */
  readonly margin?: Margin;
}

/** A function that the synthesis cannot take. */
export class SynthesisError extends RangeError {
  /** Name of the class. */
  override readonly name = "SynthesisError";
  /**
   * Makes the error.
   *
   * @param help How to mend it.
   */
  constructor(message: string, readonly help: string) {
    super(message);
  }
}

/**
 * Bits of the parameters of a network: 4 for every weight and bias code that is not zero. A zero
 * weight is a wire that is not there. This is the second criterion of minimality, after the gates.
 */
export function networkBits({ gates }: GateNetwork): number {
  let parameters = 0;
  for (const { weightCodes, biasCodes } of gates) {
    for (const code of weightCodes) if (code & 7) parameters++;
    for (const code of biasCodes) if (code & 7) parameters++;
  }
  return 4 * parameters;
}

/**
 * Number of inputs of a truth table.
 *
 * @throws {SynthesisError} When it is not 2ⁿ digits 0 and 1 for n from 1 to 6.
 */
export function tableInputs(truthTable: TruthTable): number {
  const inputs = Math.log2(truthTable.length);
  if (!/^[01]+$/.test(truthTable) || !Number.isInteger(inputs) || inputs < 1 || inputs > 6) {
    throw new SynthesisError(
      `A truth table of ${truthTable.length} characters cannot be synthesised`,
      "give 2, 4, 8, 16, 32 or 64 digits 0 or 1, one per row, for 1 to 6 inputs",
    );
  }
  return inputs;
}

/** A function of up to 4 inputs as a number: the output of row r is bit r. */
export function maskOf(truthTable: TruthTable): number {
  let mask = 0;
  for (let row = 0; row < truthTable.length; row++) if (truthTable[row] === "1") mask |= 1 << row;
  return mask;
}

/** The truth table of a function of up to 4 inputs that is given as a number. */
export function tableOf(mask: number, inputs: number): TruthTable {
  return Array.from({ length: 1 << inputs }, (_, row) => (mask >> row) & 1).join("");
}
