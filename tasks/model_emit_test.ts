import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { decodeSafetensors, readArtifact, seal } from "../lib/artifacts/mod.ts";
import {
  formatSettingsToml,
  HBM_TYPES,
  parseSettingsToml,
  SHIPPED_SETTINGS,
  type TensorType,
} from "../lib/boards/mod.ts";
import { Terminal } from "../lib/cli/mod.ts";
import { parseMem } from "../lib/isa/mod.ts";
import { plenaLayout } from "../lib/models/mod.ts";
import { emitModel, type EmitModelOptions, isModel, MODEL_EMIT_OPTIONS } from "./_emit_model.ts";
import { loadDecoder } from "./_models.ts";
import { filesBelow, FIXTURES, inFolder, runTaskIn, wordsOf } from "./_process.ts";

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
      weights: undefined,
      mlen: undefined,
      kv: undefined,
      activations: undefined,
      blen: undefined,
      matrix: "blocks",
      longLoops: undefined,
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
  const { rows_per_batch: slab = num_batches!, active_seq_per_batch: active = slab } = params;
  return Array.from(
    { length: num_batches! },
    (_, row) =>
      Float32Array.from({ length: elements_per_batch! }, (_, column) => {
        const block = Math.floor(column / row_dim!);
        const inBlock = Math.floor(row / active) * slab + row % active;
        const dumpRow = start_row_idx + block * physical_rows! + inBlock;
        return value(dumpRow * row_dim! + column % row_dim!);
      }),
  );
}

Deno.test("emitModel() writes a build that public tools run to the staged reference's logits", async () => {
  await inFolder(async (folder) => {
    assertEquals(await emitTiny(`${folder}/b`, { matrix: "broadcast" }), 0);
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
    const text = Deno.readTextFileSync(`${folder}/b/golden_result.txt`).trim().split("\n");
    assertEquals(Float32Array.from(text, Number), staged);
    let [error, power] = [0, 0];
    for (let r = 0; r < 13; r++) {
      for (let c = 0; c < 64; c++) {
        error += (rows[r]![c]! - staged[r * 64 + c]!) ** 2;
        power += staged[r * 64 + c]! ** 2;
      }
    }
    assert(Math.sqrt(error / power) <= 2e-3 && power > 1, `${Math.sqrt(error / power)}`);
  });
});

Deno.test("emitModel() runs texts side by side as it runs each alone", async () => {
  await inFolder(async (folder) => {
    for (const weights of ["bf16", "mxfp8"] as const) {
      const folders = `${folder}/${weights}`;
      assertEquals(await emitTiny(`${folders}/b`, { weights, sequence: 7, batch: 3 }), 0);
      const { data, artifact } = await readArtifact(`${folders}/b/program.json`, "model");
      assertEquals([data.batch, data.tokens.length, data.positions], [3, 21, 7]);
      assertEquals([data.output.rows, data.comparison!.machineToStaged!.top!.rows], [21, 21]);
      assertEquals(artifact.producer.options["batch"], 3);
      const texts = [0, 7, 14].map((from) => data.tokens.slice(from, from + 7));
      assertEquals(new Set(texts.map(String)).size, 3);
      const golden = async (path: string) =>
        decodeSafetensors(await Deno.readFile(`${path}/golden_output.safetensors`));
      const all = await golden(`${folders}/b`);
      for (const [i, text] of texts.entries()) {
        const prompt = text.join(",");
        await emitTiny(`${folders}/${i}`, { weights, sequence: undefined, prompt });
        const alone = await golden(`${folders}/${i}`);
        for (const name of ["float", "staged", "machine"]) {
          const { bytes } = alone[name]!;
          const own = all[name]!.bytes.subarray(i * bytes.length, (i + 1) * bytes.length);
          assertEquals(own, bytes, `${weights}, ${name} of text ${i}`);
        }
      }
    }
    // The public reader finds them where the build says.
    const { code, stderr } = await runTaskIn(folder, "emulate", [
      ...["--program=bf16/b/program.json", "--dump-dir=dump", "--memory-model=ideal", "--quiet"],
    ]);
    assertEquals([code, stderr], [0, ""]);
    const params = JSON.parse(Deno.readTextFileSync(`${folder}/bf16/b/comparison_params.json`));
    const rows = publicReader(Deno.readFileSync(`${folder}/dump/vram_dump.bin`), params);
    const { bytes } = decodeSafetensors(
      Deno.readFileSync(`${folder}/bf16/b/golden_output.safetensors`),
    )["machine"]!;
    assertEquals(rows.flatMap((row) => [...row]), [...new Float32Array(bytes.slice().buffer)]);
  });
});

