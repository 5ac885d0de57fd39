import { assert, assertEquals, assertThrows } from "@std/assert";
import { type MachineSettings, SHIPPED_SETTINGS } from "../../boards/mod.ts";
import { EXTENDED_RULES, run } from "../../emulator/mod.ts";
import { idealMemory, SparseMemory } from "../../memory/mod.ts";
import { exists, GOLDENS } from "../../models/_shared_data.ts";
import { type DecoderConfig, randomWeights, stagedForward } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import { machineSettings, relativeRms, tinyConfig, tokensOf } from "../model/_decoder_machine.ts";
import { recordedBuild, recordedResult } from "../model/_recorded_build.ts";
import type { CompiledDecoder } from "../model/compile_decoder.ts";
import { outputRow } from "../model/session.ts";
import { compilePublic } from "./compile_public.ts";
import type { PublicPlan } from "./public_plan.ts";

/** What the program leaves: its result, (tokens, columns), and HBM. */
function outcome(
  compiled: CompiledDecoder<PublicPlan>,
  tokens: readonly number[],
  image?: Uint8Array,
): { readonly values: number[]; readonly hbm: SparseMemory } {
  const { plan } = compiled;
  const hbm = new SparseMemory(plan.settings.config.hbmSizeBytes);
  if (image === undefined) {
    for (const { address, bytes } of compiled.hbm()) hbm.write(address, bytes);
  } else hbm.write(0, image);
  const program = compiled.prefill(tokens.length);
  const { machine, fault } = run({
    program: program.words,
    settings: plan.settings,
    memory: idealMemory(),
    hbm,
    fpSram: program.fpSram,
    intSram: program.intSram(tokens),
    ...(plan.machine === "extended" ? { rules: EXTENDED_RULES } : {}),
  });
  assert(fault === undefined, `pc ${fault?.pc}: ${fault?.reason}`);
  const values = tokens.flatMap((_, row) => [...outputRow(compiled, program, machine, row)]);
  return { values, hbm };
}

function assertExact(
  config: DecoderConfig,
  settings: MachineSettings,
  count: number,
  options: Parameters<typeof compilePublic>[4] = {},
): void {
  const weights = randomWeights(config, 5);
  const tokens = tokensOf(count);
  const compiled = compilePublic(config, weights, settings, tokens, options);
  const { values } = outcome(compiled, tokens);
  const { output = "logits" } = options;
  const logits = output === "logits" ? "all" : "none";
  const staged = { ...compiled.staged(), logits } as const;
  const truth = stagedForward(compiled.plan.config, weights, tokens, staged)[output];
  assertEquals(relativeRms(values, truth), 0);
}

for (
  const name of ["t01_tiny16_1h", "t03_tiny16_2layer", "t09_tiny32_ckpt", "p03_perf_h128_mlen32"]
) {
  Deno.test({
    name: `compilePublic() makes a program that runs on the recorded image of ${name}`,
    ignore: !exists(new URL(`${name}/`, GOLDENS)),
    fn: async (): Promise<void> => {
      const build = await recordedBuild(name);
      const { config, weights, args: { mlen, blen, seq } } = build;
      const amounts = { hbmMPrefetchRows: mlen, hbmVPrefetchRows: blen, hbmVWritebackRows: blen };
      const settings = machineSettings({ mlen, blen, ...amounts }, "mxfp8");
      const tokens = Array.from({ length: seq }, (_, i) => i);
      const output = "hidden";
      const compiled = compilePublic(config, weights, settings, tokens, { output });
      const { hbm_addrs } = JSON.parse(
        new TextDecoder().decode(await build.file("compile_result.json")),
      );
      const places = Object.fromEntries(compiled.regions.map(({ name, offset }) => [name, offset]));
      assertEquals(places, hbm_addrs);

      const { values, hbm } = outcome(compiled, tokens, await build.file("hbm_in.bin"));
      const staged = stagedForward(compiled.plan.config, weights, tokens, compiled.staged()).hidden;
      assertEquals(relativeRms(values, staged), 0);
      const { machine, golden } = await recordedResult(build);
      const [toMachine, toGolden] = [relativeRms(values, machine), relativeRms(values, golden)];
      assert(toMachine < 6e-3, `relative RMS ${toMachine} to the recorded machine`);
      assert(toGolden < 6e-3, `relative RMS ${toGolden} to the recorded reference`);

      // Keys and values are where the public program stores them.
      const theirs = await build.file("hbm_out.bin");
      let [same, all] = [0, 0];
      for (const { kind, offset, sizeBytes } of compiled.regions) {
        if (kind !== "kv") continue;
        const ours = hbm.read(offset, sizeBytes);
        for (const [i, byte] of ours.entries()) {
          same += Number(byte === theirs[offset + i]);
          all++;
        }
      }
      assert(same > 0.95 * all, `${same} of ${all} bytes of keys and values`);
    },
  });
}

