/**
 * The outputs of a Boolean function, one digit per row. The first input is bit 0 of a row's number:
 * row 1 of a function of `a` and `b` is a = 1, b = 0.
 */
export type TruthTable = string;

/** The function that an atom computes. */
export interface AtomSpec {
  /** Name: `XOR`. */
  readonly name: string;
  /** Names of the inputs, the first one being bit 0 of a row's number. */
  readonly inputs: readonly string[];
  /** Output per row. */
  readonly truthTable: TruthTable;
}

/** The ten standard atoms (atoms specification, 1.1), simple ones first. */
// deno-fmt-ignore: one atom, one row
export const STANDARD_ATOMS: readonly AtomSpec[] = [
  { name: "AND",   inputs: ["a", "b"],      truthTable: "0001" },
  { name: "OR",    inputs: ["a", "b"],      truthTable: "0111" },
  { name: "NOT",   inputs: ["a"],           truthTable: "10" },
  { name: "NAND",  inputs: ["a", "b"],      truthTable: "1110" },
  { name: "NOR",   inputs: ["a", "b"],      truthTable: "1000" },
  { name: "XOR",   inputs: ["a", "b"],      truthTable: "0110" },
  { name: "XNOR",  inputs: ["a", "b"],      truthTable: "1001" },
  { name: "SUM",   inputs: ["a", "b", "c"], truthTable: "01101001" },
  { name: "CARRY", inputs: ["a", "b", "c"], truthTable: "00010111" },
  { name: "MUX",   inputs: ["s", "a", "b"], truthTable: "00100111" },
];

/** The input values of a row, first input first. */
export function rowInputs(row: number, count: number): number[] {
  return Array.from({ length: count }, (_, bit) => (row >> bit) & 1);
}

/** A row in words: `a=1 b=0`. */
export function describeRow(row: number, inputs: readonly string[]): string {
  return inputs.map((name, bit) => `${name}=${(row >> bit) & 1}`).join(" ");
}
