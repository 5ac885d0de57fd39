import type { Circuit } from "../circuit.ts";
import { flatten } from "../gates.ts";
import { allWires } from "../netlist.ts";
import { layOut } from "./drawing_layout.ts";

/** Sizes in pixels. */
const BOX = { width: 76, height: 34 };
const GAP = { column: 110, row: 22 };
const MARGIN = 20;
/** Height of a letter of the labels, and its mean width. */
const LETTER = { height: 12, width: 7.3 };

/**
 * Draws a circuit as SVG, from left to right: input wires, gates by level with the threshold that
 * their sums must reach, output wires. Every line bears its weight; negative ones are dashed and
 * red. Meant for circuits that fit a page: some hundred gates.
 */
export function exportSvg(circuit: Circuit): string {
  const list = flatten(circuit);
  const { nodes, edges, columns } = layOut(list);
  const inputs = allWires(circuit.inputs);
  const outputs = allWires(circuit.outputs);
  const firstOutput = list.inputs + list.gates.length;
  const longest = [...inputs, ...outputs].reduce((most, wire) => Math.max(most, wire.length), 0);
  const side = Math.max(BOX.width, Math.ceil(longest * LETTER.width) + 16);
  const tallest = columns.reduce((most, column) => Math.max(most, column.length), 1);
  const height = 2 * MARGIN + tallest * (BOX.height + GAP.row) - GAP.row;
  const width = 2 * MARGIN + 2 * side + (columns.length - 2) * BOX.width +
    (columns.length - 1) * GAP.column;
  const boxes = nodes.map(({ id, column, row }) => {
    const isGate = id >= list.inputs && id < firstOutput;
    const own = isGate ? BOX.width : side;
    const x = MARGIN + (column === 0 ? 0 : side + (column - 1) * BOX.width) + column * GAP.column;
    const step = height - 2 * MARGIN;
    const y = MARGIN + (row + 0.5) * step / columns[column]!.length - BOX.height / 2;
    return { id, isGate, x, y, width: own };
  });
  const lines = edges.map(({ from, to, pin, weight }) => {
    const [a, b] = [boxes[from]!, boxes[to]!];
    const pins = b.isGate ? list.gates[to - list.inputs]!.signals.length : 1;
    const [x1, y1] = [a.x + a.width, a.y + BOX.height / 2];
    const [x2, y2] = [b.x, b.y + BOX.height * (pin + 1) / (pins + 1)];
    const bend = GAP.column * 0.45;
    const kind = weight !== undefined && weight < 0 ? "line negative" : "line";
    return `<path class="${kind}" d="M${round(x1)} ${round(y1)}C${round(x1 + bend)} ${round(y1)} ` +
      `${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}"/>`;
  });
  const labels = edges.flatMap(({ to, pin, weight }) => {
    if (weight === undefined) return [];
    const { x, y } = boxes[to]!;
    const pins = list.gates[to - list.inputs]!.signals.length;
    const at = y + BOX.height * (pin + 1) / (pins + 1);
    const kind = weight < 0 ? "weight negative" : "weight";
    return [
      `<text class="${kind}" x="${round(x - 4)}" y="${round(at - 1.5)}">${signed(weight)}</text>`,
    ];
  });
  const shapes = boxes.map(({ id, isGate, x, y, width }) => {
    const text = isGate
      ? `Σ ≥ ${signed(-list.gates[id - list.inputs]!.bias)}`
      : id < list.inputs
      ? inputs[id]!
      : outputs[id - firstOutput]!;
    const round6 = isGate ? 6 : BOX.height / 2;
    return `<rect class="${isGate ? "gate" : "port"}" x="${round(x)}" y="${round(y)}" ` +
      `width="${width}" height="${BOX.height}" rx="${round6}"/>` +
      `<text class="label" x="${round(x + width / 2)}" y="${round(y + BOX.height / 2 + 4)}">` +
      `${escaped(text)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(circuit.name)}</title>`,
    "<style>",
    "svg{background:#fff}text{font:12px ui-monospace,monospace;fill:#1b1f24}",
    ".label{text-anchor:middle}.weight{text-anchor:end;font-size:9px;stroke:#fff;stroke-width:3px;" +
    "paint-order:stroke}.weight.negative{fill:#b42318}",
    ".gate{fill:#eef4ff;stroke:#2f5fb3}.port{fill:#f4f4f2;stroke:#6b6f76}",
    ".line{fill:none;stroke:#6b7a90;stroke-width:1.2}.line.negative{stroke:#b42318;stroke-dasharray:5 3}",
    "</style>",
    ...lines,
    ...shapes,
    ...labels,
    "</svg>",
    "",
  ].join("\n");
}

function signed(value: number): string {
  return value < 0 ? `−${-value}` : String(value + 0);
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
