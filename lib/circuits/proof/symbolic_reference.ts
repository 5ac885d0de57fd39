import { builtinReference } from "../builtin.ts";
import type { REFERENCES } from "../builtin/references.ts";
import { LFSR_TAPS } from "../builtin/lfsr_taps.ts";
import type { Port } from "../netlist.ts";
import type { BitFunction } from "./bit_algebra.ts";
import { type Word, Words } from "./words.ts";

/**
 * What a circuit must compute, in words of bits from any algebra: from one word per input bus to one
 * per output bus. The same functions as the built-in circuits' references in integers, for proofs.
 */
export type SymbolicReference = <B>(words: Words<B>, inputs: readonly Word<B>[]) => Word<B>[];

/** The built-in circuits as arithmetic on words, for a width; apart from how they are built. */
const SYMBOLIC_REFERENCES = {
  "full-adder": addition,
  adder: addition,
  "carry-select": addition,
  "kogge-stone": addition,
  // a − b − borrow + 2^width = a + (2^width − 1 − b) + (1 − borrow)
  sub: (width) => (words, [a, b, borrow]) => {
    const sum = words.add(a!, words.not(b!), words.bits.not(borrow![0]!));
    return [sum.slice(0, width), words.not(sum.slice(width))];
  },
  cmp: () => (words, [a, b]) => [
    [words.isLess(a!, b!)],
    [words.isEqual(a!, b!)],
    [words.isLess(b!, a!)],
  ],
  min: () => (words, [a, b]) => [words.mux(words.isLess(a!, b!), a!, b!)],
  max: () => (words, [a, b]) => [words.mux(words.isLess(a!, b!), b!, a!)],
  mux: () => (words, [data, select]) => [words.pick(data!.map((bit) => [bit]), select!)],
  decoder: (width) => (words, [address]) => [
    Array.from(
      { length: 2 ** width },
      (_, value) => words.isEqual(address!, words.constant(value, width)),
    ),
  ],
  shift: () => (words, [a, by, right]) => [
    words.mux(right![0]!, words.shiftRight(a!, by!), words.shiftLeft(a!, by!)),
  ],
  mul: () => (words, [a, b]) => [words.multiply(a!, b!)],
  popcount: () => (words, [a]) => [words.countOnes(a!)],
  parity: () => (words, [a]) => [[words.isOdd(a!)]],
  priority: (width) => (words, [a]) => {
    const bits = Math.max(1, Math.ceil(Math.log2(width)));
    const highest = a!.reduce<typeof a & object>(
      (index, bit, i) => words.mux(bit, words.constant(i, bits), index),
      words.constant(0, bits),
    );
    return [highest, [words.any(a!)]];
  },
  alu: (width) => (words, [a, b, carry, op]) => {
    const sum = words.add(a!, b!, carry![0]!);
    const results = [sum.slice(0, width), words.and(a!, b!), words.or(a!, b!), words.xor(a!, b!)];
    return [words.pick(results, op!), sum.slice(width)];
  },
  lfsr: (width) => (words, [state]) => {
    const taps = LFSR_TAPS[width]!.map((tap) => state![tap - 1]!);
    return [[words.isOdd(taps), ...state!.slice(0, width - 1)]];
  },
} as const satisfies Record<keyof typeof REFERENCES, (width: number) => SymbolicReference>;

/**
 * What a built-in circuit must compute, by its specification such as `adder:8`.
 *
 * @throws {CircuitError} When there is no such circuit.
 */
export function symbolicReference(spec: string): SymbolicReference {
  // Who knows all the ways to write a specification, and the widths, is asked first.
  builtinReference(spec);
  const [kind, width] = spec.split(":");
  return SYMBOLIC_REFERENCES[kind as keyof typeof SYMBOLIC_REFERENCES](Number(width ?? 1));
}

function addition(width: number): SymbolicReference {
  return (words, [a, b, carry]) => {
    const sum = words.add(a!, b!, carry![0]!);
    return [sum.slice(0, width), sum.slice(width)];
  };
}

/**
 * A reference in words as a function of wires: buses in order, of each bus bit 0 first.
 *
 * @param inputs The input buses.
 */
export function bitFunction(reference: SymbolicReference, inputs: readonly Port[]): BitFunction {
  return (algebra, wires) => {
    let next = 0;
    const values = inputs.map(({ width }) => wires.slice(next, next += width));
    return reference(new Words(algebra), values).flat();
  };
}
