import type { Aig, AigLiteral } from "./aig.ts";

/** Words of 32 cases that are simulated at the start. */
const FIRST_WORDS = 16;

/**
 * A graph under cases drawn from a fixed pseudo-random sequence, and under those that are added: two
 * nodes that differ in one of them are not equal, the others perhaps are.
 */
export class Simulation {
  /** By node: the number of its class; nodes of a class are equal or complements so far. */
  #classes: Int32Array;
  /** By class: its first node. */
  #first: number[] = [];
  /** By node: whether it is 1 in the very first case, so that it stands for its complement. */
  readonly #signs: Uint8Array;
  #values: Int32Array;
  #random = 0x9e3779b9;
  readonly #words: Int32Array[] = [];

  /** Simulates 512 cases. */
  constructor(readonly aig: Aig) {
    this.#classes = new Int32Array(aig.size);
    this.#values = new Int32Array(aig.size);
    this.#signs = new Uint8Array(aig.size);
    for (let word = 0; word < FIRST_WORDS; word++) {
      const inputs = new Int32Array(aig.inputs);
      // Dense, sparse and even mixtures of ones: arithmetic behaves unlike under each.
      for (let wire = 0; wire < aig.inputs; wire++) {
        const [a, b] = [this.#next(), this.#next()];
        inputs[wire] = word % 4 === 1 ? a & b : word % 4 === 3 ? a | b : a;
      }
      this.#run(inputs, word === 0);
      this.#words.push(inputs);
    }
  }

  /** The input values of a case in which two lists of literals differ, if one was simulated. */
  firstDifference(a: readonly AigLiteral[], b: readonly AigLiteral[]): number[] | undefined {
    for (const inputs of this.#words) {
      this.#evaluate(inputs);
      for (const [i, literal] of a.entries()) {
        const difference = this.#value(literal) ^ this.#value(b[i]!);
        if (difference === 0) continue;
        const bit = 31 - Math.clz32(difference & -difference);
        return Array.from(inputs, (word) => (word >>> bit) & 1);
      }
    }
    return undefined;
  }

  /** The literal of an earlier node that was always equal so far. */
  lookalike(node: number): AigLiteral | undefined {
    const first = this.#first[this.#classes[node]!]!;
    if (first === node) return undefined;
    return 2 * first + (this.#signs[first]! ^ this.#signs[node]!);
  }

  /** Adds a case, and 31 that differ from it in few inputs. */
  refine(inputs: readonly number[]): void {
    const words = Int32Array.from(inputs, (value) => {
      const flips = this.#next() & this.#next() & this.#next() & ~1;
      return (value === 1 ? -1 : 0) ^ flips;
    });
    this.#run(words, false);
  }

  #run(inputs: Int32Array, isFirst: boolean): void {
    this.#evaluate(inputs);
    if (isFirst) this.#signs.set(this.#values.map((value) => value & 1));
    const classes = new Map<number, number>();
    const first: number[] = [];
    for (let node = 0; node < this.aig.size; node++) {
      const value = this.#values[node]! ^ -this.#signs[node]!;
      const key = this.#classes[node]! * 2 ** 32 + (value >>> 0);
      let number = classes.get(key);
      if (number === undefined) {
        classes.set(key, number = first.length);
        first.push(node);
      }
      this.#classes[node] = number;
    }
    this.#first = first;
  }

  #evaluate(inputs: Int32Array): void {
    const values = this.#values;
    const { fanins, size } = this.aig;
    values.set(inputs, 1);
    for (let node = this.aig.inputs + 1; node < size; node++) {
      const a = fanins[2 * node]!;
      const b = fanins[2 * node + 1]!;
      values[node] = (values[a >> 1]! ^ -(a & 1)) & (values[b >> 1]! ^ -(b & 1));
    }
  }

  #value(literal: AigLiteral): number {
    return this.#values[literal >> 1]! ^ -(literal & 1);
  }

  /** The next word of the sequence (xorshift32, Marsaglia 2003). */
  #next(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return this.#random = x;
  }
}
