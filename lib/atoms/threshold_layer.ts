import { decode, E2M1, packCodes, unpackCodes } from "../numerics/mod.ts";

/**
 * One layer of threshold gates with its parameters as packed E2M1 codes. Gate j computes
 * step(Σ W[j,i]·x[i] + b[j]), where step(z) is 1 for z ≥ 0 and 0 otherwise.
 */
export interface ThresholdLayer {
  /** Inputs of the layer. */
  readonly inputs: number;
  /** Gates of the layer, which are its outputs. */
  readonly gates: number;
  /** 4-bit codes of W, gates × inputs, row by row, low nibble first, as hexadecimal bytes. */
  readonly weights: string;
  /** 4-bit codes of b, gate by gate, low nibble first, as hexadecimal bytes. */
  readonly biases: string;
  /**
   * Codes of each bias, whose sum it is: 2 where one E2M1 value cannot hold it. Absent: 1.
   * Two codes reach every threshold function of five inputs (atoms specification, 7.2).
   */
  readonly biasCodes?: 2 | undefined;
}

/** The parameters of a layer as numbers. */
export interface LayerValues {
  /** W, gates × inputs, row by row. */
  readonly weights: Float64Array;
  /** b, one per gate: the sum of its codes. */
  readonly biases: Float64Array;
  /** What the codes of the biases say, gate by gate: one term a gate, or two. */
  readonly biasTerms: Float64Array;
}

/** Packed codes that do not have the size that the layer states. */
export class LayerError extends RangeError {
  /** Name of the class. */
  override readonly name = "LayerError";
  /** How to mend it. */
  readonly help = "train the atoms again with: deno task atoms:train";
}

const VALUES = Float64Array.from({ length: 16 }, (_, code) => decode(E2M1, code));

/**
 * Packs the codes of a layer.
 *
 * @param weightCodes gates × inputs codes, row by row.
 * @param biasCodes One code per gate, or two, gate by gate.
 * @param codesPerBias Which of both it is.
 */
export function packLayer(
  inputs: number,
  weightCodes: readonly number[],
  biasCodes: readonly number[],
  codesPerBias: 1 | 2 = 1,
): ThresholdLayer {
  return {
    inputs,
    gates: biasCodes.length / codesPerBias,
    weights: packCodes(weightCodes, 4, "low-first").toHex(),
    biases: packCodes(biasCodes, 4, "low-first").toHex(),
    ...(codesPerBias === 2 ? { biasCodes: 2 as const } : {}),
  };
}

/**
 * Decodes the packed codes of a layer.
 *
 * @param owner What the message of an error calls the layer.
 * @throws {LayerError} When there are too few or too many bytes.
 */
export function unpackLayer(layer: ThresholdLayer, owner = "layer"): LayerValues {
  const codesPerBias = layer.biasCodes ?? 1;
  const weights = unpack(layer.weights, layer.gates * layer.inputs, `${owner}: weights`);
  const biasTerms = unpack(layer.biases, layer.gates * codesPerBias, `${owner}: biases`);
  if (codesPerBias === 1) return { weights, biases: biasTerms, biasTerms };
  const biases = new Float64Array(layer.gates);
  for (let i = 0; i < biasTerms.length; i++) biases[i >> 1]! += biasTerms[i]!;
  return { weights, biases, biasTerms };
}

function unpack(hex: string, count: number, what: string): Float64Array {
  const bytes = Uint8Array.fromHex(hex);
  if (bytes.length !== Math.ceil(count / 2)) {
    throw new LayerError(`${what} of ${bytes.length} bytes, expected ${Math.ceil(count / 2)}`);
  }
  return Float64Array.from(unpackCodes(bytes, 4, count, "low-first"), (code) => VALUES[code]!);
}

/** Sums before the step of every gate: W·x + b. */
export function preActivations(
  layer: Pick<LayerValues, "weights" | "biases">,
  inputs: ArrayLike<number>,
): Float64Array {
  const { weights, biases } = layer;
  const sums = Float64Array.from(biases);
  for (let gate = 0; gate < sums.length; gate++) {
    for (let i = 0; i < inputs.length; i++) {
      sums[gate]! += weights[gate * inputs.length + i]! * inputs[i]!;
    }
  }
  return sums;
}

/** The threshold: 1 for z ≥ 0, else 0. */
export function step(z: number): 0 | 1 {
  return z >= 0 ? 1 : 0;
}
