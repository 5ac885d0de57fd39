import type { Aig, AigLiteral } from "../proof/aig.ts";
import { type Cut, type CutRank, rankOf } from "./cuts.ts";
import { gateKeys } from "./gate_keys.ts";
import type { GateLibrary } from "./gate_library.ts";

/** What a mapping has as few of as it finds. */
export type MappingObjective = "gates" | "depth";

/** Choices among cuts: first by estimated, then by exact numbers of gates. */
const FLOW_PASSES = 3;
const EXACT_PASSES = 4;

/**
 * Chooses a cut for every node that the outputs need, by area flow and then by the gates that a
 * choice adds or saves exactly (Mishchenko, Chatterjee and Brayton 2006). Gates of different cuts
 * that are equal, or complements of each other, count once.
 * With the objective `depth` no choice makes the longest path longer.
 *
 * @returns Per node its cut; nothing for nodes that are not needed.
 */
export function chooseCover(
  aig: Aig,
  cutsOf: readonly (readonly Cut[])[],
  outputs: readonly AigLiteral[],
  objective: MappingObjective,
  library: GateLibrary,
): (Cut | undefined)[] {
  const cover = new Cover(aig, cutsOf, outputs, objective, library);
  for (let pass = 0; pass < FLOW_PASSES; pass++) {
    cover.chooseByFlow(pass === 0);
    cover.countReaders();
    cover.findRequired();
  }
  for (let pass = 0; pass < EXACT_PASSES; pass++) {
    cover.chooseByGates();
    cover.findRequired();
  }
  return cover.chosen();
}

class Cover {
  /** Per node the place of its cut. */
  readonly #choice: Int32Array;
  readonly #readers: Int32Array;
  /** Readers as estimated in earlier passes. */
  readonly #estimate: Float64Array;
  readonly #best: CutRank[];
  /** Longest path that a node may end, so that no output comes later than it must. */
  readonly #required: Float64Array;
  /** Per node and cut the numbers of its gates. */
  readonly #gatesOf: Int32Array[][];
  readonly #gateNumbers = new Map<string, number>();
  /** Per gate how many chosen cuts hold it. */
  readonly #uses: number[] = [];
  readonly #stack: number[] = [];
  /** Per node its cuts, and behind them the same ones by other networks, worth it where shared. */
  readonly cutsOf: readonly (readonly Cut[])[];

  constructor(
    readonly aig: Aig,
    readonly plainCuts: readonly (readonly Cut[])[],
    readonly outputs: readonly AigLiteral[],
    readonly objective: MappingObjective,
    library: GateLibrary,
  ) {
    this.cutsOf = plainCuts.map((cuts) =>
      cuts.concat(cuts.flatMap((cut) => variants(cut, library)))
    );
    const { size, inputs, fanins } = aig;
    this.#choice = new Int32Array(size);
    this.#readers = new Int32Array(size);
    this.#estimate = new Float64Array(size);
    for (let i = 2 * (inputs + 1); i < 2 * size; i++) this.#estimate[fanins[i]! >> 1]!++;
    this.#best = Array.from({ length: size }, () => ({ depth: 0, area: 0 }));
    this.#required = new Float64Array(size).fill(Infinity);
    this.#gatesOf = Array.from({ length: size }, () => []);
  }

  chosen(): (Cut | undefined)[] {
    return this.cutsOf.map((cuts, node) =>
      this.#readers[node]! > 0 && this.aig.isAnd(node) ? cuts[this.#choice[node]!] : undefined
    );
  }

