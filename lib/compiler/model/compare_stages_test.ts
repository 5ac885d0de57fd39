import { assert, assertEquals } from "@std/assert";
import { createMachine } from "../../emulator/mod.ts";
import { idealMemory, SparseMemory } from "../../memory/mod.ts";
import { random } from "../../numerics/mod.ts";
import { KvCache, randomWeights } from "../../models/mod.ts";
import { machineSettings, tinyConfig } from "./_decoder_machine.ts";
import { compareStages, firstBadStage, type StageComparison } from "./compare_stages.ts";
import { compileDecoder } from "./compile_decoder.ts";
import type { PlanOptions } from "./plan.ts";

/** Nothing but what hidden keys add, whose shares are 6·10⁻³⁹. */
const EXACT = 1e-30;

function compared(
  type: "bf16" | "mxfp8",
  more: Readonly<Record<string, unknown>>,
  options: Partial<PlanOptions> = {},
  harm: (hbm: SparseMemory, address: number) => void = () => {},
  harmTokens: (tokens: number[]) => void = () => {},
): StageComparison[] {
  const shape = { hidden: 40, inter: 70, kvHeads: 2, ratio: 2, headDim: 16, layers: 2 };
  const config = tinyConfig({ ...shape, more });
  const settings = machineSettings({ mlen: 16, blen: 4 }, type);
  const weights = randomWeights(config, 8);
  const compiled = compileDecoder(config, weights, settings, { positions: 40, ...options });
  const program = compiled.prefill(21);
  const hbm = new SparseMemory(settings.config.hbmSizeBytes);
  for (const { address, bytes } of compiled.hbm()) hbm.write(address, bytes);
  harm(hbm, compiled.regions.find(({ name }) => name === "W_o_1")!.offset);
  const draw = random(5);
  const length = 21 * compiled.plan.batch;
  const tokens = Array.from({ length }, () => Math.floor(draw() * 30));
  const taken = [...tokens];
  harmTokens(taken);
  const machine = createMachine({
    program: program.words,
    settings,
    memory: idealMemory(),
    hbm,
    fpSram: program.fpSram,
    intSram: program.intSram(taken),
  });
  const comparisons = compareStages(compiled, program, weights, tokens, machine);
  assert(machine.halted && machine.fault === undefined);
  return comparisons;
}

Deno.test("compareStages() finds every stage as its predecessors make it, attention included", () => {
  for (
    const [more, options] of [
      [{}, {}],
      [{}, { matrix: "broadcast" }],
      [{ model_type: "qwen3" }, {}],
      [{ model_type: "qwen2" }, { output: "hidden" }],
      [{ model_type: "mistral", sliding_window: 7 }, {}],
    ] as const
  ) {
    const comparisons = compared("bf16", more, options);
    assertEquals(comparisons.length, 2 + 2 * 11);
    assertEquals(firstBadStage(comparisons, EXACT), undefined, JSON.stringify(more));
  }
});

Deno.test("compareStages() finds every stage exact with MXFP8, too", () => {
  assertEquals(firstBadStage(compared("mxfp8", {}), EXACT), undefined);
});

Deno.test("compareStages() looks at every sequence by itself, and finds the one that is wrong", () => {
  for (const matrix of ["blocks", "broadcast"] as const) {
    const options = { batch: 3, matrix };
    const good = compared("bf16", {}, options);
    assertEquals(good.map(({ sequence }) => sequence).slice(0, 4), [0, 1, 2, 0]);
    assertEquals(good.length, 3 * (2 + 2 * 11));
    assertEquals(firstBadStage(good, EXACT), undefined);
    const comparisons = compared("bf16", {}, options, undefined, (tokens) => {
      tokens[21 + 4] = (tokens[21 + 4]! + 1) % 30;
    });
    const bad = comparisons.filter(({ relativeRms }) => relativeRms > EXACT);
    assertEquals(bad.map(({ name, sequence }) => [name, sequence]), [["embedding", 1]]);
  }
});

Deno.test("firstBadStage() names the stage of a damaged weight, and none before it", () => {
  const comparisons = compared("bf16", {}, {}, (hbm, address) => {
    hbm.write(address, Uint8Array.of(0x80, 0x3f, 0x80, 0xbf, 0x80, 0x3f));
  });
  const bad = firstBadStage(comparisons, 5e-4);
  assertEquals([bad?.name, bad?.layer], ["o_proj", 1]);
  // The stages behind it start from what the machine has, and are right again.
  assertEquals(comparisons.filter(({ relativeRms }) => relativeRms > 5e-4).length, 1);
});

Deno.test("compareStages() goes on with decode steps, and names the step of a damaged position", () => {
  const config = tinyConfig({
    hidden: 40,
    inter: 70,
    kvHeads: 2,
    ratio: 2,
    headDim: 16,
    layers: 2,
  });
  const settings = machineSettings({ mlen: 16, blen: 4 }, "bf16");
  const weights = randomWeights(config, 8);
  const compiled = compileDecoder(config, weights, settings, { positions: 40 });
  const hbm = new SparseMemory(settings.config.hbmSizeBytes);
  for (const { address, bytes } of compiled.hbm()) hbm.write(address, bytes);
  const { offset, type } = compiled.regions.find(({ name }) => name === "rope")!;
  assertEquals(type.kind, "plain");
  // The first eight cosines of position 17 become 0.
  hbm.write(offset + 17 * 16 * 2, new Uint8Array(16));
  const cache = new KvCache(config);
  const texts = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [16], [17], [18], [19]];
  for (const tokens of texts) {
    const position = cache.length;
    const program = position === 0 ? compiled.prefill(15) : compiled.decode(position);
    const machine = createMachine({
      program: program.words,
      settings,
      memory: idealMemory(),
      hbm,
      fpSram: program.fpSram,
      intSram: program.intSram(tokens, position),
    });
    const found = compareStages(compiled, program, weights, tokens, machine, [cache]);
    assertEquals(found.length, 2 + 2 * 11);
    const bad = firstBadStage(found, 5e-4);
    assertEquals(bad && `${bad.name} ${bad.layer}`, position === 17 ? "q 0" : undefined);
  }
  assertEquals(cache.length, 19);
});

Deno.test("firstBadStage() takes what is no number for bad, and the bound itself for good", () => {
  for (const relativeRms of [NaN, null, Infinity, 0.2]) {
    const bad = { relativeRms };
    assertEquals(firstBadStage([{ relativeRms: 0 }, { relativeRms: 0.1 }, bad], 0.1), bad);
  }
});
