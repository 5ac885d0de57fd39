import type { Atom, NetworkAtom } from "./atom.ts";
import { fp4FileBytes } from "./formats/fp4_file.ts";
import { tensorBytes } from "./quantised_tensor.ts";

/** Sizes of an atom. */
export interface AtomSize {
  /** Gates of all layers. */
  readonly gates: number;
  /** Weights and biases; a bias of two codes counts as one. */
  readonly parameters: number;
  /** Bits of codes and scales, padding left out. */
  readonly bits: number;
  /** Bytes of the packed codes and scales: what must be held to evaluate the atom. */
  readonly memoryBytes: number;
  /** Bytes of the file that holds the atom alone, headers included. */
  readonly diskBytes: number;
  /** What file that is: TriX `.fp4` where it can hold the atom, otherwise its JSON in an artifact. */
  readonly diskForm: "fp4" | "json";
  /** Bytes of the atom's JSON, without white space: what it takes in an artifact. */
  readonly jsonBytes: number;
  /** Bytes of the same parameters as float32. */
  readonly float32Bytes: number;
  /** Bytes of the truth table as bits: what the atom competes with. */
  readonly tableBytes: number;
  /** `float32Bytes` / `memoryBytes`: above 1, the atom is the smaller one. */
  readonly float32PerMemory: number;
  /** `float32Bytes` / `diskBytes`. */
  readonly float32PerDisk: number;
  /** `tableBytes` / `memoryBytes`: below 1, the bare table is the smaller one. */
  readonly tablePerMemory: number;
}

/**
 * Measures an atom: the packed codes without any header in memory, and the whole file on disk,
 * against float32 and against the bare truth table, which is smaller than any of them for a small
 * function.
 */
export function sizeOf(
  atom: Pick<Atom, "name" | "inputs" | "layers" | "skip"> | Pick<NetworkAtom, "inputs" | "network">,
): AtomSize {
  const payload = "layers" in atom ? thresholdPayload(atom.layers) : networkPayload(atom.network);
  const fp4 = "layers" in atom ? fp4FileBytes(atom) : undefined;
  const jsonBytes = new TextEncoder().encode(JSON.stringify(atom)).length;
  const diskBytes = fp4 ?? jsonBytes;
  const float32Bytes = payload.parameters * 4;
  const tableBytes = Math.ceil(2 ** atom.inputs.length / 8);
  return {
    ...payload,
    diskBytes,
    diskForm: fp4 === undefined ? "json" : "fp4",
    jsonBytes,
    float32Bytes,
    tableBytes,
    float32PerMemory: float32Bytes / payload.memoryBytes,
    float32PerDisk: float32Bytes / diskBytes,
    tablePerMemory: tableBytes / payload.memoryBytes,
  };
}

type Payload = Pick<AtomSize, "gates" | "parameters" | "bits" | "memoryBytes">;

function thresholdPayload(layers: Atom["layers"]): Payload {
  let [gates, parameters, codes, memoryBytes] = [0, 0, 0, 0];
  for (const layer of layers) {
    const weights = layer.gates * layer.inputs;
    const biases = layer.gates * (layer.biasCodes ?? 1);
    gates += layer.gates;
    parameters += weights + layer.gates;
    codes += weights + biases;
    memoryBytes += Math.ceil(weights / 2) + Math.ceil(biases / 2);
  }
  return { gates, parameters, bits: codes * 4, memoryBytes };
}

function networkPayload({ layers }: NetworkAtom["network"]): Payload {
  let [gates, parameters, bits, memoryBytes] = [0, 0, 0, 0];
  for (const layer of layers) {
    gates += layer.gates;
    for (const tensor of [layer.weights, layer.biases]) {
      const count = tensor.rows * tensor.columns;
      const bytes = tensorBytes(tensor);
      parameters += count;
      bits += count * (tensor.format === "float32" ? 32 : 4) + bytes.scales * 8;
      memoryBytes += bytes.codes + bytes.scales;
    }
  }
  return { gates, parameters, bits, memoryBytes };
}
