import type { Circuit } from "../circuit.ts";
import { flatten } from "../gates.ts";
import { allWires } from "../netlist.ts";
import { Aig } from "../proof/aig.ts";
import { signalBits } from "../proof/threshold_gate.ts";

/** Writes a circuit as and-gates and inverters in ASCII AIGER (`aag`), with a symbol table. */
export function exportAiger(circuit: Circuit, format: "ascii"): string;
/** Writes a circuit as and-gates and inverters in binary AIGER (`aig`), with a symbol table. */
export function exportAiger(circuit: Circuit, format: "binary"): Uint8Array;
/** Writes a circuit as and-gates and inverters in the AIGER format (Biere 2007). */
export function exportAiger(circuit: Circuit, format: "ascii" | "binary"): string | Uint8Array {
  const list = flatten(circuit);
  const aig = new Aig(list.inputs);
  const inputs = Array.from({ length: list.inputs }, (_, wire) => aig.input(wire));
  const signals = signalBits(aig.algebra, list, inputs);
  const outputs = list.outputs.map((signal) => signals[signal]!);

  // Nodes that no output needs are left out, the others numbered anew.
  const isUsed = aig.cone(outputs);
  const numbers = new Int32Array(aig.size);
  for (let node = 1; node <= aig.inputs; node++) numbers[node] = node;
  let last = aig.inputs;
  for (let node = aig.inputs + 1; node < aig.size; node++) {
    if (isUsed[node]) numbers[node] = ++last;
  }
  const literal = (old: number): number => 2 * numbers[old >> 1]! + (old & 1);
  const ands: [number, number, number][] = [];
  for (let node = aig.inputs + 1; node < aig.size; node++) {
    if (!isUsed[node]) continue;
    const [a, b] = [literal(aig.fanins[2 * node]!), literal(aig.fanins[2 * node + 1]!)];
    ands.push([literal(2 * node), Math.max(a, b), Math.min(a, b)]);
  }
  const wanted = outputs.map((output) => `${literal(output)}\n`).join("");
  const counts = `${last} ${aig.inputs} 0 ${outputs.length} ${ands.length}\n`;
  const symbols = symbolTable("i", allWires(circuit.inputs)) +
    symbolTable("o", allWires(circuit.outputs)) + `c\n${oneLine(circuit.name)}\n`;
  if (format === "ascii") {
    const inputLines = inputs.map((input) => `${input}\n`).join("");
    const andLines = ands.map((and) => `${and.join(" ")}\n`).join("");
    return `aag ${counts}${inputLines}${wanted}${andLines}${symbols}`;
  }
  const bytes: number[] = [];
  for (const [left, right0, right1] of ands) {
    for (let difference of [left - right0, right0 - right1]) {
      for (; difference > 127; difference >>>= 7) bytes.push((difference & 127) | 128);
      bytes.push(difference);
    }
  }
  const encoder = new TextEncoder();
  const [head, tail] = [encoder.encode(`aig ${counts}${wanted}`), encoder.encode(symbols)];
  const file = new Uint8Array(head.length + bytes.length + tail.length);
  file.set(head);
  file.set(bytes, head.length);
  file.set(tail, head.length + bytes.length);
  return file;
}

function symbolTable(kind: string, wires: readonly string[]): string {
  return wires.map((wire, i) => `${kind}${i} ${oneLine(wire)}\n`).join("");
}

function oneLine(name: string): string {
  return name.replace(/[\r\n]/g, "_");
}
