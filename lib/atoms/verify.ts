import type { Atom } from "./atom.ts";
import { LayerError, preActivations, step, unpackLayer } from "./threshold_layer.ts";
import { describeRow, rowInputs } from "./truth_table.ts";

/** The verdict on one atom, after all its rows have been evaluated. */
export interface AtomVerdict {
  /** Name of the atom. */
  readonly name: string;
  /** Whether every row is right. */
  readonly exact: boolean;
  /** Rows evaluated: all of them. */
  readonly rows: number;
  /** Rows whose output is wrong. */
  readonly wrong: number;
  /** Smallest |z| of any gate in any row: how far from the threshold every decision is. */
  readonly margin: number;
  /** The first wrong row. */
  readonly firstWrong?: {
    /** Number of the row. */
    readonly row: number;
    /** The row in words: `a=1 b=0`. */
    readonly inputs: string;
    /** What the truth table says. */
    readonly expected: string;
    /** What the packed codes compute. */
    readonly actual: string;
  };
}

/** What an atom's packed codes compute, row by row. */
export interface AtomEvaluation {
  /** Output per row, in the order of a truth table. */
  readonly outputs: string;
  /** Smallest |z| of any gate in any row. */
  readonly margin: number;
}

/**
 * Evaluates an atom on all its rows, from the packed 4-bit codes.
 *
 * @throws {LayerError} When a layer does not have the size that it states.
 */
export function evaluateAtom(atom: Pick<Atom, "name" | "inputs" | "layers">): AtomEvaluation {
  let width = atom.inputs.length;
  const layers = atom.layers.map((layer, index) => {
    const owner = `atom ${atom.name}, layer ${index + 1}`;
    if (layer.inputs !== width) {
      throw new LayerError(`${owner}: ${layer.inputs} inputs, expected ${width}`);
    }
    width = layer.gates;
    return unpackLayer(layer, owner);
  });
  let outputs = "";
  let margin = Infinity;
  for (let row = 0; row < 2 ** atom.inputs.length; row++) {
    let values: ArrayLike<number> = rowInputs(row, atom.inputs.length);
    for (const layer of layers) {
      const sums = preActivations(layer, values);
      for (const z of sums) margin = Math.min(margin, Math.abs(z));
      values = Array.from(sums, step);
    }
    outputs += values[0];
  }
  return { outputs, margin };
}

/**
 * Verifies an atom against its truth table: every row, from the packed 4-bit codes.
 *
 * @throws {LayerError} When a layer, or the truth table, does not have the size that it must have.
 */
export function verify(atom: Atom): AtomVerdict {
  const { outputs, margin } = evaluateAtom(atom);
  const rows = outputs.length;
  if (atom.truthTable.length !== rows) {
    throw new LayerError(
      `atom ${atom.name}: a truth table of ${atom.truthTable.length} rows, expected ${rows}`,
    );
  }
  const wrongRows = [...outputs].flatMap((digit, row) =>
    digit === atom.truthTable[row] ? [] : [row]
  );
  const [row] = wrongRows;
  return {
    name: atom.name,
    exact: wrongRows.length === 0,
    rows,
    wrong: wrongRows.length,
    margin,
    ...(row === undefined ? {} : {
      firstWrong: {
        row,
        inputs: describeRow(row, atom.inputs),
        expected: atom.truthTable[row]!,
        actual: outputs[row]!,
      },
    }),
  };
}
