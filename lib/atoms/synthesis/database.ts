import { packCodes, unpackCodes } from "../../numerics/mod.ts";
import { cheapestGate } from "./cheapest_gate.ts";
import { classOf, memberGates, representatives } from "./function_class.ts";
import {
  type GateNetwork,
  type Margin,
  type NetworkGate,
  SynthesisError,
  type SynthesisOptions,
} from "./gate_network.ts";
import { searchNetworks } from "./search.ts";

/** A minimal network for every function of a number of inputs. */
export interface SynthesisDatabase {
  /** Inputs, 1 to 4. */
  readonly inputs: number;
  /** Margin that every gate keeps. */
  readonly margin: Margin;
  /** Gates per class of functions, by the smallest mask of the class. */
  readonly classes: ReadonlyMap<number, readonly NetworkGate[]>;
}

/**
 * Computes the database of all functions of 1 to 4 inputs by exhaustive search. Minimal means: the
 * fewest gates, and among the networks with so few gates the fewest weights and biases that are not
 * zero (4 bits each). Among equals the choice is deterministic, and every gate has the largest
 * margin that its function allows at that cost. Four inputs take some tens of seconds.
 *
 * @throws {SynthesisError} For another number of inputs.
 */
export function computeDatabase(inputs: number, options: SynthesisOptions = {}): SynthesisDatabase {
  if (![1, 2, 3, 4].includes(inputs)) {
    throw new SynthesisError(
      `No database of functions of ${inputs} inputs`,
      "ask for 1 to 4 inputs; larger functions are decomposed by synthesise()",
    );
  }
  const margin = options.margin ?? 0.5;
  const witnesses = searchNetworks(inputs, margin);
  const known = new Map<string, { gate: NetworkGate; cost: number }>();
  const gateFor = (
    earlier: readonly number[],
    target: number,
  ): { gate: NetworkGate; cost: number } => {
    const key = `${earlier},${target}`;
    let found = known.get(key);
    if (!found) {
      found = cheapestGate(inputs, earlier, target, margin)!;
      known.set(key, found);
    }
    return found;
  };
  const classes = new Map<number, readonly NetworkGate[]>();
  for (const representative of representatives(inputs, margin)) {
    const { functions } = witnesses.get(representative)!;
    const gates = functions.map((target, gate) => {
      // The search takes the cheaper of a second gate with and without sight of the first.
      return gateFor(functions.slice(0, gate), target).gate;
    });
    // The witness computes some member of the class: rename it to the representative.
    const member = functions.at(-1)!;
    const { permutation, negated } = classOf(member, inputs, margin);
    const inverse = permutation.map((_, i) => permutation.indexOf(i));
    classes.set(
      representative,
      memberGates(gates, { representative, permutation: inverse, negated }),
    );
  }
  return { inputs, margin, classes };
}

/**
 * The network of a function in a database: exact, and minimal for the function itself.
 *
 * @param mask Output of row r at bit r.
 */
export function lookUp(database: SynthesisDatabase, mask: number): GateNetwork {
  const { inputs, margin, classes } = database;
  const member = classOf(mask, inputs, margin);
  return { inputs, gates: memberGates(classes.get(member.representative)!, member) };
}

/**
 * A database as bytes. First comes a nibble with the inputs and one with the margin in units of
 * 0.5, then for every class in ascending order of its smallest mask a nibble with the number of
 * gates and the codes of each gate: weights, then the bias. Low nibble first.
 */
export function encodeDatabase({ inputs, margin, classes }: SynthesisDatabase): Uint8Array {
  const nibbles = [inputs, 2 * margin];
  for (const representative of representatives(inputs, margin)) {
    const gates = classes.get(representative)!;
    nibbles.push(gates.length);
    for (const { weightCodes, biasCodes } of gates) nibbles.push(...weightCodes, ...biasCodes);
  }
  return packCodes(nibbles, 4, "low-first");
}

/**
 * Reads a database from its bytes.
 *
 * @throws {SynthesisError} When the bytes are too few, too many or no database.
 */
export function decodeDatabase(bytes: Uint8Array): SynthesisDatabase {
  const nibbles = unpackCodes(bytes, 4, 2 * bytes.length, "low-first");
  const broken = (): SynthesisError =>
    new SynthesisError(
      `${bytes.length} bytes that are not a synthesis database`,
      "encode the database again with encodeDatabase()",
    );
  const inputs = nibbles[0] ?? 0;
  if (inputs < 1 || inputs > 4 || nibbles[1]! > 1) throw broken();
  const margin: Margin = nibbles[1] === 1 ? 0.5 : 0;
  const classes = new Map<number, readonly NetworkGate[]>();
  let at = 2;
  for (const representative of representatives(inputs, margin)) {
    const gates: NetworkGate[] = [];
    const count = nibbles[at++] ?? 0;
    if (count < 1 || count > 3) throw broken();
    for (let gate = 0; gate < count; gate++) {
      const weightCodes = [...nibbles.subarray(at, at += inputs + gate)];
      gates.push({ weightCodes, biasCodes: [...nibbles.subarray(at, ++at)] });
    }
    classes.set(representative, gates);
  }
  if (Math.ceil(at / 2) !== bytes.length) throw broken();
  return { inputs, margin, classes };
}
