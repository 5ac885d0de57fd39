import type { Gate, GateList } from "./gates.ts";

/** How far from its threshold a gate decides. */
export interface GateMargin {
  /** Smallest z of a state in which the gate gives 1; infinite when it never does. */
  readonly above: number;
  /** Smallest −z of a state in which the gate gives 0; infinite when it never does. */
  readonly below: number;
  /**
   * Whether only states that occur were looked at. Otherwise some that do not occur may have been, and
   * the true margins are these or wider.
   */
  readonly exact: boolean;
}

/** Signals of a window that are free: 2 to this number states are tried. */
const WINDOW = 12;
/** Gates of a window, so that the time for a circuit grows with its gates and not with their square. */
const WINDOW_GATES = 48;

/**
 * The margins of every gate on both sides of its threshold. A gate with `above` 0 decides at exactly
 * z = 0: its margin is one-sided. A circuit of up to 12 inputs is run in all their states. For the
 * gates of a wider one, states are enumerated over a window of up to 12 signals that decide the gate,
 * reaching back to the inputs where it can; gates of more signals are bounded by the sums that their
 * weights can make.
 */
export function gateMargins(list: GateList): GateMargin[] {
  if (list.inputs > WINDOW) return list.gates.map((_, gate) => marginOf(list, gate));
  const states = new States(list, Array.from({ length: list.inputs }, (_, signal) => signal));
  return list.gates.map((_, gate) => ({ ...marginOfSums(states.run(gate)), exact: true }));
}

/** Whether a gate may decide at exactly z = 0; never no where it does. */
export function decidesAtZero(list: GateList, gate: number): boolean {
  return marginBySums(list.gates[gate]!).above === 0 && marginOf(list, gate).above === 0;
}

function marginOf(list: GateList, gate: number): GateMargin {
  const window = windowOf(list, gate);
  return window === undefined ? marginBySums(list.gates[gate]!) : marginInWindow(list, window);
}

/** Gates whose states follow from a few free signals. */
interface Window {
  readonly leaves: readonly number[];
  /** Numbers of the gates, the one in question last. */
  readonly gates: readonly number[];
}

/** Expands a gate towards the inputs as long as few signals remain free. */
function windowOf(list: GateList, gate: number): Window | undefined {
  let leaves = new Set(list.gates[gate]!.signals);
  if (leaves.size > WINDOW) return undefined;
  const inside = new Set([gate]);
  const fixed = new Set<number>();
  while (inside.size < WINDOW_GATES) {
    let last = -1;
    for (const leaf of leaves) {
      if (leaf >= list.inputs && !fixed.has(leaf) && leaf > last) last = leaf;
    }
    if (last < 0) break;
    const next = new Set(leaves);
    next.delete(last);
    for (const signal of list.gates[last - list.inputs]!.signals) next.add(signal);
    if (next.size > WINDOW) {
      fixed.add(last);
      continue;
    }
    leaves = next;
    inside.add(last - list.inputs);
  }
  return { leaves: [...leaves], gates: [...inside].sort((a, b) => a - b) };
}

function marginInWindow(list: GateList, { leaves, gates }: Window): GateMargin {
  const states = new States(list, leaves);
  let sums: Iterable<number> = [];
  for (const gate of gates) sums = states.run(gate);
  return { ...marginOfSums(sums), exact: leaves.every((signal) => signal < list.inputs) };
}

/** The values of signals in every state of a few free ones. */
class States {
  readonly #values = new Map<number, Uint8Array>();
  readonly #sums: Float64Array;

  constructor(readonly list: GateList, free: readonly number[]) {
    const states = 2 ** free.length;
    this.#sums = new Float64Array(states);
    free.forEach((signal, bit) => {
      const column = new Uint8Array(states);
      for (let state = 0; state < states; state++) column[state] = (state >> bit) & 1;
      this.#values.set(signal, column);
    });
  }

  /** Runs a gate whose signals have values; returns its sums, until the next one runs. */
  run(gate: number): Float64Array {
    const sums = this.#sums;
    const { signals, weights, bias } = this.list.gates[gate]!;
    sums.fill(bias);
    for (let k = 0; k < signals.length; k++) {
      const column = this.#values.get(signals[k]!)!;
      const weight = weights[k]!;
      for (let state = 0; state < sums.length; state++) sums[state]! += weight * column[state]!;
    }
    const column = new Uint8Array(sums.length);
    for (let state = 0; state < sums.length; state++) column[state] = sums[state]! >= 0 ? 1 : 0;
    this.#values.set(this.list.inputs + gate, column);
    return sums;
  }
}

function marginOfSums(sums: Iterable<number>): { above: number; below: number } {
  let [above, below] = [Infinity, Infinity];
  for (const z of sums) {
    if (z >= 0) above = Math.min(above, z);
    else below = Math.min(below, -z);
  }
  return { above, below };
}

/** Margins when all signals are free, from the set of sums that the weights can make. */
function marginBySums({ signals, weights, bias }: Gate): GateMargin {
  let sums = new Set([bias]);
  for (const weight of weights) {
    const more = new Set(sums);
    for (const sum of sums) more.add(sum + weight);
    sums = more;
  }
  return { ...marginOfSums(sums), exact: signals.length === 0 };
}
