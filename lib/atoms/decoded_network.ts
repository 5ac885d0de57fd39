import type { Atom, NetworkAtom } from "./atom.ts";
import { AtomError } from "./atom_error.ts";
import {
  activate,
  type Activation,
  encodedRows,
  encodedWidth,
  type Encoding,
} from "./quantised_network.ts";
import { dequantiseTensor } from "./quantised_tensor.ts";
import { LayerError, unpackLayer } from "./threshold_layer.ts";

/** What evaluation needs to know of an atom of either kind. */
export type AtomNetwork =
  | Pick<Atom, "name" | "inputs" | "layers" | "skip">
  | Pick<NetworkAtom, "name" | "inputs" | "network">;

/** One layer as numbers. */
export interface DecodedLayer {
  /** Values that the layer sees. */
  readonly inputs: number;
  /** Gates of the layer. */
  readonly gates: number;
  /** W, gates × inputs, row by row. */
  readonly weights: Float64Array;
  /** b, one per gate. */
  readonly biases: Float64Array;
}

/** An atom's network as numbers, decoded from its packed codes. */
export interface DecodedNetwork {
  /** How the input bits are presented. */
  readonly encoding: Encoding;
  /** What hidden layers apply. */
  readonly activation: Activation;
  /** Whether hidden layers of equal width add what they see to what they give. */
  readonly residual: boolean;
  /** Whether every layer sees the inputs and all gates before it. */
  readonly skip: boolean;
  /** Layers, from the inputs to the output. */
  readonly layers: readonly DecodedLayer[];
}

/** Most inputs that are evaluated row by row: 2^20 rows. */
const MAX_INPUTS = 20;

/**
 * Decodes an atom.
 *
 * @throws {LayerError} When the sizes of the layers do not fit together or the codes do not fill them.
 * @throws {AtomError} When the atom has too many inputs to try all rows.
 */
export function decodeAtom(atom: AtomNetwork): DecodedNetwork {
  if (atom.inputs.length > MAX_INPUTS) {
    throw new AtomError(
      `atom ${atom.name} has ${atom.inputs.length} inputs: too many rows to try them all`,
      `give an atom at most ${MAX_INPUTS} inputs, and build larger functions as circuits`,
    );
  }
  const network = "network" in atom ? atom.network : undefined;
  const encoding = network?.encoding ?? "binary";
  const skip = ("layers" in atom ? atom.skip : atom.network.skip) === true;
  const sources = "layers" in atom ? atom.layers : atom.network.layers;
  let width = encodedWidth(atom.inputs.length, encoding);
  const layers = sources.map((layer, index): DecodedLayer => {
    const owner = `atom ${atom.name}, layer ${index + 1}`;
    const { inputs, gates } = layer;
    if (inputs !== width) throw new LayerError(`${owner}: ${inputs} inputs, expected ${width}`);
    width = skip ? width + gates : gates;
    if (typeof layer.weights === "string" || typeof layer.biases === "string") {
      const { weights, biases } = unpackLayer(layer as Atom["layers"][number], owner);
      return { inputs, gates, weights, biases };
    }
    const { weights, biases } = layer;
    if (
      weights.rows !== gates || weights.columns !== inputs || biases.rows * biases.columns !== gates
    ) {
      throw new LayerError(
        `${owner}: matrices of other sizes than ${gates} gates of ${inputs} inputs`,
      );
    }
    return {
      inputs,
      gates,
      weights: finite(dequantiseTensor(weights, `${owner}: weights`), `${owner}: weights`),
      biases: finite(dequantiseTensor(biases, `${owner}: biases`), `${owner}: biases`),
    };
  });
  if (layers.at(-1)?.gates !== 1) {
    throw new LayerError(
      `atom ${atom.name}: ${layers.at(-1)?.gates ?? "no"} output gates, expected 1`,
    );
  }
  return {
    encoding,
    activation: network?.activation ?? "step",
    residual: network?.residual ?? false,
    skip,
    layers,
  };
}

