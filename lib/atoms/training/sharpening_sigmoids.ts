import { random } from "../../numerics/mod.ts";
import { rowInputs, type TruthTable } from "../truth_table.ts";

/**
 * A network of sigmoid gates with at most one hidden layer. Without a hidden layer `hidden` is
 * empty and the output gate sees the inputs.
 */
export interface FloatNetwork {
  /** One row per hidden gate: its weights, then its bias. */
  readonly hidden: readonly Float64Array[];
  /** Weights of the output gate, then its bias. */
  readonly output: Float64Array;
}

/** How a float network is trained. */
export interface FloatTrainingOptions {
  /** Inputs of the function. */
  readonly inputs: number;
  /** Gates in the hidden layer; 0 for none. */
  readonly hidden: number;
  /** Seed of the initial weights. */
  readonly seed: number;
  /** Gradient steps at the most. */
  readonly maxEpochs: number;
}

const LEARNING_RATE = 0.1;
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
/** The sigmoids sharpen from 1 to this while training goes on, towards the step of the circuit. */
const FINAL_STEEPNESS = 4;
/** Training may stop when the network of hard steps is right by this margin in every row. */
const STOP_MARGIN = 0.5;
const CHECK_EVERY = 10;

/**
 * Trains a network on a whole truth table: full batch, cross-entropy, Adam, sigmoids that sharpen.
 * Stops as soon as the same network with hard steps is right in every row with a margin.
 *
 * @returns The network and the number of gradient steps.
 */
export function trainFloat(
  truthTable: TruthTable,
  options: FloatTrainingOptions,
): { readonly network: FloatNetwork; readonly epochs: number } {
  const { inputs, hidden, maxEpochs } = options;
  const draw = random(options.seed);
  const gate = (size: number): Float64Array =>
    Float64Array.from({ length: size + 1 }, () => draw() * 4 - 2);
  const network: FloatNetwork = {
    hidden: Array.from({ length: hidden }, () => gate(inputs)),
    output: gate(hidden === 0 ? inputs : hidden),
  };
  const gates = [...network.hidden, network.output];
  const gradients = gates.map((row) => new Float64Array(row.length));
  const moments = gates.map((row) => new Float64Array(row.length));
  const squares = gates.map((row) => new Float64Array(row.length));
  const rows = Array.from(truthTable, (digit, row) => ({
    x: rowInputs(row, inputs),
    target: Number(digit),
  }));
  for (let epoch = 1; epoch <= maxEpochs; epoch++) {
    const steepness = 1 + (FINAL_STEEPNESS - 1) * epoch / maxEpochs;
    for (const gradient of gradients) gradient.fill(0);
    for (const { x, target } of rows) backPropagate(network, gradients, x, target, steepness);
    const correction = Math.sqrt(1 - BETA2 ** epoch) / (1 - BETA1 ** epoch);
    gates.forEach((parameters, g) => {
      for (let i = 0; i < parameters.length; i++) {
        const slope = gradients[g]![i]!;
        const moment = moments[g]![i] = BETA1 * moments[g]![i]! + (1 - BETA1) * slope;
        const square = squares[g]![i] = BETA2 * squares[g]![i]! + (1 - BETA2) * slope * slope;
        parameters[i]! -= LEARNING_RATE * correction * moment / (Math.sqrt(square) + EPSILON);
      }
    });
    if (epoch % CHECK_EVERY === 0 && rows.every((row) => isRight(network, row.x, row.target))) {
      return { network, epochs: epoch };
    }
  }
  return { network, epochs: maxEpochs };
}

/** Adds the gradient of one row's cross-entropy to `gradients`, hidden gates first. */
function backPropagate(
  network: FloatNetwork,
  gradients: readonly Float64Array[],
  x: readonly number[],
  target: number,
  steepness: number,
): void {
  const activations = network.hidden.map((gate) => sigmoid(steepness * weightedSum(gate, x)));
  const seen = network.hidden.length === 0 ? x : activations;
  const error = sigmoid(steepness * weightedSum(network.output, seen)) - target;
  addGateGradient(gradients.at(-1)!, seen, steepness * error);
  activations.forEach((a, g) => {
    const slope = steepness * error * network.output[g]! * steepness * a * (1 - a);
    addGateGradient(gradients[g]!, x, slope);
  });
}

function addGateGradient(gradient: Float64Array, x: readonly number[], slope: number): void {
  for (let i = 0; i < x.length; i++) gradient[i]! += slope * x[i]!;
  gradient[x.length]! += slope;
}

/** Whether the network of hard steps is right in a row, by the margin that stops training. */
function isRight(network: FloatNetwork, x: readonly number[], target: number): boolean {
  const sums = network.hidden.map((gate) => weightedSum(gate, x));
  if (sums.some((z) => Math.abs(z) < STOP_MARGIN)) return false;
  const seen = network.hidden.length === 0 ? x : sums.map((z) => (z >= 0 ? 1 : 0));
  const z = weightedSum(network.output, seen);
  return target === 1 ? z >= STOP_MARGIN : z <= -STOP_MARGIN;
}

/** Σ w·x + b, the bias being the last element of a gate. */
export function weightedSum(gate: Float64Array, x: ArrayLike<number>): number {
  let sum = gate[x.length]!;
  for (let i = 0; i < x.length; i++) sum += gate[i]! * x[i]!;
  return sum;
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
