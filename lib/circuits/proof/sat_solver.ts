import type { ClauseLog } from "./clause_log.ts";
import { VariableHeap } from "./variable_heap.ts";

/** What became of a search. */
export type SatAnswer =
  | { readonly kind: "satisfiable" }
  /** `id`: the logged clause that contradicts the assumptions; `clause`: its literals. */
  | { readonly kind: "unsatisfiable"; readonly id: number; readonly clause: readonly number[] }
  | { readonly kind: "undecided" };

/** Header of a clause in the arena: its length (0 when deleted), its number, its level count. */
const HEADER = 3;
const RESTART_CONFLICTS = 64;
const CONTRADICTION = "the clauses contradict each other";
/** Learned clauses of at most so many levels are kept for good. */
const CORE_LEVELS = 2;
/** Implications that are followed to leave out a literal. */
const MAX_DEPTH = 500;

/**
 * A conflict-driven clause-learning solver in the manner of MiniSat (Eén and Sörensson 2003): two
 * watched literals, first unique implication points, minimised clauses, activities, saved phases,
 * Luby restarts. Every derived clause goes to a log with its reasons. Literals are 2·variable, plus
 * 1 for the complement. There is no chance in it: the same calls give the same answers.
 */
export class SatSolver {
  /** Conflicts met so far, in all searches. */
  conflicts = 0;
  /** By literal: 1 true, −1 false, 0 open. */
  readonly #values: Int8Array;
  readonly #levels: Int32Array;
  /** By variable: the clause that implied it, or 0 for a decision. */
  readonly #reasons: Int32Array;
  /** By variable: its place in the trail. */
  readonly #places: Int32Array;
  /** By variable: the number of its unit clause, once it is decided for good. */
  readonly #units: Int32Array;
  readonly #phases: Uint8Array;
  readonly #trail: Int32Array;
  #trailLength = 0;
  #propagated = 0;
  /** Trail literals, from the first on, that have their unit clauses. */
  #named = 0;
  readonly #limits: number[] = [];
  /** By literal: clauses that watch it, each with another literal of the clause to look at first. */
  readonly #watches: number[][];
  readonly #heap: VariableHeap;
  readonly #isCandidate: Uint8Array;
  #candidates: readonly number[] = [];
  readonly #marks: Uint8Array;
  #arena = new Int32Array(1 << 14);
  #arenaLength = HEADER; // no clause starts at 0
  #learned: number[] = [];
  #nextReduction = 2000;
  /** Literals true in the model that was found last, by variable. */
  readonly #model: Uint8Array;

  /** A solver without clauses. */
  constructor(readonly variables: number, readonly log: ClauseLog) {
    this.#values = new Int8Array(2 * variables);
    this.#levels = new Int32Array(variables);
    this.#reasons = new Int32Array(variables);
    this.#places = new Int32Array(variables);
    this.#units = new Int32Array(variables);
    this.#phases = new Uint8Array(variables);
    this.#trail = new Int32Array(variables);
    this.#watches = Array.from({ length: 2 * variables }, () => []);
    this.#heap = new VariableHeap(variables);
    this.#isCandidate = new Uint8Array(variables);
    this.#marks = new Uint8Array(variables);
    this.#model = new Uint8Array(variables);
  }

