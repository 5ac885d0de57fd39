import { canonicalMasks, moveRows, permutations, rowMap } from "./function_class.ts";
import type { Margin } from "./gate_network.ts";
import { type LastGates, lastGates } from "./last_gates.ts";
import { linearForms, MAX_SHIFT, VALUES } from "./linear_forms.ts";

/** A cheapest network of a class of functions, as the functions of its gates. */
export interface Witness {
  /** What each gate computes of the inputs, first to last; the last is a member of the class. */
  readonly functions: readonly number[];
  /** Weights and biases that are not zero, in all gates. */
  readonly cost: number;
}

/** Cost of a function that has not been reached. */
const NONE = 255;

/**
 * Largest cost of three gates that the first pass covers, with and without a margin. Any number
 * gives networks of the same cost; these are the fastest.
 */
const FIRST_PASS = { margin: 13, ties: 12 };

/**
 * Finds for every class of functions of up to 4 inputs a network with the fewest gates and, among
 * those, the fewest parameters that are not zero. It is exhaustive:
 *
 * 1. One gate: every E2M1 weight vector and bias.
 * 2. Two gates: for every function g that one gate can have, every second gate over the inputs and
 *    g. In rows with g = 0 its threshold is −b, in rows with g = 1 it is −(b + w). Only g and its
 *    cheapest cost matter, not how g is made.
 * 3. Three gates: the same with every pair of g1 and a g2 over the inputs and g1, in passes of
 *    ascending total cost, until no function is left.
 *
 * The first gate runs through all functions or, where the others run through all orders of the
 * inputs, through one per class of renaming.
 *
 * @param inputs 1 to 4.
 * @returns By the representative of each class.
 */
export function searchNetworks(inputs: number, margin: Margin): Map<number, Witness> {
  const canonical = canonicalMasks(inputs, margin);
  const all = canonical.length - 1;
  const found = new Map<number, Witness>();
  const forms = linearForms(inputs);
  const renamings = permutations(inputs).map((order) => renaming(order, all));

  const single = new Uint8Array(all + 1).fill(NONE);
  for (const form of forms) {
    for (const bias of VALUES) {
      if (margin > 0 && form.ties[MAX_SHIFT + bias]) continue;
      const cost = form.weights + (bias ? 1 : 0);
      for (const { there } of renamings) {
        const f = there[form.on[MAX_SHIFT + bias]!]!;
        if (cost < single[f]!) single[f] = cost;
      }
    }
  }
  const first = masksByCost(single);
  for (const f of first) {
    const known = found.get(canonical[f]!);
    if (!known) found.set(canonical[f]!, { functions: [f], cost: single[f]! });
  }

  const second = lastGates(forms, 1, margin, false);
  const pairs = new Map<number, Witness>();
  for (const g of first) {
    visitSecond(second, g, all, (f, cost) => {
      const representative = canonical[f]!;
      const total = single[g]! + cost;
      if (found.has(representative)) return;
      const known = pairs.get(representative);
      if (!known || total < known.cost) {
        pairs.set(representative, { functions: [g, f], cost: total });
      }
    });
  }
  for (const [representative, witness] of pairs) found.set(representative, witness);

  // Parameters of the best network so far; nothing betters one with fewer gates.
  const best = Uint8Array.from(canonical, (representative) => found.has(representative) ? 0 : NONE);
  if (!best.includes(NONE)) return found;
  const third = lastGates(forms, 2, margin, margin > 0);
  const renamedOnly = canonicalMasks(inputs, 0); // the first gate up to renaming, never negated
  const starts = first.filter((g) => renamedOnly[g] === g).map((g) => ({
    g,
    cost: single[g]!,
    next: secondFunctions(second, single, g, all, renamings),
  }));
  const joiner = new Joiner(third, all, best, (functions, cost) => {
    const representative = canonical[functions[2]!]!;
    found.set(representative, { functions, cost });
    for (let f = 0; f <= all; f++) if (canonical[f] === representative) best[f] = cost;
  });
  // All costs up to that of the first pass at once, then one by one.
  let from = 3;
  let to = margin > 0 ? FIRST_PASS.margin : FIRST_PASS.ties;
  while (best.includes(NONE)) {
    joiner.select();
    for (const { g, cost, next } of starts) {
      const visited = new Set<number>();
      for (const { there } of renamings) {
        if (visited.has(there[g]!)) continue;
        visited.add(there[g]!);
        joiner.join(there[g]!, cost, next, there, from, to);
      }
      if (from === to && !best.includes(NONE)) break;
    }
    from = ++to;
  }
  return found;
}

