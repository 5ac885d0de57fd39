import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { dirname } from "@std/path";
import {
  type ArtifactData,
  encodeSafetensors,
  readArtifact,
  seal,
  sha256,
  type Tensor,
} from "../lib/artifacts/mod.ts";
import { formatSettingsToml, parseSettingsToml, SHIPPED_SETTINGS } from "../lib/boards/mod.ts";
import { flagOf, Terminal } from "../lib/cli/mod.ts";
import { compileDecoder } from "../lib/compiler/mod.ts";
import type { LayerWeights } from "../lib/models/mod.ts";
import { emitModel, type EmitModelOptions } from "./_emit_model.ts";
import { loadDecoder } from "./_models.ts";
import { main, USAGE } from "./model_compare.ts";
import { filesBelow, FIXTURES, inFolder, runTaskIn } from "./_process.ts";

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

/** Compares in this process, which is warm, and must come to the verdict that all is well. */
async function compared(
  folder: string,
  args: readonly string[],
): Promise<ArtifactData<"model_comparison">> {
  const out = `${folder}/comparison.json`;
  assertEquals(await main([...args, `--out=${out}`, "--quiet"]), 0, args.join(" "));
  return (await readArtifact(out, "model_comparison")).data;
}

Deno.test("model:compare looks at every stage on the public compiler's layout", async () => {
  await inFolder(async (folder) => {
    const args = [...TINY, "--sequence=13", "--style=plena", "--weights=mxfp8"];
    const data = await compared(folder, args);
    assertEquals([data.within, data.decodeSteps, data.firstBadStage], [true, 0, null]);
    assertEquals(data.style, "plena");
    assertEquals(data.stages.length, 2 + 2 * 11);
    assert(data.stages.every(({ relativeRms }) => relativeRms === 0));
    const { code, stderr } = await runTaskIn(folder, "model:compare", [...args, "--decode=1"]);
    assertEquals(code, 2);
    assertMatch(stderr, /^error: the public layout has no decode steps\nhelp: give --decode 0/);
  });
});

Deno.test("model:compare finds the machine at the staged reference, stage by stage", async () => {
  await inFolder(async (folder) => {
    for (
      const [args, bound] of [
        [["--weights=bf16"], 2e-3],
        [["--weights=mxfp8", "--matrix=broadcast"], 1e-2],
        [["--weights=mxfp4", "--decode=3"], 1e-2],
      ] as const
    ) {
      const data = await compared(folder, [...TINY, "--sequence=17", ...args]);
      assertEquals([data.within, data.bound, data.firstBadStage], [true, bound, null]);
      // Embedding and logits, and eleven stages in each of two layers, in prefill and every step.
      const steps = args[0] === "--weights=mxfp4" ? 3 : 1;
      assertEquals(data.stages.length, (1 + steps) * (2 + 2 * 11));
      assertEquals(data.stages.at(-1)!.position, 16);
      assertEquals(data.machineToStaged.elements, 17 * 64);
      assert(data.machineToStaged.relativeRms! <= bound);
      assertEquals(data.machineToStaged.top, { rows: 17, agreeing: 17 });
      // The formats cost something, or the float model has been compared with itself.
      assert(data.machineToFloat.relativeRms! > 1e-3 && data.machineToFloat.cosine! > 0.8);
    }
  });
});

Deno.test("model:compare runs texts side by side, in prefill and decode steps", async () => {
  await inFolder(async (folder) => {
    for (const weights of ["bf16", "mxfp8"] as const) {
      const args = [...TINY, "--sequence=9", "--batch=3", "--decode=2", `--weights=${weights}`];
      const { batch, tokens, stages, machineToStaged } = await compared(folder, args);
      assertEquals([batch, tokens.length, machineToStaged.elements], [3, 27, 27 * 64]);
      assertEquals(machineToStaged.top, { rows: 27, agreeing: 27 });
      assertEquals(stages.length, 3 * 3 * (2 + 2 * 11));
      const { name, sequence, position } = stages.at(-1)!;
      assertEquals([name, sequence, position], ["logits", 2, 8]);
    }
  });
});

