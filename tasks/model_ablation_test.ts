import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type ArtifactData,
  encodeSafetensors,
  readArtifact,
  type Tensor,
} from "../lib/artifacts/mod.ts";
import { main as compare } from "./model_compare.ts";
import { main } from "./model_ablation.ts";
import { loadDecoder } from "./_models.ts";
import { COMPILE_OPTIONS } from "./_model_run.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

const TINY = [`${FIXTURES}/decoders/tiny`, "--random-weights=1"];

/** The modes in this process, which is warm. */
async function ablated(folder: string, args: readonly string[]): Promise<ArtifactData<"ablation">> {
  const out = `${folder}/ablation.json`;
  assertEquals(await main([...args, `--out=${out}`, "--quiet"]), 0, args.join(" "));
  return (await readArtifact(out, "ablation")).data;
}

Deno.test("model:ablation has a row per mode, and fp32 is the float model", async () => {
  await inFolder(async (folder) => {
    for (const output of ["logits", "hidden"]) {
      const args = [...TINY, "--weights=mxfp8", `--output=${output}`, "--json"];
      const { code, stdout, stderr } = await runTaskIn(folder, "model:ablation", args);
      assertEquals([code, stderr], [0, ""]);
      const { data } = JSON.parse(stdout);
      const names = ["hardware", "no-weight-quant", "no-bf16", "fp32"];
      assertEquals(data.modes.map(({ precision }: { precision: string }) => precision), names);
      const [hardware, noQuant, noBf16, fp32] = data.modes;
      assert(fp32.relativeRms < 1e-5 && fp32.topTokenRate === 1);
      // bfloat16 keeps 8 digits, MXFP8 4: the formats cost more, and both together most of all.
      assert(noQuant.relativeRms > 1e-3 && noQuant.relativeRms < noBf16.relativeRms / 4);
      assert(hardware.relativeRms > noBf16.relativeRms / 2);
      assertEquals(data.tokens.length, 32);
    }
  });
});

/** Options of the compiler, each of which changes what a program rounds or how it sums up. */
const COMPILED: readonly (readonly string[])[] = [
  ["--sequence=17"],
  ["--sequence=17", "--weights=mxfp8", "--mlen=64", "--output=hidden", "--decode=4"],
  ["--sequence=17", "--weights=mxfp8", "--matrix=broadcast", "--machine=extended"],
  ["--sequence=20", "--weights=mxfp4"],
  ["--sequence=6", "--weights=mxfp8", "--batch=3"],
  ["--sequence=13", "--weights=mxfp8", "--style=plena"],
  ["--sequence=13", "--style=plena", "--output=hidden"],
  ["--sequence=13", "--weights=mxfp8", "--style=plena-packed"],
];

Deno.test("model:ablation measures of hardware what model:compare measures of the machine", async () => {
  await inFolder(async (folder) => {
    for (const options of COMPILED) {
      const out = `${folder}/comparison.json`;
      assertEquals(await compare([...TINY, ...options, `--out=${out}`, "--quiet"]), 0);
      const { machineToFloat } = (await readArtifact(out, "model_comparison")).data;
      const own = options.filter((option) => !option.startsWith("--decode"));
      const [hardware] = (await ablated(folder, [...TINY, ...own])).modes;
      const { precision, topTokenRate, ...figures } = hardware!;
      const { cosine, relativeRms, maxError, top } = machineToFloat;
      assertEquals(precision, "hardware");
      assertEquals({ ...figures }, {
        cosine,
        relativeRms,
        maxError,
      }, `${options}`);
      if (top !== null) assertEquals(topTokenRate, top.agreeing / top.rows, `${options}`);
    }
  });
});

Deno.test("model:ablation costs more with narrower formats, and says which they are", async () => {
  await inFolder(async (folder) => {
    const errors: number[] = [];
    for (
      const [weight, beside] of [["bf16", "bf16"], ["mxfp8", "mxfp8"], ["mxfp4", "mxfp8"]] as const
    ) {
      const args = [...TINY, `--weights=${weight}`, "--mlen=32", "--sequence=20"];
      const { formats, modes } = await ablated(folder, args);
      assertEquals(formats, { weight, kv: beside, activation: beside });
      errors.push(modes[0]!.relativeRms!);
    }
    assert(errors[0]! < errors[1]! && errors[1]! < errors[2]!, errors.join(" "));
  });
});

