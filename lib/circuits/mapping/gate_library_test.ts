import { assert, assertEquals } from "@std/assert";
import { decode, E2M1 } from "../../numerics/mod.ts";
import { gateLibrary, type LibraryCell } from "./gate_library.ts";

/** Rows of the output of a cell by its definition, and the smallest distances from the thresholds. */
function evaluate(
  { gates }: LibraryCell,
  inputs: number,
): { mask: number; above: number; below: number } {
  let [mask, above, below] = [0, Infinity, Infinity];
  for (let row = 0; row < 1 << inputs; row++) {
    const bits = Array.from({ length: inputs }, (_, i) => (row >> i) & 1);
    for (const { weightCodes, biasCodes } of gates) {
      let sum = biasCodes.reduce((sum, code) => sum + decode(E2M1, code), 0);
      weightCodes.forEach((code, i) => sum += decode(E2M1, code) * bits[i]!);
      if (sum >= 0) above = Math.min(above, sum);
      else below = Math.min(below, -sum);
      bits.push(+(sum >= 0));
    }
    mask |= bits.at(-1)! << row;
  }
  return { mask, above, below };
}

for (const margin of [0, 0.5] as const) {
  Deno.test(`GateLibrary has cells and variants that compute their functions, margin ${margin}`, () => {
    const library = gateLibrary(margin);
    let count = 0;
    for (const inputs of [2, 3, 4]) {
      for (let mask = 0; mask < 2 ** (1 << inputs); mask += inputs === 4 ? 193 : 1) {
        // A constant is no cell; database and repeated rows take the low bits only.
        if (mask === 0 || mask === 2 ** (1 << inputs) - 1) continue;
        const truth = { low: mask, high: 0 };
        const own = library.cell(truth, inputs)!;
        const inner = new Set([String(own.inner)]);
        for (const cell of [own, ...library.variants(truth, inputs)]) {
          const found = evaluate(cell, inputs);
          assertEquals(found.mask, mask, `${inputs} inputs`);
          assert(found.above >= margin && found.below >= 0.5);
          assertEquals(cell.gates.length, own.gates.length);
          if (cell === own) continue;
          count++;
          assert(!inner.has(String(cell.inner)));
          inner.add(String(cell.inner));
        }
      }
    }
    assert(count > 300, `${count}`);
  });
}

Deno.test("GateLibrary.variants() finds the four ways to make a parity of three inputs of two gates", () => {
  const variants = gateLibrary(0.5).variants({ low: 0x96, high: 0 }, 3);
  const own = gateLibrary(0.5).cell({ low: 0x96, high: 0 }, 3)!;
  // A majority of the inputs, one of them perhaps complemented; 0xe8 and its complement are one.
  const majorities = [0xe8, 0xd4, 0xb2, 0x8e];
  const inner = [own, ...variants].map((cell) => cell.inner[0]! & 255)
    .map((mask) => majorities.includes(mask) ? mask : ~mask & 255);
  assertEquals(inner.sort(), majorities.toSorted());
});
