import { assert, assertEquals } from "@std/assert";
import { parseSettingsToml } from "../lib/boards/mod.ts";
import { run } from "../lib/emulator/mod.ts";
import { parseMem } from "../lib/isa/mod.ts";
import {
  DDR4_2400P_ONE_MAP,
  manifestFromRegions,
  parseWeightManifest,
  type RegimeMemory,
  regimeMemory,
  type RegimeModel,
  type WeightManifest,
} from "../lib/memory/mod.ts";
import { footprint, parseDecoderShape } from "../lib/models/mod.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

/** The decoder of the recorded regime runs: one layer, hidden 16, compiled for MLEN 16, BLEN 4. */
const RECORDED = {
  model_type: "llama",
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  vocab_size: 32,
};
const ESTIMATE = footprint(parseDecoderShape(RECORDED), {
  sequence: 16,
  layout: { mlen: 16, blen: 4 },
});
const MANIFEST = manifestFromRegions(
  ESTIMATE.regions.map(({ name, kind, layer = 0, address = 0, bytes }) => ({
    name,
    kind,
    layerId: layer,
    offset: address,
    sizeBytes: bytes,
  })),
  { ddrCapacityBytes: null },
);

async function unpacked(name: string): Promise<Uint8Array> {
  const file = await Deno.open(`${FIXTURES}/regimes/inputs_mm_tiny/${name}.gz`);
  const plain = file.readable.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

/** Runs the recorded program over what the config alone says lies where. */
async function recordedRun(mode: RegimeModel, manifest: WeightManifest): Promise<RegimeMemory> {
  const text = async (name: string): Promise<string> =>
    new TextDecoder().decode(await unpacked(name));
  const memory = regimeMemory({ mode, rules: "plena", preset: DDR4_2400P_ONE_MAP, manifest });
  const { fault } = run({
    program: parseMem(await text("machine_code.mem")),
    settings: parseSettingsToml(await text("settings.toml")),
    hbm: await unpacked("hbm_in.bin"),
    fpSram: await unpacked("fpsram_in.bin"),
    memory,
  });
  assertEquals(fault, undefined);
  return memory;
}

Deno.test("the config alone gives the regions that the recorded decoder was run with", async () => {
  const recorded = parseWeightManifest(
    await Deno.readTextFile(`${FIXTURES}/regimes/r_mm_tiny_layerswap/manifest.json`),
  );
  assertEquals(MANIFEST.regions, recorded.regions);
});

Deno.test("the estimate equals the emulator's counters byte for byte on the recorded decoder", async () => {
  const { bytes } = ESTIMATE;
  const layerSwap = await recordedRun("layer-swap", MANIFEST);
  const counted = (memory: RegimeMemory, pattern: RegExp): number =>
    Number(pattern.exec(memory.summaryLine())?.[1]);
  assertEquals(counted(layerSwap, /swapped bytes: (\d+)/), bytes.total);
  const kvSwap = await recordedRun("kv-swap", MANIFEST);
  assertEquals(counted(kvSwap, /kv swapped bytes: (\d+)/), bytes.kv + bytes.activation);
});

Deno.test("weights:fit says of every board whether it holds a model, from its config", async () => {
  await inFolder(async (folder) => {
    const { code, stdout } = await runTaskIn(folder, "weights:fit", [
      "llama-3.2-1b",
      "--weights=mxfp4",
      "--kv=bf16",
      "--json",
    ]);
    assertEquals(code, 0);
    const { data } = JSON.parse(stdout);
    // 1,235,814,400 weights of 4.25 bits, but 33 norm gains of 16 bits.
    const gains = 33 * 2048;
    const weight = (1_235_814_400 - gains) * 4.25 / 8 + gains * 2;
    assertEquals(data.footprint.weight, weight);
    assertEquals(data.footprint.kv, 2 * 16 * 2048 * 8 * 64 * 2);
    const regimes = Object.fromEntries(
      data.boards.map(({ board, regime }: { board: string; regime: string }) => [board, regime]),
    );
    assertEquals(regimes, {
      custom_a7: "weight-stream",
      kv260: "resident",
      nexys_video: "weight-stream",
      v80: "resident",
    });
    const nexys = data.boards.find(({ board }: { board: string }) => board === "nexys_video");
    assert(Math.abs(nexys.secondsPerStep - weight / 4_750_000) < 1e-6);
  });
});

Deno.test("weights:fit takes no more context by default than the model is made for", async () => {
  await inFolder(async (folder) => {
    const { code, stdout } = await runTaskIn(folder, "weights:fit", [
      `${FIXTURES}/decoders/tiny`,
      "--json",
    ]);
    assertEquals([code, JSON.parse(stdout).data.context], [0, 128]);
  });
});

Deno.test("weights:manifest of a config lists what weights:fit counts", async () => {
  await inFolder(async (folder) => {
    const args = ["--context=64", "--weights=mxfp6", "--kv=mxfp4", "--json"];
    const fit = await runTaskIn(folder, "weights:fit", [
      "qwen3-32b",
      ...args,
      "--activations=mxfp8",
    ]);
    const manifest = await runTaskIn(folder, "weights:manifest", ["--model=qwen3-32b", ...args]);
    assertEquals([fit.code, manifest.code], [0, 0]);
    assertEquals(
      JSON.parse(manifest.stdout).data.footprint,
      JSON.parse(fit.stdout).data.footprint,
    );
  });
});
