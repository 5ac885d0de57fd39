import type { Gate, GateList } from "../gates.ts";
import type { BitAlgebra } from "./bit_algebra.ts";

/**
 * A threshold gate over any algebra: step(Σ weight·bit + bias), by decisions on one input after the
 * other, the heaviest first. Decisions that leave the same sum are one, and none is made where the
 * inputs that are left cannot change the sign; sums are exact for E2M1 values.
 */
export function thresholdBit<B>(
  { not, or, mux, zero, one }: BitAlgebra<B>,
  { signals, weights, bias }: Gate,
  bits: readonly B[],
): B {
  const order = weights.map((_, k) => k)
    .sort((a, b) => Math.abs(weights[b]!) - Math.abs(weights[a]!) || b - a);
  // What the inputs from the k-th on can still add, at least and at most.
  const least = new Float64Array(order.length + 1);
  const most = new Float64Array(order.length + 1);
  for (let k = order.length - 1; k >= 0; k--) {
    const weight = weights[order[k]!]!;
    least[k] = least[k + 1]! + Math.min(weight, 0);
    most[k] = most[k + 1]! + Math.max(weight, 0);
  }
  const known = order.map(() => new Map<number, B>());
  const decide = (k: number, sum: number): B => {
    if (sum + least[k]! >= 0) return one;
    if (sum + most[k]! < 0) return zero;
    const found = known[k]!.get(sum);
    if (found !== undefined) return found;
    const weight = weights[order[k]!]!;
    const decided = bits[signals[order[k]!]!]!;
    const whenOne = decide(k + 1, sum + weight);
    const whenZero = decide(k + 1, sum);
    const bit = whenOne === one
      ? or(decided, whenZero)
      : whenZero === one
      ? or(not(decided), whenOne)
      : mux(decided, whenOne, whenZero);
    known[k]!.set(sum, bit);
    return bit;
  };
  return decide(0, bias);
}

/**
 * Every signal of a flat circuit over any algebra: the input bits first, then one bit per gate.
 */
export function signalBits<B>(
  algebra: BitAlgebra<B>,
  list: GateList,
  inputs: readonly B[],
): B[] {
  const bits = inputs.slice(0, list.inputs);
  for (const gate of list.gates) bits.push(thresholdBit(algebra, gate, bits));
  return bits;
}
