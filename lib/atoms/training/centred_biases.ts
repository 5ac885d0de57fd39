import { decode, E2M1, encode } from "../../numerics/mod.ts";
import type { Atom } from "../atom.ts";
import {
  decodeAtom,
  type DecodedLayer,
  type DecodedNetwork,
  outputDigits,
  runAllRows,
} from "../decoded_network.ts";
import { packLayer } from "../threshold_layer.ts";

/** The biases of E2M1, each value once. */
const BIASES = [...new Set(Array.from({ length: 16 }, (_, code) => decode(E2M1, code) + 0))];

/**
 * Gives the gates of a layered threshold atom biases with large margins. A gate takes the bias with
 * the largest margin among those with which it decides as before in every row. Where none of them
 * keeps clear of 0, it takes one with which it decides otherwise, if the atom's outputs stay.
 */
export function withCentredBiases(atom: Atom): Atom {
  const inputs = atom.inputs.length;
  const network = decodeAtom(atom);
  const outputs = outputDigits(runAllRows(network, inputs));
  for (const [l, layer] of network.layers.entries()) {
    for (let gate = 0; gate < layer.gates; gate++) {
      const { sums } = runAllRows(network, inputs)[l]!;
      const old = layer.biases[gate]!;
      const marginWith = (bias: number): number => marginOf(sums, layer, gate, bias - old);
      const same = BIASES.filter((bias) => decidesAlike(sums, layer, gate, bias - old));
      const best = [old, ...same].reduce((a, b) => marginWith(b) > marginWith(a) ? b : a);
      layer.biases[gate] = best;
      if (marginWith(best) === 0) {
        layer.biases[gate] = otherBias(network, inputs, outputs, layer, gate, marginWith) ?? best;
      }
    }
  }
  const code = (value: number): number => encode(E2M1, value);
  return {
    ...atom,
    layers: network.layers.map(({ inputs, weights, biases }) =>
      packLayer(inputs, Array.from(weights, code), Array.from(biases, code))
    ),
  };
}

/** Smallest |z| of a gate whose bias is changed by `shift`. */
function marginOf(
  sums: Float64Array,
  { gates }: DecodedLayer,
  gate: number,
  shift: number,
): number {
  let margin = Infinity;
  for (let i = gate; i < sums.length; i += gates) {
    margin = Math.min(margin, Math.abs(sums[i]! + shift));
  }
  return margin;
}

function decidesAlike(
  sums: Float64Array,
  { gates }: DecodedLayer,
  gate: number,
  shift: number,
): boolean {
  for (let i = gate; i < sums.length; i += gates) {
    if (sums[i]! >= 0 !== sums[i]! + shift >= 0) return false;
  }
  return true;
}

/** The bias with the largest margin among those that leave the atom's outputs as they are. */
function otherBias(
  network: DecodedNetwork,
  inputs: number,
  outputs: string,
  layer: DecodedLayer,
  gate: number,
  marginWith: (bias: number) => number,
): number | undefined {
  const candidates = BIASES.filter((bias) => marginWith(bias) > 0)
    .sort((a, b) => marginWith(b) - marginWith(a));
  return candidates.find((bias) => {
    layer.biases[gate] = bias;
    return outputDigits(runAllRows(network, inputs)) === outputs;
  });
}
