import type { Circuit } from "../circuit.ts";
import { flatten } from "../gates.ts";
import { allWires } from "../netlist.ts";
import { type DrawingLayout, type DrawnLine, layOut } from "./drawing_layout.ts";

/** Sizes in pixels; a gate is as high as its inputs need. */
const BOX = { width: 76, height: 34, pin: 12 };
const GAP = { column: 110, row: 20 };
const MARGIN = 20;
/** Mean width of a letter of the labels. */
const LETTER = 7.3;

/** A thing in its place. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws a circuit as SVG, from left to right: input wires, gates by level with the threshold that
 * their sums must reach, output wires. Every line to a gate bears its weight; those of negative
 * weight are dashed and red. Meant for circuits that fit a page: some hundred gates.
 */
export function exportSvg(circuit: Circuit): string {
  const list = flatten(circuit);
  const layout = layOut(list);
  const inputs = allWires(circuit.inputs);
  const outputs = allWires(circuit.outputs);
  const firstOutput = list.inputs + list.gates.length;
  const longest = [...inputs, ...outputs].reduce((most, wire) => Math.max(most, wire.length), 0);
  const side = Math.max(BOX.width, Math.ceil(longest * LETTER) + 16);
  const pinsOf = (id: number): number => list.gates[id - list.inputs]?.signals.length ?? 0;
  const heightOf = (id: number): number =>
    id >= firstOutput + outputs.length ? 0 : Math.max(BOX.height, BOX.pin * (pinsOf(id) + 1));
  const { boxes, height } = placeBoxes(layout, side, heightOf);
  const width = 2 * MARGIN + 2 * side + (layout.columns.length - 2) * BOX.width +
    (layout.columns.length - 1) * GAP.column;

  const places = pinPlaces(layout, boxes);
  const endY = (line: DrawnLine): number => {
    const { y, height } = boxes[line.to]!;
    if (line.pin === undefined) return y + height / 2;
    return y + height * (places.get(line)! + 1) / (pinsOf(line.to) + 1);
  };
  const lines = layout.lines.map((line) => {
    const { from, to, pin } = line;
    const [a, b] = [boxes[from]!, boxes[to]!];
    const [x1, y1] = [a.x + a.width, a.y + a.height / 2];
    const [x2, y2] = [b.x, endY(line)];
    const bend = GAP.column * 0.45;
    const kind = pin !== undefined && pin.weight < 0 ? "line negative" : "line";
    // A bend runs on to the other side of its column.
    const on = b.height === 0 ? `H${round(b.x + b.width)}` : "";
    return `<path class="${kind}" d="M${round(x1)} ${round(y1)}C${round(x1 + bend)} ${round(y1)} ` +
      `${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}${on}"/>`;
  });
  const labels = layout.lines.flatMap((line) => {
    const { to, pin } = line;
    if (pin === undefined) return [];
    const kind = pin.weight < 0 ? "weight negative" : "weight";
    const [x, y] = [boxes[to]!.x - 4, endY(line) - 1.5];
    return [`<text class="${kind}" x="${round(x)}" y="${round(y)}">${signed(pin.weight)}</text>`];
  });
  const shapes = boxes.slice(0, firstOutput + outputs.length).map((box, id) => {
    const isGate = id >= list.inputs && id < firstOutput;
    const text = isGate
      ? `Σ ≥ ${signed(-list.gates[id - list.inputs]!.bias)}`
      : id < list.inputs
      ? inputs[id]!
      : outputs[id - firstOutput]!;
    return `<rect class="${isGate ? "gate" : "port"}" x="${round(box.x)}" y="${round(box.y)}" ` +
      `width="${box.width}" height="${box.height}" rx="${isGate ? 6 : box.height / 2}"/>` +
      `<text class="label" x="${round(box.x + box.width / 2)}" ` +
      `y="${round(box.y + box.height / 2 + 4)}">${escaped(text)}</text>`;
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

/** Columns one after the other, each in the middle of the height that the highest one needs. */
function placeBoxes(
  { columns }: DrawingLayout,
  side: number,
  heightOf: (id: number) => number,
): { boxes: Box[]; height: number } {
  const heights = columns.map((column) =>
    column.reduce((sum, id) => sum + heightOf(id) + GAP.row, -GAP.row)
  );
  const tallest = heights.reduce((most, height) => Math.max(most, height), BOX.height);
  const boxes: Box[] = [];
  let x = MARGIN;
  columns.forEach((column, at) => {
    const width = at === 0 || at === columns.length - 1 ? side : BOX.width;
    // What is left over goes between the things of the column.
    const gap = GAP.row + (tallest - heights[at]!) / (column.length + 1);
    let y = MARGIN + (tallest - heights[at]!) / (column.length + 1);
    for (const id of column) {
      boxes[id] = { x, y, width, height: heightOf(id) };
      y += heightOf(id) + gap;
    }
    x += width + GAP.column;
  });
  return { boxes, height: tallest + 2 * MARGIN };
}

/** Which pin of its gate each line ends at: those from above at the top, so that few cross. */
function pinPlaces({ lines }: DrawingLayout, boxes: readonly Box[]): Map<DrawnLine, number> {
  const linesTo = Map.groupBy(lines.filter(({ pin }) => pin !== undefined), ({ to }) => to);
  const middle = ({ from }: DrawnLine): number => boxes[from]!.y + boxes[from]!.height / 2;
  const places = new Map<DrawnLine, number>();
  for (const group of linesTo.values()) {
    group.sort((a, b) => middle(a) - middle(b) || a.pin!.index - b.pin!.index);
    group.forEach((line, place) => places.set(line, place));
  }
  return places;
}

function signed(value: number): string {
  return value < 0 ? `−${-value}` : String(value + 0);
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(
    ">",
    "&gt;",
  );
}
