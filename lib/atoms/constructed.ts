import { E2M1, encode } from "../numerics/mod.ts";
import type { Atom } from "./atom.ts";
import { packLayer, type ThresholdLayer } from "./threshold_layer.ts";
import { STANDARD_ATOMS } from "./truth_table.ts";

/** Rows of W and their biases. */
type LayerTable = readonly [weights: readonly (readonly number[])[], biases: readonly number[]];

const OR2: LayerTable = [[[1, 1]], [-0.5]];
/** The constants of TriX (atoms specification, 1.2). Columns are the inputs in order. */
// deno-fmt-ignore: one atom, one row
const CONSTANTS: Readonly<Record<string, readonly LayerTable[]>> = {
  AND:   [[[[1, 1]], [-1.5]]],
  OR:    [OR2],
  NOT:   [[[[-1]], [0.5]]],
  NAND:  [[[[-1, -1]], [1.5]]],
  NOR:   [[[[-1, -1]], [0.5]]],
  XOR:   [[[[1, -1], [-1, 1]], [-0.5, -0.5]], OR2],
  XNOR:  [[[[-1, -1], [1, 1]], [0.5, -1.5]], OR2],
  SUM:   [
    [[[-1, -1, 1], [-1, 1, -1], [1, -1, -1], [1, 1, 1]], [-0.5, -0.5, -0.5, -2.5]],
    [[[1, 1, 1, 1]], [-0.5]],
  ],
  CARRY: [[[[1, 1, 1]], [-1.5]]],
  MUX:   [[[[-1, 1, 0], [1, 0, 1]], [-0.5, -1.5]], OR2],
};

/**
 * The ten standard atoms with the constants of TriX, written down and not trained. All are E2M1
 * values but one: the bias −2.5 of SUM takes two codes, −2 and −0.5.
 */
export const CONSTRUCTED_ATOMS: readonly Atom[] = STANDARD_ATOMS.map((spec) => ({
  ...spec,
  layers: CONSTANTS[spec.name]!.map(layerOf),
}));

function layerOf([weights, biases]: LayerTable): ThresholdLayer {
  const code = (value: number): number => encode(E2M1, value);
  const isSplit = biases.includes(-2.5);
  const terms = isSplit ? biases.flatMap((bias) => bias === -2.5 ? [-2, -0.5] : [bias, 0]) : biases;
  return packLayer(
    weights[0]!.length,
    weights.flat().map(code),
    terms.map(code),
    isSplit ? 2 : 1,
  );
}