/** One order of the inputs: what each function becomes by it, and what becomes each function. */
interface Renaming {
  readonly there: Uint16Array;
  readonly back: Uint16Array;
}

function renaming(order: readonly number[], all: number): Renaming {
  const rows = rowMap(order);
  const there = Uint16Array.from({ length: all + 1 }, (_, mask) => moveRows(mask, rows));
  const back = new Uint16Array(all + 1);
  for (let mask = 0; mask <= all; mask++) back[there[mask]!] = mask;
  return { there, back };
}

/** The functions that have a cost, cheap ones first. */
function masksByCost(cost: Uint8Array): number[] {
  const masks: number[] = [];
  for (let mask = 0; mask < cost.length; mask++) if (cost[mask]! < NONE) masks.push(mask);
  return masks.sort((a, b) => cost[a]! - cost[b]! || a - b);
}

/** Calls `visit` for every gate over the inputs (in ascending form) and g that keeps the margin. */
function visitSecond(
  { count, cost, on, ties }: LastGates,
  g: number,
  all: number,
  visit: (f: number, cost: number) => void,
): void {
  const not = all ^ g;
  for (let i = 0; i < count; i++) {
    if ((ties[0]![i]! & not) | (ties[1]![i]! & g)) continue;
    visit((on[0]![i]! & not) | (on[1]![i]! & g), cost[i]!);
  }
}

/** Second gates after a first one: `byCost[c]` lists the functions whose cheapest gate costs c. */
type SecondFunctions = readonly (readonly number[])[];

/** All functions of a second gate after g; it need not see g. */
function secondFunctions(
  second: LastGates,
  single: Uint8Array,
  g: number,
  all: number,
  renamings: readonly Renaming[],
): SecondFunctions {
  const best = single.slice();
  for (const { there, back } of renamings) {
    visitSecond(second, there[g]!, all, (renamed, cost) => {
      const f = back[renamed]!;
      if (cost < best[f]!) best[f] = cost;
    });
  }
  const byCost: number[][] = Array.from({ length: 8 }, () => []);
  for (let f = 0; f <= all; f++) if (best[f]! < NONE) byCost[best[f]!]!.push(f);
  return byCost;
}

/**
 * Joins third gates with second ones after a given first one. Once g1 is known, a third gate is two
 * functions of the inputs, one for g2 = 0 and one for g2 = 1, and few of them differ; a hash table
 * keeps the cheapest of each.
 */
class Joiner {
  #third: LastGates;
  #selectedFor = Infinity;
  readonly #all: number;
  readonly #best: Uint8Array;
  readonly #report: (functions: readonly number[], cost: number) => void;
  // The hash table: the pass that wrote a slot, and the entry there.
  #stamps = new Int32Array(0);
  #masks = new Int32Array(0);
  #ties = new Int32Array(0);
  #stamp = 0;
  readonly #off: Uint16Array;
  readonly #on: Uint16Array;
  readonly #offTies: Uint16Array;
  readonly #onTies: Uint16Array;
  /** Where the entries of each cost begin. */
  readonly #begin = new Int32Array(10);

  constructor(
    third: LastGates,
    all: number,
    best: Uint8Array,
    report: (functions: readonly number[], cost: number) => void,
  ) {
    this.#third = third;
    this.#all = all;
    this.#best = best;
    this.#report = report;
    this.#off = new Uint16Array(third.count);
    this.#on = new Uint16Array(third.count);
    this.#offTies = new Uint16Array(third.count);
    this.#onTies = new Uint16Array(third.count);
  }

