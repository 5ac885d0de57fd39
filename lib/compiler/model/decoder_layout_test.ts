import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CompileError } from "../compile_error.ts";
import { randomWeights } from "../../models/mod.ts";
import { errorsOf, machineSettings, onMachine, tinyConfig, tokensOf } from "./_decoder_machine.ts";
import { compileDecoder } from "./compile_decoder.ts";

Deno.test("compileDecoder() keeps long layers in a loop and renews it, or writes them one by one", () => {
  const shape = { hidden: 32, inter: 40, kvHeads: 1, ratio: 2, headDim: 16, layers: 3 };
  const config = tinyConfig(shape);
  const weights = randomWeights(config, 2);
  const run = (maxLoopInstructions: number, longLoops: "renew" | "unroll") => {
    const settings = machineSettings({ mlen: 16, blen: 4, maxLoopInstructions });
    const { session } = onMachine(config, weights, settings, { positions: 32 });
    const { last, program } = session.feed(tokensOf(8), { longLoops });
    const line = program.log.find((line) => line.startsWith("roll loops"))!;
    return { last, line, words: program.words.length };
  };
  const rolled = run(100_000, "renew");
  assertStringIncludes(rolled.line, "every loop stays within");
  for (const limit of [2000, 500]) {
    const renewed = run(limit, "renew");
    assertEquals(renewed.last, rolled.last);
    assert(renewed.words < 1.1 * rolled.words, `${renewed.words} of ${rolled.words}`);
    assertStringIncludes(renewed.line, "a loop of 3 whose iteration executes");
    assertStringIncludes(
      renewed.line,
      `of at most ${limit} (MAX_LOOP_INSTRUCTIONS), is renewed in`,
    );
    const written = run(limit, "unroll");
    assertEquals(written.last, rolled.last);
    assert(written.words > 2 * rolled.words);
    assertStringIncludes(written.line, "is written out");
  }
});

Deno.test("compileDecoder() splits a contraction that is longer than the matrix SRAM", () => {
  const config = tinyConfig({ hidden: 40, inter: 200, kvHeads: 1, ratio: 1, headDim: 16 });
  const weights = randomWeights(config, 9);
  const settings = machineSettings({ mlen: 16, blen: 4, matrixSramRows: 6 * 16 });
  const errors = errorsOf(config, weights, settings, { positions: 20 }, tokensOf(12));
  assertEquals(errors, { prefill: 0, decode: 0 });
});

Deno.test("compileDecoder() brings keys in pieces when they do not fit with the values", () => {
  const config = tinyConfig({ hidden: 40, inter: 48, kvHeads: 2, ratio: 2, headDim: 24 });
  const weights = randomWeights(config, 3);
  for (const matrix of ["blocks", "broadcast"] as const) {
    const settings = machineSettings({
      mlen: 16,
      blen: 4,
      matrixSramRows: 10 * 16,
      hbmMPrefetchRows: 16,
    });
    const options = { positions: 80, matrix };
    const errors = errorsOf(config, weights, settings, options, tokensOf(70));
    assertEquals(errors, { prefill: 0, decode: 0 });
  }
});

Deno.test("compileDecoder() counts the tiles that the last prefetch of a head overruns", () => {
  // A head of 40 has keys in four tiles and values in three; a prefetch brings three.
  const config = tinyConfig({ hidden: 40, inter: 48, kvHeads: 2, ratio: 1, headDim: 40 });
  const weights = randomWeights(config, 3);
  const compare = (tiles: number) => {
    const sizes = { matrixSramRows: tiles * 16, hbmMPrefetchRows: 48 };
    const settings = machineSettings({ mlen: 16, blen: 4, ...sizes });
    return errorsOf(config, weights, settings, { positions: 16 }, tokensOf(9));
  };
  for (const tiles of [9, 12, 64]) assertEquals(compare(tiles), { prefill: 0, decode: 0 });
  assertThrows(() => compare(8), CompileError, "values of a head need 5 tiles");
});

Deno.test("compileDecoder() reaches layers beyond 4 GiB", () => {
  const shape = { hidden: 32, inter: 40, kvHeads: 1, ratio: 2, headDim: 16, layers: 3 };
  const config = tinyConfig(shape);
  const weights = randomWeights(config, 2);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const near = compileDecoder(config, weights, settings, { positions: 32 }).plan;
  // The second layer would cross the border of 4 GiB.
  const layersFrom = 2 ** 32 - near.layerStride - 1024;
  const options = { positions: 32, layersFrom };
  const errors = errorsOf(config, weights, settings, options, tokensOf(9));
  assertEquals(errors, { prefill: 0, decode: 0 });
  const { layerBases, isLarge } = compileDecoder(config, weights, settings, options).plan;
  assert(isLarge);
  assertEquals(layerBases[1], 2 ** 32);
});

Deno.test("compileDecoder() runs sequences side by side as it runs each alone", () => {
  const shape = { hidden: 40, inter: 48, kvHeads: 2, ratio: 2, headDim: 8, layers: 2 };
  const config = tinyConfig(shape);
  const weights = randomWeights(config, 3);
  for (const matrix of ["blocks", "broadcast"] as const) {
    for (const rows of [1, 6, 19]) {
      const settings = machineSettings({ mlen: 16, blen: 4 });
      const options = { positions: 40, matrix };
      const texts = [1, 2, 3].map((seed) => tokensOf(rows + 2, seed));
      const { session } = onMachine(config, weights, settings, { ...options, batch: 3 });
      const at = (from: number, to?: number): number[][] => texts.map((t) => t.slice(from, to));
      const steps = [at(0, rows), at(rows, rows + 1), at(rows + 1)].map((tokens) =>
        session.feedBatch(tokens).lasts
      );
      for (const [i, text] of texts.entries()) {
        const alone = onMachine(config, weights, settings, options).session;
        assertEquals(steps[0]![i], alone.feed(text.slice(0, rows)).last);
        assertEquals(steps[1]![i], alone.feed(text.slice(rows, rows + 1)).last);
        assertEquals(steps[2]![i], alone.feed(text.slice(rows + 1)).last);
      }
    }
  }
});
