import { LFSR_TAPS } from "./lfsr_taps.ts";

/** What a circuit must compute, in integers: from one value per input bus to one per output bus. */
export type Reference = (inputs: readonly bigint[]) => bigint[];

/**
 * The built-in circuits as integer arithmetic, for a width; apart from how they are built.
 */
export const REFERENCES = {
  "full-adder": () => addition(1),
  adder: addition,
  "carry-select": addition,
  "kogge-stone": addition,
  sub: (width) => {
    const limit = 1n << BigInt(width);
    return ([a, b, borrow]) => {
      const difference = a! - b! - borrow!;
      return difference < 0n ? [difference + limit, 1n] : [difference, 0n];
    };
  },
  cmp: () => ([a, b]) => [BigInt(a! < b!), BigInt(a! === b!), BigInt(a! > b!)],
  min: () => ([a, b]) => [a! < b! ? a! : b!],
  max: () => ([a, b]) => [a! > b! ? a! : b!],
  mux: (width) => ([data, select]) => {
    // Above the last input, bits of Sel that lead to none are passed over, highest first.
    let index = 0;
    for (let bit = Math.ceil(Math.log2(width)) - 1; bit >= 0; bit--) {
      const isSet = (select! >> BigInt(bit)) % 2n === 1n;
      if (isSet && index + 2 ** bit < width) index += 2 ** bit;
    }
    return [(data! >> BigInt(index)) % 2n];
  },
  decoder: () => ([address]) => [1n << address!],
  shift: (width) => {
    const limit = 1n << BigInt(width);
    return ([a, by, right]) => [right === 1n ? a! >> by! : (a! << by!) % limit];
  },
  mul: () => ([a, b]) => [a! * b!],
  popcount: () => ([a]) => [onesOf(a!)],
  parity: () => ([a]) => [onesOf(a!) % 2n],
  priority: () => ([a]) => [a === 0n ? 0n : BigInt(a!.toString(2).length - 1), BigInt(a !== 0n)],
  alu: (width) => {
    const limit = 1n << BigInt(width);
    return ([a, b, carry, op]) => {
      const total = a! + b! + carry!;
      const result = [total % limit, a! & b!, a! | b!, a! ^ b!][Number(op)]!;
      return [result, total / limit];
    };
  },
  lfsr: (width) => {
    const limit = 1n << BigInt(width);
    const mask = LFSR_TAPS[width]!.reduce((sum, tap) => sum | 1n << BigInt(tap - 1), 0n);
    return ([state]) => [(state! * 2n) % limit + onesOf(state! & mask) % 2n];
  },
} as const satisfies Record<string, (width: number) => Reference>;

function addition(width: number): Reference {
  const limit = 1n << BigInt(width);
  return ([a, b, carry]) => {
    const total = a! + b! + carry!;
    return [total % limit, total / limit];
  };
}

function onesOf(value: bigint): bigint {
  let ones = 0n;
  for (let rest = value; rest > 0n; rest &= rest - 1n) ones++;
  return ones;
}
