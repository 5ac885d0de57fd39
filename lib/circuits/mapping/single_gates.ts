import type { Margin } from "../../atoms/mod.ts";
import { encodeBias, type GateCodes } from "../builtin/threshold_code.ts";
import type { Truth } from "./truth.ts";

/** E2M1 magnitudes other than 0, in halves, and the codes of the positive ones. */
const HALVES = [1, 2, 3, 4, 6, 8, 12];
const CODE_OF = new Map(HALVES.map((half, i) => [half, i + 1]));

/** Weights that compute a function that rises with every input, in halves. */
interface Weights {
  /** The heaviest first. */
  readonly weights: readonly number[];
  /** The highest sum of a row that is 0. */
  readonly highestZero: number;
  /** The lowest sum of a row that is 1. */
  readonly lowestOne: number;
}

/**
 * Per number of inputs every function of positive E2M1 weights, as 64 rows. Complete: a threshold
 * function has weights in the order of its Chow parameters (Chow 1961), so descending ones are enough.
 */
const TABLES = new Map<number, ReadonlyMap<string, readonly Weights[]>>();

/**
 * A function of up to six inputs as one threshold gate with E2M1 weights and one or two bias codes.
 * One code is better than two, then a wide margin in comparison to the weights, then small weights.
 *
 * @param truth A function that depends on every input.
 * @returns Nothing where E2M1 has no such gate.
 */
export function singleGate(truth: Truth, inputs: number, margin: Margin): GateCodes | undefined {
  const signs = signsOf(truth, inputs);
  if (signs === undefined) return undefined;
  const { order, key } = canonical(truth, inputs, signs);
  const least = margin > 0 ? 1 : 0;
  let best: { readonly gate: GateCodes; readonly rank: number } | undefined;
  for (const { weights, highestZero, lowestOne } of table(inputs).get(key) ?? []) {
    // What negative weights take off every sum.
    const offset = weights.reduce(
      (sum, weight, k) => signs[order[k]!]! < 0 ? sum + weight : sum,
      0,
    );
    for (let bias = least - lowestOne + offset; bias <= offset - highestZero - 1; bias++) {
      const codes = encodeBias(bias / 2);
      if (codes === undefined) continue;
      const distance = Math.min(bias + lowestOne - offset, offset - bias - highestZero);
      const rank = 1000 * codes.length - 100 * distance / weights[0]! + weights[0]!;
      if (best !== undefined && best.rank <= rank) continue;
      const weightCodes = new Array<number>(inputs);
      weights.forEach((weight, k) => {
        weightCodes[order[k]!] = CODE_OF.get(weight)! + (signs[order[k]!]! < 0 ? 8 : 0);
      });
      best = { gate: { weights: weightCodes, bias: codes }, rank };
    }
  }
  return best?.gate;
}

function rowOf({ low, high }: Truth, row: number): number {
  return ((row < 32 ? low : high) >>> (row & 31)) & 1;
}

/** Whether the function rises (1) or falls (−1) with each input; nothing if with one it does both. */
function signsOf(truth: Truth, inputs: number): number[] | undefined {
  const signs: number[] = [];
  for (let v = 0; v < inputs; v++) {
    let sign = 0;
    for (let row = 0; row < 1 << inputs; row++) {
      if ((row >> v) & 1) continue;
      const change = rowOf(truth, row | (1 << v)) - rowOf(truth, row);
      if (change !== 0 && change === -sign) return undefined;
      if (change !== 0) sign = change;
    }
    signs.push(sign);
  }
  return signs;
}

/** The function with falling inputs complemented and the inputs in descending order of weight. */
function canonical(
  truth: Truth,
  inputs: number,
  signs: readonly number[],
): { order: number[]; key: string } {
  const flips = signs.reduce((mask, sign, v) => sign < 0 ? mask | (1 << v) : mask, 0);
  const ones = new Array<number>(inputs).fill(0);
  for (let row = 0; row < 1 << inputs; row++) {
    if (rowOf(truth, row ^ flips) === 0) continue;
    for (let v = 0; v < inputs; v++) ones[v]! += (row >> v) & 1;
  }
  const order = [...ones.keys()].sort((a, b) => ones[b]! - ones[a]! || a - b);
  let key = "";
  for (let row = 0; row < 1 << inputs; row++) {
    let from = flips;
    for (let k = 0; k < inputs; k++) if ((row >> k) & 1) from ^= 1 << order[k]!;
    key += rowOf(truth, from);
  }
  return { order, key };
}

function table(inputs: number): ReadonlyMap<string, readonly Weights[]> {
  const known = TABLES.get(inputs);
  if (known !== undefined) return known;
  const found = new Map<string, Weights[]>();
  const weights: number[] = [];
  const visit = (highest: number): void => {
    if (weights.length === inputs) return addThresholds(weights, found);
    for (let i = 0; i <= highest; i++) {
      weights.push(HALVES[i]!);
      visit(i);
      weights.pop();
    }
  };
  visit(HALVES.length - 1);
  TABLES.set(inputs, found);
  return found;
}

/** Adds what some weights compute at every threshold between their sums. */
function addThresholds(weights: readonly number[], found: Map<string, Weights[]>): void {
  const sums: number[] = [];
  for (let row = 0; row < 1 << weights.length; row++) {
    sums.push(weights.reduce((sum, weight, k) => (row >> k) & 1 ? sum + weight : sum, 0));
  }
  const steps = [...new Set(sums)].sort((a, b) => a - b);
  for (let i = 1; i < steps.length; i++) {
    const key = sums.map((sum) => sum >= steps[i]! ? "1" : "0").join("");
    const entry = { weights: [...weights], highestZero: steps[i - 1]!, lowestOne: steps[i]! };
    const list = found.get(key);
    if (list === undefined) found.set(key, [entry]);
    else list.push(entry);
  }
}
