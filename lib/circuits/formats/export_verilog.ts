import type { Circuit } from "../circuit.ts";
import { flatten, type Gate } from "../gates.ts";
import type { Port } from "../netlist.ts";
import { freeName } from "./logic_circuit.ts";
import { moduleName, verilogName } from "./verilog_names.ts";

/**
 * How the gates are written: `structural` as instances of small modules, one per kind of gate;
 * `behavioural` as assignments that compare sums.
 */
export type VerilogStyle = "structural" | "behavioural";

/** The ports and signals of a circuit as Verilog spells them. */
export interface VerilogNames {
  /** Name of the module. */
  readonly module: string;
  /** Names of the input buses. */
  readonly inputs: readonly string[];
  /** Names of the output buses. */
  readonly outputs: readonly string[];
}

/** The names that a circuit's module and buses get: those of the circuit where they can be. */
export function verilogNames({ name, inputs, outputs }: Circuit): VerilogNames {
  const taken = new Set<string>();
  const spell = (port: Port): string =>
    verilogName(freeName(port.name.replace(/[^!-~]/g, "_"), taken));
  return { module: moduleName(name), inputs: inputs.map(spell), outputs: outputs.map(spell) };
}

/**
 * Writes a circuit in Verilog (IEEE 1364-2001), for simulation and synthesis. Buses are vectors of
 * the same names and order; sums are in halves, so that all numbers are whole.
 */
export function exportVerilog(circuit: Circuit, style: VerilogStyle = "structural"): string {
  const names = verilogNames(circuit);
  const list = flatten(circuit);
  const ports = [
    ...circuit.inputs.map((port, i) => declaration("input", port, names.inputs[i]!)),
    ...circuit.outputs.map((port, i) => declaration("output", port, names.outputs[i]!)),
  ];
  const used = new Set([...names.inputs, ...names.outputs]);
  let mark = "n";
  while ([...used].some((name) => name.startsWith(mark) || name.startsWith(`g${mark}`))) {
    mark += "_";
  }
  const signals = [
    ...circuit.inputs.flatMap((port, i) => wires(port, names.inputs[i]!)),
    ...list.gates.map((_, gate) => `${mark}${gate}`),
  ];
  const outputs = circuit.outputs.flatMap((port, i) => wires(port, names.outputs[i]!));
  const modules = new Map<string, string>();
  const description = oneLine(circuit.description);
  const body = list.gates.map((gate, number) => {
    const wire = signals[list.inputs + number]!;
    const read = gate.signals.map((signal) => signals[signal]!);
    if (style === "behavioural") return `  wire ${wire} = ${comparison(gate, read)};`;
    const name = gateModule(gate, names.module, modules);
    // A module must have an input: a constant gets an idle one.
    const operands = read.length === 0 ? "1'b0" : `{${read.toReversed().join(", ")}}`;
    return `  wire ${wire};\n  ${name} g${wire} (.x(${operands}), .y(${wire}));`;
  });
  return [
    `// ${oneLine(circuit.name)}${description === "" ? "" : `: ${description}`}`,
    `// ${list.gates.length} threshold gates`,
    `module ${names.module} (`,
    ports.map((port) => `  ${port}`).join(",\n"),
    ");",
    ...body,
    ...list.outputs.map((signal, i) => `  assign ${outputs[i]!} = ${signals[signal]!};`),
    "endmodule",
    ...modules.values(),
    "",
  ].join("\n");
}

/** A module that computes one kind of gate; the first input is bit 0 of `x`. */
function gateModule(gate: Gate, prefix: string, modules: Map<string, string>): string {
  const key = `${gate.weights}|${gate.bias}`;
  const index = [...modules.keys()].indexOf(key);
  const name = `${prefix}_gate${index < 0 ? modules.size : index}`;
  if (index >= 0) return name;
  const bits = gate.weights.map((_, i) => `x[${i}]`);
  const sum = [...gate.weights.map((weight, i) => `${weight}*x${i}`), gate.bias].join(" + ");
  modules.set(
    key,
    [
      "",
      `// step(${sum.replaceAll("+ -", "- ")})`,
      `module ${name} (`,
      `  input wire [${Math.max(0, bits.length - 1)}:0] x,`,
      "  output wire y",
      ");",
      `  assign y = ${comparison(gate, bits)};`,
      "endmodule",
    ].join("\n"),
  );
  return name;
}

/**
 * Positive terms on the left, negative ones on the right: nothing is signed. Each side has a whole
 * number in it, which makes the sums 32 bits wide.
 */
function comparison({ weights, bias }: Gate, bits: readonly string[]): string {
  const left: string[] = [];
  const right: string[] = [];
  weights.forEach((weight, i) => {
    (weight > 0 ? left : right).push(`${Math.abs(2 * weight)} * ${bits[i]!}`);
  });
  if (bias > 0 || left.length === 0) left.push(String(Math.max(0, 2 * bias)));
  if (bias < 0 || right.length === 0) right.push(String(Math.max(0, -2 * bias)));
  return `${left.join(" + ")} >= ${right.join(" + ")}`;
}

function declaration(direction: string, { width }: Port, name: string): string {
  return `${direction} wire ${width === 1 ? "" : `[${width - 1}:0] `}${name}`;
}

function wires({ width }: Port, name: string): string[] {
  return width === 1 ? [name] : Array.from({ length: width }, (_, bit) => `${name}[${bit}]`);
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
