import type { GateKit, Kit } from "./kit.ts";
import { ONE, type Signal, ZERO } from "./signal_graph.ts";

/** Two signals of the same weight: the bits of two numbers, or what a block of them does. */
export type Pair = readonly [Signal, Signal];

/** How the carries of a sum are found: one per bit from carry `in`, the carry out last. */
export type Carries<K extends Kit = Kit> = (
  kit: K,
  pairs: readonly Pair[],
  carryIn: Signal,
) => Signal[];

/** Pairs that one gate can take: E2M1 has the weights 0.5, 1, 2 and 4. */
const RADIX = 4;

/** Carries one after the other. */
export function rippleCarries(kit: Kit, pairs: readonly Pair[], carryIn: Signal): Signal[] {
  let carry = carryIn;
  return pairs.map(([a, b]) => carry = kit.carry(a, b, carry));
}

/** The carry out of up to four pairs in one gate: Σ 2^i·(a_i + b_i) + carry in ≥ 2^k. */
export function carryOut(kit: GateKit, pairs: readonly Pair[], carryIn: Signal): Signal {
  const weights = pairs.flatMap((_, i) => [2 ** i, 2 ** i]);
  return kit.threshold([...pairs.flat(), carryIn], [...weights, 1], 2 ** pairs.length);
}

/** Carries of groups of up to four bits, each group from the carry into it. */
export function groupCarries(size: number): Carries<GateKit> {
  return (kit, pairs, carryIn) => {
    const carries: Signal[] = [];
    for (let start = 0; start < pairs.length; start += size) {
      const into = start === 0 ? carryIn : carries[start - 1]!;
      for (let end = start + 1; end <= Math.min(start + size, pairs.length); end++) {
        carries.push(carryOut(kit, pairs.slice(start, end), into));
      }
    }
    return carries;
  };
}

/**
 * What a block of up to four pairs does, as a pair again: whether it makes a carry of its own, and
 * whether it has a carry out when there is one in. A block of blocks is summed like bits.
 */
function block(kit: GateKit, pairs: readonly Pair[]): Pair {
  return pairs.length === 1 ? pairs[0]! : [carryOut(kit, pairs, ZERO), carryOut(kit, pairs, ONE)];
}

/** All pairs as one, by a tree of blocks: depth ⌈log₄ N⌉. */
export function blockTree(kit: GateKit, pairs: readonly Pair[]): Pair {
  if (pairs.length === 1) return [kit.and(pairs[0]!), kit.or(pairs[0]!)];
  let level = [...pairs];
  while (level.length > 1) {
    level = Array.from(
      { length: Math.ceil(level.length / RADIX) },
      (_, i) => block(kit, level.slice(i * RADIX, (i + 1) * RADIX)),
    );
  }
  return level[0]!;
}

/**
 * Carries in logarithmic depth. The carry into bit 4, 20, 84, 340 … is known after 1, 2, 3, 4 …
 * gates, because the gate of level l can take four blocks of 4^(l−1) bits, which are ready by then. From
 * there every other carry is a few blocks away. Blocks are made only where a carry could not be in
 * time without.
 */
export function fastCarries(kit: GateKit, pairs: readonly Pair[], carryIn: Signal): Signal[] {
  const width = pairs.length;
  const steps = Array.from({ length: width + 1 }, (_, bit) => stepsTo(bit));
  const earliest = steps.map(({ level }) => level);
  const depth = Math.max(1, earliest[width]! - 1, ...earliest.slice(0, width));

  // From the top down, because a carry must be there for those that are made from it.
  const deadline = earliest.map((_, bit) => (bit === width ? depth + 1 : depth));
  const from = earliest.map((_, bit) => bit);
  for (let bit = width; bit > 0; bit--) {
    const near = bit - ((bit - 1) % RADIX + 1);
    from[bit] = earliest[near]! < deadline[bit]! ? near : steps[bit]!.from;
    deadline[from[bit]!] = Math.min(deadline[from[bit]!]!, deadline[bit]! - 1);
  }

  const made = new Map<string, Pair>();
  const span = (start: number, size: number): Pair => {
    if (size === 1) return pairs[start]!;
    const key = `${start},${size}`;
    const inner = size / RADIX;
    const found = made.get(key) ??
      block(kit, Array.from({ length: RADIX }, (_, i) => span(start + i * inner, inner)));
    made.set(key, found);
    return found;
  };
  const carries = [carryIn];
  for (let bit = 1; bit <= width; bit++) {
    const start = from[bit]!;
    const sizes = bit - start <= RADIX ? Array(bit - start).fill(1) : steps[bit]!.sizes;
    let next = start;
    const blocks = sizes.map((size: number) => {
      next += size;
      return span(next - size, size);
    });
    carries.push(carryOut(kit, blocks, carries[start]!));
  }
  return carries.slice(1);
}

/** The last gate on the way to the carry into a bit: the carry and the blocks that it takes. */
function stepsTo(
  bit: number,
): { readonly level: number; readonly from: number; readonly sizes: readonly number[] } {
  if (bit === 0) return { level: 0, from: 0, sizes: [] };
  let [hub, level, size] = [0, 0, 1];
  while (hub + size * RADIX < bit) {
    size *= RADIX;
    hub += size;
    level++;
  }
  const sizes: number[] = [];
  for (let rest = bit - hub; rest > 0; size /= RADIX) {
    for (; rest >= size; rest -= size) sizes.push(size);
  }
  const gates = Math.ceil(sizes.length / RADIX);
  const last = sizes.slice((gates - 1) * RADIX);
  return {
    level: level + gates,
    from: bit - last.reduce((a, b) => a + b, 0),
    sizes: last,
  };
}
