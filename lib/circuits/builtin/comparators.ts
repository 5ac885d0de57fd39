import { blockTree, type Carries, carryOut, type Pair, rippleCarries } from "./carries.ts";
import { zip } from "./adders.ts";
import type { Architecture, GateKit, Kit } from "./kit.ts";
import { not, ONE, type Signal, ZERO } from "./signal_graph.ts";

/** Whether A > B and whether A ≥ B, from the pairs of A and ¬B: carries out of A + ¬B (+ 1). */
export type Comparison<K extends Kit = Kit> = (kit: K, pairs: readonly Pair[]) => Pair;

/** Bit by bit. */
export function rippleComparison(kit: Kit, pairs: readonly Pair[]): Pair {
  return [
    rippleCarries(kit, pairs, ZERO).at(-1)!,
    rippleCarries(kit, pairs, ONE).at(-1)!,
  ];
}

/** Groups of bits one after the other, a gate per group. */
function groupComparison(size: number): Comparison<GateKit> {
  const last: Carries<GateKit> = (kit, pairs, carryIn) => {
    let carry = carryIn;
    for (let start = 0; start < pairs.length; start += size) {
      carry = carryOut(kit, pairs.slice(start, start + size), carry);
    }
    return [carry];
  };
  return (kit, pairs) => [last(kit, pairs, ZERO)[0]!, last(kit, pairs, ONE)[0]!];
}

/** The native ways to compare. */
export const NATIVE_COMPARISONS: readonly Comparison<GateKit>[] = [
  rippleComparison,
  groupComparison(2),
  groupComparison(3),
  groupComparison(4),
  blockTree,
];

/** LT, EQ and GT. */
export function comparator<K extends Kit>(compare: Comparison<K>): Architecture<K> {
  return (kit, [a, b]) => {
    const [greater, notLess] = compare(kit, zip(a!, b!.map(not)));
    const less = kit.plain(not(notLess));
    return [[less], [kit.and([not(greater), not(less)])], [greater]];
  };
}

/** The smaller or the larger of A and B. */
export function extremum<K extends Kit>(
  which: "min" | "max",
  compare: Comparison<K>,
): Architecture<K> {
  return (kit, [a, b]) => {
    const [greater] = compare(kit, zip(a!, b!.map(not)));
    const pick = (x: Signal, y: Signal): Signal =>
      which === "min" ? kit.mux(greater, x, y) : kit.mux(greater, y, x);
    return [a!.map((signal, i) => pick(signal, b![i]!))];
  };
}