Deno.test("emitModel() takes a text a line, an array of arrays, or the same text for all", async () => {
  await inFolder(async (folder) => {
    const tokens = async (options: Partial<EmitModelOptions>): Promise<readonly number[]> => {
      await emitTiny(`${folder}/b`, { check: "none", sequence: undefined, batch: 2, ...options });
      return (await readArtifact(`${folder}/b/program.json`, "model")).data.tokens;
    };
    const tokensFile = `${folder}/tokens`;
    for (const text of ["3 1 4\n\n1, 5, 9\n", "[[3, 1, 4],\n [1, 5, 9]]", "[3,1,4]\r\n[1,5,9]"]) {
      await Deno.writeTextFile(tokensFile, text);
      assertEquals(await tokens({ tokensFile }), [3, 1, 4, 1, 5, 9], text);
    }
    assertEquals(await tokens({ prompt: "2,7,1" }), [2, 7, 1, 2, 7, 1]);
    for (
      const [text, batch, says] of [
        ["1 2\n3 4", 3, "2 texts of tokens with --batch 3"],
        ["[[1, 2], [3, 4]]", undefined, "2 texts of tokens with --batch 1"],
        ["1 2\n3", 2, "texts of 2 and 1 tokens"],
        ["\n", 2, "a text of 0 tokens"],
        ["[[1, 2], [3, [4]]]", 2, '"[4]" is no token number'],
        ["[[1, 2], []]", 2, "a text of 0 tokens"],
        ["[[1, 2], [64, 1]]", 2, "token 64 is not of the vocabulary"],
      ] as const
    ) {
      await Deno.writeTextFile(tokensFile, text);
      const error = await assertRejects(() => tokens({ tokensFile, batch }), Error, says);
      assert("help" in error, says);
    }
  });
});

Deno.test("a model's build runs on a board through the tasks that circuits have", async () => {
  await inFolder(async (folder) => {
    const steps = async (lines: readonly string[]): Promise<string> => {
      let last = "";
      for (const line of lines) {
        const [name, ...args] = wordsOf(line);
        const { code, stdout, stderr } = await runTaskIn(folder, name!, args);
        assertEquals([code, stderr], [0, ""], line);
        last = stdout;
      }
      return last;
    };
    const read = (path: string) => JSON.parse(Deno.readTextFileSync(`${folder}/${path}`));
    // Only the repaired machine reads four-bit weights: the build says so.
    await emitTiny(`${folder}/b`, { weights: "mxfp4" });
    await steps([
      "board:inject kv260 --settings b/settings.toml --out s.json",
      "emulate --program b/program.json --settings s.json --memory-model auto --out run.json",
    ]);
    const { data: run, blobs } = read("run.json");
    assertEquals([run.board, run.memoryModel, run.repairs.includes("hbm4bit")], [
      "kv260",
      "resident",
      true,
    ]);
    assertEquals(
      blobs.map(({ role, dtype, shape }: Record<string, unknown>) => [
        role,
        dtype,
        shape,
      ]),
      [["output", "F32", [13, 64]]],
    );
    assertMatch(await steps(["compare run.json"]), /^the run is within 0.01 of the staged/m);
    const { kind, data } = read("out/comparison.json");
    assertEquals([kind, data.within, data.stages], ["model_comparison", true, []]);
    assert(data.machineToStaged.relativeRms <= 1e-2 && data.machineToStaged.elements === 13 * 64);

    // On a board with less memory, by its own manifest, it takes longer and says the same.
    await steps([
      "weights:manifest b --ddr-capacity 40000 --out manifest.json",
      "emulate --program b/program.json --memory-model auto --manifest manifest.json --out less.json",
      "compare less.json",
    ]);
    const less = read("less.json").data;
    assertEquals(read("manifest.json").data.footprint.kv > 0, true);
    assertEquals(less.memoryModel, "kv-swap");
    // The build is its folder, or its program.json.
    await steps(["weights:manifest b/program.json --ddr-capacity 40000 --out same.json"]);
    assertEquals(read("same.json").data, read("manifest.json").data);
    assertEquals(read("same.json").inputs, read("manifest.json").inputs);
    const stages = /^stage, by its comment/m;
    assertMatch(await steps(["profile b/program.json --board kv260 --run run.json"]), stages);
    const profile = read("out/profile.json").data;
    assertEquals(profile.mlen, 32);
    const names = profile.stages.map(({ stage }: { stage: string }) => stage);
    assert(names.includes("attention") && names.includes("ffn_out"), names.join());
    for (const { opcode, cycles, emulatedCycles } of profile.opcodes) {
      if (opcode === "M_MM") assertEquals(cycles, emulatedCycles);
    }
  });
});

