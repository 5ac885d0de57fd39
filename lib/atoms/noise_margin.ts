import { decodeAtom, runAllRows } from "./decoded_network.ts";
import type { Atom } from "./atom.ts";

/** How much analog noise the gates of an atom stand. */
export interface NoiseMargin {
  /**
   * The relative error on every weight and bias at once up to which every gate decides as it
   * should: the least |z| / (Σ |w·x| + |b|). 0.14 stands for 14 %.
   */
  readonly parameter: number;
  /** The additive error on every input of a gate up to which it does: the least |z| / Σ |w|. */
  readonly input: number;
  /** Number of the gate that gives way first to errors of parameters, from 0. */
  readonly weakestGate: number;
}

/**
 * The noise margin of a threshold atom (atoms specification, 7.2): the least over all gates and
 * rows, each gate seeing what it sees in that row. Gates restore 0 and 1, so that a gate which
 * keeps its decision passes no error on. A decision at exactly 0 has no margin at all.
 *
 * @throws {LayerError} When a layer does not have the size that it states.
 */
export function noiseMargin(atom: Pick<Atom, "name" | "inputs" | "layers" | "skip">): NoiseMargin {
  const network = decodeAtom(atom);
  const runs = runAllRows(network, atom.inputs.length);
  const rows = 2 ** atom.inputs.length;
  let [parameter, input, weakestGate, before] = [Infinity, Infinity, 0, 0];
  for (const [l, { inputs, gates, weights, biases }] of network.layers.entries()) {
    const { seen, sums } = runs[l]!;
    for (let gate = 0; gate < gates; gate++) {
      let allWeights = 0;
      for (let i = 0; i < inputs; i++) allWeights += Math.abs(weights[gate * inputs + i]!);
      for (let row = 0; row < rows; row++) {
        const distance = Math.abs(sums[row * gates + gate]!);
        let moved = Math.abs(biases[gate]!);
        for (let i = 0; i < inputs; i++) {
          moved += Math.abs(weights[gate * inputs + i]! * seen[row * inputs + i]!);
        }
        const relative = moved === 0 ? 0 : distance / moved;
        if (relative < parameter) [parameter, weakestGate] = [relative, before + gate];
        // A gate without weights stands any error of its inputs.
        if (allWeights > 0) input = Math.min(input, distance / allWeights);
      }
    }
    before += gates;
  }
  return { parameter, input, weakestGate };
}
