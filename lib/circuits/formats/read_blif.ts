import type { BitAlgebra, BitFunction } from "../proof/bit_algebra.ts";
import type { BlifWord } from "./blif_lines.ts";
import { type BlifFault, type BlifModel, blifModels, type BlifTable } from "./blif_models.ts";
import { FormatError, type ReadOptions } from "./format_error.ts";
import { balanced, busesOf, type LogicCircuit, nameFromFile } from "./logic_circuit.ts";

/** A table of the flat circuit, by names of wires. */
interface FlatTable {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly table: BlifTable;
}

/**
 * Reads a combinational circuit in the Berkeley Logic Interchange Format (University of California,
 * 1992). The first model is the circuit; others are what it is made of by `.subckt`. Tables come in
 * any order. External don't-cares (`.exdc`) and remarks on area, delay or origin are passed over.
 *
 * @throws {FormatError} When the text is not such a circuit: with line, column and remedy. Latches,
 * wires with two drivers or none and rings are refused.
 */
export function readBlif(text: string, { file = "input.blif" }: ReadOptions = {}): LogicCircuit {
  const fault: BlifFault = (message, help, { line, column }) =>
    new FormatError(message, help, { file, line, column });
  const models = blifModels(text, fault);
  const top = models[0];
  if (top === undefined) {
    throw new FormatError("no model", "begin with .model and a name", { file, line: 1, column: 1 });
  }
  if (top.outputs.length === 0) {
    throw fault("the circuit has no outputs", "name them after .outputs", top.start);
  }
  const tables: FlatTable[] = [];
  const inputs = distinct(top.inputs, "input", fault);
  const outputs = distinct(top.outputs, "output", fault);
  flattenModel(top, models, "", new Map(), [], tables, fault);
  const order = inOrder(tables, new Set(inputs), outputs, top, fault);
  return {
    name: top.name === "" ? nameFromFile(file) : top.name,
    inputs: busesOf(inputs),
    outputs: busesOf(outputs),
    specification: tablesFunction(inputs, order, outputs),
  };
}

function distinct(words: readonly BlifWord[], side: string, fault: BlifFault): string[] {
  const seen = new Set<string>();
  for (const word of words) {
    if (seen.has(word.text)) {
      throw fault(`two ${side}s are called ${word.text}`, `give every ${side} its name`, word);
    }
    seen.add(word.text);
  }
  return [...seen];
}

/** Adds the tables of a model and of those within, its own wires renamed. */
function flattenModel(
  model: BlifModel,
  models: readonly BlifModel[],
  prefix: string,
  outside: ReadonlyMap<string, string>,
  path: readonly BlifModel[],
  tables: FlatTable[],
  fault: BlifFault,
): void {
  const rename = (wire: string): string => outside.get(wire) ?? prefix + wire;
  for (const table of model.tables) {
    const names = table.inputs.map(({ text }) => rename(text));
    tables.push({ inputs: names, output: rename(table.output.text), table });
  }
  for (const [index, { model: name, wires }] of model.instances.entries()) {
    const inner = models.find((other) => other.name === name.text);
    if (inner === undefined) {
      throw fault(`model ${name.text} is not in the file`, "put it into the file", name);
    }
    if (inner === model || path.includes(inner)) {
      throw fault(`model ${name.text} contains itself`, "break the ring of models", name);
    }
    const ports = new Set([...inner.inputs, ...inner.outputs].map(({ text }) => text));
    const connected = new Map<string, string>();
    for (const [formal, actual] of wires) {
      if (!ports.has(formal.text)) {
        throw fault(`model ${name.text} has no wire ${formal.text}`, "name one it has", formal);
      }
      if (connected.has(formal.text)) {
        throw fault(`${formal.text} of ${name.text} is wired twice`, "wire it once", formal);
      }
      connected.set(formal.text, rename(actual));
    }
    const missing = inner.inputs.find(({ text }) => !connected.has(text));
    if (missing !== undefined) {
      throw fault(`input ${missing.text} of ${name.text} is not wired`, "wire it", name);
    }
    const own = `${prefix}${name.text}#${index}.`;
    flattenModel(inner, models, own, connected, [...path, model], tables, fault);
  }
}

