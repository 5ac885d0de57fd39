import { assert, assertEquals, assertMatch } from "@std/assert";
import { sha256 } from "../lib/artifacts/mod.ts";
import { Terminal } from "../lib/cli/mod.ts";
import { emitModel, type EmitModelOptions } from "./_emit_model.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

const TINY = [`${FIXTURES}/decoders/tiny`, "--random-weights=1"];
/** The trained model beside the checkout, on the project's machines. */
const STORIES = new URL("../../shared/models/stories260k/", import.meta.url);

function isThere(): boolean {
  try {
    return Deno.statSync(STORIES).isDirectory;
  } catch {
    return false;
  }
}

Deno.test("model:compare finds the machine at the staged reference, stage by stage", async () => {
  await inFolder(async (folder) => {
    for (
      const [args, bound] of [
        [["--weights=bf16"], 2e-3],
        [["--weights=mxfp8", "--matrix=broadcast"], 1e-2],
        [["--weights=mxfp4", "--decode=3"], 1e-2],
      ] as const
    ) {
      const options = [...TINY, "--sequence=17", "--json", ...args];
      const { code, stdout, stderr } = await runTaskIn(folder, "model:compare", options);
      assertEquals([code, stderr], [0, ""], args[0]);
      const { data } = JSON.parse(stdout);
      assertEquals([data.within, data.bound, data.firstBadStage], [true, bound, null]);
      // Embedding and logits, and eleven stages in each of two layers.
      assertEquals(data.stages.length, 2 + 2 * 11);
      assertEquals(data.machineToStaged.elements, 17 * 64);
      assert(data.machineToStaged.relativeRms <= bound);
      assertEquals(data.machineToStaged.top, { rows: 17, agreeing: 17 });
      // The formats cost something, or the float model has been compared with itself.
      assert(data.machineToFloat.relativeRms > 1e-3 && data.machineToFloat.cosine > 0.8);
    }
  });
});

/** Emits a build of the tiny decoder into a folder. */
async function emitTiny(folder: string, check: "machine" | "none"): Promise<void> {
  const terminal = new Terminal({ quiet: true, json: false });
  const options: EmitModelOptions = {
    ...{ model: TINY[0]!, randomWeights: 1, slice: undefined, settings: undefined },
    ...{ prompt: undefined, tokensFile: undefined, sequence: 12, seed: 1 },
    ...{
      weights: "mxfp8",
      mlen: undefined,
      blen: 4,
      matrix: "blocks",
      machine: undefined,
    } as const,
    ...{
      output: "logits",
      style: "model",
      check,
      explain: false,
      quiet: true,
      json: false,
    } as const,
  };
  assertEquals(await emitModel(options, terminal, folder), 0);
}

/** Changes the image of HBM in a build, and its recorded hash, as one who means it. */
async function damage(folder: string, name: string, at: number, bytes: Uint8Array): Promise<void> {
  const [json, image] = ["model.json", "hbm_for_behave_sim.bin"].map((file) => `${folder}/${file}`);
  const artifact = JSON.parse(await Deno.readTextFile(json!));
  const region = artifact.data.regions.find((region: { name: string }) => region.name === name);
  const hbm = await Deno.readFile(image!);
  hbm.set(bytes, region.offset + at);
  await Deno.writeFile(image!, hbm);
  artifact.blobs.find(({ role }: { role: string }) => role === "hbm").sha256 = await sha256(hbm);
  await Deno.writeTextFile(json!, JSON.stringify(artifact));
  const { code, stderr } = await runTaskIn(folder, "artifacts:seal", ["model.json"]);
  assertEquals(code, 0, stderr);
}

Deno.test("model:compare runs a build as it lies on disk, and finds a damaged weight", async () => {
  await inFolder(async (folder) => {
    await emitTiny(`${folder}/b`, "machine");
    const good = await runTaskIn(folder, "model:compare", ["b", "--json"]);
    assertEquals([good.code, good.stderr], [0, ""]);
    const { data, inputs } = JSON.parse(good.stdout);
    assertEquals([data.within, data.bound, data.stages.length], [true, 1e-2, 0]);
    assertEquals([data.weights, data.tokens.length], ["mxfp8", 12]);
    assertEquals(inputs.map(({ role }: { role: string }) => role), ["model"]);

    // Sixteen weights of an output projection become 3.25 times their scale.
    await damage(`${folder}/b`, "W_o_1", 32, new Uint8Array(16).fill(0x4a));
    const bad = await runTaskIn(folder, "model:compare", ["b/model.json", "--json"]);
    assertEquals(bad.code, 1);
    assertMatch(
      bad.stderr,
      /^failed: the machine is \S+ from the staged reference, more than 0.01\n/,
    );
    assertEquals(JSON.parse(bad.stdout).data.within, false);
    const wide = await runTaskIn(folder, "model:compare", ["b", "--bound=10", "--json"]);
    assertEquals(wide.code, 0);
  });
});

Deno.test("model:compare refuses a build that expects nothing, and one that was changed", async () => {
  await inFolder(async (folder) => {
    await emitTiny(`${folder}/b`, "none");
    const none = await runTaskIn(folder, "model:compare", ["b"]);
    assertEquals(none.code, 2);
    assertMatch(
      none.stderr,
      /^error: the build does not say what to expect at b\/model\.json#data/,
    );
    await emitTiny(`${folder}/b`, "machine");
    await Deno.writeFile(`${folder}/b/int_sram.bin`, new Uint8Array(8));
    const changed = await runTaskIn(folder, "model:compare", ["b"]);
    assertEquals(changed.code, 2);
    assertMatch(changed.stderr, /^error: the content does not match the hash in .*int_sram\.bin\n/);
  });
});

Deno.test("model:compare refuses what cannot be compared", async () => {
  await inFolder(async (folder) => {
    const refusals: [readonly string[], RegExp][] = [
      [[...TINY, "--decode=32"], /^error: --decode 32 of a text of 32 tokens\nhelp: leave at /],
      [[...TINY, "--bound=-1"], /^error: --bound -1\nhelp: give a relative RMS of at least 0\n$/],
      [["nowhere/model.json"], /^error: no such file at nowhere\/model\.json\nhelp: /],
      [TINY.slice(0, 1), /^error: no such file at .*model\.safetensors\nhelp: /],
    ];
    for (const [args, says] of refusals) {
      const { code, stderr } = await runTaskIn(folder, "model:compare", args);
      assertEquals(code, 2, stderr);
      assertMatch(stderr, says);
    }
  });
});

for (const [weights, bound] of [["bf16", 2e-3], ["mxfp8", 1e-2], ["mxfp4", 1e-2]] as const) {
  Deno.test({
    name: `model:compare finds a trained model with ${weights} at its staged reference`,
    ignore: !isThere(),
    fn: async () => {
      await inFolder(async (folder) => {
        const { code, stdout, stderr } = await runTaskIn(folder, "model:compare", [
          STORIES.pathname,
          "--prompt=Once upon a time, there was a little girl named Lily.",
          ...[`--weights=${weights}`, "--decode=3", "--json"],
        ]);
        assertEquals([code, stderr], [0, ""]);
        const { data } = JSON.parse(stdout);
        assert(data.machineToStaged.relativeRms <= bound);
        const { rows, agreeing } = data.machineToFloat.top;
        assertEquals(rows, data.tokens.length);
        if (weights === "bf16") {
          assertEquals(agreeing, rows);
          assert(data.machineToFloat.cosine >= 0.999);
        }
      });
    },
  });
}
