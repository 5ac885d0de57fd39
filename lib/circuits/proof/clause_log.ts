/**
 * The clauses that a solver derived, each with the numbers of the clauses that it follows from by
 * unit propagation, in the order of that propagation: an LRAT proof in the making.
 */
export class ClauseLog {
  /** Number of the next clause. */
  nextId: number;
  #words = new Int32Array(1 << 14);
  #length = 0;
  /** Where the clause of each derived number starts. */
  readonly #starts: number[] = [];

  /** A log that goes on after `given` clauses, whose numbers start with 1. */
  constructor(readonly given: number) {
    this.nextId = given + 1;
  }

  /** Words of 32 bits in use. */
  get size(): number {
    return this.#length;
  }

  /** Writes down a clause and returns its number. Literals are those of the graph. */
  add(literals: ArrayLike<number>, hints: ArrayLike<number>): number {
    const [only = 0] = hints.length === 1 ? [hints[0]] : [];
    // A clause of the same length from which alone it follows is the same one.
    if (only > this.given && this.#parts(only)[0].length === literals.length) return only;
    const end = this.#length + literals.length + hints.length + 2;
    if (end > this.#words.length) {
      const more = new Int32Array(Math.max(2 * this.#words.length, end));
      more.set(this.#words);
      this.#words = more;
    }
    this.#starts.push(this.#length);
    const words = this.#words;
    words[this.#length] = literals.length;
    words[this.#length + 1] = hints.length;
    words.set(literals, this.#length + 2);
    words.set(hints, this.#length + 2 + literals.length);
    this.#length = end;
    return this.nextId++;
  }

  /**
   * The lines, in the LRAT format, of the wanted clauses and of all those that they rest on.
   *
   * @param wanted Numbers of derived clauses.
   */
  lines(wanted: readonly number[]): string[] {
    const isNeeded = new Uint8Array(this.nextId);
    for (const id of wanted) isNeeded[id] = 1;
    for (let id = this.nextId - 1; id > this.given; id--) {
      if (isNeeded[id]) { for (const hint of this.#parts(id)[1]) isNeeded[hint] = 1; }
    }
    const lines: string[] = [];
    for (let id = this.given + 1; id < this.nextId; id++) {
      if (!isNeeded[id]) continue;
      const [literals, hints] = this.#parts(id);
      const signed = Array.from(literals, (x) => x & 1 ? -(x >> 1) - 1 : (x >> 1) + 1);
      lines.push([id, ...signed, 0, ...hints, 0].join(" "));
    }
    return lines;
  }

  #parts(id: number): [literals: Int32Array, hints: Int32Array] {
    const start = this.#starts[id - this.given - 1]!;
    const first = start + 2 + this.#words[start]!;
    return [
      this.#words.subarray(start + 2, first),
      this.#words.subarray(first, first + this.#words[start + 1]!),
    ];
  }
}