Deno.test("compare tells that a model's run is not what its build expects", async () => {
  await inFolder(async (folder) => {
    await emitTiny(`${folder}/b`, { weights: "mxfp8" });
    // Another text than the build's: its token numbers are the last entries of the INT SRAM.
    const sram = Deno.readFileSync(`${folder}/b/int_sram.bin`);
    const { tokens } = JSON.parse(Deno.readTextFileSync(`${folder}/b/program.json`)).data;
    const entries = new Uint32Array(sram.buffer).subarray(-tokens.length);
    assertEquals([...entries], tokens);
    entries.reverse();
    Deno.writeFileSync(`${folder}/other.bin`, sram);
    const run = ["--program=b/program.json", "--memory-model=ideal", "--int-sram=other.bin"];
    const { code } = await runTaskIn(folder, "emulate", run);
    assertEquals(code, 0);
    const bad = await runTaskIn(folder, "compare", []);
    assertEquals(bad.code, 1, bad.stderr);
    assertMatch(
      bad.stderr,
      /^failed: the machine is \S+ from the staged reference, more than 0.01;/,
    );
    const wide = await runTaskIn(folder, "compare", ["--bound=9"]);
    assertEquals([wide.code, wide.stderr], [0, ""]);
  });
});

Deno.test("emulate refuses settings that a model's build was not compiled for", async () => {
  await inFolder(async (folder) => {
    await emitTiny(`${folder}/b`, { check: "none" });
    const toml = Deno.readTextFileSync(`${folder}/b/settings.toml`);
    for (
      const [change, says] of [
        [/(BLEN[^\d]*)4/, "BLEN = 4, the settings have 8".replace("BLEN", "blen")],
        [/(HBM_V_Prefetch_Amount[^\d]*)4/, "hbmVPrefetchRows = 4, the settings have 8"],
      ] as const
    ) {
      Deno.writeTextFileSync(
        `${folder}/other.toml`,
        toml.replace(change, (_, before) => `${before}8`),
      );
      const args = ["--program=b/program.json", "--settings=other.toml"];
      const { code, stderr } = await runTaskIn(folder, "emulate", args);
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, `error: the program was compiled for ${says}`);
      assertStringIncludes(stderr, "board:inject BOARD --settings b/settings.toml");
    }
    const { code, stderr } = await runTaskIn(folder, "emulate", [
      "--program=b/program.json",
      "--hbm-size=1M",
    ]);
    assertEquals([code, stderr], [0, ""]);
  });
});

