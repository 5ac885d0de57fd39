import { E2M1, encode } from "../../numerics/mod.ts";
import { type AnyAtom, isThreshold, type TrainingRecord } from "../atom.ts";
import { withCentredBiases } from "./centred_biases.ts";
import { encodedRows, type Encoding, type QuantisedNetwork } from "../quantised_network.ts";
import {
  type Quantisation,
  quantiseTensor,
  type Scaling,
  type WeightFormat,
} from "../quantised_tensor.ts";
import { packLayer } from "../threshold_layer.ts";
import type { AtomSpec } from "../truth_table.ts";
import { evaluateAtom } from "../verify.ts";
import { Adam } from "./adam.ts";
import {
  type Architecture,
  DenseNetwork,
  initialParameters,
  type LayerPlace,
} from "./dense_network.ts";
import { fakeQuantise } from "./fake_quantise.ts";

/**
 * How gradient descent and quantisation go together: `float` stores float32; `ptq` trains in
 * float and quantises once at the end; `qat` quantises in every epoch and lets the gradient
 * straight through to the float parameters behind.
 */
export type GradientMethod = "float" | "ptq" | "qat";

/** Everything that settles one training run, but for the function and the seed. */
export interface NetworkTraining {
  /** How training and quantisation go together. */
  readonly method: GradientMethod;
  /** Shape of the network. */
  readonly architecture: Architecture;
  /** How the input bits are presented. */
  readonly encoding: Encoding;
  /** Format of the weights; `float` does not look at it. */
  readonly format: WeightFormat;
  /**
   * Scales of E2M1 and NF4. `search`, for `ptq` only: one per tensor, with the best of 36 multiples
   * from 0.25 to 2 of what the largest magnitude asks for, the same for the weights of all layers.
   */
  readonly scaling: Scaling | "search";
  /** Format of the biases. Default: that of the weights. */
  readonly biasFormat?: WeightFormat;
  /** Gradient steps at the most. */
  readonly maxEpochs: number;
  /** Training stops when every row is right and no output sum is closer to 0 than this. */
  readonly stopMargin: number;
  /** Step size of Adam. */
  readonly learningRate: number;
}

/** What one training run gave. */
export interface TrainedNetwork {
  /** The atom, exact or not. */
  readonly atom: AnyAtom;
  /** Share of rows that its packed codes get right. */
  readonly accuracy: number;
  /** Whether they get all of them right, and no step decides at exactly 0. */
  readonly exact: boolean;
  /** Smallest |z| of its decisions. */
  readonly margin: number;
  /** Gradient steps. */
  readonly epochs: number;
}

/** Epochs between two looks at codes of which the first was not good enough. */
const RETRY_EPOCHS = 10;
const SEARCH_MULTIPLES = Array.from({ length: 36 }, (_, k) => 0.25 + k * 0.05);

/**
 * Trains one network on a whole truth table with binary cross-entropy and Adam, and quantises it.
 * The result is judged by what its packed codes compute, never by the floats behind them.
 */
export function trainNetworkOnce(
  spec: AtomSpec,
  training: NetworkTraining,
  seed: number,
): TrainedNetwork {
  const rows = spec.truthTable.length;
  const { architecture, method } = training;
  const network = new DenseNetwork(
    architecture,
    encodedRows(spec.inputs.length, training.encoding),
    rows,
  );
  const targets = Float64Array.from(spec.truthTable, Number);
  const parameters = initialParameters(network.places, seed);
  const effective = method === "qat" ? new Float64Array(parameters.length) : parameters;
  const gradient = new Float64Array(parameters.length);
  const adam = new Adam(parameters.length, training.learningRate);
  const quantise = quantiser(training, network.places);
  const hidden = architecture.hidden.reduce((sum, gates) => sum + gates, 0);
  const finish = (epochs: number): TrainedNetwork => {
    const record = { method, seed, attempts: 1, epochs, hidden };
    let best: TrainedNetwork | undefined;
    for (const multiple of training.scaling === "search" ? SEARCH_MULTIPLES : [1]) {
      const atom = toAtom(spec, training, network.places, parameters, multiple, record);
      const judged = judge(isThreshold(atom) ? withCentredBiases(atom) : atom, epochs);
      const isBetter = best === undefined || judged.accuracy > best.accuracy ||
        (judged.accuracy === best.accuracy && judged.margin > best.margin);
      if (isBetter) best = judged;
    }
    return best!;
  };
  let nextTry = 0;
  for (let epochs = 0;; epochs++) {
    if (method === "qat") quantise(parameters, 1, effective);
    network.forward(effective);
    const isLast = epochs === training.maxEpochs;
    const margin = network.margin(targets);
    if (isLast || (margin >= training.stopMargin && epochs >= nextTry)) {
      const result = finish(epochs);
      // A step may still decide at exactly 0.
      if (isLast || method !== "qat" || result.exact) return result;
      nextTry = epochs + RETRY_EPOCHS;
    }
    network.backward(effective, targets, gradient);
    adam.step(parameters, gradient);
  }
}

