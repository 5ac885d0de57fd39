import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type ArtifactData, readArtifact } from "../lib/artifacts/mod.ts";
import { SHIPPED_SETTINGS } from "../lib/boards/mod.ts";
import { chooseMachine, DECODER_OPTIONS, formatOf, type StoredFormat } from "./_decoder.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";
import { bars, shownProgress } from "./_shown_progress.ts";
import { main, USAGE } from "./model_generate.ts";

/** The trained model beside the checkout, on the project's machines. */
const STORIES = new URL("../../shared/models/stories260k/", import.meta.url);

function isThere(): boolean {
  try {
    return Deno.statSync(STORIES).isDirectory;
  } catch {
    return false;
  }
}

/** Tells a story in this process, which is warm. */
async function told(args: readonly string[]): Promise<ArtifactData<"generation">> {
  let data: ArtifactData<"generation"> | undefined;
  await inFolder(async (folder) => {
    const out = `${folder}/generation.json`;
    assertEquals(await main([STORIES.pathname, ...args, `--out=${out}`, "--quiet"]), 0);
    ({ data } = await readArtifact(out, "generation"));
  });
  return data!;
}

Deno.test("model:generate tells with random weights what the float model tells", async () => {
  await inFolder(async (folder) => {
    const { code, stdout, stderr } = await runTaskIn(folder, "model:generate", [
      `${FIXTURES}/decoders/tiny`,
      ...["--random-weights=1", "--prompt=1,5,9", "--tokens=6", "--json"],
    ]);
    assertEquals([code, stderr], [0, ""]);
    const { data } = JSON.parse(stdout);
    assertEquals([data.promptTokens, data.tokens.length, data.stepNs.length], [3, 9, 5]);
    assertEquals([data.prefillTokens, data.comparison.firstDifference], [3, null]);
    assertEquals(
      data.regime.reason,
      `all ${data.hbmBytes.toLocaleString("en-US")} bytes fit in 536,870,912`,
    );
  });
});

Deno.test("model:generate refuses prompts and machines that cannot be", async () => {
  const tiny = [`${FIXTURES}/decoders/tiny`, "--random-weights=1"];
  const refusals: [readonly string[], string, RegExp][] = [
    [tiny, '"Once" is no token number', /^the model has no tokenizer: give --prompt as numbers/],
    [[...tiny, "--prompt=1,64"], "token 64 is not of the vocabulary of 64", /^give tokens from 0/],
    [[...tiny, "--prompt=,"], "a text of 0 tokens, the model is made for 1 to 128", /^give a text/],
    [[...tiny, "--prompt=1", "--tokens=0"], "--tokens 0", /^give at least 1$/],
    [[...tiny, "--prompt=1", "--mlen=0"], "MLEN 0 and BLEN 4", /^give --mlen and --blen of at /],
    [[...tiny, "--prompt=1", "--clock=0"], "--clock 0", /^give MHz, above 0 and at most 1000000$/],
    [
      tiny.slice(0, 1),
      "no such file",
      /^give a model folder with its safetensors, or --random-weights with a seed$/,
    ],
    [
      ["llama-3-8b", "--random-weights=1", "--prompt=1", "--tokens=1"],
      "the image of llama-3-8b has 16,811,360,256 bytes, the most to run at once is 2,147,483,648",
      /^cut it down with --slice, or choose narrower --weights$/,
    ],
    [
      ["llada-8b", "--random-weights=1", "--prompt=1"],
      "a model of the family llada has no causal mask, so it cannot go on with a text",
      /^give a model that tells one token after another$/,
    ],
  ];
  for (const [args, says, helps] of refusals) {
    const error = await assertRejects(() => main(args), Error, says);
    assertMatch(String((error as { help?: unknown }).help), helps);
  }
});