Deno.test("emulate refuses the machine that a model's build was not compiled for", async () => {
  await inFolder(async (folder) => {
    for (const [own, other] of [["plena", "extended"], ["extended", "plena"]] as const) {
      await emitTiny(`${folder}/b`, { weights: "mxfp8", machine: own, check: "reference" });
      const emulate = (...more: string[]) =>
        runTaskIn(folder, "emulate", ["--program=b", "--memory-model=ideal", ...more]);
      const refused = await emulate(`--machine=${other}`);
      assertEquals([refused.code, refused.stdout], [2, ""]);
      assertEquals(
        refused.stderr,
        `error: the program was compiled for the ${own} machine, --machine is ${other} ` +
          "at b/program.json#data.machine.rules\n" +
          "help: leave --machine out, or emit the model again with: " +
          `deno task isa:emit --machine ${other}\n`,
      );
      const same = await emulate(`--machine=${own}`);
      assertEquals([same.code, same.stderr, /^note: /m.test(same.stdout)], [0, "", false]);
      // Who names single repairs knows what for, and is told how the machine differs.
      const repaired = await emulate("--machine=plena", "--repairs=bmv,ocpE4m3");
      assertEquals(repaired.code, 0, repaired.stderr);
      assertStringIncludes(
        repaired.stdout,
        own === "plena"
          ? "note: the program was compiled for the plena machine, this one has bmv, ocpE4m3\n"
          : "note: the program was compiled for the extended machine, this one lacks hbm4bit, " +
            "scalesAcrossBlocks, bmmScale, breakJumps\n",
      );
    }
  });
});

Deno.test("emitModel() says in program.json what is in the files beside it", async () => {
  await inFolder(async (folder) => {
    await emitTiny(folder, { weights: "mxfp8" });
    const { data, blob, artifact } = await readArtifact(`${folder}/program.json`, "model");
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
    const last = data.regions.find(({ name }) => name === order.at(-1))!;
    assertEquals((await blob("hbm")).length, last.offset + last.sizeBytes);
    const { seq_len, num_layers, mlen } = await json("compile_info");
    assertEquals([seq_len, num_layers, mlen], [13, 2, 16]);
    const settings = parseSettingsToml(await text("settings"));
    assertEquals(settings.precision.HBM_M_WEIGHT_TYPE, data.machine.weightType);
    assertEquals(settings.config.mlen, data.machine.mlen);
    assertEquals(data.comparison!.machineToStaged!.top, { rows: 13, agreeing: 13 });
    assert(artifact.inputs.some(({ role }) => role === "config"));
  });
});

Deno.test("isa:emit --rtl writes the image also as rows of 256 bits, whether it is checked or not", async () => {
  await inFolder(async (folder) => {
    for (const check of ["machine", "none"] as const) {
      await emitTiny(`${folder}/${check}`, { check, rtl: true });
      const { blob } = await readArtifact(`${folder}/${check}/program.json`, "model");
      const lines = new TextDecoder().decode(await blob("hbm_rtl")).split("\n");
      assertEquals(lines.pop(), "");
      const image = await blob("hbm");
      assertEquals(lines.length, Math.ceil(image.length / 32));
      const rows = lines.flatMap((line) => [...Uint8Array.fromHex(line).reverse()]);
      assertEquals(Uint8Array.from(rows).subarray(0, image.length), image);
      assert(lines.every((line) => /^[0-9A-F]{64}$/.test(line)));
    }
    const files = ["machine", "none"].map((check) =>
      Deno.readTextFileSync(`${folder}/${check}/hbm.mem`)
    );
    assertEquals(files[0], files[1]);
    await emitTiny(`${folder}/without`, { check: "none" });
    assertEquals(filesBelow(`${folder}/without`).has("hbm.mem"), false);
    const { code, stderr } = await runTaskIn(folder, "isa:emit", ["out/circuit.json", "--rtl"]);
    assertEquals(code, 2);
    assertMatch(stderr, /^error: --rtl is for models, and this is a circuit\nhelp: /);
    const vectors = await runTaskIn(folder, "isa:emit", ["llama-3.2-1b", "--vectors=3"]);
    assertEquals(vectors.code, 2);
    assertMatch(vectors.stderr, /^error: --vectors is for circuits, and this is a model\nhelp: /);
  });
});

