import { assert, assertEquals, assertThrows } from "@std/assert";
import { NumericsError, random } from "./mod.ts";
import { splitMix64, xoshiro128 } from "./random.ts";

Deno.test("xoshiro128() gives the published sequence from the state 1, 2, 3, 4", () => {
  const next = xoshiro128(1, 2, 3, 4);
  // deno-fmt-ignore
  assertEquals(Array.from({ length: 10 }, next), [
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});

Deno.test("splitMix64() gives the published sequence from the seed 1234567", () => {
  const next = splitMix64(1234567n);
  assertEquals([next(), next(), next()], [
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
  ]);
});

Deno.test("random() repeats itself for a seed, differs between seeds, and stays in [0, 1)", () => {
  const draws = Array.from({ length: 10_000 }, random(5));
  assertEquals(Array.from({ length: 10_000 }, random(5)), draws);
  assert(random(6)() !== draws[0]);
  assert(draws.every((draw) => draw >= 0 && draw < 1));
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  assert(Math.abs(mean - 0.5) < 0.012); // four standard errors
});

Deno.test("random() refuses a seed that is not a whole number", () => {
  for (const seed of [-1, 0.5, NaN, 2 ** 53]) assertThrows(() => random(seed), NumericsError);
});
