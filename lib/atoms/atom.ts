import type { ThresholdLayer } from "./threshold_layer.ts";
import type { AtomSpec } from "./truth_table.ts";

/** How the weights of an atom were found. */
export interface TrainingRecord {
  /** Name of the method. */
  readonly method: string;
  /** The seed that succeeded. */
  readonly seed: number;
  /** Seeds that were tried, the last one with success. */
  readonly attempts: number;
  /** Gradient steps of the successful attempt. */
  readonly epochs: number;
  /** Gates in the hidden layer; 0 when there is one layer only. */
  readonly hidden: number;
}

/** A Boolean function and the threshold network of packed FP4 codes that computes it. */
export interface Atom extends AtomSpec {
  /** Layers, from the inputs to the output. */
  readonly layers: readonly ThresholdLayer[];
  /** How the weights were found; absent when they were written down. */
  readonly training?: TrainingRecord | undefined;
}

/** Sizes of an atom. */
export interface AtomSize {
  /** Threshold gates. */
  readonly gates: number;
  /** Weights and biases. */
  readonly parameters: number;
  /** Bits of the packed codes. */
  readonly bits: number;
}

/** Counts gates, parameters and bits of an atom. */
export function sizeOf(atom: Pick<Atom, "layers">): AtomSize {
  let gates = 0;
  let parameters = 0;
  for (const layer of atom.layers) {
    gates += layer.gates;
    parameters += layer.gates * (layer.inputs + 1);
  }
  return { gates, parameters, bits: parameters * 4 };
}
