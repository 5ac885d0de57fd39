import type { Buses, Kit } from "./kit.ts";
import { not, type Signal, ZERO } from "./signal_graph.ts";

/** Bits that count from 0 to n − 1, at least one. */
export function indexBits(n: number): number {
  return Math.max(1, Math.ceil(Math.log2(n)));
}

/** Neighbours selected level by level; what has no neighbour goes up as it is. N − 1 selectors. */
export function muxTree(kit: Kit, [data, select]: Buses): Signal[][] {
  let level = [...data!];
  for (const bit of select!) {
    const next: Signal[] = [];
    for (let i = 0; i < level.length; i += 2) {
      next.push(i + 1 < level.length ? kit.mux(bit, level[i]!, level[i + 1]!) : level[i]!);
    }
    level = next;
  }
  return [[level[0]!]];
}

/** An AND per data input with the selector bits that tell it from others, and one OR. */
export function muxOfProducts(kit: Kit, [data, select]: Buses): Signal[][] {
  const products = data!.map((signal, index) => {
    const literals = select!.flatMap((bit, i) => {
      const digit = Math.floor(index / 2 ** i) % 2;
      if (digit === 1) return [bit];
      // Without this index's lower bits, is there an input with this bit set?
      const other = (Math.floor(index / 2 ** i) + 1) * 2 ** i;
      return other < data!.length ? [not(bit)] : [];
    });
    return kit.and([signal, ...literals]);
  });
  return [[kit.or(products)]];
}

/** Every output an AND of all input bits. */
export function flatDecoder(kit: Kit, [address]: Buses): Signal[][] {
  const count = 2 ** address!.length;
  return [
    Array.from(
      { length: count },
      (_, index) =>
        kit.and(address!.map((bit, i) => (Math.floor(index / 2 ** i) % 2 === 1 ? bit : not(bit)))),
    ),
  ];
}

/** Both halves of the address decoded, then every pair. */
export function splitDecoder(kit: Kit, [address]: Buses): Signal[][] {
  return [decode(kit, address!)];
}

function decode(kit: Kit, address: readonly Signal[]): Signal[] {
  if (address.length === 1) return [not(address[0]!), address[0]!];
  const half = address.length >> 1;
  const low = decode(kit, address.slice(0, half));
  const high = decode(kit, address.slice(half));
  return high.flatMap((h) => low.map((l) => kit.and([h, l])));
}

/** A barrel shifter: reversed before and after when it shifts right, one stage per bit of By. */
export function barrelShifter(kit: Kit, [a, by, right]: Buses): Signal[][] {
  const flip = (bits: readonly Signal[]): Signal[] =>
    bits.map((bit, i) => kit.mux(right![0]!, bit, bits[bits.length - 1 - i]!));
  let bits = flip(a!);
  by!.forEach((select, stage) => {
    bits = bits.map((bit, i) => kit.mux(select, bit, bits[i - 2 ** stage] ?? ZERO));
  });
  return [flip(bits)];
}

/** A shifter of two levels: an AND per output and amount, and one OR. */
export function shifterOfProducts(kit: Kit, [a, by, right]: Buses): Signal[][] {
  const width = a!.length;
  const amount = (n: number): Signal[] =>
    by!.map((bit, i) => (Math.floor(n / 2 ** i) % 2 === 1 ? bit : not(bit)));
  return [
    a!.map((_, i) => {
      const products = [kit.and([a![i]!, ...amount(0)])];
      for (let n = 1; n < width && n < 2 ** by!.length; n++) {
        if (i - n >= 0) products.push(kit.and([a![i - n]!, not(right![0]!), ...amount(n)]));
        if (i + n < width) products.push(kit.and([a![i + n]!, right![0]!, ...amount(n)]));
      }
      return kit.or(products);
    }),
  ];
}

/** The highest input that is 1: which one in one gate each, then the bits of its index. */
export function priorityOfAll(kit: Kit, [a]: Buses): Signal[][] {
  const highest = a!.map((bit, i) => kit.and([bit, ...a!.slice(i + 1).map(not)]));
  return [indexOf(kit, highest), [kit.or(a!)]];
}

/** The same with the ORs of all higher inputs made one after the other. */
export function priorityChain(kit: Kit, [a]: Buses): Signal[][] {
  let any: Signal = ZERO;
  const highest = [...a!].reverse().map((bit) => {
    const own = kit.and([bit, not(any)]);
    any = kit.or([any, bit]);
    return own;
  }).reverse();
  return [indexOf(kit, highest), [any]];
}

function indexOf(kit: Kit, oneHot: readonly Signal[]): Signal[] {
  return Array.from(
    { length: indexBits(oneHot.length) },
    (_, bit) => kit.or(oneHot.filter((_, index) => Math.floor(index / 2 ** bit) % 2 === 1)),
  );
}