Deno.test("model:compare tells and records what it compared, of models and of builds", async () => {
  await inFolder(async (folder) => {
    const settings = `${folder}/s.toml`;
    await Deno.writeTextFile(settings, formatSettingsToml(SHIPPED_SETTINGS));
    const args = [...TINY, "--sequence=9", "--style=plena-packed", "--settings=s.toml"];
    const compare = async (...args: string[]) => {
      const { code, stdout, stderr } = await runTaskIn(folder, "model:compare", args);
      assertEquals([code, stderr], [0, ""]);
      const path = `${folder}/out/model_comparison.json`;
      return { stdout, ...await readArtifact(path, "model_comparison") };
    };
    const packed = await compare(...args, "--decode=2");
    const { options } = packed.artifact.producer;
    const places = ["tokensFile", "settings", "out"];
    const named = Object.keys(USAGE.options).filter((name) => !places.includes(name));
    assertEquals(Object.keys(options), named.sort());
    const { style, decode, sequence, randomWeights, mlen } = options;
    assertEquals([style, decode, sequence, randomWeights, mlen], ["plena-packed", 2, 9, 1, null]);
    assertEquals(packed.artifact.inputs.map(({ role }) => role), ["config", "settings"]);
    assertEquals([packed.data.style, packed.data.decodeSteps], ["plena-packed", 2]);
    // The settings have MXFP8.
    assertMatch(packed.stdout, /^tiny +mxfp8 +plena-packed +1 +9 +2$/m);
    const own = await compare(...args.slice(0, -2));
    assertMatch(own.stdout, /^tiny +bf16 +model +1 +9 +1$/m);
    assertEquals(own.data.style, "model");

    await emitTiny(`${folder}/b`, "machine", undefined, { style: "plena-packed" });
    const build = await compare("b", "--bound=0.5");
    assertEquals(build.artifact.producer.options, { bound: 0.5 });
    assertEquals(build.data.style, "plena-packed");
  });
});

Deno.test("model:compare takes as decode steps what one program cannot take of a text", async () => {
  await inFolder(async (folder) => {
    // With 60 texts the tables leave each of them room for 4 tokens.
    const args = [...TINY, "--batch=60", "--sequence=6", "--slice=layers=1"];
    const { data } = await (async () => {
      const { code, stdout, stderr } = await runTaskIn(folder, "model:compare", args);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(
        stdout,
        /^note: one program takes at most 4 tokens of a text here: the last 2 are/m,
      );
      return await readArtifact(`${folder}/out/model_comparison.json`, "model_comparison");
    })();
    assertEquals([data.decodeSteps, data.within, data.machineToStaged.elements], [
      ...[2, true, 60 * 6 * 64],
    ]);
    assertEquals([...new Set(data.stages.map(({ position }) => position))], [0, 4, 5]);
    assertEquals(data.stages.length, 3 * 60 * (2 + 11));
  });
});

Deno.test("model:compare finds the text of a batch that is not the build's", async () => {
  await inFolder(async (folder) => {
    await emitTiny(`${folder}/b`, "machine", undefined, { sequence: 6, batch: 3 });
    const good = await compared(folder, [`${folder}/b`]);
    assertEquals([good.within, good.stages.length], [true, 3 * (2 + 2 * 11)]);
    // Token numbers are the last entries of the INT SRAM: the third of the second text.
    await damageFile(`${folder}/b`, "int_sram", (bytes) => {
      bytes[bytes.length - 4 * (6 + 4)]! ^= 1;
    });
    const bad = await runTaskIn(folder, "model:compare", ["b", "--json"]);
    assertEquals(bad.code, 1, bad.stderr);
    assertMatch(
      bad.stderr,
      /^failed: stage embedding in sequence 1 is the first that is more than 0.01 /,
    );
    assertMatch(bad.stderr, /^failed: the machine is \S+ from the staged reference, more/m);
    const { data } = JSON.parse(bad.stdout);
    const outside = data.stages.filter(({ relativeRms }: { relativeRms: number }) =>
      relativeRms > 1e-2
    );
    assertEquals(outside.map(({ name, sequence }: Record<string, unknown>) => [name, sequence]), [
      ["embedding", 1],
    ]);
  });
});

Deno.test("model:compare takes long loops written out, alone and in a build", async () => {
  await inFolder(async (folder) => {
    const config = { ...SHIPPED_SETTINGS.config, maxLoopInstructions: 2000 };
    const settings = `${folder}/s.toml`;
    await Deno.writeTextFile(settings, formatSettingsToml({ ...SHIPPED_SETTINGS, config }));
    const sizes: number[] = [];
    for (const longLoops of ["renew", "unroll"] as const) {
      await compared(folder, [...TINY, `--settings=${settings}`, `--long-loops=${longLoops}`]);
      await emitTiny(`${folder}/b`, "machine", undefined, { settings, longLoops });
      const { data } = await readArtifact(`${folder}/b/program.json`, "model");
      assertEquals(data.origin.longLoops, longLoops);
      sizes.push(data.instructions.static);
      // It is compiled again as it was, or no stage would be looked at.
      const { stages } = await compared(folder, [`${folder}/b`]);
      assertEquals(stages.length, 2 + 2 * 11);
    }
    assert(sizes[0]! < sizes[1]!, sizes.join());
  });
});