  /**
   * Adds a clause of different variables under its number; between searches only. The clauses must
   * not contradict each other.
   *
   * @throws {RangeError} When they do.
   */
  addClause(literals: readonly number[], id: number): void {
    const values = this.#values;
    // Watch literals that are not false, if there are any.
    const sorted = [...literals].sort((a, b) => values[b]! - values[a]!);
    if (sorted.length === 1) {
      const variable = sorted[0]! >> 1;
      this.#units[variable] ||= id;
      if (values[sorted[0]!] === 0) this.#assign(sorted[0]!, 0);
    } else {
      const clause = this.#store(sorted, id, 0);
      if (values[sorted[1]!]! < 0 && values[sorted[0]!] === 0) this.#assign(sorted[0]!, clause);
    }
    if (values[sorted[0]!]! < 0 || this.#propagate() !== 0) throw new RangeError(CONTRADICTION);
    this.#nameUnits();
  }

  /** Whether a literal is true in the model of the last search that was satisfiable. */
  isTrue(literal: number): boolean {
    return this.#model[literal >> 1] !== (literal & 1);
  }

  /**
   * Searches for an assignment under assumptions.
   *
   * @param candidates Variables to decide: an assignment of these must extend to all others.
   * @param maxConflicts After so many conflicts the search is given up.
   * @param shouldStop Asked between restarts whether to give up.
   */
  solve(
    assumptions: readonly number[],
    candidates: readonly number[],
    maxConflicts: number,
    shouldStop: () => boolean = () => false,
  ): SatAnswer {
    this.#heap.clear();
    for (const variable of this.#candidates) this.#isCandidate[variable] = 0;
    this.#candidates = candidates;
    for (const variable of candidates) {
      this.#isCandidate[variable] = 1;
      if (this.#values[2 * variable] === 0) this.#heap.insert(variable);
    }
    const end = this.conflicts + maxConflicts;
    for (let round = 1;; round++) {
      const pause = Math.min(this.conflicts + luby(round) * RESTART_CONFLICTS, end);
      const answer = this.#search(assumptions, pause);
      this.#backtrack(0);
      if (answer !== undefined) return answer;
      if (this.conflicts >= end || shouldStop()) return { kind: "undecided" };
      if (this.#learned.length >= this.#nextReduction) this.#reduce();
    }
  }

  #search(assumptions: readonly number[], pause: number): SatAnswer | undefined {
    for (;;) {
      const conflict = this.#propagate();
      if (conflict !== 0) {
        if (this.#limits.length === 0) throw new RangeError(CONTRADICTION);
        this.conflicts++;
        this.#learn(conflict);
        if (this.conflicts >= pause) return undefined;
        continue;
      }
      if (this.#limits.length === 0) this.#nameUnits();
      let decision = -1;
      while (this.#limits.length < assumptions.length) {
        const assumption = assumptions[this.#limits.length]!;
        const value = this.#values[assumption]!;
        if (value < 0) return this.#refute(assumption);
        if (value === 0) {
          decision = assumption;
          break;
        }
        this.#limits.push(this.#trailLength); // true already: an empty level
      }
      if (decision < 0) {
        let variable = this.#heap.pop();
        while (variable >= 0 && this.#values[2 * variable] !== 0) variable = this.#heap.pop();
        if (variable < 0) {
          this.#model.fill(0);
          for (let i = 0; i < this.#trailLength; i++) {
            this.#model[this.#trail[i]! >> 1] = 1 - (this.#trail[i]! & 1);
          }
          return { kind: "satisfiable" };
        }
        decision = 2 * variable + (this.#phases[variable] ? 0 : 1);
      }
      this.#limits.push(this.#trailLength);
      this.#assign(decision, 0);
    }
  }

  /** The clause that says why an assumption is false, in terms of the assumptions before it. */
  #refute(assumption: number): SatAnswer {
    const variable = assumption >> 1;
    const clause = [assumption ^ 1];
    this.#marks[variable] = 1;
    const hints: number[] = [];
    if (this.#levels[variable] === 0) hints.push(this.#units[variable]!);
    else {
      const open = [this.#reasons[variable]!];
      const seen = [variable];
      const used: number[] = [];
      for (let reason = open.pop(); reason !== undefined; reason = open.pop()) {
        for (const literal of this.#literals(reason)) {
          const v = literal >> 1;
          if (this.#marks[v]) continue;
          this.#marks[v] = 1;
          seen.push(v);
          if (this.#levels[v]! > 0 && this.#reasons[v] === 0) clause.push(literal);
          else {
            used.push(v);
            if (this.#levels[v]! > 0) open.push(this.#reasons[v]!);
          }
        }
      }
      hints.push(...this.#idsInOrder(used), this.#arena[this.#reasons[variable]! + 1]!);
      for (const v of seen) this.#marks[v] = 0;
    }
    this.#marks[variable] = 0;
    return { kind: "unsatisfiable", id: this.log.add(clause, hints), clause };
  }

  /** Assigns what the clauses imply; returns a clause that is then false, or 0. */
  #propagate(): number {
    const values = this.#values;
    while (this.#propagated < this.#trailLength) {
      const falsified = this.#trail[this.#propagated++]! ^ 1;
      const watches = this.#watches[falsified]!;
      let kept = 0;
      for (let i = 0; i < watches.length; i += 2) {
        const clause = watches[i]!;
        const blocker = watches[i + 1]!;
        if (values[blocker]! > 0) {
          watches[kept++] = clause;
          watches[kept++] = blocker;
          continue;
        }
        const arena = this.#arena;
        const length = arena[clause]!;
        if (length === 0) continue; // deleted
        const first = clause + HEADER;
        const other = arena[first]! ^ arena[first + 1]! ^ falsified;
        if (values[other]! <= 0) {
          const end = first + length;
          let next = first + 2;
          while (next < end && values[arena[next]!]! < 0) next++;
          if (next < end) {
            const literal = arena[next]!;
            arena[next] = falsified;
            arena[first] = other;
            arena[first + 1] = literal;
            this.#watches[literal]!.push(clause, other);
            continue;
          }
        }
        watches[kept++] = clause;
        watches[kept++] = other;
        if (values[other]! > 0) continue;
        if (values[other]! < 0) {
          for (i += 2; i < watches.length; i++) watches[kept++] = watches[i]!;
          watches.length = kept;
          this.#propagated = this.#trailLength;
          return clause;
        }
        this.#assign(other, clause);
      }
      watches.length = kept;
    }
    return 0;
  }

  #assign(literal: number, reason: number): void {
    const variable = literal >> 1;
    this.#values[literal] = 1;
    this.#values[literal ^ 1] = -1;
    this.#levels[variable] = this.#limits.length;
    this.#reasons[variable] = reason;
    this.#places[variable] = this.#trailLength;
    this.#trail[this.#trailLength++] = literal;
  }

  #backtrack(level: number): void {
    if (this.#limits.length <= level) return;
    const limit = this.#limits[level]!;
    for (let i = this.#trailLength - 1; i >= limit; i--) {
      const literal = this.#trail[i]!;
      const variable = literal >> 1;
      this.#values[literal] = 0;
      this.#values[literal ^ 1] = 0;
      this.#phases[variable] = 1 - (literal & 1);
      if (this.#isCandidate[variable]) this.#heap.insert(variable);
    }
    this.#trailLength = limit;
    this.#propagated = limit;
    this.#limits.length = level;
  }

  /** Learns the clause of the first unique implication point, and goes back to where it implies. */
  #learn(conflict: number): void {
    const levels = this.#levels;
    const marks = this.#marks;
    const level = this.#limits.length;
    const touched: number[] = [];
    const clause = [0];
    let open = 0;
    let at = this.#trailLength;
    let reason = conflict;
    do {
      for (const literal of this.#literals(reason)) {
        const variable = literal >> 1;
        if (marks[variable] || levels[variable] === 0 || this.#places[variable]! >= at) continue;
        marks[variable] = 1;
        touched.push(variable);
        this.#heap.bump(variable);
        if (levels[variable] === level) open++;
        else clause.push(literal);
      }
      do at--; while (!marks[this.#trail[at]! >> 1]);
      reason = this.#reasons[this.#trail[at]! >> 1]!;
      open--;
    } while (open > 0);
    clause[0] = this.#trail[at]! ^ 1;
    this.#heap.decay();

    // From here on a mark of 1 means: in the clause.
    for (const variable of touched) marks[variable] = 0;
    for (const literal of clause) marks[literal >> 1] = 1;
    const visited: number[] = [];
    const short = clause.filter((literal, i) => i === 0 || !this.#isImplied(literal, visited, 0));
    for (const variable of [...visited, ...touched]) marks[variable] = 0;

    // The deepest level but one comes second: there the clause implies its first literal.
    let back = 0;
    for (let i = 1; i < short.length; i++) {
      if (levels[short[i]! >> 1]! <= back) continue;
      back = levels[short[i]! >> 1]!;
      [short[1], short[i]] = [short[i]!, short[1]!];
    }
    const id = this.log.add(short, this.#hints(conflict, short));
    const spread = new Set(short.map((literal) => levels[literal >> 1])).size;
    this.#backtrack(back);
    if (short.length === 1) {
      this.#units[short[0]! >> 1] = id;
      this.#assign(short[0]!, 0);
    } else {
      const stored = this.#store(short, id, spread);
      this.#learned.push(stored);
      this.#assign(short[0]!, stored);
    }
  }

  /** Whether a literal of the clause follows from the others. Marks: 2 it does, 3 it does not. */
  #isImplied(literal: number, visited: number[], depth: number): boolean {
    const reason = this.#reasons[literal >> 1]!;
    if (reason === 0 || depth > MAX_DEPTH) return false;
    for (const other of this.#literals(reason)) {
      const variable = other >> 1;
      const mark = this.#marks[variable]!;
      if (variable === literal >> 1 || this.#levels[variable] === 0 || mark === 1 || mark === 2) {
        continue;
      }
      if (mark === 3) return false;
      const isImplied = this.#isImplied(other, visited, depth + 1);
      this.#marks[variable] = isImplied ? 2 : 3;
      visited.push(variable);
      if (!isImplied) return false;
    }
    return true;
  }

  /** The clauses by which the complement of `clause` leads to `conflict`, that one last. */
  #hints(conflict: number, clause: readonly number[]): number[] {
    const marks = this.#marks;
    for (const literal of clause) marks[literal >> 1] = 1;
    const used: number[] = [];
    const open = [conflict];
    for (let reason = open.pop(); reason !== undefined; reason = open.pop()) {
      for (const literal of this.#literals(reason)) {
        const variable = literal >> 1;
        if (marks[variable]) continue;
        marks[variable] = 1;
        used.push(variable);
        if (this.#levels[variable]! > 0) open.push(this.#reasons[variable]!);
      }
    }
    for (const literal of clause) marks[literal >> 1] = 0;
    for (const variable of used) marks[variable] = 0;
    return [...this.#idsInOrder(used), this.#arena[conflict + 1]!];
  }

  /** Numbers of the clauses that implied some variables, in the order in which they did. */
  #idsInOrder(variables: number[]): number[] {
    variables.sort((a, b) => this.#places[a]! - this.#places[b]!);
    return variables.map((variable) =>
      this.#levels[variable] === 0
        ? this.#units[variable]!
        : this.#arena[this.#reasons[variable]! + 1]!
    );
  }

  /** Derives the unit clause of every literal that is implied for good. */
  #nameUnits(): void {
    for (; this.#named < this.#trailLength; this.#named++) {
      const literal = this.#trail[this.#named]!;
      if (this.#units[literal >> 1] !== 0) continue;
      const reason = this.#reasons[literal >> 1]!;
      const hints: number[] = [];
      for (const other of this.#literals(reason)) {
        if (other !== literal) hints.push(this.#units[other >> 1]!);
      }
      this.#units[literal >> 1] = this.log.add([literal], [...hints, this.#arena[reason + 1]!]);
    }
  }

  #literals(clause: number): Int32Array {
    return this.#arena.subarray(clause + HEADER, clause + HEADER + this.#arena[clause]!);
  }

  #store(literals: readonly number[], id: number, spread: number): number {
    const clause = this.#arenaLength;
    const end = clause + HEADER + literals.length;
    if (end > this.#arena.length) {
      const more = new Int32Array(2 * end);
      more.set(this.#arena);
      this.#arena = more;
    }
    this.#arena[clause] = literals.length;
    this.#arena[clause + 1] = id;
    this.#arena[clause + 2] = spread;
    this.#arena.set(literals, clause + HEADER);
    this.#arenaLength = end;
    this.#watches[literals[0]!]!.push(clause, literals[1]!);
    this.#watches[literals[1]!]!.push(clause, literals[0]!);
    return clause;
  }

  /** Deletes the half of the learned clauses that spread over the most levels. */
  #reduce(): void {
    const arena = this.#arena;
    const order = [...this.#learned].sort((a, b) => arena[a + 2]! - arena[b + 2]! || b - a);
    const kept = order.filter((clause, i) =>
      i < order.length / 2 || arena[clause + 2]! <= CORE_LEVELS
    );
    const isKept = new Set(kept);
    for (const clause of order) if (!isKept.has(clause)) arena[clause] = 0;
    this.#learned = kept;
    this.#nextReduction = Math.max(this.#nextReduction + 300, kept.length + 1000);
  }
}

/** The sequence 1, 1, 2, 1, 1, 2, 4, … (Luby, Sinclair and Zuckerman 1993), from index 1. */
function luby(index: number): number {
  let power = 1;
  while (2 * power <= index) power *= 2;
  return index === 2 * power - 1 ? power : luby(index - power + 1);
}
