import type { Circuit } from "../circuit.ts";
import { flatten } from "../gates.ts";
import { allWires } from "../netlist.ts";

/**
 * Writes a circuit as a graph for Graphviz, from left to right: gates with the threshold that their
 * sums must reach, lines with their weights, negative ones dashed.
 */
export function exportDot(circuit: Circuit): string {
  const list = flatten(circuit);
  const inputs = allWires(circuit.inputs);
  const outputs = allWires(circuit.outputs);
  const node = (signal: number): string =>
    signal < list.inputs ? `i${signal}` : `g${signal - list.inputs}`;
  const rank = (kind: string, ids: readonly string[]): string =>
    `  { rank=${kind}; ${ids.map((id) => `${id};`).join(" ")} }`;
  return [
    `digraph ${quoted(circuit.name)} {`,
    "  rankdir=LR;",
    '  node [fontname="monospace", shape=box, style=rounded];',
    '  edge [fontname="monospace", fontsize=10];',
    ...inputs.map((wire, i) => `  i${i} [label=${quoted(wire)}, shape=plain];`),
    ...outputs.map((wire, i) => `  o${i} [label=${quoted(wire)}, shape=plain];`),
    rank("source", inputs.map((_, i) => `i${i}`)),
    rank("sink", outputs.map((_, i) => `o${i}`)),
    ...list.gates.flatMap(({ signals, weights, bias }, gate) => [
      `  g${gate} [label="Σ ≥ ${0 - bias}"];`,
      ...signals.map((signal, i) =>
        `  ${node(signal)} -> g${gate} [label="${weights[i]!}"${
          weights[i]! < 0 ? ", style=dashed" : ""
        }];`
      ),
    ]),
    ...list.outputs.map((signal, i) => `  ${node(signal)} -> o${i};`),
    "}",
    "",
  ].join("\n");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