// deno-fmt-ignore: one shape, one row
const SHAPES = [
  { mlen: 16, blen: 4,  kvHeads: 2, ratio: 2, headDim: 8,  hidden: 40, inter: 52, layers: 2, count: 16 },
  { mlen: 16, blen: 4,  kvHeads: 1, ratio: 3, headDim: 34, hidden: 30, inter: 20, layers: 1, count: 9 },
  { mlen: 16, blen: 8,  kvHeads: 2, ratio: 1, headDim: 20, hidden: 33, inter: 70, layers: 3, count: 48 },
  { mlen: 64, blen: 4,  kvHeads: 2, ratio: 3, headDim: 64, hidden: 96, inter: 90, layers: 1, count: 64 },
  { mlen: 64, blen: 16, kvHeads: 1, ratio: 1, headDim: 2,  hidden: 20, inter: 16, layers: 2, count: 1 },
] as const;

for (const { mlen, blen, count, ...shape } of SHAPES) {
  for (const type of ["bf16", "mxfp8"] as const) {
    const name = `${JSON.stringify(shape)} on ${count} tokens at MLEN ${mlen} in ${type}`;
    Deno.test(`compilePublic() is the staged pass of the public steps bit for bit: ${name}`, () => {
      const settings = machineSettings({ mlen, blen, hbmMPrefetchRows: mlen }, type);
      assertExact(tinyConfig(shape), settings, count);
    });
  }
}

Deno.test("compilePublic() is exact with few tiles, long loops and 4-bit weights", () => {
  const config = tinyConfig({
    hidden: 200,
    inter: 300,
    kvHeads: 2,
    ratio: 2,
    headDim: 40,
    layers: 2,
  });
  const few = { mlen: 16, blen: 4, hbmMPrefetchRows: 16, matrixSramRows: 12 * 16 };
  assertExact(config, machineSettings(few), 32);
  const long = { mlen: 32, blen: 4, hbmMPrefetchRows: 32, maxLoopInstructions: 3000 };
  assertExact(config, machineSettings(long), 32, { output: "hidden" });
  const wide = { mlen: 32, blen: 4, hbmMPrefetchRows: 32 };
  assertExact(config, machineSettings(wide, "mxfp4"), 32, { machine: "extended" });
});

Deno.test("compilePublic() hides nothing from a model that sees all positions", () => {
  const shape = { hidden: 32, inter: 40, kvHeads: 2, ratio: 1, headDim: 16, layers: 2 };
  const config = tinyConfig({ ...shape, more: { model_type: "llada" } });
  const settings = machineSettings({ mlen: 16, blen: 4, hbmMPrefetchRows: 16 }, "mxfp8");
  assertExact(config, settings, 32);
  const tokens = tokensOf(32);
  const compiled = compilePublic(config, randomWeights(config, 1), settings, tokens);
  const address = compiled.plan.layout.hbmAddrs.causal_mask;
  const mask = [...compiled.hbm()].find((piece) => piece.address === address)!;
  assert(mask.bytes.subarray(0, 256).every((code) => code === 0));
  const short = () => compilePublic(config, randomWeights(config, 1), settings, tokensOf(9));
  assertThrows(short, CompileError, "a text of 9 tokens without causal mask");
});