Deno.test("model:generate records every option that shapes the text, and which files", async () => {
  await inFolder(async (folder) => {
    const args = [`${FIXTURES}/decoders/tiny`, "--random-weights=1", "--prompt=1,5", "--tokens=2"];
    const { producer, inputs, data } = JSON.parse(
      (await runTaskIn(folder, "model:generate", [
        ...[...args, "--dram=ddr4-2400r-x8", "--ddr-capacity=1M", "--clock=50", "--json"],
      ])).stdout,
    );
    const named = Object.keys(USAGE.options).filter((name) => !["manifest", "out"].includes(name));
    assertEquals(Object.keys(producer.options), named.sort());
    const { dram, ddrCapacity, clock, slice, board } = producer.options;
    assertEquals([dram, ddrCapacity, clock, slice, board], [
      ...["ddr4-2400r-x8", 2 ** 20, 50, null, "nexys_video"],
    ]);
    assertEquals(inputs.map(({ role }: { role: string }) => role), ["config", "board"]);
    assertEquals(data.clockMhz, 50);
  });
});

Deno.test("model:generate does not speak of settings, which it does not take", () => {
  assertEquals("settings" in USAGE.options, false);
  for (const [name, { help }] of Object.entries(USAGE.options)) {
    if (name in DECODER_OPTIONS) assert(!/settings/.test(help), `${name}: ${help}`);
  }
  // And what it says instead is what is done.
  const choice = {
    mlen: undefined,
    blen: undefined,
    matrix: "blocks",
    activations: undefined,
  } as const;
  const chosen = (weights?: StoredFormat, kv?: StoredFormat): unknown[] => {
    const { settings, weights: format } = chooseMachine(
      { ...choice, weights, kv },
      SHIPPED_SETTINGS,
    );
    const { precision, config: { mlen, blen } } = settings;
    return [format, formatOf(precision.HBM_V_KV_TYPE, precision), mlen, blen];
  };
  assertMatch(USAGE.options.weights.help, /: bf16 unless given\./);
  assertMatch(USAGE.options.kv.help, /: unless given, mxfp8 beside block formats, or bf16\.$/);
  assertMatch(USAGE.options.mlen.help, /: 16 unless given, or 32 with mxfp4\.$/);
  assertMatch(USAGE.options.blen.help, /: 4 unless given\.$/);
  assertEquals(chosen(), ["bf16", "bf16", 16, 4]);
  assertEquals(chosen("mxfp8"), ["mxfp8", "mxfp8", 16, 4]);
  assertEquals(chosen("mxfp4"), ["mxfp4", "mxfp8", 32, 4]);
});

Deno.test("model:generate --check none leaves the float model out, and says what took its time", async () => {
  await inFolder(async (folder) => {
    const args = [`${FIXTURES}/decoders/tiny`, "--random-weights=1", "--prompt=1,5", "--tokens=2"];
    const run = async (...more: string[]) => {
      const { stdout } = await runTaskIn(folder, "model:generate", [...args, ...more]);
      const path = `${folder}/out/generation.json`;
      return { stdout, data: (await readArtifact(path, "generation")).data };
    };
    const [checked, unchecked] = [await run(), await run("--check=none")];
    const quantised = /^quantised in [\d.]+ s, emulated in [\d.]+ s/m;
    assertMatch(checked.stdout, quantised);
    assertMatch(checked.stdout, /, compared in [\d.]+ s; wrote out\/generation\.json$/m);
    assertMatch(checked.stdout, /^the float model tells the same; perplexity of its text /m);
    assertMatch(unchecked.stdout, quantised);
    assert(!/float|compared|perplexity/.test(unchecked.stdout), unchecked.stdout);
    assertEquals(unchecked.data, { ...checked.data, comparison: null });
    assert(checked.data.comparison !== null);
  });
});

