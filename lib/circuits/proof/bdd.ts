import type { BitAlgebra } from "./bit_algebra.ts";
import { BudgetError } from "./budget_error.ts";

/** The constant 0. */
export const BDD_ZERO = 0;
/** The constant 1. */
export const BDD_ONE = 1;

/**
 * A function as a reference to a node of a binary decision diagram: twice the node's number, plus 1
 * for its complement. Node 0 is the constant 0.
 */
export type BddRef = number;

/**
 * Reduced ordered binary decision diagrams with complemented references (Bryant 1986; Brace, Rudell
 * and Bryant 1990). Equal functions have equal references: a node's `low` reference is never
 * complemented, no node has two equal successors, and no two nodes are equal. Nothing is ever freed;
 * a diagram that would grow past its limit throws.
 */
export class Bdd {
  /** The operations as an algebra. */
  readonly algebra: BitAlgebra<BddRef> = {
    zero: BDD_ZERO,
    one: BDD_ONE,
    not: (a) => a ^ 1,
    and: (a, b) => this.mux(a, b, BDD_ZERO),
    or: (a, b) => this.mux(a, BDD_ONE, b),
    xor: (a, b) => this.mux(a, b ^ 1, b),
    mux: (select, whenOne, whenZero) => this.mux(select, whenOne, whenZero),
  };
  /** Nodes in use, the constant among them. */
  size = 1;
  #levels = new Int32Array(1 << 12);
  #lows = new Int32Array(1 << 12);
  #highs = new Int32Array(1 << 12);
  /** Open hash table of the nodes, by level and successors; 0 is a free place. */
  #table = new Int32Array(1 << 13);
  /** What `mux` found, four words an entry; a later one of the same place takes it over. */
  #cache = new Int32Array(4 << 14).fill(-1);

  /** An empty diagram over `inputs` levels, that refuses to grow past `limit` nodes. */
  constructor(readonly inputs: number, readonly limit: number = 2 ** 21) {
    this.#levels[0] = inputs;
  }

  /** The function that is the input of a level; level 0 is decided first. */
  input(level: number): BddRef {
    return this.#node(level, BDD_ZERO, BDD_ONE);
  }

  /** The level that a function decides first; `inputs` if it is constant. */
  level(ref: BddRef): number {
    return this.#levels[ref >> 1]!;
  }

  /** The function where its first input is 0. */
  low(ref: BddRef): BddRef {
    return this.#lows[ref >> 1]! ^ (ref & 1);
  }

  /** The function where its first input is 1. */
  high(ref: BddRef): BddRef {
    return this.#highs[ref >> 1]! ^ (ref & 1);
  }

  /**
   * `g` where `f` is 1, elsewhere `h`: every operation is a case of it.
   *
   * @throws {BudgetError} When the diagram would grow past its limit.
   */
  mux(f: BddRef, g: BddRef, h: BddRef): BddRef {
    if (f === BDD_ONE) return g;
    if (f === BDD_ZERO) return h;
    if (g === f) g = BDD_ONE;
    else if (g === (f ^ 1)) g = BDD_ZERO;
    if (h === f) h = BDD_ZERO;
    else if (h === (f ^ 1)) h = BDD_ONE;
    if (g === h) return g;
    if (g === BDD_ONE && h === BDD_ZERO) return f;
    if (g === BDD_ZERO && h === BDD_ONE) return f ^ 1;
    // One order for the operands of and, or and xor, so that the cache knows them both ways round.
    if (g === BDD_ONE && h < f) [f, h] = [h, f];
    else if (h === BDD_ZERO && g < f) [f, g] = [g, f];
    else if (h === (g ^ 1) && g < f) [f, g, h] = [g, f, f ^ 1];
    if (f & 1) [f, g, h] = [f ^ 1, h, g];
    const sign = g & 1;
    g ^= sign;
    h ^= sign;

    const cache = this.#cache;
    let place = (Math.imul(f, 0x9e3779b1) ^ Math.imul(g, 0x85ebca6b) ^ Math.imul(h, 0xc2b2ae35)) >>>
      0;
    place = ((place ^ (place >>> 15)) & ((cache.length >> 2) - 1)) << 2;
    if (cache[place] === f && cache[place + 1] === g && cache[place + 2] === h) {
      return cache[place + 3]! ^ sign;
    }
    const levels = this.#levels;
    const ofF = levels[f >> 1]!;
    const ofG = levels[g >> 1]!;
    const ofH = levels[h >> 1]!;
    const level = Math.min(ofF, ofG, ofH);
    const low = this.mux(
      ofF === level ? this.low(f) : f,
      ofG === level ? this.low(g) : g,
      ofH === level ? this.low(h) : h,
    );
    const high = this.mux(
      ofF === level ? this.high(f) : f,
      ofG === level ? this.high(g) : g,
      ofH === level ? this.high(h) : h,
    );
    const result = this.#node(level, low, high);
    if (cache === this.#cache) {
      cache[place] = f;
      cache[place + 1] = g;
      cache[place + 2] = h;
      cache[place + 3] = result;
    }
    return result ^ sign;
  }

  /** The function with the input of a level fixed to a value. */
  restrict(ref: BddRef, level: number, value: 0 | 1): BddRef {
    const known = new Map<number, BddRef>();
    const visit = (f: BddRef): BddRef => {
      const at = this.level(f);
      if (at > level) return f;
      if (at === level) return value ? this.high(f) : this.low(f);
      const node = f & ~1;
      let result = known.get(node);
      if (result === undefined) {
        result = this.#node(at, visit(this.low(node)), visit(this.high(node)));
        known.set(node, result);
      }
      return result ^ (f & 1);
    };
    return visit(ref);
  }

  /** The node of a level with two successors, made if there is none yet. */
  #node(level: number, low: BddRef, high: BddRef): BddRef {
    if (low === high) return low;
    const sign = low & 1;
    low ^= sign;
    high ^= sign;
    const mask = this.#table.length - 1;
    let place = hash(level, low, high) & mask;
    for (let node = this.#table[place]!; node !== 0; node = this.#table[place]!) {
      if (
        this.#lows[node] === low && this.#highs[node] === high && this.#levels[node] === level
      ) return (node << 1) | sign;
      place = (place + 1) & mask;
    }
    if (this.size >= this.limit) throw new BudgetError(`${this.limit} nodes of decision diagrams`);
    const node = this.size++;
    if (node === this.#levels.length) this.#grow();
    this.#levels[node] = level;
    this.#lows[node] = low;
    this.#highs[node] = high;
    if (this.#table.length === mask + 1) this.#table[place] = node;
    else this.#enter(node);
    return (node << 1) | sign;
  }

  #grow(): void {
    const size = this.#levels.length;
    this.#levels = doubled(this.#levels);
    this.#lows = doubled(this.#lows);
    this.#highs = doubled(this.#highs);
    this.#table = new Int32Array(4 * size);
    for (let node = 1; node < size; node++) this.#enter(node);
    this.#cache = new Int32Array(Math.min(4 * 4 * size, 1 << 24)).fill(-1);
  }

  #enter(node: number): void {
    const mask = this.#table.length - 1;
    let place = hash(this.#levels[node]!, this.#lows[node]!, this.#highs[node]!) & mask;
    while (this.#table[place] !== 0) place = (place + 1) & mask;
    this.#table[place] = node;
  }
}

function hash(level: number, low: number, high: number): number {
  const mixed = Math.imul(level, 0x27d4eb2f) ^ Math.imul(low, 0x9e3779b1) ^
    Math.imul(high, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function doubled(values: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(2 * values.length);
  more.set(values);
  return more;
}
