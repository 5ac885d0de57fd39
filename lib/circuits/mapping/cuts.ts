import type { Aig } from "../proof/aig.ts";
import type { GateLibrary, LibraryCell } from "./gate_library.ts";
import { dependsOn, FIRST_VARIABLE, moveLast, stretch, type Truth } from "./truth.ts";

/** A set of nodes that decide another one, and how: a function of the leaves as gates. */
export interface Cut {
  /** Nodes in ascending order; none or one for a node that is a constant, a copy or a complement. */
  readonly leaves: readonly number[];
  /** The function of the leaves, the first one being variable 0. */
  readonly truth: Readonly<Truth>;
  /** Gates for it; nothing for constants. */
  readonly cell: LibraryCell | undefined;
}

/** What cuts are ranked by. */
export interface CutRank {
  /** Gates on the longest path to the node. */
  readonly depth: number;
  /** Gates below the node, shared ones divided among their readers. */
  readonly area: number;
}

/** A cut while it is weighed. */
interface Candidate extends Cut, CutRank {}

/** How cuts are chosen. */
export interface CutOptions {
  /** Most leaves of a cut, up to 6. */
  readonly leaves: number;
  /** Cuts kept per node. */
  readonly cuts: number;
  /** Compares two cuts: negative when the first one is better. */
  readonly compare: (a: CutRank, b: CutRank) => number;
}

/**
 * The value of every node where all inputs are 0. Nodes are mapped complemented where it is 1: so a
 * carry is a majority of plain carries, whatever complements its and-gates have, and a sum can share
 * it.
 */
export function phasesOf({ fanins, size, inputs }: Aig): Uint8Array {
  const phases = new Uint8Array(size);
  for (let node = inputs + 1; node < size; node++) {
    const [a, b] = [fanins[2 * node]!, fanins[2 * node + 1]!];
    phases[node] = (phases[a >> 1]! ^ (a & 1)) & (phases[b >> 1]! ^ (b & 1));
  }
  return phases;
}

/**
 * The best cuts of every and-gate, found from those of its operands (priority cuts, Mishchenko, Cho,
 * Chatterjee and Brayton 2007). Cuts that the library has no gates for are left out.
 *
 * @param phases Which nodes are taken complemented, by cuts and in cuts: see {@linkcode phasesOf}.
 * @returns Per node its cuts, the best one first; inputs have none.
 */
export function findCuts(
  aig: Aig,
  phases: Uint8Array,
  library: GateLibrary,
  options: CutOptions,
): Cut[][] {
  const { fanins, size, inputs } = aig;
  const readers = new Float64Array(size);
  for (let i = 2 * (inputs + 1); i < 2 * size; i++) readers[fanins[i]! >> 1]!++;
  const best: CutRank[] = Array.from({ length: size }, () => ({ depth: 0, area: 0 }));
  const cutsOf: Cut[][] = Array.from({ length: size }, () => []);
  const own = (node: number): Cut => ({ leaves: [node], truth: FIRST_VARIABLE, cell: undefined });
  const merger = new Merger(library, options.leaves);
  for (let node = inputs + 1; node < size; node++) {
    const [a, b] = [fanins[2 * node]!, fanins[2 * node + 1]!];
    const ofA = [...cutsOf[a >> 1]!, own(a >> 1)];
    const ofB = [...cutsOf[b >> 1]!, own(b >> 1)];
    const flipA = -((a & 1) ^ phases[a >> 1]!);
    const flipB = -((b & 1) ^ phases[b >> 1]!);
    const kept: Candidate[] = [];
    for (const cutA of ofA) {
      for (const cutB of ofB) {
        const cut = merger.merge(cutA, flipA, cutB, flipB, -phases[node]!);
        if (cut === undefined) continue;
        keep({ ...cut, ...rankOf(cut, best) }, kept, options);
      }
    }
    const first = kept[0]!;
    best[node] = { depth: first.depth, area: first.area / Math.max(1, readers[node]!) };
    cutsOf[node] = kept.map(({ leaves, truth, cell }) => ({ leaves, truth, cell }));
  }
  return cutsOf;
}

