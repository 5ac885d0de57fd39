import { random } from "../../numerics/mod.ts";
import { activate, type Activation, multiplyBySlope } from "../quantised_network.ts";

/** The shape of a network that is trained. */
export interface Architecture {
  /** Gates of the hidden layers, from the inputs on; empty for none. */
  readonly hidden: readonly number[];
  /** What hidden layers apply. */
  readonly activation: Activation;
  /** Whether a hidden layer as wide as the hidden layer before it adds that one's output to its own. */
  readonly residual: boolean;
}

/** Where one layer's parameters lie in the flat array of all. */
export interface LayerPlace {
  /** Values that the layer sees. */
  readonly inputs: number;
  /** Gates of the layer. */
  readonly gates: number;
  /** First weight: gates × inputs of them, row by row, then the biases. */
  readonly weightsAt: number;
  /** First bias. */
  readonly biasesAt: number;
  /** Behind the last bias. */
  readonly end: number;
}

/** Layers of an architecture for so many inputs, the output gate included. */
export function placeLayers(inputs: number, { hidden }: Architecture): LayerPlace[] {
  let at = 0;
  let width = inputs;
  return [...hidden, 1].map((gates) => {
    const biasesAt = at + gates * width;
    const place = { inputs: width, gates, weightsAt: at, biasesAt, end: biasesAt + gates };
    at = place.end;
    width = gates;
    return place;
  });
}

/**
 * First parameters: uniform within ±1/√inputs for weights and biases of a layer, which is the
 * default of the framework that the specification measured with.
 */
export function initialParameters(places: readonly LayerPlace[], seed: number): Float64Array {
  const draw = random(seed);
  const parameters = new Float64Array(places.at(-1)!.end);
  for (const { inputs, weightsAt, end } of places) {
    const bound = 1 / Math.sqrt(inputs);
    for (let i = weightsAt; i < end; i++) parameters[i] = (2 * draw() - 1) * bound;
  }
  return parameters;
}

/** A network with its buffers, for a fixed batch: the rows of a truth table. */
export class DenseNetwork {
  /** Where the parameters lie. */
  readonly places: readonly LayerPlace[];
  /** Output sums of the last {@linkcode forward}, one per row. */
  readonly outputSums: Float64Array;
  readonly #architecture: Architecture;
  readonly #rows: number;
  readonly #seen: readonly Float64Array[];
  readonly #sums: readonly Float64Array[];
  readonly #slopes: readonly Float64Array[];
  /** Gradients that residual layers pass by their gates. */
  readonly #passed: readonly Float64Array[];

  /**
   * @param x rows × inputs values.
   * @param rows Rows of the batch.
   */
  constructor(architecture: Architecture, x: Float64Array, rows: number) {
    this.#architecture = architecture;
    this.#rows = rows;
    this.places = placeLayers(x.length / rows, architecture);
    this.#seen = this.places.map((place, l) => l === 0 ? x : new Float64Array(rows * place.inputs));
    this.#sums = this.places.map(({ gates }) => new Float64Array(rows * gates));
    this.#slopes = this.places.map(({ gates }) => new Float64Array(rows * gates));
    this.#passed = this.places.map(({ gates }, l) =>
      new Float64Array(this.#addsInput(l) ? rows * gates : 0)
    );
    this.outputSums = this.#sums.at(-1)!;
  }

  /** Runs all rows; the sums of the output gate are then in {@linkcode outputSums}. */
  forward(parameters: Float64Array): void {
    const rows = this.#rows;
    for (let l = 0; l < this.places.length; l++) {
      const { inputs, gates, weightsAt, biasesAt } = this.places[l]!;
      const seen = this.#seen[l]!;
      const sums = this.#sums[l]!;
      for (let row = 0; row < rows; row++) {
        const from = row * inputs;
        for (let gate = 0; gate < gates; gate++) {
          const weights = weightsAt + gate * inputs;
          let z = parameters[biasesAt + gate]!;
          for (let i = 0; i < inputs; i++) z += parameters[weights + i]! * seen[from + i]!;
          sums[row * gates + gate] = z;
        }
      }
      if (l + 1 === this.places.length) return;
      const given = this.#seen[l + 1]!;
      activate(this.#architecture.activation, sums, given);
      if (this.#addsInput(l)) { for (let i = 0; i < given.length; i++) given[i]! += seen[i]!; }
    }
  }

  /**
   * Writes the gradient of the mean binary cross-entropy of the last {@linkcode forward}.
   *
   * @param parameters Those of that forward run.
   * @param targets 0 or 1 per row.
   */
  backward(parameters: Float64Array, targets: Float64Array, gradient: Float64Array): void {
    const rows = this.#rows;
    gradient.fill(0);
    const last = this.places.length - 1;
    const outputSlope = this.#slopes[last]!;
    for (let row = 0; row < rows; row++) {
      outputSlope[row] = (1 / (1 + Math.exp(-this.outputSums[row]!)) - targets[row]!) / rows;
    }
    for (let l = last; l >= 0; l--) {
      const { inputs, gates, weightsAt, biasesAt } = this.places[l]!;
      const seen = this.#seen[l]!;
      const slopes = this.#slopes[l]!;
      const below = l > 0 ? this.#slopes[l - 1]! : undefined;
      const passed = this.#passed[l]!;
      if (below !== undefined && passed.length > 0) below.set(passed);
      else below?.fill(0);
      for (let row = 0; row < rows; row++) {
        const from = row * inputs;
        for (let gate = 0; gate < gates; gate++) {
          const slope = slopes[row * gates + gate]!;
          if (slope === 0) continue;
          const weights = weightsAt + gate * inputs;
          gradient[biasesAt + gate]! += slope;
          for (let i = 0; i < inputs; i++) gradient[weights + i]! += slope * seen[from + i]!;
          if (below === undefined) continue;
          for (let i = 0; i < inputs; i++) below[from + i]! += slope * parameters[weights + i]!;
        }
      }
      if (below === undefined) return;
      // `below` is now the gradient of what the layer before gave, which may have added its input.
      if (this.#addsInput(l - 1)) this.#passed[l - 1]!.set(below);
      multiplyBySlope(this.#architecture.activation, this.#sums[l - 1]!, below);
    }
  }

  /** Whether hidden layer l adds what it sees to what it gives. */
  #addsInput(l: number): boolean {
    const { inputs, gates } = this.places[l]!;
    return this.#architecture.residual && l > 0 && l + 1 < this.places.length && inputs === gates;
  }

  /** Smallest distance of a row's output sum from 0 on its right side; negative when a row is wrong. */
  margin(targets: Float64Array): number {
    let margin = Infinity;
    for (let row = 0; row < this.#rows; row++) {
      const z = this.outputSums[row]!;
      margin = Math.min(margin, targets[row] === 1 ? z : -z);
    }
    return margin;
  }
}
