import type { BitAlgebra } from "./bit_algebra.ts";

/** What a step of a {@linkcode SliceProgram} does to words of cases. */
export const STEP = { zero: 0, one: 1, input: 2, not: 3, and: 4, andNot: 5, or: 6, xor: 7, mux: 8 };

/** Number of a step, which stands for the word that it computes. */
export type Slice = number;

/**
 * A straight-line program on words in which each bit is a case: what becomes of a function of bits
 * when its algebra only writes down what is to be done.
 */
export class SliceProgram {
  /** Kind and up to three operands of every step: operand 0 of an input is its wire. */
  readonly steps: [kind: number, a: Slice, b: Slice, c: Slice][] = [];
  /** The words of the inputs, by wire. */
  readonly inputs: readonly Slice[];
  /** The operations as an algebra. */
  readonly algebra: BitAlgebra<Slice>;
  readonly #known = new Map<string, Slice>();

  /** A program of `inputs` inputs. */
  constructor(inputs: number) {
    const zero = this.#step(STEP.zero);
    const one = this.#step(STEP.one);
    this.inputs = Array.from({ length: inputs }, (_, wire) => this.#step(STEP.input, wire));
    const not = (a: Slice): Slice => {
      if (a <= one) return one - a;
      return this.#isNot(a) ? this.steps[a]![1] : this.#step(STEP.not, a);
    };
    const and = (a: Slice, b: Slice): Slice => {
      if (a > b) [a, b] = [b, a];
      if (a === zero) return zero;
      if (a === one || a === b) return b;
      if (this.#isNot(a)) return this.#step(STEP.andNot, b, this.steps[a]![1]);
      if (this.#isNot(b)) return this.#step(STEP.andNot, a, this.steps[b]![1]);
      return this.#step(STEP.and, a, b);
    };
    const or = (a: Slice, b: Slice): Slice => {
      if (a > b) [a, b] = [b, a];
      if (a === zero || a === b) return b;
      return a === one ? one : this.#step(STEP.or, a, b);
    };
    const xor = (a: Slice, b: Slice): Slice => {
      if (a > b) [a, b] = [b, a];
      if (a === b) return zero;
      if (a === zero) return b;
      if (a === one) return not(b);
      if (this.#isNot(a)) return not(xor(this.steps[a]![1], b));
      return this.#isNot(b) ? not(xor(a, this.steps[b]![1])) : this.#step(STEP.xor, a, b);
    };
    const mux = (select: Slice, whenOne: Slice, whenZero: Slice): Slice => {
      if (select <= one) return select === one ? whenOne : whenZero;
      if (whenOne === whenZero) return whenOne;
      if (whenZero === zero) return and(select, whenOne);
      if (whenOne === one) return or(select, whenZero);
      if (whenOne === zero) return and(not(select), whenZero);
      if (whenZero === one) return or(not(select), whenOne);
      if (whenOne === not(whenZero)) return xor(select, whenZero);
      return this.#step(STEP.mux, select, whenOne, whenZero);
    };
    this.algebra = { zero, one, not, and, or, xor, mux };
  }

  /**
   * From here on nothing that was computed is used again: two sides that are to be compared are
   * computed each for itself, even where they are written alike.
   */
  separate(): void {
    this.#known.clear();
  }

  #isNot(a: Slice): boolean {
    return this.steps[a]![0] === STEP.not;
  }

  #step(kind: number, a = 0, b = 0, c = 0): Slice {
    const key = `${kind} ${a} ${b} ${c}`;
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    this.#known.set(key, this.steps.length);
    return this.steps.push([kind, a, b, c]) - 1;
  }
}
