import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { random } from "../../numerics/mod.ts";
import { randomWeights } from "../../models/mod.ts";
import { errorsOf, machineSettings, onMachine, tinyConfig } from "./_decoder_machine.ts";
import { compileDecoder } from "./compile_decoder.ts";

/** The bound of the staged comparison with bfloat16 everywhere. */
const BOUND = 2e-3;

function tokensOf(count: number, seed = 1): number[] {
  const draw = random(seed);
  return Array.from({ length: count }, () => Math.floor(draw() * 30));
}

Deno.test("compileDecoder() writes layers as a loop, or one by one when the machine asks for it", () => {
  const shape = { hidden: 32, inter: 40, kvHeads: 1, ratio: 2, headDim: 16, layers: 3 };
  const config = tinyConfig(shape);
  const weights = randomWeights(config, 2);
  const rolled = machineSettings({ mlen: 16, blen: 4 });
  const tight = machineSettings({ mlen: 16, blen: 4, maxLoopInstructions: 2000 });
  const sizes = [rolled, tight].map((settings) => {
    const { compiled, session } = onMachine(config, weights, settings, { positions: 32 });
    const program = compiled.prefill(8);
    return { program, words: program.words.length, last: session.feed(tokensOf(8)).last };
  });
  assertEquals(sizes[0]!.last, sizes[1]!.last);
  assert(sizes[1]!.words > 2 * sizes[0]!.words);
  assertStringIncludes(sizes[1]!.program.log.join("\n"), "a loop of 3 written out");
});

Deno.test("compileDecoder() splits a contraction that is longer than the matrix SRAM", () => {
  const config = tinyConfig({ hidden: 40, inter: 200, kvHeads: 1, ratio: 1, headDim: 16 });
  const weights = randomWeights(config, 9);
  const settings = machineSettings({ mlen: 16, blen: 4, matrixSramRows: 6 * 16 });
  const errors = errorsOf(config, weights, settings, { positions: 20 }, tokensOf(12));
  // Partial sums are rounded to bfloat16, which the staged pass does not do.
  assert(errors.prefill <= 1e-2, `prefill ${errors.prefill}`);
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
    assert(errors.prefill <= BOUND, `prefill ${errors.prefill}`);
    assert(errors.decode <= BOUND, `decode ${errors.decode}`);
  }
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
  assert(errors.prefill <= BOUND, `prefill ${errors.prefill}`);
  assert(errors.decode <= BOUND, `decode ${errors.decode}`);
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
