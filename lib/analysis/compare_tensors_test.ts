import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { compareTensors, relativeTolerance, topAgreement } from "./compare_tensors.ts";

Deno.test("compareTensors() gives the figures of a triangle with sides 3, 4 and 5", () => {
  // x = (3, 4), y = (3, 0): the error is (0, 4), |y| is 3, |x| is 5.
  const found = compareTensors([3, 4], [3, 0], { absolute: 0, relative: 0 });
  assertAlmostEquals(found.relativeRms, 4 / 3, 1e-15);
  assertAlmostEquals(found.cosine, 3 / 5, 1e-15);
  assertEquals([found.elements, found.maxError, found.maxErrorAt, found.outside], [2, 4, 1, 1]);
});

Deno.test("compareTensors() counts elements beyond absolute + relative · |reference|", () => {
  const reference = [0, 0, 8, 8, -8, -8];
  const values = [0.25, 0.26, 9.25, 9.26, -9.25, -9.26];
  assertEquals(compareTensors(values, reference, { absolute: 0.25, relative: 0.125 }).outside, 3);
});

Deno.test("relativeTolerance() is a share of an element and of the root mean square of all", () => {
  // √((9 + 16 + 0 + 0) / 4) = 2.5
  const reference = [3, -4, 0, 0];
  assertEquals(relativeTolerance(reference, 0.1), { absolute: 0.25, relative: 0.1 });
  assertEquals(relativeTolerance([], 0.1), { absolute: 0, relative: 0.1 });
  const values = [3.54, -4.66, 0.24, 0.26];
  const tolerance = relativeTolerance(reference, 0.1);
  assertEquals(compareTensors(values, reference, tolerance).outside, 2);
});

Deno.test("compareTensors() takes no NaN and no infinity for near", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const found = compareTensors([1, bad, 2, 900], [1, 1, 2, 2]);
    assertEquals([found.maxErrorAt, found.outside], [1, 2]);
    assert(!(found.relativeRms <= 1e9));
  }
  assertEquals(compareTensors([1], [NaN]).outside, 1);
  assert(Number.isNaN(compareTensors([1], [NaN]).relativeRms));
});

Deno.test("compareTensors() has an answer beside zeros", () => {
  const zeros = compareTensors([0, 0], [0, 0]);
  assertEquals([zeros.relativeRms, zeros.cosine, zeros.outside], [0, 1, 0]);
  const lost = compareTensors([0, 0], [1, 2]);
  assertEquals([lost.relativeRms, lost.cosine], [1, 0]);
  const found = compareTensors([1, 2], [0, 0]);
  assertEquals([found.relativeRms, found.cosine], [Infinity, 0]);
  assertEquals(compareTensors([], []).maxErrorAt, -1);
});

Deno.test("compareTensors() does not change when both are scaled, but for the largest error", () => {
  const number = fc.float({ min: -100, max: 100, noNaN: true }).filter((x) => Math.abs(x) > 1e-3);
  const pair = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(pair, fc.integer({ min: -8, max: 8 }), (pairs, exponent) => {
    const [x, y] = [0, 1].map((side) => pairs.map((pair) => pair[side]!));
    const scaled = (list: number[]): number[] => list.map((value) => value * 2 ** exponent);
    const plain = compareTensors(x!, y!);
    const found = compareTensors(scaled(x!), scaled(y!));
    assertAlmostEquals(found.relativeRms, plain.relativeRms, 1e-9);
    assertAlmostEquals(found.cosine, plain.cosine, 1e-9);
    assertAlmostEquals(found.maxError, plain.maxError * 2 ** exponent, 1e-9);
    assertEquals(found.maxErrorAt, plain.maxErrorAt);
  }));
});

Deno.test("topAgreement() counts rows with the same largest element, the first of equal ones", () => {
  const reference = [1, 3, 2, /**/ 5, 5, 0, /**/ -1, -2, -3];
  assertEquals(topAgreement([0, 9, 8, /**/ 2, 1, 0, /**/ -9, -8, -7], reference, 3), {
    rows: 3,
    agreeing: 2,
  });
  assertEquals(topAgreement(reference, reference, 3).agreeing, 3);
  assertEquals(topAgreement([NaN, 3, 2], [1, 3, 2], 3).agreeing, 0);
});

Deno.test("compareTensors() and topAgreement() refuse lengths that do not belong together", () => {
  assertThrows(() => compareTensors([1, 2], [1]), RangeError, "2 elements beside a reference of 1");
  assertThrows(() => topAgreement([1, 2, 3], [1, 2, 3], 2), RangeError, "no whole rows of 2");
});