Deno.test("compilePublic() keeps its result with loops of any allowed length", () => {
  const config = tinyConfig({
    hidden: 32,
    inter: 40,
    kvHeads: 1,
    ratio: 2,
    headDim: 16,
    layers: 3,
  });
  for (const maxLoopInstructions of [1, 40, 64, 129, 200, 1000]) {
    const machine = { mlen: 16, blen: 4, hbmMPrefetchRows: 16, maxLoopInstructions };
    assertExact(config, machineSettings(machine), 16);
  }
});

Deno.test("compilePublic() has the addresses of the specification's worked example", () => {
  const config = tinyConfig({ hidden: 384, inter: 1408, kvHeads: 2, ratio: 3, headDim: 64 });
  const settings = {
    ...SHIPPED_SETTINGS,
    config: { ...SHIPPED_SETTINGS.config, hbmMPrefetchRows: 64 },
  };
  const tokens = tokensOf(64);
  const output = "hidden";
  const { regions } = compilePublic(config, randomWeights(config, 1), settings, tokens, { output });
  // deno-fmt-ignore: the table of section 3.5
  assertEquals(regions.map(({ name, offset, sizeBytes }) => `${name} ${offset} ${sizeBytes}`), [
    "X 0 27648", "POS 27648 27648", "R_rope 55296 4608", "COS 59904 4608", "SIN 64512 4608",
    "causal_mask 69120 4608", "W_q_0 73728 165888", "W_o_0 239616 165888",
    "W_k_0_h0 405504 27648", "W_v_0_h0 433152 27648", "W_k_0_h1 460800 27648", "W_v_0_h1 488448 27648",
    "W_gate_0 516096 608256", "W_up_0 1124352 608256", "W_down_0 1732608 608256",
    "K_stored_0_h0 2340864 4608", "V_stored_0_h0 2345472 4608",
    "K_stored_0_h1 2350080 4608", "V_stored_0_h1 2354688 4608",
  ]);
});

Deno.test("compilePublic() refuses what the public layout has no room for", () => {
  const config = tinyConfig({ hidden: 32, inter: 40, kvHeads: 1, ratio: 2, headDim: 16 });
  const weights = randomWeights(config, 2);
  const make = (count: number, fields: Partial<MachineSettings["config"]> = {}): void => {
    const settings = machineSettings({ mlen: 16, blen: 4, hbmMPrefetchRows: 16, ...fields });
    const compiled = compilePublic(config, weights, settings, tokensOf(count));
    compiled.prefill(count);
  };
  make(15);
  const room = "a text of 20 tokens: the public layout has no rows behind the last of them";
  assertThrows(() => make(20), CompileError, room);
  assertThrows(() => make(0), CompileError, "a text of 0 tokens");
  assertThrows(
    () => make(16, { hbmMPrefetchRows: 32 }),
    CompileError,
    "a prefetch fetches 32 rows",
  );
  assertThrows(() => make(16, { hbmVWritebackRows: 32 }), CompileError, "keys are stored 32 rows");
  const wide = tinyConfig({ hidden: 32, inter: 40, kvHeads: 1, ratio: 1, headDim: 50 });
  const few = machineSettings({ mlen: 16, blen: 4, hbmMPrefetchRows: 16, matrixSramRows: 15 * 16 });
  const tiles = "turning heads of 50 takes 16 tiles, the matrix SRAM holds 15";
  assertThrows(() => compilePublic(wide, randomWeights(wide, 1), few, [1]), CompileError, tiles);
  const settings = machineSettings({ mlen: 16, blen: 4, hbmMPrefetchRows: 16 });
  const compiled = compilePublic(config, weights, settings, [1, 2, 3]);
  assertThrows(() => compiled.prefill(2), CompileError, "a program for 2 tokens on the image");
  assertThrows(() => compiled.decode(3), CompileError, "no decode steps");
  assertThrows(() => compiled.prefill(3).intSram([1, 2, 4]), CompileError, "other tokens");
  const foreign = compilePublic(config, weights, settings, [1, 30]);
  assertThrows(() => [...foreign.hbm()], CompileError, "token 30 is not of the vocabulary of 30");
});