  /** Drops third gates that compute no function still open, whatever the earlier gates are. */
  select(): void {
    const { count, cost, on, ties } = this.#third;
    const [f00, f10, f01, f11] = on;
    const targets = Uint16Array.from([...this.#best.keys()].filter((f) => this.#best[f] === NONE));
    if (targets.length === this.#selectedFor) return;
    this.#selectedFor = targets.length;
    const kept: number[] = [];
    for (let i = 0; i < count; i++) {
      const always = f00![i]! & f10![i]! & f01![i]! & f11![i]!;
      const never = ~(f00![i]! | f10![i]! | f01![i]! | f11![i]!);
      for (let j = 0; j < targets.length; j++) {
        const f = targets[j]!;
        if ((always & ~f) | (never & f)) continue;
        kept.push(i);
        break;
      }
    }
    const keep = (masks: Uint16Array): Uint16Array => Uint16Array.from(kept, (i) => masks[i]!);
    this.#third = {
      count: kept.length,
      cost: Uint8Array.from(kept, (i) => cost[i]!),
      on: on.map(keep),
      ties: ties.map(keep),
    };
    const slots = 2 ** Math.ceil(Math.log2(1.5 * kept.length + 1));
    this.#stamps = new Int32Array(slots);
    this.#masks = new Int32Array(slots);
    this.#ties = new Int32Array(slots);
  }

  /** Tries all networks that begin with g1 and whose total cost lies in a range. */
  join(
    g1: number,
    cost1: number,
    second: SecondFunctions,
    renamed: Uint16Array,
    from: number,
    to: number,
  ): void {
    const cheapest = second.findIndex((functions) => functions.length > 0);
    const limit = Math.min(7, to - cost1 - cheapest);
    if (limit < 1) return;
    this.#distinguish(g1, limit);
    for (let total = from; total <= to; total++) {
      for (let cost2 = cheapest; cost2 < second.length; cost2++) {
        const cost3 = total - cost1 - cost2;
        if (cost3 < 1 || cost3 > limit) continue;
        const begin = this.#begin[cost3]!;
        const end = this.#begin[cost3 + 1]!;
        if (begin === end) continue;
        for (const f of second[cost2]!) this.#try(g1, renamed[f]!, begin, end, total);
      }
    }
  }

  /** Lists the different third gates after g1 up to a cost. */
  #distinguish(g: number, limit: number): void {
    const { count, cost, on: [f00, f10, f01, f11], ties: [t00, t10, t01, t11] } = this.#third;
    const not = this.#all ^ g;
    const stamp = ++this.#stamp;
    const wrap = this.#stamps.length - 1;
    let entries = 0;
    let price = 0;
    for (let i = 0; i < count && cost[i]! <= limit; i++) {
      while (price <= cost[i]!) this.#begin[price++] = entries;
      const off = (f00![i]! & not) | (f10![i]! & g);
      const on = (f01![i]! & not) | (f11![i]! & g);
      const offTies = (t00![i]! & not) | (t10![i]! & g);
      const onTies = (t01![i]! & not) | (t11![i]! & g);
      if (offTies & onTies) continue; // a tie whatever g2 is
      if (off === on && offTies === 0) continue; // possible without g2, so with two gates
      const masks = (on << 16) | off;
      const ties = (onTies << 16) | offTies;
      let at = Math.imul(masks, 0x9e3779b1) ^ Math.imul(ties, 0x85ebca6b);
      at = (at ^ (at >>> 15)) & wrap;
      let known = false;
      while (this.#stamps[at] === stamp) {
        known = this.#masks[at] === masks && this.#ties[at] === ties;
        if (known) break;
        at = (at + 1) & wrap;
      }
      if (known) continue;
      this.#stamps[at] = stamp;
      this.#masks[at] = masks;
      this.#ties[at] = ties;
      this.#off[entries] = off;
      this.#on[entries] = on;
      this.#offTies[entries] = offTies;
      this.#onTies[entries] = onTies;
      entries++;
    }
    while (price < this.#begin.length) this.#begin[price++] = entries;
  }

  /** Joins entries with one second gate. */
  #try(g1: number, g2: number, begin: number, end: number, total: number): void {
    const best = this.#best;
    const off = this.#off;
    const on = this.#on;
    const offTies = this.#offTies;
    const onTies = this.#onTies;
    const not = this.#all ^ g2;
    for (let i = begin; i < end; i++) {
      if ((onTies[i]! & g2) | (offTies[i]! & not)) continue;
      const f = (on[i]! & g2) | (off[i]! & not);
      if (total < best[f]!) this.#report([g1, g2, f], total);
    }
  }
}
