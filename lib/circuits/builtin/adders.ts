import type { AtomKit } from "./atom_kit.ts";
import { type Carries, fastCarries, groupCarries, type Pair, rippleCarries } from "./carries.ts";
import type { Architecture, Buses, GateKit, Kit } from "./kit.ts";
import { not, ONE, type Signal, ZERO } from "./signal_graph.ts";

/** The native ways to the carries of a sum, for every objective the best one among them. */
export const NATIVE_CARRIES: readonly Carries<GateKit>[] = [
  rippleCarries,
  groupCarries(2),
  groupCarries(3),
  groupCarries(4),
  fastCarries,
];

/** The bits of two numbers side by side. */
export function zip(a: readonly Signal[], b: readonly Signal[]): Pair[] {
  return a.map((signal, i) => [signal, b[i]!]);
}

/** The sum of two numbers and a carry: its bits, then the carry out. */
export function add<K extends Kit>(
  kit: K,
  pairs: readonly Pair[],
  carryIn: Signal,
  carries: Carries<K>,
): { readonly sum: Signal[]; readonly carry: Signal } {
  const out = carries(kit, pairs, carryIn);
  const sum = pairs.map(([a, b], i) =>
    kit.sumGiven(a, b, i === 0 ? carryIn : out[i - 1]!, out[i]!)
  );
  return { sum, carry: out.at(-1)! };
}

/** A + B + Cin. */
export function adder<K extends Kit>(carries: Carries<K>): Architecture<K> {
  return (kit, [a, b, cin]) => {
    const { sum, carry } = add(kit, zip(a!, b!), cin![0]!, carries);
    return [sum, [carry]];
  };
}

/** The ripple adder of the TriX templates, with their names: per bit one SUM and one CARRY. */
export function atomAdder(kit: AtomKit, [a, b, cin]: Buses): Signal[][] {
  let carry = cin![0]!;
  const sum = a!.map((signal, i) => {
    const inputs = [signal, b![i]!, carry];
    const bit = kit.atom("SUM", inputs, { name: `sum_${i}`, wire: `S[${i}]` });
    carry = kit.atom("CARRY", inputs, { name: `carry_${i}`, wire: `C[${i}]` });
    return bit;
  });
  return [sum, [carry]];
}

/** The full adder of the TriX templates, with its names. */
export function atomFullAdder(kit: AtomKit, buses: Buses): Signal[][] {
  const inputs = buses.flat();
  return [
    [kit.atom("SUM", inputs, { name: "sum_atom", wire: "S" })],
    [kit.atom("CARRY", inputs, { name: "carry_atom", wire: "C" })],
  ];
}

/** A − B − Bin = A + ¬B + ¬Bin − 2^N. */
export function subtractor<K extends Kit>(carries: Carries<K>): Architecture<K> {
  // The last carry is wanted inverted, as the borrow, so the top bit takes it from there.
  const withBorrow: Carries<K> = (kit, pairs, carryIn) => {
    const found = carries(kit, pairs, carryIn);
    return [...found.slice(0, -1), not(kit.plain(not(found.at(-1)!)))];
  };
  return (kit, [a, b, bin]) => {
    const { sum, carry } = add(kit, zip(a!, b!.map(not)), not(bin![0]!), withBorrow);
    return [sum, [not(carry)]];
  };
}

/** Blocks of about √N bits that are added for both carries in; the real one selects. */
export function carrySelectAdder(kit: Kit, [a, b, cin]: Buses): Signal[][] {
  const pairs = zip(a!, b!);
  const size = Math.max(1, Math.round(Math.sqrt(pairs.length)));
  let carry = cin![0]!;
  const sum: Signal[] = [];
  for (let start = 0; start < pairs.length; start += size) {
    const block = pairs.slice(start, start + size);
    if (start === 0) {
      const first = add(kit, block, carry, rippleCarries);
      sum.push(...first.sum);
      carry = first.carry;
      continue;
    }
    const without = add(kit, block, ZERO, rippleCarries);
    const withOne = add(kit, block, ONE, rippleCarries);
    const select = carry;
    sum.push(...without.sum.map((bit, i) => kit.mux(select, bit, withOne.sum[i]!)));
    carry = kit.carry(without.carry, withOne.carry, select);
  }
  return [sum, [carry]];
}

/**
 * Carries by a Kogge-Stone prefix tree. Of a span, `g` says that it makes a carry, `t` that it has one
 * out when there is one in. As g implies t, what two spans do is the majority of the upper g and t
 * and what the lower one does.
 */
const koggeStoneCarries: Carries = (kit, pairs, carryIn) => {
  let spans = pairs.map(([a, b], i) => ({
    g: i === 0 ? kit.carry(a, b, carryIn) : kit.and([a, b]),
    t: i === 0 ? ONE : kit.or([a, b]),
  }));
  for (let distance = 1; distance < pairs.length; distance *= 2) {
    spans = spans.map(({ g, t }, i) => {
      const low = spans[i - distance];
      return low === undefined ? { g, t } : {
        g: kit.carry(g, t, low.g),
        t: i < 2 * distance ? ONE : kit.carry(g, t, low.t),
      };
    });
  }
  return spans.map(({ g }) => g);
};

/** A Kogge-Stone adder. */
export const koggeStoneAdder: Architecture = adder(koggeStoneCarries);
