import { type Atom, type LayerValues, unpackLayer } from "../atoms/mod.ts";
import type { Circuit } from "./circuit.ts";
import { CircuitError } from "./circuit_error.ts";
import { allWires, type Instance } from "./netlist.ts";

/** One threshold gate of a flat circuit: step(Σ weight·signal + bias). */
export interface Gate {
  /** Numbers of the signals that it reads. */
  readonly signals: readonly number[];
  /** Their weights: E2M1 values. */
  readonly weights: readonly number[];
  /** The bias: an E2M1 value. */
  readonly bias: number;
}

/**
 * A circuit as a list of threshold gates. Signals are numbered: the input wires first, then one per
 * gate, in the order of the gates; a gate reads only signals of lower numbers.
 */
export interface GateList {
  /** Number of input wires. */
  readonly inputs: number;
  /** The gates. */
  readonly gates: readonly Gate[];
  /** The signal of every output wire. */
  readonly outputs: readonly number[];
}

/**
 * Flattens the instances of a circuit to gates. Weights of zero are left out.
 *
 * @throws {CircuitError} When an instance names an atom that is not there, is wired with the wrong
 * number of wires or reads a wire before it is driven, or an output has no driver.
 */
export function flatten(circuit: Circuit): GateList {
  const layers = new Map(circuit.atoms.map((atom) => [atom.name, layersOf(atom)]));
  const signalOf = new Map(allWires(circuit.inputs).map((wire, signal) => [wire, signal]));
  const inputs = signalOf.size;
  const gates: Gate[] = [];
  for (const instance of circuit.instances) {
    let seen = signalsOf(instance, signalOf);
    for (const { weights, biases } of layersFor(instance, layers)) {
      const outputs: number[] = [];
      for (let gate = 0; gate < biases.length; gate++) {
        const row = Array.from(seen, (_, i) => weights[gate * seen.length + i]!);
        outputs.push(inputs + gates.length);
        gates.push({
          signals: seen.filter((_, i) => row[i] !== 0),
          weights: row.filter((weight) => weight !== 0),
          bias: biases[gate]!,
        });
      }
      seen = outputs;
    }
    signalOf.set(instance.output, seen[0]!);
  }
  return {
    inputs,
    gates,
    outputs: allWires(circuit.outputs).map((wire) => {
      const signal = signalOf.get(wire);
      if (signal !== undefined) return signal;
      throw new CircuitError(`output wire ${wire} has no driver`, "let an instance drive it");
    }),
  };
}

/** The layers of an atom, each as wide as the one before it says. */
function layersOf(atom: Atom): LayerValues[] {
  let width = atom.inputs.length;
  return atom.layers.map((layer, index) => {
    if (layer.inputs !== width) {
      throw new CircuitError(
        `layer ${index + 1} of atom ${atom.name} has ${layer.inputs} inputs, expected ${width}`,
        "train the atoms again with: deno task atoms:train",
      );
    }
    width = layer.gates;
    return unpackLayer(layer, `atom ${atom.name}, layer ${index + 1}`);
  });
}

function layersFor(
  { name, atom, inputs }: Instance,
  layers: ReadonlyMap<string, LayerValues[]>,
): LayerValues[] {
  const found = layers.get(atom);
  const width = found === undefined ? 0 : found[0]!.weights.length / found[0]!.biases.length;
  if (found === undefined || width !== inputs.length) {
    throw new CircuitError(
      found === undefined
        ? `instance ${name} is of atom ${atom}, which the circuit does not hold`
        : `instance ${name} gives ${inputs.length} wires to ${atom}, which has ${width} inputs`,
      "compile the circuit again with: deno task circuit:compile",
    );
  }
  return found;
}

function signalsOf({ name, inputs }: Instance, signals: ReadonlyMap<string, number>): number[] {
  return inputs.map((wire) => {
    const signal = signals.get(wire);
    if (signal !== undefined) return signal;
    throw new CircuitError(
      `instance ${name} reads wire ${wire}, which nothing before it drives`,
      "compile the circuit again with: deno task circuit:compile",
    );
  });
}

/**
 * Evaluates a flat circuit for a range of cases; in case i the input wires carry the binary digits
 * of i, the first wire bit 0.
 *
 * @returns One array per output wire, with a 0 or 1 per case.
 */
export function evaluateCases(list: GateList, first: number, count: number): Uint8Array[] {
  const signals: Uint8Array[] = [];
  for (let wire = 0; wire < list.inputs; wire++) {
    const values = new Uint8Array(count);
    const weight = 2 ** wire;
    for (let i = 0; i < count; i++) values[i] = Math.floor((first + i) / weight) & 1;
    signals.push(values);
  }
  const sums = new Float64Array(count);
  for (const { signals: read, weights, bias } of list.gates) {
    sums.fill(bias);
    for (let k = 0; k < read.length; k++) {
      const values = signals[read[k]!]!;
      const weight = weights[k]!;
      for (let i = 0; i < count; i++) sums[i]! += weight * values[i]!;
    }
    const values = new Uint8Array(count);
    for (let i = 0; i < count; i++) values[i] = sums[i]! >= 0 ? 1 : 0;
    signals.push(values);
  }
  return list.outputs.map((signal) => signals[signal]!);
}