/** What a node costs by a cut, from what its leaves cost. */
export function rankOf({ leaves, cell }: Cut, best: readonly CutRank[]): CutRank {
  let depth = 0;
  let area = cell === undefined ? 0 : cell.gates.length;
  for (let i = 0; i < leaves.length; i++) {
    const leaf = best[leaves[i]!]!;
    area += leaf.area;
    const at = leaf.depth + (cell === undefined ? 0 : cell.pinDepth[i]!);
    if (at > depth) depth = at;
  }
  return { depth, area };
}

/** Puts a cut in its place unless a part of it is a cut, or too many are better. */
function keep(cut: Candidate, kept: Candidate[], { cuts, compare }: CutOptions): void {
  let at = kept.length;
  for (let i = 0; i < kept.length; i++) {
    const other = kept[i]!;
    if (isPart(other.leaves, cut.leaves)) return;
    if (isBetter(cut, other, compare)) {
      at = i;
      break;
    }
  }
  if (at >= cuts) return;
  kept.splice(at, 0, cut);
  for (let i = kept.length - 1; i > at; i--) {
    if (isPart(cut.leaves, kept[i]!.leaves)) kept.splice(i, 1);
  }
  if (kept.length > cuts) kept.pop();
}

function isBetter(a: Candidate, b: Candidate, compare: CutOptions["compare"]): boolean {
  const order = compare(a, b);
  return order < 0 || (order === 0 && a.leaves.length < b.leaves.length);
}

function isPart(part: readonly number[], whole: readonly number[]): boolean {
  if (part.length > whole.length) return false;
  let k = 0;
  for (let i = 0; i < whole.length && k < part.length; i++) if (whole[i] === part[k]) k++;
  return k === part.length;
}

/** Makes cuts of an and-gate from cuts of its operands. */
class Merger {
  readonly #union = new Int32Array(12);
  readonly #placesA = new Int32Array(6);
  readonly #placesB = new Int32Array(6);
  readonly #a: Truth = { low: 0, high: 0 };
  readonly #b: Truth = { low: 0, high: 0 };

  constructor(readonly library: GateLibrary, readonly limit: number) {}

  /** The cut of both; a flip is −1 for what is complemented, an operand or the result, else 0. */
  merge(cutA: Cut, flipA: number, cutB: Cut, flipB: number, flip: number): Cut | undefined {
    let count = this.#unite(cutA.leaves, cutB.leaves);
    if (count < 0) return undefined;
    const [a, b] = [this.#a, this.#b];
    a.low = cutA.truth.low;
    a.high = cutA.truth.high;
    b.low = cutB.truth.low;
    b.high = cutB.truth.high;
    stretch(a, cutA.leaves.length, this.#placesA);
    stretch(b, cutB.leaves.length, this.#placesB);
    const truth = {
      low: ((a.low ^ flipA) & (b.low ^ flipB)) ^ flip,
      high: ((a.high ^ flipA) & (b.high ^ flipB)) ^ flip,
    };
    const leaves = Array.from(this.#union.subarray(0, count));
    for (let v = count - 1; v >= 0; v--) {
      if (dependsOn(truth, v)) continue;
      moveLast(truth, v, count--);
      leaves.splice(v, 1);
    }
    if (count === 0 || (count === 1 && truth.low === FIRST_VARIABLE.low)) {
      return { leaves, truth, cell: undefined };
    }
    const cell = this.library.cell(truth, count);
    return cell === undefined ? undefined : { leaves, truth, cell };
  }

  /** The union of two ascending lists, and where the members of each are in it; −1 if too long. */
  #unite(a: readonly number[], b: readonly number[]): number {
    let [i, j, count] = [0, 0, 0];
    while (i < a.length || j < b.length) {
      if (count === this.limit) return -1;
      const left = i < a.length ? a[i]! : Infinity;
      const right = j < b.length ? b[j]! : Infinity;
      if (left <= right) this.#placesA[i++] = count;
      if (right <= left) this.#placesB[j++] = count;
      this.#union[count++] = Math.min(left, right);
    }
    return count;
  }
}
