import type { Circuit } from "../circuit.ts";
import type { BitAlgebra } from "../proof/bit_algebra.ts";
import { thresholdBit } from "../proof/threshold_gate.ts";
import { nameGates } from "./named_gates.ts";
import { thresholdCover } from "./threshold_cover.ts";

/** Rows of a table; gates that need more become several tables. */
const MAX_ROWS = 64;

/**
 * Writes a circuit in the Berkeley Logic Interchange Format: a table of prime implicants per gate, or
 * several tables where that would be too long. Wires keep their names, but for characters that the
 * format has another use for.
 */
export function exportBlif(circuit: Circuit): string {
  const { list, signals, outputs, copies } = nameGates(circuit, blifName);
  const lines = [
    `.model ${blifName(circuit.name)}`,
    listing(".inputs", signals.slice(0, list.inputs)),
    listing(".outputs", outputs),
  ];
  const taken = new Set([...signals, ...outputs]);
  list.gates.forEach((gate, number) => {
    const output = signals[list.inputs + number]!;
    const read = gate.signals.map((signal) => signals[signal]!);
    const cover = thresholdCover(gate, MAX_ROWS);
    if (cover !== undefined) {
      // No weight, no input: a constant.
      lines.push([".names", ...read, output].join(" "));
      lines.push(...cover.map((cube) => cube === "" ? "1" : `${cube} 1`));
      return;
    }
    let part = 0;
    const table = (inputs: readonly string[], rows: readonly string[]): string => {
      let name = `${output}_${part++}`;
      while (taken.has(name)) name = `${output}_${part++}`;
      lines.push([".names", ...inputs, name].join(" "), ...rows);
      return name;
    };
    const bit = thresholdBit(tables(table), gate, signals);
    lines.push(`.names ${bit} ${output}`, "1 1");
  });
  for (const [output, signal] of copies) lines.push(`.names ${signals[signal]!} ${output}`, "1 1");
  return [...lines, ".end", ""].join("\n");
}

/** The algebra in which an operation is a table, and a bit the name of its wire. */
function tables(
  table: (inputs: readonly string[], rows: readonly string[]) => string,
): BitAlgebra<string> {
  return {
    zero: "$false",
    one: "$true",
    not: (a) => table([a], ["0 1"]),
    and: (a, b) => table([a, b], ["11 1"]),
    or: (a, b) => b === "$false" ? a : table([a, b], ["1- 1", "-1 1"]),
    xor: (a, b) => table([a, b], ["10 1", "01 1"]),
    mux: (select, whenOne, whenZero) => {
      if (whenZero === "$false") return table([select, whenOne], ["11 1"]);
      if (whenOne === "$false") return table([select, whenZero], ["01 1"]);
      return table([select, whenOne, whenZero], ["11- 1", "0-1 1"]);
    },
  };
}

/** A word of the format: printable characters other than those that end or begin something. */
function blifName(wire: string): string {
  const name = wire.replace(/[^!-~]|[#=\\]/g, "_");
  return name.startsWith(".") || name === "" ? `_${name}` : name;
}

/** Words after a directive, in lines of at most 100 characters. */
function listing(directive: string, words: readonly string[]): string {
  let text = directive;
  let width = directive.length;
  for (const word of words) {
    if (width + word.length > 97) {
      text += " \\\n ";
      width = 1;
    }
    text += ` ${word}`;
    width += word.length + 1;
  }
  return text;
}
