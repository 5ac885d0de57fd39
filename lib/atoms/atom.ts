import { AtomError } from "./atom_error.ts";
import type { QuantisedNetwork } from "./quantised_network.ts";
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
  /** Gates in the hidden layers; 0 when there is one layer only. */
  readonly hidden: number;
}

/**
 * A Boolean function and the threshold network of packed FP4 codes that computes it: the kind of
 * atom that circuits are made of and that the machine runs.
 */
export interface Atom extends AtomSpec {
  /** Layers, from the inputs to the output; the last one has one gate. */
  readonly layers: readonly ThresholdLayer[];
  /**
   * Whether every layer sees the inputs of the atom and all gates before it, in this order, and
   * not only the gates of the layer before it.
   */
  readonly skip?: boolean | undefined;
  /** How the weights were found; absent when they were written down. */
  readonly training?: TrainingRecord | undefined;
}

/** A Boolean function and any other network that computes it, of packed codes or float32. */
export interface NetworkAtom extends AtomSpec {
  /** The network, with its packed codes. */
  readonly network: QuantisedNetwork;
  /** How the weights were found. */
  readonly training?: TrainingRecord | undefined;
}

/** An atom of either kind. */
export type AnyAtom = Atom | NetworkAtom;

/** Whether an atom is a threshold network, which circuits can be made of. */
export function isThreshold(atom: AnyAtom): atom is Atom {
  return "layers" in atom;
}

/**
 * An atom as a circuit needs it.
 *
 * @throws {AtomError} When it is a network of another kind, with the method that makes one that fits.
 */
export function requireThreshold(atom: AnyAtom): Atom {
  if (isThreshold(atom)) return atom;
  const { activation, layers } = atom.network;
  throw new AtomError(
    `atom ${atom.name} is a network of ${activation} gates in ${layers[0]?.weights.format}, ` +
      "and circuits on the machine are made of threshold gates in e2m1",
    `make it again with: deno task atoms:train --atoms ${atom.name} --method synth`,
  );
}
