import { gateLevels } from "../gate_statistics.ts";
import type { GateList } from "../gates.ts";
import { decidesAtZero } from "../margins.ts";
import type { Aig, AigLiteral } from "../proof/aig.ts";
import { simplifyGates } from "../simplify.ts";
import { absorbInverters } from "./absorb_inverters.ts";
import { chooseCover, type MappingObjective } from "./cover.ts";
import { type Cut, type CutRank, findCuts, phasesOf } from "./cuts.ts";
import { emitGates } from "./emit_gates.ts";
import { gateLibrary } from "./gate_library.ts";

/** How and-gates are mapped, all of it given. */
export interface AigMappingOptions {
  /** What to have few of. */
  readonly objective: MappingObjective;
  /** Most inputs of a cut, 2 to 6. */
  readonly leaves: number;
  /** Cuts kept per and-gate and search. */
  readonly cuts: number;
  /** Margin that every gate keeps. */
  readonly margin: 0 | 0.5;
}

/** Threshold gates, and what they are ranked by. */
export interface RankedGates {
  /** The gates. */
  readonly list: GateList;
  /** Their number and depth. */
  readonly rank: CutRank;
}

/** A search for cuts: their most inputs and what is kept. */
type Search = readonly [leaves: number, order: MappingObjective];

/**
 * Searches whose cuts are chosen from together, one line per attempt. No width and no order is best
 * everywhere: narrow cuts share more, deep ones find wider gates.
 */
const ATTEMPTS: Readonly<Record<MappingObjective, readonly (readonly Search[])[]>> = {
  gates: [
    [[4, "gates"], [6, "gates"], [5, "depth"]],
    [[4, "gates"]],
    [[5, "depth"]],
  ],
  depth: [
    [[4, "depth"]],
    [[6, "depth"]],
  ],
};
/** Nodes from which on only the first attempt is made, for few gates. */
const MANY_NODES = 10_000;

/** Maps a graph of and-gates to the best threshold gates of several attempts. */
export function mapAig(
  aig: Aig,
  outputs: readonly AigLiteral[],
  { objective, leaves, cuts, margin }: AigMappingOptions,
): RankedGates {
  const library = gateLibrary(margin);
  const attempts = ATTEMPTS[objective]
    .slice(0, objective === "gates" && aig.size >= MANY_NODES ? 1 : undefined);
  let best: RankedGates | undefined;
  for (const phases of [phasesOf(aig), new Uint8Array(aig.size)]) {
    const wanted = outputs.map((literal) => literal ^ phases[literal >> 1]!);
    const found = new Map<string, Cut[][]>();
    const search = ([width, order]: Search): Cut[][] => {
      const limit = Math.min(width, leaves);
      const key = `${limit} ${order}`;
      const known = found.get(key);
      if (known !== undefined) return known;
      const compare = COMPARE[order];
      const cutsOf = findCuts(aig, phases, library, { leaves: limit, cuts, compare });
      found.set(key, cutsOf);
      return cutsOf;
    };
    for (const searches of attempts) {
      const cutsOf = together(searches.map(search));
      const cover = chooseCover(aig, cutsOf, wanted, objective, library);
      const emitted = emitGates(aig, cover, wanted, library);
      const simplified = simplifyGates(margin > 0 ? absorbInverters(emitted) : emitted);
      // What was folded may decide at 0; then the gates stay as the library has them.
      const isKept = margin === 0 ||
        simplified.gates.every((_, g) => !decidesAtZero(simplified, g));
      const list = isKept ? simplified : emitted;
      const depth = gateLevels(list).reduce((most, level) => Math.max(most, level), 0);
      const rank = { area: list.gates.length, depth };
      if (best === undefined || isBetter(rank, best.rank, objective)) best = { list, rank };
    }
  }
  return best!;
}

/** Whether some gates are better than others. */
export function isBetter(a: CutRank, b: CutRank, objective: MappingObjective): boolean {
  return COMPARE[objective](a, b) < 0;
}

const COMPARE: Readonly<Record<MappingObjective, (a: CutRank, b: CutRank) => number>> = {
  gates: (a, b) => a.area - b.area || a.depth - b.depth,
  depth: (a, b) => a.depth - b.depth || a.area - b.area,
};

/** The cuts of several searches, those of the same leaves once. */
function together(searches: readonly (readonly Cut[][])[]): readonly (readonly Cut[])[] {
  const [first, ...others] = searches as [Cut[][], ...Cut[][][]];
  const distinct = others.filter((other, i) => other !== first && others.indexOf(other) === i);
  if (distinct.length === 0) return first;
  return first.map((own, node) => {
    const byLeaves = new Map(own.map((cut) => [cut.leaves.join(), cut]));
    for (const other of distinct) {
      for (const cut of other[node]!) {
        const key = cut.leaves.join();
        if (!byLeaves.has(key)) byLeaves.set(key, cut);
      }
    }
    return [...byLeaves.values()];
  });
}
