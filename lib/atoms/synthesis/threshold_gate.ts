import type { TruthTable } from "../truth_table.ts";
import { CODES, UNITS } from "./linear_forms.ts";
import { type Margin, type NetworkGate, tableInputs } from "./gate_network.ts";

/** What a single gate may be. */
export interface ThresholdGateOptions {
  /** Margin that the gate keeps in every row. Default 0.5. */
  readonly margin?: Margin;
  /** Codes whose sum is the bias: 1 (default) or 2. */
  readonly biasCodes?: 1 | 2;
}

/** A function as one gate. */
export interface ThresholdGate extends NetworkGate {
  /** Least |z| of all rows. */
  readonly margin: number;
  /**
   * How far all parameters may be wrong at once, each by this share of itself, before a row can
   * change: the least |z| / (Σ |W[i]|·x[i] + |b|) of all rows.
   */
  readonly tolerance: number;
}

/**
 * Decides whether a function of 1 to 6 inputs is one threshold gate with E2M1 weights and bias, and
 * gives the gate with the largest tolerance, then the largest margin, then the first codes. It tries
 * all weight vectors but those that cannot be:
 *
 * - a weight has the sign with which the output follows its input; an input that the output does
 *   not follow gets 0, since any other weight can only narrow the margin;
 * - where x = 1, y = 0 gives a 1 and x = 0, y = 1 gives a 0, the weight of x is the larger one.
 *
 * @returns The gate, or undefined if the function is none.
 * @throws {SynthesisError} When the table is not one of 1 to 6 inputs.
 */
export function thresholdGate(
  truthTable: TruthTable,
  options: ThresholdGateOptions = {},
): ThresholdGate | undefined {
  const inputs = tableInputs(truthTable);
  const target = Uint8Array.from(truthTable, Number);
  const signs = weightSigns(target, inputs);
  if (!signs) return undefined;
  const larger = heavierInputs(target, inputs);
  if (!larger) return undefined;
  const search = new GateSearch(target, inputs, signs, larger, options);
  search.visit(0);
  return search.best;
}

/** Biases in units of 0.5 with their codes, the first codes of each value. */
function biases(count: 1 | 2): Map<number, readonly number[]> {
  const found = new Map<number, readonly number[]>();
  for (const code of CODES) found.set(UNITS[code]!, count === 1 ? [code] : [code, 0]);
  if (count === 1) return found;
  for (const a of CODES) {
    for (const b of CODES) {
      const sum = UNITS[a]! + UNITS[b]!;
      if (!found.has(sum)) found.set(sum, [a, b]);
    }
  }
  return found;
}

const BIASES = { 1: biases(1), 2: biases(2) };

/** Sign of each weight, or undefined if the output both rises and falls with an input. */
function weightSigns(target: Uint8Array, inputs: number): number[] | undefined {
  const signs: number[] = [];
  for (let i = 0; i < inputs; i++) {
    let rises = false;
    let falls = false;
    for (let row = 0; row < target.length; row++) {
      if ((row >> i) & 1) continue;
      const change = target[row | (1 << i)]! - target[row]!;
      if (change > 0) rises = true;
      if (change < 0) falls = true;
    }
    if (rises && falls) return undefined;
    signs.push(rises ? 1 : falls ? -1 : 0);
  }
  return signs;
}

/** `larger[j]`: inputs i < j with w[i] > w[j] (bit i), and those with w[i] < w[j] (bit 8 + i). */
function heavierInputs(target: Uint8Array, inputs: number): number[] | undefined {
  const larger: number[] = [];
  for (let j = 0; j < inputs; j++) {
    let bits = 0;
    for (let i = 0; i < j; i++) {
      for (let row = 0; row < target.length; row++) {
        if ((row >> i) & 1 || (row >> j) & 1) continue;
        const change = target[row | (1 << i)]! - target[row | (1 << j)]!;
        if (change > 0) bits |= 1 << i;
        if (change < 0) bits |= 256 << i;
      }
    }
    if (bits & (bits >> 8) & 255) return undefined;
    larger.push(bits);
  }
  return larger;
}

/** The search over the weight vectors of one function, weight by weight. */
class GateSearch {
  best: ThresholdGate | undefined;
  readonly #weights: number[] = [];
  readonly #codes: number[] = [];
  readonly #sums: Int16Array;
  readonly #loads: Int16Array;
  readonly #biases: ReadonlyMap<number, readonly number[]>;
  readonly #least: number;

  constructor(
    readonly target: Uint8Array,
    readonly inputs: number,
    readonly signs: readonly number[],
    readonly larger: readonly number[],
    { margin = 0.5, biasCodes = 1 }: ThresholdGateOptions,
  ) {
    this.#sums = new Int16Array(target.length);
    this.#loads = new Int16Array(target.length);
    this.#biases = BIASES[biasCodes];
    this.#least = margin > 0 ? 1 : 0;
  }

  visit(i: number): void {
    if (i === this.inputs) return this.#close();
    for (const code of CODES) {
      const weight = UNITS[code]!;
      if (Math.sign(weight) !== this.signs[i]) continue;
      if (!this.#ordered(i, weight)) continue;
      this.#weights[i] = weight;
      this.#codes[i] = code;
      const half = 1 << i;
      let lowestOne = Infinity;
      let highestZero = -Infinity;
      for (let row = half; row < 2 * half; row++) {
        this.#sums[row] = this.#sums[row - half]! + weight;
        this.#loads[row] = this.#loads[row - half]! + Math.abs(weight);
      }
      for (let row = 0; row < 2 * half; row++) {
        if (this.target[row]) lowestOne = Math.min(lowestOne, this.#sums[row]!);
        else highestZero = Math.max(highestZero, this.#sums[row]!);
      }
      // The rows with the remaining inputs at 0 must be separable already.
      if (lowestOne - highestZero > this.#least) this.visit(i + 1);
    }
  }

  #ordered(i: number, weight: number): boolean {
    const bits = this.larger[i]!;
    for (let k = 0; k < i; k++) {
      if (bits & (1 << k) && this.#weights[k]! <= weight) return false;
      if (bits & (256 << k) && this.#weights[k]! >= weight) return false;
    }
    return true;
  }

  /** Tries every bias for the weights at hand. */
  #close(): void {
    const rows = this.target.length;
    let lowestOne = 1000;
    let highestZero = -1000;
    for (let row = 0; row < rows; row++) {
      const sum = this.#sums[row]!;
      if (this.target[row]) {
        if (sum < lowestOne) lowestOne = sum;
      } else if (sum > highestZero) highestZero = sum;
    }
    for (const [bias, biasCodes] of this.#biases) {
      if (lowestOne + bias < this.#least || highestZero + bias > -1) continue;
      let margin = Infinity;
      let tolerance = Infinity;
      const own = Math.abs(bias);
      for (let row = 0; row < rows; row++) {
        const distance = Math.abs(this.#sums[row]! + bias);
        const load = this.#loads[row]! + own;
        if (distance < margin) margin = distance;
        const share = load === 0 ? 0 : distance / load;
        if (share < tolerance) tolerance = share;
      }
      const best = this.best;
      if (best && tolerance < best.tolerance) continue;
      if (best && tolerance === best.tolerance && margin / 2 <= best.margin) continue;
      this.best = { weightCodes: this.#codes.slice(), biasCodes, margin: margin / 2, tolerance };
    }
  }
}
