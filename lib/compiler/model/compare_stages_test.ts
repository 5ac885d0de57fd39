import { assert, assertEquals } from "@std/assert";
import { createMachine } from "../../emulator/mod.ts";
import { idealMemory, SparseMemory } from "../../memory/mod.ts";
import { random } from "../../numerics/mod.ts";
import { randomWeights } from "../../models/mod.ts";
import { machineSettings, tinyConfig } from "./_decoder_machine.ts";
import { compareStages, firstBadStage, type StageComparison } from "./compare_stages.ts";
import { compileDecoder } from "./compile_decoder.ts";
import type { PlanOptions } from "./plan.ts";

function compared(
  type: "bf16" | "mxfp8",
  more: Readonly<Record<string, unknown>>,
  options: Partial<PlanOptions> = {},
  harm: (hbm: SparseMemory, address: number) => void = () => {},
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
  const tokens = Array.from({ length: 21 }, () => Math.floor(draw() * 30));
  const machine = createMachine({
    program: program.words,
    settings,
    memory: idealMemory(),
    hbm,
    fpSram: program.fpSram,
    intSram: program.intSram(tokens),
  });
  const comparisons = compareStages(compiled.plan, program, weights, tokens, machine);
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
    assertEquals(firstBadStage(comparisons, 5e-4), undefined, JSON.stringify(more));
  }
});

Deno.test("compareStages() stays within 5e-3 of each stage with MXFP8", () => {
  assertEquals(firstBadStage(compared("mxfp8", {}), 5e-3), undefined);
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
