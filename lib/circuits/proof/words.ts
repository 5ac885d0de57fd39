import type { BitAlgebra } from "./bit_algebra.ts";

/** An unsigned number as bits, bit 0 first. */
export type Word<B> = readonly B[];

/**
 * Arithmetic on numbers as bits, each operation by its school definition, of bits from any algebra.
 * Specifications are written in it, so what counts is that each one is seen to be right; no gate of
 * a circuit is read, and the circuit under test need not compute the same way.
 */
export class Words<B> {
  /** Words over the bits of an algebra. */
  constructor(readonly bits: BitAlgebra<B>) {}

  /** The number `value`, which must be from 0 to 2^width − 1. */
  constant(value: number, width: number): B[] {
    const { zero, one } = this.bits;
    return Array.from({ length: width }, (_, i) => Math.floor(value / 2 ** i) % 2 ? one : zero);
  }

  /** The same number in `width` bits: zeros above it, or its upper bits cut off. */
  resize(a: Word<B>, width: number): B[] {
    return Array.from({ length: width }, (_, i) => a[i] ?? this.bits.zero);
  }

  /** `2^width − 1 − a`: every bit inverted. */
  not(a: Word<B>): B[] {
    return a.map((bit) => this.bits.not(bit));
  }

  /** Bit by bit: 1 where both are. */
  and(a: Word<B>, b: Word<B>): B[] {
    return a.map((bit, i) => this.bits.and(bit, b[i]!));
  }

  /** Bit by bit: 1 where one of them is. */
  or(a: Word<B>, b: Word<B>): B[] {
    return a.map((bit, i) => this.bits.or(bit, b[i]!));
  }

  /** Bit by bit: 1 where exactly one of them is. */
  xor(a: Word<B>, b: Word<B>): B[] {
    return a.map((bit, i) => this.bits.xor(bit, b[i]!));
  }

  /** The word `whenOne` where `select` is 1, elsewhere `whenZero`; of equal widths. */
  mux(select: B, whenOne: Word<B>, whenZero: Word<B>): B[] {
    return whenOne.map((bit, i) => this.bits.mux(select, bit, whenZero[i]!));
  }

  /**
   * a + b + carry, of equal widths, by column: a column's digit is odd or even, and it carries when
   * two of its three bits are 1.
   *
   * @returns One bit more than the operands have.
   */
  add(a: Word<B>, b: Word<B>, carry: B = this.bits.zero): B[] {
    const { and, or, xor } = this.bits;
    const sum: B[] = [];
    for (let i = 0; i < a.length; i++) {
      const half = xor(a[i]!, b[i]!);
      sum.push(xor(half, carry));
      carry = or(and(a[i]!, b[i]!), and(half, carry));
    }
    return [...sum, carry];
  }

  /** a − b modulo 2^width: a + (2^width − 1 − b) + 1. */
  subtract(a: Word<B>, b: Word<B>): B[] {
    return this.add(a, this.not(b), this.bits.one).slice(0, a.length);
  }

  /** Whether a < b, of equal widths: the highest digit in which they differ tells. */
  isLess(a: Word<B>, b: Word<B>): B {
    const { not, and, xor, mux } = this.bits;
    let less = this.bits.zero;
    for (let i = 0; i < a.length; i++) {
      less = mux(xor(a[i]!, b[i]!), and(not(a[i]!), b[i]!), less);
    }
    return less;
  }

  /** Whether a = b, of equal widths: no digit differs. */
  isEqual(a: Word<B>, b: Word<B>): B {
    return this.bits.not(this.any(this.xor(a, b)));
  }

  /** Whether some bit is 1. */
  any(a: Word<B>): B {
    return a.reduce((some, bit) => this.bits.or(some, bit), this.bits.zero);
  }

  /** Whether the number of ones is odd. */
  isOdd(a: Word<B>): B {
    return a.reduce((odd, bit) => this.bits.xor(odd, bit), this.bits.zero);
  }

  /** The number of ones, in the bits that it needs. */
  countOnes(a: Word<B>): B[] {
    let count: B[] = [];
    for (const [seen, bit] of a.entries()) {
      const width = Math.floor(Math.log2(seen + 1)) + 1;
      const zeros = this.constant(0, width);
      count = this.add(this.resize(count, width), zeros, bit).slice(0, width);
    }
    return count;
  }

  /** a · b, as wide as both together: the sum of a · 2^i over the ones of b, the lowest first. */
  multiply(a: Word<B>, b: Word<B>): B[] {
    const { zero, and } = this.bits;
    let sum = this.constant(0, a.length);
    const low: B[] = [];
    for (const bit of b) {
      sum = this.add(this.resize(sum, a.length), a.map((digit) => and(digit, bit)));
      low.push(sum[0] ?? zero);
      sum = sum.slice(1);
    }
    return [...low, ...sum];
  }

  /** a · 2^amount modulo 2^width: for each one of `amount` a shift by its weight. */
  shiftLeft(a: Word<B>, amount: Word<B>): B[] {
    return amount.reduce<Word<B>>((word, bit, i) => {
      const shifted = word.map((_, at) => word[at - 2 ** i] ?? this.bits.zero);
      return this.mux(bit, shifted, word);
    }, a).slice();
  }

  /** The whole part of a / 2^amount: for each one of `amount` a shift by its weight. */
  shiftRight(a: Word<B>, amount: Word<B>): B[] {
    return amount.reduce<Word<B>>((word, bit, i) => {
      const shifted = word.map((_, at) => word[at + 2 ** i] ?? this.bits.zero);
      return this.mux(bit, shifted, word);
    }, a).slice();
  }

  /**
   * The item whose number is `index`. In an index past the last item, bits that lead to none count
   * as 0, the highest first.
   */
  pick(items: readonly Word<B>[], index: Word<B>): B[] {
    const from = (first: number, bits: number): Word<B> => {
      if (bits === 0) return items[first]!;
      const step = 2 ** (bits - 1);
      const without = from(first, bits - 1);
      if (first + step >= items.length) return without;
      return this.mux(index[bits - 1]!, from(first + step, bits - 1), without);
    };
    return from(0, index.length).slice();
  }
}
