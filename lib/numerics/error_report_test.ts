import { assertAlmostEquals, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type ErrorReport, errorReport, NumericsError } from "./mod.ts";

Deno.test("errorReport() gives the figures worked out by hand", () => {
  const report = errorReport(new Float32Array([1, -2, 3, 0]), new Float32Array([1, -1, 1, 0]));
  assertEquals({ ...report, sqnrDb: 0, cosine: 0 }, {
    ...{ count: 4, nonFinite: 0, max: 2, maxAt: 2, mean: 0.75, rms: Math.sqrt(5) / 2 },
    ...{ sqnrDb: 0, cosine: 0 },
  });
  assertAlmostEquals(report.sqnrDb, 4.471580313422192, 1e-12); // 10 log10(14 / 5)
  assertAlmostEquals(report.cosine, 6 / Math.sqrt(14 * 3), 1e-15);
});

Deno.test("errorReport() leaves out what is not finite, and counts it", () => {
  const report = errorReport([NaN, 1, Infinity, 2, Infinity], [0, NaN, Infinity, 2.5, 3]);
  assertEquals([report.count, report.nonFinite, report.max, report.maxAt], [1, 4, 0.5, 3]);
});

Deno.test("errorReport() has limits for no error, no signal and no elements", () => {
  const figures = ({ max, maxAt, sqnrDb, cosine }: ErrorReport): number[] => [
    ...[max, maxAt, sqnrDb, cosine],
  ];
  assertEquals(figures(errorReport([0, 3], [0, 3])), [0, 0, Infinity, 1]);
  assertEquals(figures(errorReport([0, 0], [0, 1])), [1, 1, -Infinity, 0]);
  assertEquals(figures(errorReport([], [])), [0, -1, Infinity, 1]);
  assertStrictEquals(errorReport([1, 0], [-1, 0]).cosine, -1);
  assertThrows(() => errorReport([1], []), NumericsError, "1 elements");
});
