import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { NumericsError, vectorDistance } from "./mod.ts";

Deno.test("vectorDistance() gives the figures of triangles worked out by hand", () => {
  // x, y, error, |y|, cosine
  const triangles = [
    [[3, 4], [3, 0], 4, 3, 3 / 5],
    [[3, 0], [3, 4], 4, 5, 3 / 5],
    [[5, 12], [5, 0], 12, 5, 5 / 13],
    [[0, 2], [2, 0], Math.sqrt(8), 2, 0],
    [[-1, -1], [1, 1], Math.sqrt(8), Math.SQRT2, -1],
  ] as const;
  for (const [x, y, error, size, cosine] of triangles) {
    const found = vectorDistance(x, y);
    assertAlmostEquals(found.relativeRms, error / size, 1e-15);
    assertAlmostEquals(found.cosine, cosine, 1e-15);
  }
});

Deno.test("vectorDistance() has an answer beside zeros, and without elements", () => {
  assertEquals(vectorDistance([0, -0], [0, 0]), { relativeRms: 0, cosine: 1 });
  assertEquals(vectorDistance([], []), { relativeRms: 0, cosine: 1 });
  assertEquals(vectorDistance([0, 0], [1, -2]), { relativeRms: 1, cosine: 0 });
  assertEquals(vectorDistance([1, -2], [0, 0]), { relativeRms: Infinity, cosine: 0 });
});

Deno.test("vectorDistance() keeps within no bound when something is not a number", () => {
  for (const other of [[1, 2], [0, 0]]) {
    for (const [x, y] of [[[1, NaN], other], [other, [1, NaN]]] as const) {
      assertEquals(vectorDistance(x, y), { relativeRms: NaN, cosine: NaN });
    }
    const { relativeRms, cosine } = vectorDistance([1, -Infinity], other);
    assert(!(relativeRms < Infinity) && Number.isNaN(cosine));
  }
});

Deno.test("vectorDistance() follows the law of cosines, whatever both are scaled by", () => {
  const number = fc.float({ min: -100, max: 100, noNaN: true }).filter((x) => Math.abs(x) > 1e-3);
  const pairs = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(pairs, fc.integer({ min: -8, max: 8 }), (list, exponent) => {
    const [x, y] = [0, 1].map((side) => list.map((pair) => pair[side]! * 2 ** exponent));
    const { relativeRms, cosine } = vectorDistance(x!, y!);
    const ratio = Math.hypot(...x!) / Math.hypot(...y!);
    // |x − y|² = |x|² + |y|² − 2 |x| |y| cos, over |y|²
    assertAlmostEquals(
      relativeRms ** 2,
      ratio ** 2 + 1 - 2 * ratio * cosine,
      1e-9 * ratio ** 2 + 1e-9,
    );
    assertEquals(vectorDistance(list.map(([a]) => a), list.map(([, b]) => b)).cosine, cosine);
  }));
});

Deno.test("vectorDistance() refuses vectors of different lengths", () => {
  assertThrows(() => vectorDistance([1, 2], [1]), NumericsError, "2");
});
