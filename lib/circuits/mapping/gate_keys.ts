import type { Cut } from "./cuts.ts";
import { dependsOn, moveLast, type Truth } from "./truth.ts";

/** What tells gates apart: equal and complemented functions of the same nodes have one name. */
export interface GateKey {
  /** The nodes, and the function that is 0 where all of them are 0. */
  readonly name: string;
  /** Whether the gate is the complement of that. */
  readonly complemented: boolean;
}

/** The keys of the gates of a cut, in order. */
export function gateKeys({ leaves, truth, cell }: Cut): GateKey[] {
  if (cell === undefined) return [];
  return [...cell.inner.map((mask) => spread(mask, leaves.length)), { ...truth }]
    .map((truth) => keyOf(leaves, truth));
}

/** A mask of at most four variables as a function of six. */
function spread(mask: number, inputs: number): Truth {
  let [rows, size] = [mask, 1 << inputs];
  for (; size < 32; size *= 2) rows |= rows << size;
  return { low: rows | 0, high: rows | 0 };
}

function keyOf(nodes: readonly number[], truth: Truth): GateKey {
  const leaves = [...nodes];
  for (let v = leaves.length - 1; v >= 0; v--) {
    if (dependsOn(truth, v)) continue;
    moveLast(truth, v, leaves.length);
    leaves.splice(v, 1);
  }
  const complemented = (truth.low & 1) === 1;
  const flip = complemented ? -1 : 0;
  return { name: `${leaves}:${truth.low ^ flip}:${truth.high ^ flip}`, complemented };
}
