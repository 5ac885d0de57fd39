import { DATABASES } from "./database_data.ts";
import { decodeDatabase, lookUp, type SynthesisDatabase } from "./database.ts";
import { type GateNetwork, type Margin, SynthesisError } from "./gate_network.ts";

const DECODED = new Map<string, SynthesisDatabase>();

/**
 * The shipped database of all functions of 1 to 4 inputs.
 *
 * @throws {SynthesisError} For another number of inputs.
 */
export function database(inputs: number, margin: Margin = 0.5): SynthesisDatabase {
  if (DECODED.size === 0) {
    for (const text of DATABASES) {
      const decoded = decodeDatabase(Uint8Array.fromBase64(text));
      DECODED.set(`${decoded.inputs} ${decoded.margin}`, decoded);
    }
  }
  const found = DECODED.get(`${inputs} ${margin}`);
  if (!found) {
    throw new SynthesisError(
      `No database of ${inputs} inputs with a margin of ${margin}`,
      "ask for 1 to 4 inputs and a margin of 0.5, or of 0 to allow ties",
    );
  }
  return found;
}

/**
 * A minimal network of a function of 1 to 4 inputs.
 *
 * @param mask Output of row r at bit r.
 * @throws {SynthesisError} When there is no such database or the mask has too many bits.
 */
export function network(mask: number, inputs: number, margin: Margin = 0.5): GateNetwork {
  const found = database(inputs, margin);
  if (!Number.isInteger(mask) || mask < 0 || mask >= 2 ** (1 << inputs)) {
    throw new SynthesisError(
      `The mask ${mask} is not a function of ${inputs} inputs`,
      `give a whole number of ${1 << inputs} bits`,
    );
  }
  return lookUp(found, mask);
}

/**
 * Gates of a minimal network of a function of 1 to 4 inputs.
 *
 * @param mask Output of row r at bit r.
 * @throws {SynthesisError} As {@linkcode network}.
 */
export function gatesNeeded(mask: number, inputs: number, margin: Margin = 0.5): number {
  return network(mask, inputs, margin).gates.length;
}
