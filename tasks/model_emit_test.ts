import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeSafetensors, readArtifact } from "../lib/artifacts/mod.ts";
import { parseSettingsToml } from "../lib/boards/mod.ts";
import { Terminal } from "../lib/cli/mod.ts";
import { parseMem } from "../lib/isa/mod.ts";
import { emitModel, type EmitModelOptions, isModel } from "./_emit_model.ts";
import { filesBelow, FIXTURES, inFolder, runTaskIn } from "./_process.ts";

const TINY = `${FIXTURES}/decoders/tiny`;
const SILENT = new Terminal({ quiet: true, json: false });

function emitTiny(out: string, options: Partial<EmitModelOptions> = {}): Promise<number> {
  return emitModel(
    {
      model: TINY,
      settings: undefined,
      prompt: undefined,
      tokensFile: undefined,
      sequence: 13,
      seed: 1,
      randomWeights: 1,
      slice: undefined,
      weights: "bf16",
      mlen: undefined,
      blen: 4,
      matrix: "blocks",
      machine: undefined,
      output: "logits",
      style: "model",
      check: "machine",
      explain: false,
      quiet: true,
      json: false,
      ...options,
    },
    SILENT,
    out,
  );
}

/** The public compiler's way to a result: rows of the bf16 dump, column blocks put side by side. */
function publicReader(dump: Uint8Array, params: Record<string, number>): Float32Array[] {
  const { start_row_idx, num_rows, num_batches, elements_per_batch, row_dim, physical_rows } =
    params as Record<string, number> & Record<"start_row_idx", number>;
  const words = new Uint16Array(dump.buffer, dump.byteOffset, dump.byteLength / 2);
  const value = (i: number): number =>
    new Float32Array(Uint32Array.of((words[i] ?? 0) << 16).buffer)[0]!;
  assertEquals(num_rows! % physical_rows!, 0);
  return Array.from(
    { length: num_batches! },
    (_, row) =>
      Float32Array.from({ length: elements_per_batch! }, (_, column) => {
        const block = Math.floor(column / row_dim!);
        const dumpRow = start_row_idx + block * physical_rows! + row;
        return value(dumpRow * row_dim! + column % row_dim!);
      }),
  );
}

Deno.test("emitModel() writes a build that emulate runs to the staged reference's logits", async () => {
  for (const matrix of ["blocks", "broadcast"] as const) {
    await inFolder(async (folder) => {
      assertEquals(await emitTiny(`${folder}/b`, { matrix }), 0);
      const { code, stderr } = await runTaskIn(folder, "emulate", [
        ...["--program=b/generated_machine_code.mem", "--hbm=b/hbm_for_behave_sim.bin"],
        ...["--fp-sram=b/fp_sram.bin", "--int-sram=b/int_sram.bin", "--dump-dir=dump"],
        ...["--settings=b/settings.toml", "--memory-model=ideal", "--quiet"],
      ]);
      assertEquals([code, stderr], [0, ""]);
      const json = (name: string) => JSON.parse(Deno.readTextFileSync(`${folder}/b/${name}.json`));
      const dump = Deno.readFileSync(`${folder}/dump/vram_dump.bin`);
      const rows = publicReader(dump, json("comparison_params"));
      const golden = decodeSafetensors(Deno.readFileSync(`${folder}/b/golden_output.safetensors`));
      const { shape, bytes } = golden.staged!;
      assertEquals(shape, [13, 64]);
      const staged = new Float32Array(bytes.slice().buffer);
      let [error, power] = [0, 0];
      for (let r = 0; r < 13; r++) {
        for (let c = 0; c < 64; c++) {
          error += (rows[r]![c]! - staged[r * 64 + c]!) ** 2;
          power += staged[r * 64 + c]! ** 2;
        }
      }
      assert(Math.sqrt(error / power) <= 2e-3 && power > 1, `${Math.sqrt(error / power)}`);
    });
  }
});

