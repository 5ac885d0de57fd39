import { type LayerValues, unpackLayer } from "../atoms/mod.ts";
import type { Circuit } from "./circuit.ts";
import { allWires } from "./netlist.ts";

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

/** Flattens the instances of a circuit to gates. Weights of zero are left out. */
export function flatten(circuit: Circuit): GateList {
  const layers = new Map<string, LayerValues[]>(
    circuit.atoms.map((atom) => [atom.name, atom.layers.map(unpackLayer)]),
  );
  const signalOf = new Map(allWires(circuit.inputs).map((wire, signal) => [wire, signal]));
  const inputs = signalOf.size;
  const gates: Gate[] = [];
  for (const instance of circuit.instances) {
    let seen = instance.inputs.map((wire) => signalOf.get(wire)!);
    for (const { weights, biases } of layers.get(instance.atom)!) {
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
    outputs: allWires(circuit.outputs).map((wire) => signalOf.get(wire)!),
  };
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
