import { decode, E2M1, encode } from "../../numerics/mod.ts";

/** One row that a gate must get right. */
export interface GateRow {
  /** What the gate sees: zeros and ones. */
  readonly x: readonly number[];
  /** What it must answer. */
  readonly target: 0 | 1;
}

/** A gate as E2M1 codes. */
export interface QuantisedGate {
  /** 4-bit codes of the weights. */
  readonly weightCodes: readonly number[];
  /** 4-bit code of the bias. */
  readonly biasCode: number;
  /** Smallest |z| over the rows. */
  readonly margin: number;
}

/** Largest magnitude of E2M1: what the largest parameter is scaled to at scale 1. */
const LARGEST = 6;
/** Scales tried: multiples of 1/36 of the one that makes the largest parameter a 6. */
const SCALES = 72;

/**
 * Rounds a gate to E2M1. The step does not change when all parameters of a gate are scaled alike,
 * so the scale is free and is not stored: all of a grid are tried. Among the scales whose rounded
 * gate is right in every row, the one with the smallest parameters wins, since E2M1 sums are
 * multiples of 0.5 and no decision then falls closer than that.
 *
 * @param parameters Weights, then the bias.
 * @returns The gate, or nothing when no scale gives one that is right in every row with z ≠ 0.
 */
export function quantiseGate(
  parameters: ArrayLike<number>,
  rows: readonly GateRow[],
): QuantisedGate | undefined {
  const values = Array.from(parameters);
  const absmax = Math.max(...values.map(Math.abs));
  let best: QuantisedGate | undefined;
  let bestSize = Infinity;
  for (let k = 1; k <= SCALES; k++) {
    const scale = k / (SCALES / 2) * LARGEST / absmax;
    const codes = values.map((value) => encode(E2M1, value * scale));
    const rounded = codes.map((code) => decode(E2M1, code));
    const size = rounded.reduce((sum, value) => sum + Math.abs(value), 0);
    if (size >= bestSize) continue;
    const margin = marginOf(rounded, rows);
    if (margin <= 0) continue;
    best = { weightCodes: codes.slice(0, -1), biasCode: codes.at(-1)!, margin };
    bestSize = size;
  }
  return best;
}

/** Smallest |z| over the rows, or −1 when one is on the wrong side or z is 0. */
function marginOf(parameters: readonly number[], rows: readonly GateRow[]): number {
  let margin = Infinity;
  for (const { x, target } of rows) {
    let z = parameters[x.length]!;
    for (let i = 0; i < x.length; i++) z += parameters[i]! * x[i]!;
    if (z === 0 || (z > 0) !== (target === 1)) return -1;
    margin = Math.min(margin, Math.abs(z));
  }
  return margin;
}
