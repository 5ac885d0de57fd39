import { type Atom, type LayerValues, unpackLayer } from "../atoms/mod.ts";
import { decode, E2M1 } from "../numerics/mod.ts";
import type { Circuit } from "./circuit.ts";
import { CircuitError } from "./circuit_error.ts";
import { allWires, type AtomInstance, checkGate, type Instance, isAtom } from "./netlist.ts";

/** One threshold gate of a flat circuit: step(Σ weight·signal + bias). */
export interface Gate {
  /** Numbers of the signals that it reads. */
  readonly signals: readonly number[];
  /** Their weights: E2M1 values. */
  readonly weights: readonly number[];
  /** The bias: an E2M1 value, or the sum of two. */
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
 * Flattens the instances of a circuit to gates. Weights of zero are left out. The last gate of an
 * atom is its output.
 *
 * @throws {CircuitError} When an instance names an atom that is not there, is wired with the wrong
 * number of wires or reads a wire before it is driven, or a wire has two drivers or an output none.
 */
export function flatten(circuit: Circuit): GateList {
  const networks = new Map(circuit.atoms.map((atom) => [atom.name, layersOf(atom)]));
  const signalOf = new Map<string, number>();
  const drive = (wire: string, signal: number): void => {
    if (signalOf.has(wire)) {
      throw new CircuitError(`wire ${wire} has two drivers`, "let one of them drive another wire");
    }
    signalOf.set(wire, signal);
  };
  allWires(circuit.inputs).forEach(drive);
  const inputs = signalOf.size;
  const gates: Gate[] = [];
  const addGate = (signals: readonly number[], weights: readonly number[], bias: number): void => {
    gates.push({
      signals: signals.filter((_, i) => weights[i] !== 0),
      weights: weights.filter((weight) => weight !== 0),
      bias,
    });
  };
  for (const instance of circuit.instances) {
    let seen = signalsOf(instance, signalOf);
    if (isAtom(instance)) {
      const { layers, skip } = networkFor(instance, networks);
      for (const { weights, biases } of layers) {
        const first = inputs + gates.length;
        for (let gate = 0; gate < biases.length; gate++) {
          const row = weights.subarray(gate * seen.length, (gate + 1) * seen.length);
          addGate(seen, [...row], biases[gate]!);
        }
        const outputs = Array.from(biases, (_, gate) => first + gate);
        seen = skip ? [...seen, ...outputs] : outputs;
      }
    } else {
      checkGate(instance);
      const bias = instance.gate.bias.reduce((sum, code) => sum + VALUES[code]!, 0);
      addGate(seen, instance.gate.weights.map((code) => VALUES[code]!), bias);
    }
    drive(instance.output, inputs + gates.length - 1);
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

const VALUES = Float64Array.from({ length: 16 }, (_, code) => decode(E2M1, code));

/** The layers of an atom as numbers, and whether each sees all before it. */
interface AtomLayers {
  readonly inputs: number;
  readonly layers: readonly LayerValues[];
  readonly skip: boolean;
}

/** The layers of an atom, each as wide as those before it say. */
function layersOf(atom: Atom): AtomLayers {
  let width = atom.inputs.length;
  const skip = atom.skip === true;
  const layers = atom.layers.map((layer, index) => {
    if (layer.inputs !== width) {
      throw new CircuitError(
        `layer ${index + 1} of atom ${atom.name} has ${layer.inputs} inputs, expected ${width}`,
        "train the atoms again with: deno task atoms:train",
      );
    }
    width = skip ? width + layer.gates : layer.gates;
    return unpackLayer(layer, `atom ${atom.name}, layer ${index + 1}`);
  });
  if (atom.layers.at(-1)?.gates !== 1) {
    throw new CircuitError(
      `atom ${atom.name} has ${atom.layers.at(-1)?.gates ?? "no"} output gates, expected 1`,
      "train the atoms again with: deno task atoms:train",
    );
  }
  return { inputs: atom.inputs.length, layers, skip };
}

function networkFor(
  { name, atom, inputs }: AtomInstance,
  networks: ReadonlyMap<string, AtomLayers>,
): AtomLayers {
  const found = networks.get(atom);
  if (found === undefined || found.inputs !== inputs.length) {
    throw new CircuitError(
      found === undefined
        ? `instance ${name} is of atom ${atom}, which the circuit does not hold`
        : `instance ${name} gives ${inputs.length} wires to ${atom}, which has ${found.inputs} inputs`,
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