Deno.test("isa:emit removes the files of the build before that the new one has not", async () => {
  await inFolder(async (folder) => {
    const [old, fresh] = [`${folder}/b`, `${folder}/fresh`];
    await emitTiny(old, { rtl: true, sequence: 5 });
    await Deno.writeTextFile(`${old}/notes.txt`, "mine");
    const first = [...filesBelow(old).keys()];
    for (const name of ["hbm.mem", "golden_output.safetensors", "golden_result.txt"]) {
      assert(first.includes(name), name);
    }
    for (const out of [old, fresh]) await emitTiny(out, { check: "none", slice: "layers=1" });
    const left = filesBelow(old);
    assertEquals(left.get("notes.txt"), new TextEncoder().encode("mine"));
    left.delete("notes.txt");
    assertEquals(left, filesBelow(fresh));

    // A circuit takes the folder over, with settings that are a file of the build before.
    for (const line of ["atoms:train", "circuit:compile adder:2"]) {
      const [task, ...args] = wordsOf(line);
      assertEquals((await runTaskIn(folder, task!, args)).code, 0, line);
    }
    const { code, stderr } = await runTaskIn(folder, "isa:emit", [
      "out/circuit.json",
      "--settings=b/settings.toml",
      "--out=b",
    ]);
    assertEquals([code, stderr], [0, ""]);
    const { artifact } = await readArtifact(`${old}/program.json`, "program");
    const own = [
      "program.json",
      "notes.txt",
      "settings.toml",
      ...artifact.blobs.map((b) => b.path),
    ];
    assertEquals(
      [...filesBelow(old).keys()].filter((name) => !name.startsWith("schemas/")).sort(),
      own.sort(),
    );
  });
});

Deno.test("isa:emit removes nothing outside the folder, and nothing that no build names", async () => {
  await inFolder(async (folder) => {
    const emit = (): Promise<number> =>
      emitTiny(`${folder}/b`, { check: "none", slice: "layers=1" });
    const path = `${folder}/b/program.json`;
    const others = ["other.txt", "b/c/other.txt", "b/other.txt"];
    await Deno.mkdir(`${folder}/b/c`, { recursive: true });
    for (const name of others) await Deno.writeTextFile(`${folder}/${name}`, "mine");
    const isThere = (): boolean[] => {
      const files = filesBelow(folder);
      return others.map((name) => files.has(name));
    };
    await emit();
    const name = async (...paths: string[]): Promise<string> => {
      const artifact = JSON.parse(await Deno.readTextFile(path));
      const [blob] = artifact.blobs;
      for (const path of paths) artifact.blobs.push({ ...blob, path });
      return JSON.stringify({ ...artifact, sha256: await seal(artifact) });
    };
    // Not as isa:emit wrote it: a JSON file of another kind, one cut off, one whose seal is broken.
    const text = await name("other.txt");
    assertStringIncludes(text, '"tiny"');
    for (const wrong of ["{}", text.slice(0, -9), text.replace('"tiny"', '"tony"')]) {
      await Deno.writeTextFile(path, wrong);
      await emit();
      assertEquals(isThere(), [true, true, true]);
    }
    await Deno.writeTextFile(path, await name("../other.txt", "c/other.txt", "c", "..", "gone"));
    await emit();
    assertEquals(isThere(), [true, true, true]);
    await Deno.writeTextFile(path, text);
    await emit();
    assertEquals(isThere(), [true, true, false]);
  });
});

