import type { QuantisedTensor } from "./quantised_tensor.ts";

/** Activations of hidden layers. GELU is its tanh form; the step is 1 from z = 0 up, else 0. */
export const ACTIVATIONS = ["relu", "gelu", "hardtanh", "step"] as const;
/** One of {@linkcode ACTIVATIONS}. */
export type Activation = (typeof ACTIVATIONS)[number];

/**
 * How input bits reach a network: `binary`, one 0 or 1 each; `thermometer`, each of them four
 * times; `onehot`, one input per row of the truth table, 1 in its own row.
 */
export const ENCODINGS = ["binary", "thermometer", "onehot"] as const;
/** One of {@linkcode ENCODINGS}. */
export type Encoding = (typeof ENCODINGS)[number];

/** One layer: `gates` × `inputs` weights and `gates` biases. */
export interface QuantisedLayer {
  /** Values that the layer sees. */
  readonly inputs: number;
  /** Gates, which are its outputs. */
  readonly gates: number;
  /** W, gates × inputs, row by row. */
  readonly weights: QuantisedTensor;
  /** b, one row of `gates` values. */
  readonly biases: QuantisedTensor;
}

/**
 * A layered network. Hidden layers give activation(W·x + b); the last layer has one gate, and the
 * output is 1 for z ≥ 0, which is where a sigmoid gives at least one half.
 */
export interface QuantisedNetwork {
  /** How the input bits are presented. */
  readonly encoding: Encoding;
  /** What hidden layers apply. */
  readonly activation: Activation;
  /** Whether a hidden layer as wide as the hidden layer before it adds that one's output to its own. */
  readonly residual: boolean;
  /** Whether every layer sees the inputs and all gates before it. Absent: no. */
  readonly skip?: boolean | undefined;
  /** Layers, from the inputs to the output. */
  readonly layers: readonly QuantisedLayer[];
}

/** Times that the thermometer encoding repeats a bit. */
const THERMOMETER_LENGTH = 4;

/** Values that a network sees for so many input bits. */
export function encodedWidth(inputs: number, encoding: Encoding): number {
  switch (encoding) {
    case "binary":
      return inputs;
    case "thermometer":
      return inputs * THERMOMETER_LENGTH;
    case "onehot":
      return 2 ** inputs;
  }
}

/** What a network sees in every row of a truth table: rows × {@linkcode encodedWidth} values. */
export function encodedRows(inputs: number, encoding: Encoding): Float64Array {
  const rows = 2 ** inputs;
  const width = encodedWidth(inputs, encoding);
  const values = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) {
      const bit = encoding === "thermometer" ? Math.floor(i / THERMOMETER_LENGTH) : i;
      values[row * width + i] = encoding === "onehot" ? Number(i === row) : (row >> bit) & 1;
    }
  }
  return values;
}

const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/** Writes activation(z) for every element. */
export function activate(activation: Activation, z: Float64Array, out: Float64Array): void {
  const count = z.length;
  switch (activation) {
    case "relu":
      for (let i = 0; i < count; i++) out[i] = z[i]! > 0 ? z[i]! : 0;
      return;
    case "gelu":
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = 0.5 * x * (1 + Math.tanh(GELU_SLOPE * (x + GELU_CUBIC * x * x * x)));
      }
      return;
    case "hardtanh":
      for (let i = 0; i < count; i++) out[i] = z[i]! > 1 ? 1 : z[i]! < -1 ? -1 : z[i]!;
      return;
    case "step":
      for (let i = 0; i < count; i++) out[i] = z[i]! >= 0 ? 1 : 0;
  }
}

/**
 * Multiplies gradients by the slope of the activation at z. The step has none: training takes the
 * slope of a tent around 0, 1 − |z|.
 */
export function multiplyBySlope(
  activation: Activation,
  z: Float64Array,
  gradient: Float64Array,
): void {
  const count = z.length;
  switch (activation) {
    case "relu":
      for (let i = 0; i < count; i++) if (z[i]! <= 0) gradient[i] = 0;
      return;
    case "gelu":
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        const tanh = Math.tanh(GELU_SLOPE * (x + GELU_CUBIC * x * x * x));
        const inner = GELU_SLOPE * (1 + 3 * GELU_CUBIC * x * x);
        gradient[i]! *= 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * inner;
      }
      return;
    case "hardtanh":
      for (let i = 0; i < count; i++) if (z[i]! > 1 || z[i]! < -1) gradient[i] = 0;
      return;
    case "step":
      for (let i = 0; i < count; i++) gradient[i]! *= Math.max(0, 1 - Math.abs(z[i]!));
  }
}
