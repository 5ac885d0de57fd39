import { encodeBias } from "./builtin/threshold_code.ts";
import type { GateList } from "./gates.ts";

/** Sizes of a flat circuit. */
export interface GateStatistics {
  /** Input wires. */
  readonly inputs: number;
  /** Output wires. */
  readonly outputs: number;
  /** Threshold gates. */
  readonly gates: number;
  /** Gates on the longest path: dependent passes. */
  readonly depth: number;
  /** Weights other than 0. */
  readonly weights: number;
  /** Bits of weights and biases: four per E2M1 code, one code or two per bias. */
  readonly bits: number;
  /** Most weights of a gate. */
  readonly maxFanIn: number;
  /** Most gates and outputs that read the same signal. */
  readonly maxFanOut: number;
  /** Gates by level, the first level first. */
  readonly gatesPerLevel: readonly number[];
}

/** The level of every gate: 1 when it reads inputs only, else one more than the gates it reads. */
export function gateLevels(list: GateList): number[] {
  const levels: number[] = [];
  for (const { signals } of list.gates) {
    let level = 1;
    for (const signal of signals) {
      if (signal >= list.inputs) level = Math.max(level, levels[signal - list.inputs]! + 1);
    }
    levels.push(level);
  }
  return levels;
}

/** Counts what a flat circuit is made of. */
export function gateStatistics(list: GateList): GateStatistics {
  const levels = gateLevels(list);
  const gatesPerLevel: number[] = [];
  for (const level of levels) gatesPerLevel[level - 1] = (gatesPerLevel[level - 1] ?? 0) + 1;
  const readers = new Int32Array(list.inputs + list.gates.length);
  let [weights, codes, maxFanIn, maxFanOut] = [0, 0, 0, 0];
  for (const gate of list.gates) {
    weights += gate.weights.length;
    codes += gate.weights.length + (encodeBias(gate.bias)?.length ?? 1);
    maxFanIn = Math.max(maxFanIn, gate.weights.length);
    for (const signal of gate.signals) readers[signal]!++;
  }
  for (const signal of list.outputs) readers[signal]!++;
  for (const count of readers) maxFanOut = Math.max(maxFanOut, count);
  return {
    inputs: list.inputs,
    outputs: list.outputs.length,
    gates: list.gates.length,
    depth: gatesPerLevel.length,
    weights,
    bits: 4 * codes,
    maxFanIn,
    maxFanOut,
    gatesPerLevel,
  };
}

/**
 * Sizes of an n-bit ripple adder of the ten atoms as the TriX compiler counts them: a tile per atom
 * instance, a route per wire end that reads, outputs included (atoms specification, 3.2).
 */
export function trixAdderSize(width: number): { readonly tiles: number; readonly routes: number } {
  return { tiles: 2 * width, routes: 7 * width + 1 };
}