function judge(atom: AnyAtom, epochs: number): TrainedNetwork {
  const { outputs, margin } = evaluateAtom(atom);
  let right = 0;
  for (let row = 0; row < outputs.length; row++) {
    if (outputs[row] === atom.truthTable[row]) right++;
  }
  const accuracy = right / outputs.length;
  return { atom, accuracy, exact: accuracy === 1 && margin > 0, margin, epochs };
}

/**
 * Whether the result is a threshold atom: a step does not change when all parameters of its gate
 * are scaled alike, so weights and bias of a gate share a scale and the scale need not be stored.
 */
function givesThreshold(
  { architecture, encoding, format, biasFormat, method }: NetworkTraining,
): boolean {
  return architecture.activation === "step" && !architecture.residual && encoding === "binary" &&
    format === "e2m1" && biasFormat === undefined && method !== "float";
}

/** What training sees instead of the float parameters. */
function quantiser(
  training: NetworkTraining,
  places: readonly LayerPlace[],
): (parameters: Float64Array, multiple: number, out: Float64Array) => void {
  const parts = quantisations(training);
  const sharesScale = givesThreshold(training);
  return (parameters, multiple, out): void => {
    for (const place of places) {
      if (sharesScale) {
        for (let gate = 0; gate < place.gates; gate++) {
          const row = gateRow(parameters, place, gate);
          fakeQuantise(row, 1, { ...parts.weights, multiple }, row);
          setGateRow(out, place, gate, row);
        }
        continue;
      }
      const { gates, weightsAt, biasesAt, end } = place;
      fakeQuantise(
        parameters.subarray(weightsAt, biasesAt),
        gates,
        { ...parts.weights, multiple },
        out.subarray(weightsAt, biasesAt),
      );
      fakeQuantise(
        parameters.subarray(biasesAt, end),
        1,
        parts.biases,
        out.subarray(biasesAt, end),
      );
    }
  };
}

function quantisations(
  { method, format, biasFormat, scaling }: NetworkTraining,
): { readonly weights: Quantisation; readonly biases: Quantisation } {
  if (method === "float") {
    const float: Quantisation = { format: "float32", scaling: "none" };
    return { weights: float, biases: float };
  }
  const stored = scaling === "search" ? "tensor" : scaling;
  return {
    weights: { format, scaling: stored },
    biases: { format: biasFormat ?? format, scaling: stored },
  };
}

function toAtom(
  spec: AtomSpec,
  training: NetworkTraining,
  places: readonly LayerPlace[],
  parameters: Float64Array,
  multiple: number,
  record: TrainingRecord,
): AnyAtom {
  const { weights, biases } = quantisations(training);
  const { name, inputs, truthTable } = spec;
  if (givesThreshold(training)) {
    const layers = places.map((place) => {
      const codes = Array.from(
        { length: place.gates },
        (_, gate) => thresholdCodes(gateRow(parameters, place, gate), weights, multiple),
      );
      return packLayer(
        place.inputs,
        codes.flatMap((row) => row.slice(0, -1)),
        codes.map((row) => row.at(-1)!),
      );
    });
    return { name, inputs, truthTable, layers, training: record };
  }
  const network: QuantisedNetwork = {
    encoding: training.encoding,
    activation: training.architecture.activation,
    residual: training.architecture.residual,
    layers: places.map(({ inputs, gates, weightsAt, biasesAt, end }) => ({
      inputs,
      gates,
      weights: quantiseTensor(parameters.subarray(weightsAt, biasesAt), gates, {
        ...weights,
        multiple,
      }),
      biases: quantiseTensor(parameters.subarray(biasesAt, end), 1, biases),
    })),
  };
  return { name, inputs, truthTable, network, training: record };
}

/** E2M1 codes of a gate's weights and bias under a scale of its own, which is then dropped. */
function thresholdCodes(row: Float64Array, quantisation: Quantisation, multiple: number): number[] {
  const rounded = new Float64Array(row.length);
  fakeQuantise(row, 1, { ...quantisation, multiple }, rounded);
  const scale = quantisation.scaling === "none" ? 1 : scaleOf(row, multiple);
  return Array.from(rounded, (value) => encode(E2M1, value / scale));
}

function scaleOf(row: Float64Array, multiple: number): number {
  const largest = row.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  return Math.fround(largest * multiple / 6) || 1;
}

function gateRow(parameters: Float64Array, place: LayerPlace, gate: number): Float64Array {
  const from = place.weightsAt + gate * place.inputs;
  const row = new Float64Array(place.inputs + 1);
  row.set(parameters.subarray(from, from + place.inputs));
  row[place.inputs] = parameters[place.biasesAt + gate]!;
  return row;
}

function setGateRow(out: Float64Array, place: LayerPlace, gate: number, row: Float64Array): void {
  out.set(row.subarray(0, place.inputs), place.weightsAt + gate * place.inputs);
  out[place.biasesAt + gate] = row[place.inputs]!;
}