  /** Takes the cut of the least depth, or of the least area flow that comes in time. */
  chooseByFlow(isFirst: boolean): void {
    const isDepth = isFirst && this.objective === "depth";
    for (let node = this.aig.inputs + 1; node < this.aig.size; node++) {
      let best: CutRank | undefined;
      const cuts = this.plainCuts[node]!;
      for (let c = 0; c < cuts.length; c++) {
        const rank = rankOf(cuts[c]!, this.#best);
        const isWorse = best !== undefined &&
          (isDepth
            ? rank.depth > best.depth || (rank.depth === best.depth && rank.area >= best.area)
            : rank.area > best.area || (rank.area === best.area && rank.depth >= best.depth));
        const isLate = rank.depth > this.#required[node]!;
        const wasLate = best !== undefined && best.depth > this.#required[node]!;
        if (isLate && !wasLate && best !== undefined) continue;
        if (isWorse && !(wasLate && !isLate)) continue;
        best = rank;
        this.#choice[node] = c;
      }
      const readers = Math.max(1, this.#estimate[node]!);
      this.#best[node] = { depth: best!.depth, area: best!.area / readers };
    }
  }

  /** Counts who reads what in the chosen cuts. */
  countReaders(): void {
    this.#readers.fill(0);
    this.#uses.fill(0);
    for (const output of this.outputs) this.#hold(output >> 1);
    for (let node = 0; node < this.#estimate.length; node++) {
      this.#estimate[node] = (this.#estimate[node]! + 2 * this.#readers[node]!) / 3;
    }
  }

  /** Says by when each node must be there for the outputs to come no later. */
  findRequired(): void {
    if (this.objective !== "depth") return;
    const required = this.#required;
    let last = 0;
    for (const output of this.outputs) last = Math.max(last, this.#best[output >> 1]!.depth);
    required.fill(Infinity);
    for (const output of this.outputs) required[output >> 1] = last;
    for (let node = this.aig.size - 1; node > this.aig.inputs; node--) {
      if (this.#readers[node] === 0) continue;
      const { leaves, cell } = this.cutsOf[node]![this.#choice[node]!]!;
      for (let i = 0; i < leaves.length; i++) {
        const leaf = leaves[i]!;
        const time = required[node]! - (cell?.pinDepth[i] ?? 0);
        if (time < required[leaf]!) required[leaf] = time;
      }
    }
  }

  /** Takes for every node in use the cut that adds the fewest gates to those of all others. */
  chooseByGates(): void {
    for (let node = this.aig.inputs + 1; node < this.aig.size; node++) {
      const cuts = this.cutsOf[node]!;
      const plain = this.plainCuts[node]!.length;
      if (this.#readers[node] === 0) {
        this.#best[node] = this.#ranked(node);
        continue;
      }
      this.#releaseCut(node);
      let [best, fewest, depth] = [this.#choice[node]!, Infinity, Infinity];
      const old = best;
      for (let c = 0; c < cuts.length; c++) {
        const rank = rankOf(cuts[c]!, this.#best);
        if (c !== old && rank.depth > this.#required[node]!) continue;
        // Another network is no better but by gates that are there already.
        if (c >= plain && c !== old && !this.#isShared(node, c)) continue;
        this.#choice[node] = c;
        const gates = this.#holdCut(node);
        this.#releaseCut(node);
        if (gates > fewest || (gates === fewest && rank.depth >= depth)) continue;
        [best, fewest, depth] = [c, gates, rank.depth];
      }
      this.#choice[node] = best;
      this.#holdCut(node);
      this.#best[node] = this.#ranked(node);
    }
  }

  /** The depth of a node by its cut; its area is of no interest any more. */
  #ranked(node: number): CutRank {
    const { depth } = rankOf(this.cutsOf[node]![this.#choice[node]!]!, this.#best);
    return { depth, area: 0 };
  }

  /** One more reads a node: the gates that this adds. */
  #hold(node: number): number {
    return this.#readers[node]!++ === 0 && this.aig.isAnd(node) ? this.#holdCut(node) : 0;
  }

  /** Adds the cut of a node, and below it what was not there: the gates that this adds. */
  #holdCut(node: number): number {
    let added = 0;
    const stack = this.#stack;
    const bottom = stack.length;
    stack.push(node);
    while (stack.length > bottom) {
      const next = stack.pop()!;
      for (const gate of this.#gates(next)) if (this.#uses[gate]!++ === 0) added++;
      for (const leaf of this.cutsOf[next]![this.#choice[next]!]!.leaves) {
        if (this.#readers[leaf]!++ === 0 && this.aig.isAnd(leaf)) stack.push(leaf);
      }
    }
    return added;
  }

  /** The reverse of `#holdCut`. */
  #releaseCut(node: number): void {
    const stack = this.#stack;
    const bottom = stack.length;
    stack.push(node);
    while (stack.length > bottom) {
      const next = stack.pop()!;
      for (const gate of this.#gates(next)) this.#uses[gate]!--;
      for (const leaf of this.cutsOf[next]![this.#choice[next]!]!.leaves) {
        if (--this.#readers[leaf]! === 0 && this.aig.isAnd(leaf)) stack.push(leaf);
      }
    }
  }

  /** Whether others use an inner gate of a cut. */
  #isShared(node: number, choice: number): boolean {
    const gates = this.#gates(node, choice);
    for (let i = 0; i + 1 < gates.length; i++) if (this.#uses[gates[i]!]! > 0) return true;
    return false;
  }

  /** Numbers of the gates of a cut of a node, the chosen one; equal gates have one number. */
  #gates(node: number, choice = this.#choice[node]!): Int32Array {
    const known = this.#gatesOf[node]!;
    return known[choice] ??= this.#number(this.cutsOf[node]![choice]!);
  }

  #number(cut: Cut): Int32Array {
    return Int32Array.from(gateKeys(cut), ({ name }) => {
      let number = this.#gateNumbers.get(name);
      if (number === undefined) {
        this.#gateNumbers.set(name, number = this.#gateNumbers.size);
        this.#uses.push(0);
      }
      return number;
    });
  }
}

/** The same cut by other networks. */
function variants(cut: Cut, library: GateLibrary): Cut[] {
  const { cell, leaves, truth } = cut;
  if (cell === undefined || cell.gates.length < 2) return [];
  return library.variants(truth, leaves.length).map((cell) => ({ ...cut, cell }));
}