/** Writes the tiny model to a folder, with some of its tensors 0. */
async function writeModel(
  folder: string,
  zeros: RegExp,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await Deno.mkdir(folder);
  const text = await Deno.readTextFile(`${TINY[0]}/config.json`);
  await Deno.writeTextFile(
    `${folder}/config.json`,
    JSON.stringify({ ...JSON.parse(text), ...more }),
  );
  const { config, weights } = await loadDecoder(TINY[0]!, 1);
  const tensors: Record<string, Tensor> = {};
  const put = (name: string, values: Float32Array, columns?: number): void => {
    const kept = zeros.test(name) ? new Float32Array(values.length) : values;
    const shape = columns === undefined ? [values.length] : [values.length / columns, columns];
    const bytes = new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength);
    tensors[`model.${name}.weight`] = { dtype: "F32", shape, bytes };
  };
  const { hidden, intermediate } = config;
  put("embed_tokens", weights.embedding(), hidden);
  put("norm", weights.finalNorm());
  for (let i = 0; i < config.layers; i++) {
    const layer = weights.layer(i);
    put(`layers.${i}.input_layernorm`, layer.attentionNorm);
    put(`layers.${i}.post_attention_layernorm`, layer.mlpNorm);
    put(`layers.${i}.self_attn.q_proj`, layer.wq, hidden);
    put(`layers.${i}.self_attn.k_proj`, layer.wk, hidden);
    put(`layers.${i}.self_attn.v_proj`, layer.wv, hidden);
    put(`layers.${i}.self_attn.o_proj`, layer.wo, hidden);
    put(`layers.${i}.mlp.gate_proj`, layer.wGate, hidden);
    put(`layers.${i}.mlp.up_proj`, layer.wUp, hidden);
    put(`layers.${i}.mlp.down_proj`, layer.wDown, intermediate);
  }
  await Deno.writeFile(`${folder}/model.safetensors`, encodeSafetensors(tensors));
  return folder;
}

Deno.test("model:ablation records every option that shapes it, and what it chose itself", async () => {
  await inFolder(async (folder) => {
    const own = [...TINY, "--sequence=5", "--weights=mxfp8", "--kv=bf16"];
    for (const [more, activations] of [[[], null], [["--activations=bf16"], "bf16"]] as const) {
      await ablated(folder, [...own, ...more]);
      const { artifact } = await readArtifact(`${folder}/ablation.json`, "ablation");
      const { options } = artifact.producer;
      const named = Object.keys(COMPILE_OPTIONS).filter((name) => name !== "tokensFile");
      assertEquals(Object.keys(options), named.sort());
      assertEquals([options.weights, options.kv, options.activations], [
        "mxfp8",
        "bf16",
        activations,
      ]);
      assertEquals([options.mlen, options.batch, options.machine], [16, 1, "plena"]);
    }
  });
});

Deno.test("model:ablation of a model that computes zeros finds every mode right", async () => {
  await inFolder(async (folder) => {
    for (const [i, zeros] of [/^norm$/, /embed_tokens/, /norm$/].entries()) {
      const model = await writeModel(`${folder}/${i}`, zeros);
      for (const more of [["--weights=mxfp8"], ["--output=hidden"]]) {
        for (const row of (await ablated(folder, [model, "--sequence=5", ...more])).modes) {
          const { relativeRms, cosine, maxError, topTokenRate } = row;
          assertEquals([relativeRms, cosine, maxError, topTokenRate], [0, 1, 0, 1], `${zeros}`);
        }
      }
    }
  });
});

Deno.test("model:ablation has null for figures that are not finite", async () => {
  await inFolder(async (folder) => {
    // An ε that is 0 in binary16, and rows of zeros: the machine multiplies 0 by infinity.
    const model = await writeModel(`${folder}/m`, /embed_tokens/, { rms_norm_eps: 1e-12 });
    const { modes } = await ablated(folder, [model, "--sequence=5"]);
    for (const { precision, relativeRms, cosine, maxError } of modes) {
      const wanted = /hardware|quant/.test(precision) ? [null, null, null] : [0, 1, 0];
      assertEquals([relativeRms, cosine, maxError], wanted, precision);
    }
  });
});

Deno.test("model:ablation refuses machines and texts that cannot be", async () => {
  await inFolder(async (folder) => {
    for (
      const [args, says] of [
        [["--mlen=0"], /^error: MLEN 0 and BLEN 4\nhelp: give --mlen and --blen of at least 1\n$/],
        [["--sequence=500"], /^error: a text of 500 tokens, the model is made for 1 to 128\n/],
        [["--tokens-file=none"], /^error: no such file at none\nhelp: give a file of token /],
        [["--style=plena", "--batch=2"], /^error: --style plena with --batch 2\nhelp: /],
      ] as const
    ) {
      const { code, stderr } = await runTaskIn(folder, "model:ablation", [...TINY, ...args]);
      assertEquals(code, 2);
      assertMatch(stderr, says);
    }
  });
});
