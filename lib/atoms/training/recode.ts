import type { Atom, NetworkAtom } from "../atom.ts";
import { decodeAtom } from "../decoded_network.ts";
import { dequantiseTensor, quantiseTensor } from "../quantised_tensor.ts";
import type { QuantisedLayer } from "../quantised_network.ts";
import type { Scaling, WeightFormat } from "../quantised_tensor.ts";
import { verify } from "../verify.ts";
import { IncompatibleFormatError } from "./training_error.ts";

const MULTIPLES = [1, ...Array.from({ length: 36 }, (_, k) => 0.25 + k * 0.05)];

/**
 * Stores a threshold atom in another format and verifies it from the new codes. Where a scale is
 * stored, the 36 multiples of the specification are tried for the weights, after the plain one.
 *
 * @throws {IncompatibleFormatError} When the format cannot hold the atom, with the first value that
 * it changes and the first row that is wrong.
 */
export function recodeAtom(atom: Atom, format: WeightFormat, scaling: Scaling): NetworkAtom {
  const { name, inputs, truthTable, training } = atom;
  const { layers, skip } = decodeAtom(atom);
  const isScaled = (format === "e2m1" || format === "nf4") && scaling !== "none";
  const code = (multiple: number): NetworkAtom => ({
    name,
    inputs,
    truthTable,
    network: {
      encoding: "binary",
      activation: "step",
      residual: false,
      ...(skip ? { skip } : {}),
      layers: layers.map(({ inputs, gates, weights, biases }): QuantisedLayer => ({
        inputs,
        gates,
        weights: quantiseTensor(weights, gates, { format, scaling, multiple }),
        biases: quantiseTensor(biases, 1, { format, scaling }),
      })),
    },
    ...(training === undefined ? {} : { training }),
  });
  for (const multiple of isScaled ? MULTIPLES : [1]) {
    const candidate = code(multiple);
    const { exact, margin } = verify(candidate);
    if (exact && margin > 0) return candidate;
  }
  const plain = code(1);
  const { firstWrong } = verify(plain);
  const scale = isScaled
    ? `with one scale per ${scaling}`
    : format === "e2m1" || format === "nf4"
    ? "without a scale"
    : "with the scales of its blocks";
  throw new IncompatibleFormatError(
    `${name} is incompatible with ${format} ${scale}: ${firstChange(atom, plain)}` +
      (firstWrong === undefined
        ? ", and a gate then decides at exactly 0"
        : `, and row ${firstWrong.inputs} gives ${firstWrong.actual}`),
    "give it scales (--scaling tensor), choose a format that has them, or train for it: --method qat",
  );
}

/** The first weight or bias that is another one after coding, in words. */
function firstChange(atom: Atom, { network }: NetworkAtom): string {
  const { layers } = decodeAtom(atom);
  for (const [l, { weights, biases }] of layers.entries()) {
    const coded = network.layers[l]!;
    for (
      const [what, values, tensor] of [
        ["weight", weights, coded.weights],
        ["bias", biases, coded.biases],
      ] as const
    ) {
      const now = dequantiseTensor(tensor);
      const at = values.findIndex((value, i) => value !== now[i]);
      if (at >= 0) return `the ${what} ${values[at]} of layer ${l + 1} becomes ${now[at]}`;
    }
  }
  return "no value changes";
}
