import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type FitModel, fitModel } from "./fit.ts";
import { MemoryError } from "./memory_error.ts";
import type { Footprint } from "./weight_manifest.ts";

const BOARD = { capacityBytes: 1000, memoryBytesPerSecond: 100, hostBytesPerSecond: 10 };

function footprint(weight: number, kvPerToken: number): (context: number) => Footprint {
  return (context) => {
    const kv = kvPerToken * context;
    return { weight, kv, activation: 0, total: weight + kv };
  };
}

function model(weight: number, kvPerToken: number, context: number): FitModel {
  return {
    footprint: footprint(weight, kvPerToken),
    weightBytesPerStep: weight,
    context,
    maxContext: 1000,
    alternatives: [
      { name: "weights half", footprint: footprint(weight / 2, kvPerToken) },
      { name: "kv half", footprint: footprint(weight, kvPerToken / 2) },
    ],
  };
}

Deno.test("fitModel() takes what fits exactly for resident, and reads it once a step", () => {
  const fit = fitModel(model(600, 4, 100), BOARD);
  assertEquals([fit.fits, fit.regime, fit.spareBytes], [true, "resident", 0]);
  assertEquals([fit.largestContext, fit.hostBytesPerStep, fit.secondsPerStep], [100, 0, 10]);
  assertEquals(fit.changes, []);
});

Deno.test("fitModel() orders what would make it fit by the bytes given up", () => {
  const fit = fitModel(model(600, 4, 110), BOARD);
  assertEquals([fit.regime, fit.spareBytes, fit.hostBytesPerStep], ["kv-swap", -40, 40]);
  assertEquals(fit.secondsPerStep, 10.4);
  assertEquals(fit.changes.map(({ name }) => name), ["context 100", "kv half", "weights half"]);
});

Deno.test("fitModel() streams weights that do not fit, and says when nothing helps", () => {
  const fit = fitModel(model(3000, 1, 100), BOARD);
  assertEquals([fit.regime, fit.largestContext], ["weight-stream", 0]);
  assertEquals([fit.hostBytesPerStep, fit.secondsPerStep], [3000, 300]);
  assertEquals(fit.changes, []);
});

Deno.test("fitModel() gives no time where a bandwidth that counts is unknown", () => {
  const streamed = model(3000, 1, 100);
  assertEquals(fitModel(streamed, { ...BOARD, hostBytesPerSecond: null }).secondsPerStep, null);
  const resident = model(500, 1, 100);
  assertEquals(fitModel(resident, { ...BOARD, hostBytesPerSecond: null }).secondsPerStep, 6);
  assertEquals(fitModel(resident, { ...BOARD, memoryBytesPerSecond: null }).secondsPerStep, null);
});

Deno.test("fitModel() refuses a context that the model is not made for", () => {
  assertThrows(() => fitModel(model(1, 1, 1001), BOARD), MemoryError, "1 to 1000");
  assertThrows(() => fitModel(model(1, 1, 0), BOARD), MemoryError, "a context of 0 tokens");
});

Deno.test("the largest context fits, and one token more does not", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 2000 }),
    fc.integer({ min: 1, max: 50 }),
    (weight, kvPerToken) => {
      const { largestContext } = fitModel(model(weight, kvPerToken, 1), BOARD);
      const total = (context: number): number => weight + kvPerToken * context;
      if (largestContext > 0) assert(total(largestContext) <= BOARD.capacityBytes);
      if (largestContext < 1000) assert(total(largestContext + 1) > BOARD.capacityBytes);
    },
  ));
});
