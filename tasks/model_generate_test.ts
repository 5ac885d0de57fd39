import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type ArtifactData, readArtifact } from "../lib/artifacts/mod.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";
import { main } from "./model_generate.ts";

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
    assertEquals(data.firstDifference, null);
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
      const { firstDifference, perplexity } = await told([`--weights=${weights}`, "--tokens=26"]);
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
