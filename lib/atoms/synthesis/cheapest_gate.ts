import { CODES, UNITS, VALUES } from "./linear_forms.ts";
import type { Margin, NetworkGate } from "./gate_network.ts";

/** All weights of the inputs, cheap ones first, with their sums and signs. */
interface WeightTable {
  readonly count: number;
  /** Weights that are not zero, per vector. */
  readonly cost: Uint8Array;
  /** Codes, vector by vector. */
  readonly codes: Uint8Array;
  /** Sums in units of 0.5, rows × vectors. */
  readonly sums: Int8Array;
  /** Bit i: weight i is above zero, per vector. */
  readonly positive: Uint8Array;
  /** Bit i: weight i is below zero, per vector. */
  readonly negative: Uint8Array;
}

const TABLES = new Map<number, WeightTable>();

function weightTable(inputs: number): WeightTable {
  const known = TABLES.get(inputs);
  if (known) return known;
  let vectors: number[][] = [[]];
  for (let i = 0; i < inputs; i++) {
    vectors = vectors.flatMap((vector) => CODES.map((code) => [...vector, code]));
  }
  const used = (vector: readonly number[]): number => vector.filter((code) => code !== 0).length;
  vectors.sort((a, b) => used(a) - used(b)); // stable: by codes among equals
  const rows = 1 << inputs;
  const signs = (vector: readonly number[], sign: number): number =>
    vector.reduce((bits, code, i) => bits | (UNITS[code]! * sign > 0 ? 1 << i : 0), 0);
  const sums = new Int8Array(rows * vectors.length);
  for (const [v, vector] of vectors.entries()) {
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < inputs; i++) {
        if ((row >> i) & 1) sums[v * rows + row]! += UNITS[vector[i]!]!;
      }
    }
  }
  const table: WeightTable = {
    count: vectors.length,
    cost: Uint8Array.from(vectors, used),
    codes: Uint8Array.from(vectors.flat()),
    sums,
    positive: Uint8Array.from(vectors, (vector) => signs(vector, 1)),
    negative: Uint8Array.from(vectors, (vector) => signs(vector, -1)),
  };
  TABLES.set(inputs, table);
  return table;
}

/**
 * The gate with the fewest parameters that are not zero, among all gates over the inputs and up to
 * two earlier gates of the given functions. Of several the one with the largest margin, then with
 * the first codes.
 *
 * @param inputs 1 to 4.
 * @param earlier What the earlier gates compute of the inputs, as masks.
 * @param target What the gate shall compute of the inputs, as a mask.
 * @returns The gate and its cost, or undefined if there is none.
 */
export function cheapestGate(
  inputs: number,
  earlier: readonly number[],
  target: number,
  margin: Margin,
): { gate: NetworkGate; cost: number } | undefined {
  const rows = 1 << inputs;
  const table = weightTable(inputs);
  const least = margin > 0 ? 1 : 0;
  const states = 1 << earlier.length;
  const state = Uint8Array.from({ length: rows }, (_, row) => {
    return earlier.reduce((bits, mask, gate) => bits | ((mask >> row) & 1) << gate, 0);
  });
  const [mustRise, mustFall] = forcedSigns(inputs, state, target);
  if (mustRise & mustFall) return undefined;
  const lowest = new Int16Array(states);
  const highest = new Int16Array(states);
  let best: { gate: NetworkGate; cost: number; slack: number } | undefined;
  for (let v = 0; v < table.count; v++) {
    if (best && table.cost[v]! > best.cost) break;
    if ((mustRise & ~table.positive[v]!) | (mustFall & ~table.negative[v]!)) continue;
    // What bias and weights of earlier gates must add up to in each state.
    lowest.fill(-1000);
    highest.fill(1000);
    let possible = true;
    for (let row = 0; row < rows && possible; row++) {
      const s = state[row]!;
      const sum = table.sums[v * rows + row]!;
      if ((target >> row) & 1) {
        if (least - sum > lowest[s]!) lowest[s] = least - sum;
      } else if (-1 - sum < highest[s]!) highest[s] = -1 - sum;
      possible = lowest[s]! <= highest[s]!;
    }
    if (!possible) continue;
    for (let b = 0; b < VALUES.length; b++) {
      if (VALUES[b]! < lowest[0]! || VALUES[b]! > highest[0]!) continue;
      for (let p = 0; p < (earlier.length > 0 ? VALUES.length : 1); p++) {
        if (states > 1) {
          const one = VALUES[b]! + VALUES[p]!;
          if (one < lowest[1]! || one > highest[1]!) continue;
        }
        for (let q = 0; q < (earlier.length > 1 ? VALUES.length : 1); q++) {
          if (states > 2) {
            const two = VALUES[b]! + VALUES[q]!;
            if (two < lowest[2]! || two > highest[2]!) continue;
            if (two + VALUES[p]! < lowest[3]! || two + VALUES[p]! > highest[3]!) continue;
          }
          const cost = table.cost[v]! + (b ? 1 : 0) + (p ? 1 : 0) + (q ? 1 : 0);
          if (best && cost > best.cost) continue;
          let slack = Infinity;
          for (let row = 0; row < rows; row++) {
            const shift = VALUES[b]! + (state[row]! & 1 ? VALUES[p]! : 0) +
              (state[row]! & 2 ? VALUES[q]! : 0);
            slack = Math.min(slack, Math.abs(table.sums[v * rows + row]! + shift));
          }
          if (best && cost === best.cost && slack <= best.slack) continue;
          const own = [...table.codes.subarray(v * inputs, (v + 1) * inputs)];
          const others = [p, q].slice(0, earlier.length).map((i) => CODES[i]!);
          const gate = { weightCodes: [...own, ...others], biasCodes: [CODES[b]!] };
          best = { gate, cost, slack };
        }
      }
    }
  }
  return best && { gate: best.gate, cost: best.cost };
}

/** Inputs whose weight must be above and below zero, because the output follows them alone. */
function forcedSigns(inputs: number, state: Uint8Array, target: number): [number, number] {
  let rise = 0;
  let fall = 0;
  for (let row = 0; row < state.length; row++) {
    for (let i = 0; i < inputs; i++) {
      const other = row | (1 << i);
      if (other === row || state[other] !== state[row]) continue;
      const change = ((target >> other) & 1) - ((target >> row) & 1);
      if (change > 0) rise |= 1 << i;
      if (change < 0) fall |= 1 << i;
    }
  }
  return [rise, fall];
}