/** Codes of float32 and of scales can stand for NaN and infinity, with which nothing is exact. */
function finite(values: Float64Array, owner: string): Float64Array {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return values;
  throw new AtomError(
    `${owner}: value ${at} is ${values[at]}`,
    "train the atoms again with: deno task atoms:train",
  );
}

/** What one layer sees and sums in a number of rows. */
export interface LayerRun {
  /** What the layer sees: rows × inputs. */
  readonly seen: Float64Array;
  /** W·x + b: rows × gates. */
  readonly sums: Float64Array;
}

/**
 * Runs a network on all rows of a truth table of so many inputs.
 *
 * @returns What every layer saw and summed; the output of a row is 1 where the last sum is ≥ 0.
 */
export function runAllRows(network: DecodedNetwork, inputs: number): LayerRun[] {
  return runRows(network, encodedRows(inputs, network.encoding), 2 ** inputs);
}

/** Runs a network on some rows: `x` holds rows × width values. */
export function runRows(network: DecodedNetwork, x: Float64Array, rows: number): LayerRun[] {
  const runs: LayerRun[] = [];
  let seen = x;
  network.layers.forEach((layer, index) => {
    const sums = weightedSums(layer, seen, rows);
    runs.push({ seen, sums });
    if (index === network.layers.length - 1) return;
    const given = new Float64Array(sums.length);
    activate(network.activation, sums, given);
    if (network.skip) {
      seen = besideEachOther(seen, given, rows);
    } else {
      if (network.residual && index > 0 && seen.length === given.length) {
        for (let i = 0; i < given.length; i++) given[i]! += seen[i]!;
      }
      seen = given;
    }
  });
  return runs;
}

function weightedSums(layer: DecodedLayer, seen: Float64Array, rows: number): Float64Array {
  const { inputs, gates, weights, biases } = layer;
  const sums = new Float64Array(rows * gates);
  for (let row = 0; row < rows; row++) {
    for (let gate = 0; gate < gates; gate++) {
      let z = biases[gate]!;
      for (let i = 0; i < inputs; i++) z += weights[gate * inputs + i]! * seen[row * inputs + i]!;
      sums[row * gates + gate] = z;
    }
  }
  return sums;
}

function besideEachOther(left: Float64Array, right: Float64Array, rows: number): Float64Array {
  const [a, b] = [left.length / rows, right.length / rows];
  const both = new Float64Array(left.length + right.length);
  for (let row = 0; row < rows; row++) {
    both.set(left.subarray(row * a, (row + 1) * a), row * (a + b));
    both.set(right.subarray(row * b, (row + 1) * b), row * (a + b) + a);
  }
  return both;
}

/** The digits of a network's output, one per row. */
export function outputDigits(runs: readonly LayerRun[]): string {
  let digits = "";
  for (const z of runs.at(-1)!.sums) digits += z >= 0 ? "1" : "0";
  return digits;
}

/**
 * The function of one atom from its packed codes, for single rows: `evaluator(atom)([1, 0])`. A
 * threshold atom and a network of float32 are run alike.
 *
 * @throws {LayerError} When the sizes of the layers do not fit together or the codes do not fill them.
 */
export function evaluator(atom: AtomNetwork): (inputs: ArrayLike<number>) => 0 | 1 {
  const network = decodeAtom(atom);
  const count = atom.inputs.length;
  const width = encodedWidth(count, network.encoding);
  const rows = encodedRows(count, network.encoding);
  return (inputs): 0 | 1 => {
    let row = 0;
    for (let i = 0; i < count; i++) {
      if (inputs[i] !== 0 && inputs[i] !== 1) {
        throw new AtomError(
          `input ${atom.inputs[i]} of atom ${atom.name} is ${inputs[i]}`,
          "give every input a 0 or a 1",
        );
      }
      row |= inputs[i]! << i;
    }
    const runs = runRows(network, rows.subarray(row * width, (row + 1) * width), 1);
    return runs.at(-1)!.sums[0]! >= 0 ? 1 : 0;
  };
}
