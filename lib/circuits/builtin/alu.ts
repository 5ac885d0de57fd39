import { zip } from "./adders.ts";
import { type Carries, rippleCarries } from "./carries.ts";
import type { Architecture, Buses, GateKit, Kit } from "./kit.ts";
import { not, type Signal } from "./signal_graph.ts";

/** The ALU of the TriX template in every bit: eight atoms. */
export function plainAlu(kit: Kit, [a, b, cin, op]: Buses): Signal[][] {
  const pairs = zip(a!, b!);
  const carries = rippleCarries(kit, pairs, cin![0]!);
  const result = pairs.map(([x, y], i) => {
    const sum = kit.sumGiven(x, y, i === 0 ? cin![0]! : carries[i - 1]!, carries[i]!);
    const first = kit.mux(op![0]!, sum, kit.and([x, y]));
    const second = kit.mux(op![0]!, kit.or([x, y]), kit.xor(x, y));
    return kit.mux(op![1]!, first, second);
  });
  return [result, [carries.at(-1)!]];
}

/**
 * Five gates a bit: the carry; `both`, that a, b and Op[0] are 1; OR or XOR where Op[1] is 1, as XOR is
 * OR without `both`; the sum where Op is 00; and the result, which is AND where Op is 01.
 */
export function denseAlu(carries: Carries<GateKit>): Architecture<GateKit> {
  return (kit, [a, b, cin, op]) => {
    const pairs = zip(a!, b!);
    const out = carries(kit, pairs, cin![0]!);
    const [low, high] = [op![0]!, op![1]!];
    const result = pairs.map(([x, y], i) => {
      const carry = i === 0 ? cin![0]! : out[i - 1]!;
      const both = kit.and([x, y, low]);
      const orXor = kit.threshold([x, y, both, high], [1, 1, -2, 3], 4);
      const sum = kit.threshold(
        [x, y, carry, out[i]!, not(low), not(high)],
        [1, 1, 1, -2, 1, 1],
        3,
      );
      return kit.threshold([sum, orXor, both, high], [2, 2, 1, -1], 1);
    });
    return [result, [out.at(-1)!]];
  };
}
