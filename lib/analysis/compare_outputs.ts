import { type DecodeOptions, decodeTensor, type StoredType } from "../memory/mod.ts";

/** What a run should have left in HBM, and what it left. */
export interface OutputComparison {
  /** Cases: one row each. */
  readonly cases: number;
  /** Output buses: names and numbers of wires, in order. */
  readonly ports: readonly { readonly name: string; readonly width: number }[];
  /** Per output wire: the region, and the column in its rows. */
  readonly wires: readonly { readonly region: string; readonly column: number }[];
  /** The regions that the run left, by name. */
  readonly regions: ReadonlyMap<string, {
    /** Elements, then scales. */
    readonly bytes: Uint8Array;
    /** Rows and columns. */
    readonly shape: readonly [number, number];
    /** How they are coded. */
    readonly type: StoredType;
  }>;
  /** How the machine of the run reads them. */
  readonly reading?: DecodeOptions;
  /** Expected digits: cases × wires, row by row. */
  readonly expected: Uint8Array;
  /** Says what the inputs of a case are. */
  readonly describeCase: (index: number) => string;
}

/** The outputs of a run beside the expected ones. */
export interface OutputVerdict {
  /** Whether every output wire of every case is as expected. */
  readonly equal: boolean;
  /** Cases compared: all of them. */
  readonly cases: number;
  /** Per output bus: wires, and cases in which it differs. */
  readonly outputs: readonly {
    readonly name: string;
    readonly bits: number;
    readonly wrong: number;
  }[];
  /** Cases in which any output differs. */
  readonly wrongCases: number;
  /** The first of them, with the digits of all output wires, the last wire first. */
  readonly firstDifference: {
    readonly case: number;
    readonly inputs: string;
    readonly expected: string;
    readonly actual: string;
  } | null;
}

/**
 * Compares the output wires that a run left in HBM with the expected digits, in all cases. A value
 * must be exactly 0 or 1 to be right.
 */
export function compareOutputs(comparison: OutputComparison): OutputVerdict {
  const { cases, ports, wires, expected } = comparison;
  const tensors = new Map(
    [...comparison.regions].map(([name, { bytes, shape, type }]) => [
      name,
      { values: decodeTensor(bytes, ...shape, type, comparison.reading), columns: shape[1] },
    ]),
  );
  const columns = wires.map(({ region, column }) => ({ ...tensors.get(region)!, column }));
  const actual = (row: number, wire: number): number => {
    const { values, columns: width, column } = columns[wire]!;
    return values[row * width + column]!;
  };
  const portOf = ports.flatMap(({ width }, port) => Array<number>(width).fill(port));
  const wrong = ports.map(() => 0);
  const lastWrong = ports.map(() => -1);
  let wrongCases = 0;
  let first = -1;
  for (let row = 0; row < cases; row++) {
    let differs = false;
    for (let wire = 0; wire < wires.length; wire++) {
      if (actual(row, wire) === expected[row * wires.length + wire]) continue;
      differs = true;
      const port = portOf[wire]!;
      if (lastWrong[port] === row) continue;
      lastWrong[port] = row;
      wrong[port]!++;
    }
    if (differs && wrongCases++ === 0) first = row;
  }
  const digits = (value: (wire: number) => number): string =>
    wires.map((_, wire) => value(wire)).reverse().join(" ");
  return {
    equal: wrongCases === 0,
    cases,
    outputs: ports.map(({ name, width }, port) => ({ name, bits: width, wrong: wrong[port]! })),
    wrongCases,
    firstDifference: first === -1 ? null : {
      case: first,
      inputs: comparison.describeCase(first),
      expected: digits((wire) => expected[first * wires.length + wire]!),
      actual: digits((wire) => actual(first, wire)),
    },
  };
}
