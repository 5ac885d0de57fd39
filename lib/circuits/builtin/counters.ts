import { add } from "./adders.ts";
import { type Carries, rippleCarries } from "./carries.ts";
import type { Architecture, Buses, GateKit, Kit } from "./kit.ts";
import { type Signal, ZERO } from "./signal_graph.ts";

/** Counts the ones among some signals: the bits of the count, lowest first. */
export interface Counter<K extends Kit = Kit> {
  /** Signals that it takes at the most. */
  readonly size: number;
  /** The bits of the count. */
  count(kit: K, signals: readonly Signal[]): Signal[];
}

/** Full and half adders. */
export const FULL_ADDER: Counter = {
  size: 3,
  count: (kit, [a = ZERO, b = ZERO, c = ZERO]) => [kit.sum(a, b, c), kit.carry(a, b, c)],
};

/**
 * A counter of as many gates as its count has bits, from the highest bit down: each gate looks
 * at what the higher bits leave. (7,3) in three gates, (15,4) in four.
 */
export function slimCounter(size: 3 | 7 | 15): Counter<GateKit> {
  return { size, count: (kit, signals) => slimCount(kit, signals) };
}

function slimCount(kit: GateKit, signals: readonly Signal[]): Signal[] {
  const bits: Signal[] = [];
  const weights: number[] = [];
  for (let bit = Math.floor(Math.log2(signals.length)); bit >= 0; bit--) {
    const ones = signals.map(() => 1);
    const found = kit.threshold([...signals, ...bits], [...ones, ...weights], 2 ** bit);
    bits.push(found);
    weights.push(-(2 ** bit));
  }
  return bits.reverse();
}

/** A counter of two levels: a gate per count that is reached, and a gate per bit over those. */
export function flatCounter(size: number): Counter<GateKit> {
  return {
    size,
    count: (kit, signals) => {
      const ones = signals.map(() => 1);
      const reached = (count: number): Signal => kit.threshold(signals, ones, count);
      return Array.from({ length: Math.floor(Math.log2(signals.length)) + 1 }, (_, bit) => {
        const counts: number[] = [];
        for (let count = 2 ** bit; count <= signals.length; count += 2 ** bit) counts.push(count);
        return kit.threshold(counts.map(reached), counts.map((_, i) => (i % 2 === 0 ? 1 : -1)), 1);
      });
    },
  };
}

/** The native counters. */
export const NATIVE_COUNTERS: readonly Counter<GateKit>[] = [
  FULL_ADDER,
  slimCounter(7),
  slimCounter(15),
  flatCounter(3),
  flatCounter(7),
  flatCounter(11),
  flatCounter(15),
];

/** A way to add up columns of signals, column i being worth 2^i. */
export type Reduction<K extends Kit = Kit> = (
  kit: K,
  columns: readonly (readonly Signal[])[],
) => Signal[];

/** Column after column, each counted down to one signal before the next: few gates. */
export function sequentialReduction<K extends Kit>(counter: Counter<K>): Reduction<K> {
  return (kit, given) => {
    const columns = given.map((column) => [...column]);
    return columns.map((column, index) => {
      while (column.length > 1) {
        const bits = counter.count(kit, column.splice(0, counter.size));
        // Behind the others, so that what is there early is counted early.
        bits.forEach((bit, i) => {
          if (bit !== ZERO) columns[index + i]?.push(bit);
        });
      }
      return column[0] ?? ZERO;
    });
  };
}

/** All columns at once, layer by layer, until two numbers are left, which an adder adds. */
export function layeredReduction<K extends Kit>(
  counter: Counter<K>,
  carries: Carries<K>,
): Reduction<K> {
  return (kit, given) => {
    let columns = given.map((column) => [...column]);
    while (columns.some((column) => column.length > 2)) {
      const next: Signal[][] = columns.map(() => []);
      columns.forEach((column, index) => {
        for (let start = 0; start < column.length; start += counter.size) {
          const group = column.slice(start, start + counter.size);
          const bits = group.length < 3 ? undefined : counter.count(kit, group);
          if (bits === undefined) next[index]!.push(...group);
          else {
            bits.forEach((bit, i) => {
              if (bit !== ZERO) next[index + i]?.push(bit);
            });
          }
        }
      });
      columns = next;
    }
    const first = columns.findIndex((column) => column.length > 1);
    if (first < 0) return columns.map(([signal = ZERO]) => signal);
    const pairs = columns.slice(first).map(([a = ZERO, b = ZERO]) => [a, b] as const);
    const { sum } = add(kit, pairs, ZERO, carries);
    return [...columns.slice(0, first).map(([signal = ZERO]) => signal), ...sum];
  };
}

/** The number of ones. */
export function populationCount<K extends Kit>(reduce: Reduction<K>): Architecture<K> {
  return (kit, [a]) => {
    const width = Math.floor(Math.log2(a!.length)) + 1;
    return [reduce(kit, [a!, ...Array.from({ length: width - 1 }, () => [])])];
  };
}

/** The product: an AND per pair of bits, added up. */
export function multiplier<K extends Kit>(reduce: Reduction<K>): Architecture<K> {
  return (kit, [a, b]) => {
    const columns: Signal[][] = Array.from({ length: 2 * a!.length }, () => []);
    a!.forEach((x, i) => b!.forEach((y, j) => columns[i + j]!.push(kit.and([x, y]))));
    return [reduce(kit, columns)];
  };
}

/** Array multiplication: row after row, a ripple adder each. */
export function arrayMultiplier(kit: Kit, [a, b]: Buses): Signal[][] {
  const width = a!.length;
  const row = (i: number): Signal[] => a!.map((x) => kit.and([x, b![i]!]));
  let upper = row(0);
  let top: Signal = ZERO;
  const product: Signal[] = [];
  for (let i = 1; i < width; i++) {
    product.push(upper[0]!);
    const shifted = [...upper.slice(1), top];
    const pairs = row(i).map((x, j) => [x, shifted[j]!] as const);
    const { sum, carry } = add(kit, pairs, ZERO, rippleCarries);
    upper = sum;
    top = carry;
  }
  return [[...product, ...upper, top]];
}

/** Parity as the lowest bit of counts, group after group. */
export function parityOf<K extends Kit>(
  counter: Counter<K>,
): (kit: K, a: readonly Signal[]) => Signal {
  return (kit, a) => {
    let level = [...a];
    while (level.length > 1) {
      // Groups of nearly equal size need the fewest gates in a level of gates by count.
      const groups = Math.ceil(level.length / counter.size);
      const next: Signal[] = [];
      for (let group = 0; group < groups; group++) {
        const start = Math.floor(group * level.length / groups);
        const end = Math.floor((group + 1) * level.length / groups);
        const members = level.slice(start, end);
        next.push(members.length === 1 ? members[0]! : counter.count(kit, members)[0]!);
      }
      level = next;
    }
    return level[0] ?? ZERO;
  };
}