Deno.test("isa:emit records every option that shapes a build, and what it chose itself", async () => {
  await inFolder(async (folder) => {
    const [check, slice] = ["none", "layers=1"] as const;
    await emitTiny(folder, { check, slice, kv: "mxfp8", weights: "mxfp8", activations: "bf16" });
    const { artifact } = await readArtifact(`${folder}/program.json`, "model");
    const { options } = artifact.producer;
    const unrecorded = ["tokensFile", "explain"];
    assertEquals(
      Object.keys(options),
      Object.keys(MODEL_EMIT_OPTIONS).filter((name) => !unrecorded.includes(name)).sort(),
    );
    const { kv, activations, weights, mlen, longLoops, batch, rtl, machine } = options;
    assertEquals([kv, activations, weights], ["mxfp8", "bf16", "mxfp8"]);
    assertEquals([mlen, longLoops, batch, rtl, machine], [16, "renew", 1, false, "plena"]);
    await emitTiny(folder, { check, slice });
    const open = (await readArtifact(`${folder}/program.json`, "model")).artifact.producer.options;
    assertEquals([open.kv, open.activations, open.weights], [null, null, "bf16"]);
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
    const { data, artifact } = await readArtifact(`${folder}/b/program.json`, "model");
    const { hidden, intermediate, layers, heads, kvHeads } = data.architecture;
    assertEquals([hidden, intermediate, layers, heads, kvHeads], [16, 24, 1, 2, 1]);
    assertEquals(data.tokens, [3, 1, 4, 1, 5]);
    assertEquals([data.output.kind, data.output.columns], ["hidden", 16]);
    assertEquals(data.comparison, null);
    assertEquals(artifact.blobs.some(({ role }) => role === "golden"), false);
  });
});

Deno.test("emitModel() takes dimensions and types from settings, but for what options say", async () => {
  await inFolder(async (folder) => {
    const settings = `${folder}/s.toml`;
    const { config, precision } = SHIPPED_SETTINGS;
    const machine = { ...SHIPPED_SETTINGS, config: { ...config, blen: 16, hbmVPrefetchRows: 8 } };
    await Deno.writeTextFile(settings, formatSettingsToml(machine));
    const bf16 = precision.VECTOR_SRAM_TYPE;
    const { mxfp4, mxfp8 } = HBM_TYPES;
    const cases: [Partial<EmitModelOptions>, [number, number, number], TensorType[], string][] = [
      [{ settings }, [64, 16, 8], [mxfp8, mxfp8, mxfp8], "plena"],
      [{ settings, mlen: 32 }, [32, 16, 16], [mxfp8, mxfp8, mxfp8], "plena"],
      [{ settings, blen: 4, weights: "bf16" }, [64, 4, 4], [bf16, mxfp8, mxfp8], "plena"],
      [{ settings, kv: "mxfp4" }, [64, 16, 8], [mxfp8, mxfp4, mxfp8], "extended"],
      [{ activations: "bf16", weights: "mxfp8" }, [16, 4, 4], [mxfp8, mxfp8, bf16], "plena"],
      [{ kv: "mxfp4" }, [32, 4, 4], [bf16, mxfp4, bf16], "extended"],
    ];
    for (const [options, dimensions, types, rules] of cases) {
      assertEquals(await emitTiny(`${folder}/b`, options), 0);
      const { data } = await readArtifact(`${folder}/b/program.json`, "model");
      const { mlen, blen, weightType, kvType, activationType } = data.machine;
      const text = await Deno.readTextFile(`${folder}/b/settings.toml`);
      const { hbmVPrefetchRows } = parseSettingsToml(text).config;
      assertEquals([mlen, blen, hbmVPrefetchRows], dimensions);
      assertEquals([weightType, kvType, activationType], types);
      assertEquals(data.machine.rules, rules);
      assertEquals(data.comparison!.machineToStaged!.relativeRms, 0);
    }
    const odd = { ...precision, HBM_M_WEIGHT_TYPE: { ...mxfp8, block: 16 } as TensorType };
    await Deno.writeTextFile(settings, formatSettingsToml({ ...machine, precision: odd }));
    const says = "HBM_M_WEIGHT_TYPE of the settings is none of bf16, mxfp8, mxfp4";
    await assertRejects(() => emitTiny(`${folder}/b`, { settings }), Error, says);
  });
});

