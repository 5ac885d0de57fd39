import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { flatten } from "../gates.ts";
import { AWKWARD, builtin } from "./_shared_circuits.ts";
import { layOut } from "./drawing_layout.ts";
import { exportDot } from "./export_dot.ts";
import { exportSvg } from "./export_svg.ts";

Deno.test("exportDot() draws every gate, wire and weight of a full adder", () => {
  const text = exportDot(builtin("full-adder").circuit);
  assertEquals(text.match(/->/g)?.length, 9); // 7 weights and 2 outputs
  assertEquals(text.match(/style=dashed/g)?.length, 1); // the weight −2 of the carry in the sum
  assertStringIncludes(text, 'g0 [label="Σ ≥ 1.5"]');
  assertStringIncludes(exportDot(AWKWARD), 'label="x.y#z=1\\\\[0]"');
});

Deno.test("exportSvg() draws a box per wire and gate and a line per weight and output", () => {
  const text = exportSvg(builtin("full-adder").circuit);
  assertEquals(text.match(/<rect/g)?.length, 7);
  // 9 ends; A, B and Cin run past the column of the carry, the carry past that of the sum.
  assertEquals(text.match(/<path/g)?.length, 9 + 4);
  assertEquals(text.match(/class="weight/g)?.length, 7);
  assertEquals(text.match(/class="line negative"/g)?.length, 1);
  assertStringIncludes(exportSvg(AWKWARD), "x.y#z=1\\[0]");
});

Deno.test("exportSvg() lets no two boxes overlap", () => {
  const text = exportSvg(builtin("mul:4").circuit);
  const boxes = [
    ...text.matchAll(/<rect [^>]*x="([\d.]+)" y="([\d.]+)" width="(\d+)" height="(\d+)"/g),
  ]
    .map((match) => match.slice(1).map(Number) as [number, number, number, number]);
  assertEquals(boxes.length, 8 + flatten(builtin("mul:4").circuit).gates.length + 8);
  for (const [i, [x, y, width, height]] of boxes.entries()) {
    for (const [x2, y2] of boxes.slice(i + 1)) {
      const isApart = x2 >= x + width || x2 + width <= x || y2 >= y + height || y2 + 30 <= y;
      assert(isApart, `${x},${y} and ${x2},${y2}`);
    }
  }
});

Deno.test("layOut() runs every line from one column to the next", () => {
  const list = flatten(builtin("mul:4").circuit);
  const { columnOf, columns, lines } = layOut(list);
  for (const { from, to } of lines) assertEquals(columnOf[to], columnOf[from]! + 1);
  assertEquals(columns.flat().toSorted((a, b) => a - b), [...columnOf.keys()]);
  const weights = list.gates.reduce((sum, { weights }) => sum + weights.length, 0);
  assertEquals(lines.filter(({ pin }) => pin !== undefined).length, weights);
});