/** Sorts tables so that every wire is driven before it is read. */
function inOrder(
  tables: readonly FlatTable[],
  inputs: ReadonlySet<string>,
  outputs: readonly string[],
  top: BlifModel,
  fault: BlifFault,
): FlatTable[] {
  const driver = new Map<string, FlatTable>();
  for (const flat of tables) {
    const { output, table } = flat;
    if (inputs.has(output) || driver.has(output)) {
      const first = driver.get(output)?.table.output.line;
      throw fault(
        `wire ${output} is driven twice, first ${first ? `in line ${first}` : "as an input"}`,
        "let one of them drive another wire",
        table.output,
      );
    }
    driver.set(output, flat);
  }
  const undriven = outputs.find((wire) => !inputs.has(wire) && !driver.has(wire));
  if (undriven !== undefined) {
    const word = top.outputs.find(({ text }) => text === undriven)!;
    throw fault(`output ${undriven} has no driver`, "drive it by a .names table", word);
  }
  const order: FlatTable[] = [];
  const state = new Map<FlatTable, "open" | "done">();
  for (const root of tables) {
    // Each entry is a table and how many of its inputs have been looked at.
    const stack: [FlatTable, number][] = state.has(root) ? [] : [[root, 0]];
    state.set(root, state.get(root) ?? "open");
    while (stack.length > 0) {
      const entry = stack.at(-1)!;
      const [flat, next] = entry;
      if (next === flat.inputs.length) {
        state.set(flat, "done");
        order.push(flat);
        stack.pop();
        continue;
      }
      entry[1]++;
      const wire = flat.inputs[next]!;
      if (inputs.has(wire)) continue;
      const below = driver.get(wire);
      if (below === undefined) {
        throw fault(
          `wire ${wire} has no driver`,
          "declare it as an input or drive it by a .names table",
          flat.table.inputs[next]!,
        );
      }
      const known = state.get(below);
      if (known === "open") {
        const from = stack.findIndex(([open]) => open === below);
        const ring = stack.slice(from).map(([open]) => open.output);
        throw fault(
          `wires depend on each other in a ring: ${ring.join(", ")}`,
          "break the ring: the circuit must be combinational",
          flat.table.output,
        );
      }
      if (known === undefined) {
        state.set(below, "open");
        stack.push([below, 0]);
      }
    }
  }
  return order;
}

/** The tables as a function over any algebra. */
function tablesFunction(
  inputs: readonly string[],
  order: readonly FlatTable[],
  outputs: readonly string[],
): BitFunction {
  const number = new Map<string, number>();
  for (const wire of [...inputs, ...order.map(({ output }) => output)]) {
    number.set(wire, number.size);
  }
  const steps = order.map(({ inputs, table }) => ({
    read: inputs.map((wire) => number.get(wire)!),
    table,
  }));
  const results = outputs.map((wire) => number.get(wire)!);
  return (algebra, wires) => {
    const bits = wires.slice(0, inputs.length);
    for (const { read, table } of steps) {
      bits.push(tableBit(algebra, table, read.map((signal) => bits[signal]!)));
    }
    return results.map((signal) => bits[signal]!);
  };
}

function tableBit<B>(
  { zero, one, not, and, or }: BitAlgebra<B>,
  { cubes, complemented }: BlifTable,
  bits: readonly B[],
): B {
  const products = cubes.map((cube) => {
    const literals: B[] = [];
    for (let i = 0; i < cube.length; i++) {
      if (cube[i] !== "-") literals.push(cube[i] === "1" ? bits[i]! : not(bits[i]!));
    }
    return balanced(literals, one, and);
  });
  const sum = balanced(products, zero, or);
  return complemented ? not(sum) : sum;
}
