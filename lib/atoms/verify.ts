import type { AnyAtom } from "./atom.ts";
import { type AtomSize, sizeOf } from "./atom_size.ts";
import { type AtomNetwork, decodeAtom, outputDigits, runAllRows } from "./decoded_network.ts";
import { LayerError } from "./threshold_layer.ts";
import { describeRow } from "./truth_table.ts";

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
  /** Smallest |z| of any step in any row: how far from the threshold every decision is. */
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
  /**
   * Smallest |z| of any step in any row: of all gates where hidden layers are steps, otherwise of
   * the output gate.
   */
  readonly margin: number;
  /** Decisions (a gate in a row) at exactly z = 0, which are 1: there the margin is one-sided. */
  readonly decisionsAtZero: number;
  /** Smallest |z| of the decisions for 0; absent when every decision is for 1. */
  readonly marginBelow?: number;
  /** Smallest z of the decisions for 1; absent when every decision is for 0. */
  readonly marginAbove?: number;
}

/**
 * Evaluates an atom on all its rows, from the packed codes.
 *
 * @throws {LayerError} When a layer does not have the size that it states.
 * @throws {AtomError} When there are more than 20 inputs.
 */
export function evaluateAtom(atom: AtomNetwork): AtomEvaluation {
  const network = decodeAtom(atom);
  const runs = runAllRows(network, atom.inputs.length);
  let [below, above, decisionsAtZero] = [Infinity, Infinity, 0];
  for (const { sums } of network.activation === "step" ? runs : runs.slice(-1)) {
    for (const z of sums) {
      if (z === 0) decisionsAtZero++;
      if (z < 0) below = Math.min(below, -z);
      else above = Math.min(above, z);
    }
  }
  return {
    outputs: outputDigits(runs),
    margin: Math.min(below, above) + 0, // no −0
    decisionsAtZero,
    ...(below === Infinity ? {} : { marginBelow: below }),
    ...(above === Infinity ? {} : { marginAbove: above + 0 }),
  };
}

/**
 * Verifies an atom against its truth table: every row, from the packed codes.
 *
 * @throws {LayerError} When a layer, or the truth table, does not have the size that it must have.
 */
export function verify(atom: AnyAtom): AtomVerdict {
  return verdictOf(atom, evaluateAtom(atom));
}

/** A verdict with everything else that can be said of an atom. */
export interface AtomReport extends AtomVerdict, Omit<AtomEvaluation, "outputs" | "margin"> {
  /** Share of rows that are right: 1 or it is not an atom. */
  readonly accuracy: number;
  /** Its sizes. */
  readonly size: AtomSize;
}

/**
 * Verifies an atom as {@linkcode verify} does, and measures its margins and sizes.
 *
 * @throws {LayerError} When a layer, or the truth table, does not have the size that it must have.
 */
export function reportAtom(atom: AnyAtom): AtomReport {
  const { outputs, ...evaluation } = evaluateAtom(atom);
  const verdict = verdictOf(atom, { outputs, ...evaluation });
  const accuracy = (verdict.rows - verdict.wrong) / verdict.rows;
  return { ...evaluation, ...verdict, accuracy, size: sizeOf(atom) };
}

function verdictOf(atom: AnyAtom, { outputs, margin }: AtomEvaluation): AtomVerdict {
  const rows = outputs.length;
  if (atom.truthTable.length !== rows) {
    throw new LayerError(
      `atom ${atom.name}: a truth table of ${atom.truthTable.length} rows, expected ${rows}`,
    );
  }
  let wrong = 0;
  let first: number | undefined;
  for (let row = 0; row < rows; row++) {
    if (outputs[row] === atom.truthTable[row]) continue;
    wrong++;
    first ??= row;
  }
  return {
    name: atom.name,
    exact: wrong === 0,
    rows,
    wrong,
    margin,
    ...(first === undefined ? {} : {
      firstWrong: {
        row: first,
        inputs: describeRow(first, atom.inputs),
        expected: atom.truthTable[first]!,
        actual: outputs[first]!,
      },
    }),
  };
}
