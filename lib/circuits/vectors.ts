import { random } from "../numerics/mod.ts";
import { CircuitError } from "./circuit_error.ts";
import { checkVectors } from "./run_circuit.ts";
import type { Port } from "./netlist.ts";
import type { BitAlgebra, BitFunction } from "./proof/bit_algebra.ts";

/** Buses whose combinations of all zeros and all ones come first. */
const MAX_CORNER_BUSES = 8;

/**
 * Input vectors of a circuit that has too many cases to try them all: every combination of buses of
 * zeros and buses of ones first, then random ones.
 *
 * @param count How many in all.
 * @param seed Whole number; the same one gives the same vectors.
 * @returns One value per input bus each.
 */
export function seededVectors(inputs: readonly Port[], count: number, seed: number): bigint[][] {
  const draw = random(seed);
  const corners = inputs.length <= MAX_CORNER_BUSES ? 2 ** inputs.length : 0;
  return Array.from({ length: count }, (_, index) =>
    inputs.map(({ width }, bus) => {
      if (index < corners) return (index >> bus) & 1 ? (1n << BigInt(width)) - 1n : 0n;
      let value = 0n;
      for (let bit = 0; bit < width; bit += 32) {
        value = (value << 32n) | BigInt(Math.floor(draw() * 2 ** 32));
      }
      return BigInt.asUintN(width, value);
    }));
}

/**
 * Reads vectors from CSV: a line of bus names, then a line per vector, of whole numbers, decimal or
 * with `0x` or `0b`. Empty lines and lines that begin with `#` are passed over.
 *
 * @param file Its name, for messages.
 * @returns One value per input bus each, in the order of the buses.
 * @throws {CircuitError} with the line, when a bus is missing or unknown or a number does not fit it.
 */
export function parseVectors(text: string, inputs: readonly Port[], file: string): bigint[][] {
  const names = inputs.map(({ name }) => name);
  let order: number[] | undefined;
  const vectors: bigint[][] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const place = { file, line: index + 1, column: 1 };
    const cells = line.split(",").map((cell) => cell.trim());
    if (order === undefined) {
      order = names.map((name) => cells.indexOf(name));
      if (order.includes(-1) || cells.length !== names.length) {
        throw new CircuitError(
          `the columns are ${shown(cells.join(","))}, the input buses ${names.join(",")}`,
          "begin with a line that names every input bus once, with commas between",
          place,
        );
      }
      continue;
    }
    if (cells.length !== names.length) {
      throw new CircuitError(
        `${cells.length} cells for ${names.length} input buses`,
        `write a number for each of ${names.join(", ")}, with commas between`,
        place,
      );
    }
    const values = order.map((column) => {
      const cell = cells[column]!;
      if (/^(\d+|0x[\da-f]+|0b[01]+)$/i.test(cell)) return BigInt(cell);
      throw new CircuitError(
        `${shown(cell)} is no whole number`,
        "write 37, 0x25 or 0b100101",
        place,
      );
    });
    try {
      checkVectors(inputs, [values]);
    } catch (error) {
      if (!(error instanceof CircuitError)) throw error;
      throw new CircuitError(error.message, error.help, place);
    }
    vectors.push(values);
  }
  if (vectors.length > 0) return vectors;
  throw new CircuitError("there is no vector", "write a line of bus names and a line per vector", {
    file,
    line: 1,
    column: 1,
  });
}

/** Text of a file in a message: quoted, since it can be anything, and not all of it. */
function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** Vectors as {@linkcode parseVectors} reads them. */
export function formatVectors(
  vectors: readonly (readonly bigint[])[],
  inputs: readonly Port[],
): string {
  const lines = [inputs.map(({ name }) => name), ...vectors].map((cells) => cells.join(","));
  return lines.join("\n") + "\n";
}

/** 32 cases as the bits of a number. */
const WORDS: BitAlgebra<number> = {
  zero: 0,
  one: -1,
  not: (a) => ~a,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  mux: (select, whenOne, whenZero) => whenZero ^ (select & (whenOne ^ whenZero)),
};

/**
 * What a function says of given inputs, 32 cases at a time.
 *
 * @param wires One array per input wire, with a 0 or 1 per case.
 * @param cases Number of cases.
 * @returns One array per output wire, likewise.
 */
export function functionOutputs(
  specification: BitFunction,
  wires: readonly Uint8Array[],
  cases: number,
): Uint8Array[] {
  let outputs: Uint8Array[] | undefined;
  for (let first = 0; first < cases; first += 32) {
    const count = Math.min(32, cases - first);
    const words = wires.map((values) => {
      let word = 0;
      for (let k = 0; k < count; k++) word |= values[first + k]! << k;
      return word;
    });
    const results = specification(WORDS, words);
    outputs ??= results.map(() => new Uint8Array(cases));
    for (let wire = 0; wire < results.length; wire++) {
      for (let k = 0; k < count; k++) outputs[wire]![first + k] = (results[wire]! >>> k) & 1;
    }
  }
  return outputs ?? [];
}