Deno.test("model:generate shows how far it is where no word comes", async () => {
  await inFolder(async (folder) => {
    const args = [`${FIXTURES}/decoders/tiny`, "--random-weights=1", "--prompt=1,5", "--tokens=2"];
    const shown = (...more: string[]): Promise<string> =>
      shownProgress(() => main([...args, `--out=${folder}/g.json`, "--json", ...more]));
    const [quantised, ...others] = bars(await shown());
    assertMatch(quantised!, /^quantising \d+ %$/);
    // Two tokens of the float model, the machine's prompt and two steps; the sixth pass ends the bar.
    assertEquals(others, ["taking the prompt 100 %", "comparing 83 %"]);
    assertEquals(bars(await shown("--check=none")).slice(1), ["taking the prompt 100 %"]);
    assertEquals(await shown("--quiet"), "");
  });
});

Deno.test("model:generate takes a prompt of which one program takes only a part", async () => {
  await inFolder(async (folder) => {
    // The table of heads leaves room for 30 tokens.
    const config = JSON.parse(await Deno.readTextFile(`${FIXTURES}/decoders/tiny/config.json`));
    const heads = { num_attention_heads: 164, num_key_value_heads: 164, head_dim: 2 };
    await Deno.writeTextFile(
      `${folder}/config.json`,
      JSON.stringify({ ...config, ...heads, num_hidden_layers: 1 }),
    );
    const prompt = Array.from({ length: 33 }, (_, i) => (7 * i) % 64);
    const { code, stdout, stderr } = await runTaskIn(folder, "model:generate", [
      ...["./config.json", "--random-weights=2", `--prompt=${prompt}`, "--tokens=3"],
    ]);
    assertEquals([code, stderr], [0, ""]);
    const { data } = await readArtifact(`${folder}/out/generation.json`, "generation");
    assertEquals([data.promptTokens, data.prefillTokens, data.tokens.length], [33, 30, 36]);
    assertEquals([data.tokens.slice(0, 33), data.stepNs.length], [prompt, 2]);
    // What the float model tells does not depend on how the prompt is taken.
    assertEquals(data.comparison!.firstDifference, null);
    const { machine, float } = data.comparison!.perplexity!;
    assert(Math.abs(machine / float - 1) < 0.02, `${machine} ${float}`);
    assertMatch(stdout, /^note: one program takes at most 30 tokens here: the last 3 of the /m);
  });
});

for (const board of ["custom_a7", "kv260", "nexys_video", "v80"]) {
  Deno.test({
    name: `model:generate tells the recorded story on ${board}, with the cache, in bf16`,
    ignore: !isThere(),
    fn: async () => {
      const data = await told([`--board=${board}`, "--tokens=44"]);
      const expected = JSON.parse(await Deno.readTextFile(new URL("expected.json", STORIES)));
      assertEquals(data.tokens.slice(0, 48), expected.greedy_ids.slice(0, 48));
      assertEquals(expected.text.trim().startsWith(data.text.trim().slice(0, 100)), true);
      assert(data.stepNs.length >= 32);
    },
  });
}

Deno.test({
  name: "model:generate tells the story with block formats for a while",
  ignore: !isThere(),
  fn: async () => {
    for (const [weights, most] of [["mxfp8", 1.1], ["mxfp4", 1.25]] as const) {
      const { comparison } = await told([`--weights=${weights}`, "--tokens=26"]);
      const { firstDifference, perplexity } = comparison!;
      assert(firstDifference! >= 20, `${weights}: ${firstDifference}`);
      const ratio = perplexity!.machine / perplexity!.float;
      assert(ratio > 1 && ratio < most, `${weights}: ${ratio}`);
    }
  },
});

Deno.test({
  name: "model:generate writes whole characters",
  ignore: !isThere(),
  fn: async () => {
    await inFolder(async (folder) => {
      const args = [STORIES.pathname, "--prompt=Zoë has a 🦄", "--tokens=2"];
      const { stdout } = await runTaskIn(folder, "model:generate", args);
      assertMatch(stdout, /^Zoë has a 🦄[^\uFFFD]*\nboard /);
    });
  },
});
