import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { dependsOn, FIRST_VARIABLE, isUnate, moveLast, stretch } from "./truth.ts";

const TRUTHS = fc.record({ low: fc.integer(), high: fc.integer() });

/** The value in a row, by the definition of the type. */
function value({ low, high }: { low: number; high: number }, row: number): number {
  return (row < 32 ? low >>> row : high >>> (row - 32)) & 1;
}

Deno.test("FIRST_VARIABLE is 1 in every second row", () => {
  for (let row = 0; row < 64; row++) assertEquals(value(FIRST_VARIABLE, row), row & 1);
});

Deno.test("stretch() moves the variables of a function to their places", () => {
  for (let count = 1; count <= 6; count++) {
    for (let set = 0; set < 64; set++) {
      const places = [0, 1, 2, 3, 4, 5].filter((place) => (set >> place) & 1);
      if (places.length !== count) continue;
      // A function of `count` variables, repeated: a hash of its row.
      const bits = (row: number): number => ((row * 2654435761) >>> 13) & 1;
      const truth = { low: 0, high: 0 };
      for (let row = 0; row < 64; row++) {
        if (!bits(row % 2 ** count)) continue;
        if (row < 32) truth.low |= 1 << row;
        else truth.high |= 1 << (row - 32);
      }
      stretch(truth, count, Int32Array.from(places));
      for (let row = 0; row < 64; row++) {
        const from = places.reduce((sum, place, i) => sum + (((row >> place) & 1) << i), 0);
        assertEquals(value(truth, row), bits(from), `${places} row ${row}`);
      }
    }
  }
});

Deno.test("moveLast() takes a variable behind the others, which close up", () => {
  fc.assert(fc.property(TRUTHS, fc.nat(5), (truth, v) => {
    const moved = { ...truth };
    moveLast(moved, v, 6);
    for (let row = 0; row < 64; row++) {
      const below = row & ((1 << v) - 1);
      const above = (row & ~(1 << v)) >> (v + 1) << v;
      const to = below | above | (((row >> v) & 1) << 5);
      assertEquals(value(moved, to), value(truth, row));
    }
  }));
});

Deno.test("dependsOn() and isUnate() hold by their definitions", () => {
  const narrow = fc.tuple(fc.constantFrom(-1, 0, 0x00ff00ff, 0x3fff3fff), TRUTHS)
    .map(([mask, { low, high }]) => ({ low: low & mask, high: high & mask }));
  fc.assert(fc.property(fc.oneof(TRUTHS, narrow), (truth) => {
    let isMonotone = true;
    for (let v = 0; v < 6; v++) {
      let [rises, falls] = [false, false];
      for (let row = 0; row < 64; row++) {
        if ((row >> v) & 1) continue;
        const change = value(truth, row | (1 << v)) - value(truth, row);
        if (change > 0) rises = true;
        if (change < 0) falls = true;
      }
      assertEquals(dependsOn(truth, v), rises || falls);
      if (rises && falls) isMonotone = false;
    }
    assertEquals(isUnate(truth, 6), isMonotone);
  }));
});