Deno.test("emitModel() says in model.json what is in the files beside it", async () => {
  await inFolder(async (folder) => {
    await emitTiny(folder, { weights: "mxfp8" });
    const { data, blob, artifact } = await readArtifact(`${folder}/model.json`, "model");
    const text = async (role: string): Promise<string> =>
      new TextDecoder().decode(await blob(role));
    const json = async (role: string) => JSON.parse(await text(role));
    const words = parseMem(await text("mem"));
    assertEquals(data.instructions.static, words.length);
    // Every stage once, none beyond the program; what is outside of them is the loop over layers.
    const stages = data.stages.filter(({ depth }) => depth === 0);
    assert(stages.every(({ end }, i) => end <= (stages[i + 1]?.first ?? words.length)));
    const executed = stages.reduce((sum, stage) => sum + stage.instructions.executed, 0);
    assertEquals(data.instructions.executed - executed > 0, true);
    assert(data.instructions.executed - executed < 20, `${data.instructions.executed} ${executed}`);
    for (const { name } of stages) assert((await text("asm")).includes(`; === ${name} ===`));

    const order: string[] = await json("data_order");
    const addresses = await json("hbm_addrs");
    const sizes = await json("hbm_sizes");
    const layouts = await json("tensor_layouts");
    assertEquals(Object.keys(layouts).sort(), [...order].sort());
    assertEquals(Object.keys(addresses).length, data.regions.length);
    let end = 0;
    for (const name of order) {
      assert(addresses[name] >= end, name);
      end = addresses[name] + sizes[name];
    }
    assertEquals((await blob("hbm")).length, end);
    assertEquals(Number(await text("hbm_size")), data.hbmBytes);
    const { seq_len, num_layers, mlen } = await json("compile_info");
    assertEquals([seq_len, num_layers, mlen], [13, 2, 16]);
    const settings = parseSettingsToml(await text("settings"));
    assertEquals(settings.precision.HBM_M_WEIGHT_TYPE, data.machine.weightType);
    assertEquals(settings.config.mlen, data.machine.mlen);
    assertEquals(data.comparison!.machineToStaged!.top, { rows: 13, agreeing: 13 });
    assert(artifact.inputs.some(({ role }) => role === "config"));
  });
});

Deno.test("emitModel() gives the same bytes for the same options, and others for another seed", async () => {
  await inFolder(async (folder) => {
    for (const name of ["a", "b"]) await emitTiny(`${folder}/${name}`, { slice: "layers=1" });
    assertEquals(filesBelow(`${folder}/a`), filesBelow(`${folder}/b`));
    await emitTiny(`${folder}/c`, { slice: "layers=1", randomWeights: 2 });
    const [a, c] = ["a", "c"].map((name) =>
      Deno.readFileSync(`${folder}/${name}/hbm_for_behave_sim.bin`)
    );
    assertEquals(a!.length, c!.length);
    assert(a!.some((byte, i) => byte !== c![i]));
  });
});

Deno.test("emitModel() compiles a slice, tokens of a file and hidden states, without a check", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/tokens.json`, "[3, 1, 4,\n 1, 5]");
    const options = {
      slice: "hidden=16,inter=24,layers=1",
      tokensFile: `${folder}/tokens.json`,
      sequence: undefined,
      output: "hidden",
      check: "none",
    } as const;
    assertEquals(await emitTiny(`${folder}/b`, options), 0);
    const { data, artifact } = await readArtifact(`${folder}/b/model.json`, "model");
    const { hidden, intermediate, layers, heads, kvHeads } = data.architecture;
    assertEquals([hidden, intermediate, layers, heads, kvHeads], [16, 24, 1, 2, 1]);
    assertEquals(data.tokens, [3, 1, 4, 1, 5]);
    assertEquals([data.output.kind, data.output.columns], ["hidden", 16]);
    assertEquals(data.comparison, null);
    assertEquals(artifact.blobs.some(({ role }) => role === "golden"), false);
  });
});

Deno.test("emitModel() refuses texts and slices that the model cannot have", async () => {
  await inFolder(async (folder) => {
    const refusals: [Partial<EmitModelOptions>, string][] = [
      [{ sequence: 0 }, "a text of 0 tokens"],
      [{ sequence: 129 }, "a text of 129 tokens, the model is made for 1 to 128"],
      [{ sequence: undefined, prompt: "1,64" }, "token 64 is not of the vocabulary of 64"],
      [{ sequence: undefined, prompt: "Once" }, '"Once" is no token number'],
      [{ prompt: "1" }, "--prompt and --sequence"],
      [{ slice: "hidden=64" }, "A slice of hidden 64 is larger than the model's 32"],
      [{ slice: "heads=1" }, '--slice has "heads=1"'],
      [{ slice: "layers=0" }, '--slice has "layers=0"'],
      [{ mlen: 16, blen: 3 }, "a machine with MLEN 16, VLEN 16 and BLEN 3"],
      [{ weights: "mxfp4", machine: "plena" }, "elements of 4 bits"],
      [{ randomWeights: undefined }, "no such file"],
    ];
    for (const [options, says] of refusals) {
      const error = await assertRejects(() => emitTiny(`${folder}/b`, options), Error, says);
      assert("help" in error, says);
    }
    assertEquals(filesBelow(folder).size, 0);
  });
});

Deno.test("isModel() tells models from circuits", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/circuit.json`, '{"fourbit":1,"kind":"circuit"}');
    assertEquals(await isModel(`${folder}/circuit.json`), false);
    assertEquals(await isModel(`${folder}/nowhere.json`), false);
    assertEquals(await isModel(TINY), true);
    assertEquals(await isModel(`${TINY}/config.json`), true);
    assertEquals(await isModel("llama-3.2-1b"), true);
  });
});