Deno.test("isa:emit takes a model's machine from the artifact of board:inject as from its text", async () => {
  await inFolder(async (folder) => {
    const run = async (task: string, ...args: string[]): Promise<void> => {
      const { code, stderr } = await runTaskIn(folder, task, [...args, "--quiet"]);
      assertEquals([code, stderr], [0, ""]);
    };
    await run("board:inject", "kv260", "--out=s.json");
    await Deno.writeTextFile(
      `${folder}/s.toml`,
      formatSettingsToml((await readArtifact(`${folder}/s.json`, "settings")).data.machine),
    );
    for (const kind of ["json", "toml"]) {
      await run(
        "isa:emit",
        TINY,
        "--random-weights=1",
        "--sequence=9",
        `--settings=s.${kind}`,
        `--out=${kind}`,
      );
    }
    for (const file of ["tensor_layouts.json", "settings.toml", "generated_machine_code.mem"]) {
      const [a, b] = ["json", "toml"].map((kind) =>
        Deno.readTextFileSync(`${folder}/${kind}/${file}`)
      );
      assertEquals(a, b, file);
    }
    assertEquals(
      (await readArtifact(`${folder}/json/program.json`, "model")).data.weights,
      "mxfp8",
    );
  });
});

Deno.test("emitModel() in the style of the public compiler has its addresses and its model", async () => {
  await inFolder(async (folder) => {
    assertEquals(await emitTiny(`${folder}/b`, { style: "plena", weights: "mxfp8" }), 0);
    const { data } = await readArtifact(`${folder}/b/program.json`, "model");
    const { config } = await loadDecoder(TINY, 1);
    const layout = plenaLayout(config, { mlen: 16, blen: 4, sequence: 13, packHeads: false });
    const addresses = JSON.parse(await Deno.readTextFile(`${folder}/b/hbm_addrs.json`));
    // Our own head of the vocabulary is behind all of it.
    const { lm_head, ...others } = addresses;
    assertEquals(others, layout.hbmAddrs);
    assert(lm_head >= layout.endAddress);
    const { machineToStaged, stagedToFloat } = data.comparison!;
    assertEquals(machineToStaged!.relativeRms, 0);
    // It is not the model, whose gains are random here.
    assert(stagedToFloat.relativeRms! > 0.1);
  });
});

Deno.test("emitModel() refuses texts and slices that the model cannot have", async () => {
  await inFolder(async (folder) => {
    const refusals: [Partial<EmitModelOptions>, string][] = [
      [{ sequence: 0 }, "a text of 0 tokens"],
      [{ batch: 0 }, "--batch 0"],
      [{ batch: 1025 }, "--batch 1025"],
      [{ batch: 300 }, "3900 tokens behind tables of 3610 entries"],
      [{ sequence: 129 }, "a text of 129 tokens, the model is made for 1 to 128"],
      [{ sequence: undefined, prompt: "1,64" }, "token 64 is not of the vocabulary of 64"],
      [{ sequence: undefined, prompt: "Once" }, '"Once" is no token number'],
      [{ prompt: "1" }, "--prompt and --sequence"],
      [{ slice: "hidden=64" }, "A slice of hidden 64 is larger than the model's 32"],
      [{ slice: "heads=1" }, '--slice has "heads=1"'],
      [{ slice: "layers=0" }, '--slice has "layers=0"'],
      [{ mlen: 16, blen: 3 }, "a machine with MLEN 16, VLEN 16 and BLEN 3"],
      [{ weights: "mxfp4", machine: "plena" }, "elements of 4 bits"],
      [{ style: "plena", batch: 2 }, "--style plena with --batch 2"],
      [{ style: "plena", matrix: "broadcast" }, "--style plena with --matrix broadcast"],
      [{ style: "plena", sequence: 20 }, "a text of 20 tokens: the public layout has no rows"],
      [{ randomWeights: undefined }, "no such file"],
      [{ model: "llama-3.1-8b" }, "the image of llama-3.1-8b has 16,81"],
    ];
    for (const [options, says] of refusals) {
      const error = await assertRejects(() => emitTiny(`${folder}/b`, options), Error, says);
      assert("help" in error, says);
    }
    assertEquals(filesBelow(folder).size, 0);
  });
});

Deno.test("isa:emit says what a model's name is nearest to", async () => {
  await inFolder(async (folder) => {
    const { code, stderr } = await runTaskIn(folder, "isa:emit", ["llama-3.2-1"]);
    assertEquals(code, 2);
    assertMatch(
      stderr,
      /^error: unknown model "llama-3.2-1", .*\nhelp: did you mean "llama-3.2-1b"\?/,
    );
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
