import { assert, assertEquals, assertMatch } from "@std/assert";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

/** The trained model beside the checkout, on the project's machines. */
const STORIES = new URL("../../shared/models/stories260k/", import.meta.url);

function isThere(): boolean {
  try {
    return Deno.statSync(STORIES).isDirectory;
  } catch {
    return false;
  }
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

Deno.test("model:generate refuses words without a tokenizer, and a config without weights", async () => {
  await inFolder(async (folder) => {
    const model = `${FIXTURES}/decoders/tiny`;
    const words = await runTaskIn(folder, "model:generate", [model, "--random-weights=1"]);
    assertEquals(words.code, 2);
    assertMatch(words.stderr, /no tokenizer, and "Once upon a time" is no token number at /);
    const noWeights = await runTaskIn(folder, "model:generate", [model]);
    assertEquals(noWeights.code, 2);
    assertMatch(
      noWeights.stderr,
      /^error: no such file at .*model\.safetensors\nhelp: give a model/,
    );
  });
});

for (const board of ["custom_a7", "kv260", "nexys_video", "v80"]) {
  Deno.test({
    name: `model:generate tells the recorded story on ${board}, with the cache, in bf16`,
    ignore: !isThere(),
    fn: async () => {
      await inFolder(async (folder) => {
        const { code, stdout } = await runTaskIn(folder, "model:generate", [
          STORIES.pathname,
          ...[`--board=${board}`, "--tokens=44", "--json"],
        ]);
        assertEquals(code, 0);
        const { data } = JSON.parse(stdout);
        const expected = JSON.parse(await Deno.readTextFile(new URL("expected.json", STORIES)));
        assertEquals(data.tokens.slice(0, 48), expected.greedy_ids.slice(0, 48));
        assertEquals(expected.text.trim().startsWith(data.text.trim().slice(0, 100)), true);
        assert(data.stepNs.length >= 32);
      });
    },
  });
}