async function copy(from: string, to: string): Promise<void> {
  for (const [path, bytes] of filesBelow(from)) {
    await Deno.mkdir(dirname(`${to}/${path}`), { recursive: true });
    await Deno.writeFile(`${to}/${path}`, bytes);
  }
}

/** Emits a build of the tiny decoder into a folder. */
async function emitTiny(
  folder: string,
  check: "machine" | "none",
  model: string = TINY[0]!,
  more: Partial<EmitModelOptions> = {},
): Promise<void> {
  const terminal = new Terminal({ quiet: true, json: false });
  const options: EmitModelOptions = {
    ...{ model, randomWeights: 1, slice: undefined, settings: undefined },
    ...{ prompt: undefined, tokensFile: undefined, sequence: 12, seed: 1 },
    ...{ longLoops: undefined },
    ...{
      weights: "mxfp8",
      mlen: undefined,
      kv: undefined,
      activations: undefined,
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
    ...more,
  };
  assertEquals(await emitModel(options, terminal, folder), 0);
}

type Region = ArtifactData<"model">["regions"][number];

/** Changes a file of a build, and the recorded hashes, as one who means it. */
async function damageFile(
  folder: string,
  role: string,
  change: (bytes: Uint8Array, regions: readonly Region[]) => void,
): Promise<void> {
  const artifact = JSON.parse(await Deno.readTextFile(`${folder}/program.json`));
  const blob = artifact.blobs.find((blob: { role: string }) => blob.role === role);
  const bytes = await Deno.readFile(`${folder}/${blob.path}`);
  change(bytes, artifact.data.regions);
  await Deno.writeFile(`${folder}/${blob.path}`, bytes);
  blob.sha256 = await sha256(bytes);
  const text = JSON.stringify({ ...artifact, sha256: await seal(artifact) });
  await Deno.writeTextFile(`${folder}/program.json`, text);
}

/** Changes a region in the image of HBM in a build. */
function damage(
  folder: string,
  name: string,
  change: (bytes: Uint8Array, region: Region) => void,
): Promise<void> {
  return damageFile(folder, "hbm", (hbm, regions) => {
    const region = regions.find((region) => region.name === name)!;
    change(hbm.subarray(region.offset, region.offset + region.sizeBytes), region);
  });
}

/** The contents of W_gate_up of layer 0 with gate and up of the model in each other's place. */
async function swappedGateUp(folder: string): Promise<Uint8Array> {
  const { blob } = await readArtifact(`${folder}/program.json`, "model");
  const settings = parseSettingsToml(new TextDecoder().decode(await blob("settings")));
  const { config, weights } = await loadDecoder(TINY[0]!, 1);
  const layer = (index: number): LayerWeights => {
    const { wGate, wUp, ...rest } = weights.layer(index);
    return { ...rest, wGate: wUp, wUp: wGate };
  };
  const swapped = { ...weights, layer };
  const { regions, hbm } = compileDecoder(config, swapped, settings, { positions: 12 });
  const { offset } = regions.find(({ name }) => name === "W_gate_up_0")!;
  return [...hbm()].find(({ address }) => address === offset)!.bytes;
}

/** Ways to harm the image of a build, and the stage that then is the first that is wrong. */
const DAMAGES: readonly {
  readonly what: string;
  readonly region: string;
  readonly harm: (bytes: Uint8Array, region: Region, swapped: Uint8Array) => void;
  readonly stage: string;
}[] = [
  {
    what: "sixteen weights of an output projection",
    region: "W_o_1",
    harm: (bytes) => bytes.fill(0x4a, 32, 48),
    stage: "o_proj of layer 1",
  },
  {
    what: "gate and up in each other's place",
    region: "W_gate_up_0",
    harm: (bytes, _, swapped) => bytes.set(swapped),
    stage: "ffn_hidden of layer 0",
  },
  {
    what: "a position table that is one position ahead",
    region: "rope",
    harm: (bytes, { shape: [rows, columns], scaleOffset }) => {
      const scales = (bytes.length - scaleOffset) / rows;
      bytes.copyWithin(0, columns, scaleOffset);
      bytes.copyWithin(scaleOffset, scaleOffset + scales);
    },
    stage: "q of layer 0",
  },
  {
    what: "scales that were never written",
    region: "W_down_1",
    harm: (bytes, { scaleOffset }) => bytes.fill(0, scaleOffset),
    stage: "ffn_out of layer 1",
  },
  {
    what: "an embedding without its last digit",
    region: "embedding",
    harm: (bytes, { scaleOffset }) =>
      bytes.subarray(0, scaleOffset).forEach((byte, i) => {
        bytes[i] = byte & 0xfe;
      }),
    stage: "embedding",
  },
];

Deno.test("model:compare runs a build as it lies on disk, and names the stage of any damage", async () => {
  await inFolder(async (folder) => {
    await emitTiny(`${folder}/good`, "machine");
    const good = await runTaskIn(folder, "model:compare", ["good", "--json"]);
    assertEquals([good.code, good.stderr], [0, ""]);
    const { data, inputs } = JSON.parse(good.stdout);
    assertEquals([data.within, data.bound, data.stages.length], [true, 1e-2, 2 + 2 * 11]);
    assertEquals([data.weights, data.tokens.length], ["mxfp8", 12]);
    assertEquals(inputs.map(({ role }: { role: string }) => role), ["program"]);

    const swapped = await swappedGateUp(`${folder}/good`);
    await Promise.all(DAMAGES.map(async ({ what, region, harm, stage }, i) => {
      await copy(`${folder}/good`, `${folder}/${i}`);
      await damage(`${folder}/${i}`, region, (bytes, found) => harm(bytes, found, swapped));
      const args = [`${i}/program.json`, `--out=${i}.json`, "--json"];
      const bad = await runTaskIn(folder, "model:compare", args);
      assertEquals(bad.code, 1, what);
      const says = `failed: stage ${stage} is the first that is more than 0.01 from what its `;
      assertEquals(bad.stderr.slice(0, says.length), says, `${what}: ${bad.stderr}`);
      assertMatch(
        bad.stderr,
        /^failed: the machine is \S+ from the staged reference, more than 0/m,
      );
      assertEquals(JSON.parse(bad.stdout).data.within, false);
    }));
    const wide = await runTaskIn(folder, "model:compare", ["0", "--bound=10", "--json"]);
    assertEquals(wide.code, 0);
  });
});

Deno.test("model:compare says of a result that is not finite that it is not", async () => {
  await inFolder(async (folder) => {
    await emitTiny(`${folder}/b`, "machine", undefined, { weights: "bf16" });
    // The largest numbers of bfloat16, whose sums are not finite.
    await damage(`${folder}/b`, "W_o_1", (bytes) => bytes.fill(0x7f));
    const { code, stderr } = await runTaskIn(folder, "model:compare", ["b", "--json"]);
    assertEquals(code, 1);
    assertEquals(
      stderr,
      "failed: stage o_proj of layer 1 is the first whose relative RMS to what its previous stages " +
        "make is not finite\n" +
        "failed: the relative RMS between machine and staged reference is not finite, and must be " +
        "at most 0.002\n",
    );
  });
});

Deno.test("model:compare judges a build without its model by its result, and says so", async () => {
  await inFolder(async (folder) => {
    await Deno.copyFile(`${TINY[0]}/config.json`, `${folder}/config.json`);
    await emitTiny(`${folder}/b`, "machine", `${folder}/config.json`);
    const config = await Deno.readTextFile(`${folder}/config.json`);
    await Deno.writeTextFile(`${folder}/config.json`, config.replace("1e-5", "1e-6"));
    await damage(`${folder}/b`, "W_o_1", (bytes) => bytes.fill(0x4a, 32, 48));
    const { code, stdout, stderr } = await runTaskIn(folder, "model:compare", ["b"]);
    assertEquals(code, 1);
    assertMatch(
      stdout,
      /^note: stages were not looked at: config\.json is not what it was when/m,
    );
    assertMatch(stderr, /^failed: the machine is \S+ from the staged reference, more than 0.01\n$/);
    const foreign = (): Promise<number> => main([`${folder}/b`, "--slice=layers=1"]);
    await assertRejects(foreign, Error, "--slice is for models, and this is a build");
    // All but how it is judged, and where that goes.
    const given: Record<string, string> = { matrix: "blocks", weights: "bf16", machine: "plena" };
    const words = {
      ...{ kv: "bf16", activations: "bf16" },
      ...{ output: "hidden", longLoops: "unroll", style: "plena" },
    };
    for (const name of Object.keys(USAGE.options)) {
      if (name === "bound" || name === "out") continue;
      const flag = flagOf(name);
      const option = `${flag}=${{ ...given, ...words }[name] ?? 2}`;
      const says = `${flag} is for models, and this is a build`;
      await assertRejects(() => main([`${folder}/b`, option]), Error, says);
    }
  });
});

/** Writes a model folder with the weights of a seed. */
async function writeModel(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  await Deno.copyFile(`${TINY[0]}/config.json`, `${folder}/config.json`);
  const { config, weights } = await loadDecoder(TINY[0]!, 1);
  const { hidden, intermediate, vocabulary, kvHeads, headDim } = config;
  const tensors: Record<string, Tensor> = {};
  const put = (name: string, values: Float32Array, ...shape: number[]): void => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    tensors[`model.${name}.weight`] = { dtype: "F32", shape, bytes };
  };
  put("embed_tokens", weights.embedding(), vocabulary, hidden);
  put("norm", weights.finalNorm(), hidden);
  for (let i = 0; i < config.layers; i++) {
    const layer = weights.layer(i);
    put(`layers.${i}.input_layernorm`, layer.attentionNorm, hidden);
    put(`layers.${i}.post_attention_layernorm`, layer.mlpNorm, hidden);
    put(`layers.${i}.self_attn.q_proj`, layer.wq, hidden, hidden);
    put(`layers.${i}.self_attn.k_proj`, layer.wk, kvHeads * headDim, hidden);
    put(`layers.${i}.self_attn.v_proj`, layer.wv, kvHeads * headDim, hidden);
    put(`layers.${i}.self_attn.o_proj`, layer.wo, hidden, hidden);
    put(`layers.${i}.mlp.gate_proj`, layer.wGate, intermediate, hidden);
    put(`layers.${i}.mlp.up_proj`, layer.wUp, intermediate, hidden);
    put(`layers.${i}.mlp.down_proj`, layer.wDown, hidden, intermediate);
  }
  await Deno.writeFile(`${folder}/model.safetensors`, encodeSafetensors(tensors));
}

Deno.test("a build names the files of its model, but a slice, for which they are not read whole", async () => {
  await inFolder(async (folder) => {
    await writeModel(`${folder}/m`);
    const own = { randomWeights: undefined };
    await emitTiny(`${folder}/whole`, "machine", `${folder}/m`, own);
    await emitTiny(`${folder}/random`, "machine");
    await emitTiny(`${folder}/slice`, "machine", `${folder}/m`, { ...own, slice: "layers=1" });
    const read = (name: string) => readArtifact(`${folder}/${name}/program.json`, "model");
    const [whole, random, slice] = await Promise.all(["whole", "random", "slice"].map(read));
    assertEquals(await whole!.blob("hbm"), await random!.blob("hbm"));
    const roles = (build: typeof whole) => build!.artifact.inputs.map(({ role }) => role);
    assertEquals(roles(whole), ["config", "weights"]);
    assertEquals(roles(slice), ["config"]);
    for (const [name, layers] of [["whole", 2], ["slice", 1]] as const) {
      const { within, stages } = await compared(folder, [`${folder}/${name}`]);
      assertEquals([within, stages.length], [true, 2 + 11 * layers]);
    }
  });
});

Deno.test("model:compare refuses a build that expects nothing, and one that was changed", async () => {
  await inFolder(async (folder) => {
    await emitTiny(`${folder}/b`, "none");
    const none = await runTaskIn(folder, "model:compare", ["b"]);
    assertEquals(none.code, 2);
    assertMatch(
      none.stderr,
      /^error: the build does not say what to expect at b\/program\.json#data/,
    );
    await emitTiny(`${folder}/b`, "machine");
    // A first row of queries far beyond the vector SRAM.
    await damageFile(`${folder}/b`, "int_sram", (bytes) => bytes.fill(0x7f, 16));
    const faults = await runTaskIn(folder, "model:compare", ["b"]);
    assertEquals(faults.code, 2, faults.stderr);
    assertMatch(faults.stderr, /^error: the program of the build faults: .* at b\/program\.json\n/);
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
      [
        ["llama-3-8b", "--random-weights=1", "--sequence=2"],
        /^error: the image of llama-3-8b has 16,811,360,256 bytes, the most to run at once is 2,147,/,
      ],
      [[...TINY, "--bound=-1"], /^error: --bound -1\nhelp: give a relative RMS of at least 0\n$/],
      [["nowhere/program.json"], /^error: no such file at nowhere\/program\.json\nhelp: /],
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
        const data = await compared(folder, [
          STORIES.pathname,
          "--prompt=Once upon a time, there was a little girl named Lily.",
          ...[`--weights=${weights}`, "--decode=3"],
        ]);
        assert(data.machineToStaged.relativeRms! <= bound);
        const { rows, agreeing } = data.machineToFloat.top!;
        assertEquals(rows, data.tokens.length);
        if (weights === "bf16") {
          assertEquals(agreeing, rows);
          assert(data.machineToFloat.cosine! >= 0.999);
        }
      });
    },
  });
}
