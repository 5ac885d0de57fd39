import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { formatPlace, isUserError, type Place } from "../lib/cli/mod.ts";
import { loadDecoder } from "./_models.ts";
import { FIXTURES, inFolder } from "./_process.ts";
import { chooseTokens } from "./_text.ts";

const CONFIG = `${FIXTURES}/decoders/tiny/config.json`;

/** What Git LFS leaves in place of a file. */
const POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";

/** A vocabulary of pieces with scores. */
const PIECES = [["<s>", 0], [" ", -1], ["a", -2], [" a", 0]]
  .map(([piece_latin1, score], id) => ({ id, piece_latin1, score }));

/** A `tokenizer.json` of two words. */
const WORDS = {
  version: "1.0",
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: null,
  model: { type: "WordLevel", vocab: { one: 3, two: 5, "?": 0 }, unk_token: "?" },
};

/** Opens a folder of a config and these files, with random weights. */
async function withFiles(
  files: Readonly<Record<string, unknown>>,
  test: (load: (seed?: number) => ReturnType<typeof loadDecoder>, folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await Deno.copyFile(CONFIG, `${folder}/config.json`);
    for (const [name, value] of Object.entries(files)) {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await test((seed) => loadDecoder(folder, seed, false), folder);
  });
}

function placeOf(error: unknown): string {
  assert(isUserError(error), `${error}`);
  return formatPlace(error.place as Place);
}

Deno.test("loadDecoder() has no words where files tell no tokenizer that is known", async () => {
  const folders: Readonly<Record<string, unknown>>[] = [
    {},
    { "tokenizer_config.json": { bos_token: "<s>" } },
    { "tokenizer_config.json": "{" },
    { "tokenizer.model": "\n\x0e\n\x05<unk>" },
    { "vocab.json": { "<s>": 0, a: 1 }, "merges.txt": "#version: 0.2\n" },
    { "vocab.json": POINTER },
    { "vocab.json": "" },
  ];
  for (const files of folders) {
    await withFiles(files, async (load) => {
      const { config, tokenizer } = await load(1);
      assertEquals(tokenizer, undefined);
      const choice = { prompt: "1,5", tokensFile: undefined, sequence: undefined, seed: 1 };
      assertEquals((await chooseTokens(choice, config, tokenizer)).tokens, [[1, 5]]);
    });
  }
});

Deno.test("loadDecoder() reads a tokenizer when words are asked for", async () => {
  await withFiles({ "tokenizer.json": WORDS, "tokenizer_config.json": {} }, async (load) => {
    const { tokenizer } = await load(1);
    assertEquals(tokenizer!.encode("two one two"), [5, 3, 5]);
    assertEquals(tokenizer!.decode([3, 5]), "one two");
  });
  await withFiles({ "vocab.json": PIECES }, async (load) => {
    const { tokenizer } = await load(1);
    assertEquals([tokenizer!.encode("a"), tokenizer!.decode([0, 3])], [[0, 3], "a"]);
  });
});

Deno.test("loadDecoder() tells of a damaged tokenizer only then, with its folder", async () => {
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, string, RegExp])[] = [
    [{ "tokenizer.json": "{" }, "tokenizer.json", /^not JSON/],
    [{ "tokenizer.json": { model: {} } }, "tokenizer.json", /^The tokenizer is not understood/],
    [{ "tokenizer.json": POINTER }, "tokenizer.json", /^a pointer of Git LFS/],
    [{ "tokenizer.json": WORDS, "tokenizer_config.json": "" }, "tokenizer_config.json", /^not JS/],
    [{ "vocab.json": "[1" }, "vocab.json", /^not JSON/],
    [{ "vocab.json": [{ id: 7 }] }, "vocab.json#$[0]", /^Entry 0 is not the piece/],
  ];
  for (const [files, place, says] of cases) {
    await withFiles(files, async (load, folder) => {
      const { tokenizer } = await load(1);
      for (const use of [() => tokenizer!.encode("a"), () => tokenizer!.decode([0])]) {
        const error = assertThrows(use, Error);
        assertMatch(error.message, says);
        assertEquals(placeOf(error), `${folder}/${place}`);
      }
    });
  }
});

Deno.test("loadDecoder() names the folder in errors of a sharded model", async () => {
  const index = "model.safetensors.index.json";
  /** A file of one tensor that no model has. */
  const shard = `\x40\0\0\0\0\0\0\0${
    `{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`.padEnd(64)
  }\0\0\0\0`;
  const weight_map = { x: "1.safetensors", y: "2.safetensors" };
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, string, RegExp])[] = [
    [{ [index]: {} }, `${index}#$.weight_map`, /weight_map is missing/],
    [{ [index]: { weight_map: { x: "../1" } } }, `${index}#$.weight_map.x`, /^The file of tensor/],
    [{ [index]: POINTER }, index, /^a pointer of Git LFS/],
    [{ [index]: { weight_map } }, "1.safetensors", /^no such file/],
    [
      { [index]: { weight_map }, "1.safetensors": POINTER, "2.safetensors": shard },
      "1.safetensors",
      /^A pointer of Git LFS/,
    ],
    [
      { [index]: { weight_map }, "1.safetensors": shard, "2.safetensors": shard },
      "2.safetensors#x",
      /^Tensor x is also in .*1\.safetensors$/,
    ],
    [
      { [index]: { weight_map: { x: "1.safetensors" } }, "1.safetensors": shard },
      index,
      /^Tensor model\.layers\.0\.self_attn\.q_proj\.weight .*is missing/,
    ],
  ];
  for (const [files, place, says] of cases) {
    await withFiles(files, async (load, folder) => {
      const error = await assertRejects(() => load(), Error);
      assertMatch(error.message, says);
      assertEquals(placeOf(error), `${folder}/${place}`);
    });
  }
});

Deno.test("chooseTokens() refuses more random tokens than can be made", async () => {
  const { config } = await loadDecoder(CONFIG, 1);
  const choose = (sequence: number, batch: number, maxPositions = 2 ** 30) =>
    chooseTokens(
      { prompt: undefined, tokensFile: undefined, sequence, seed: 1, batch },
      { ...config, maxPositions },
      undefined,
    );
  assertEquals((await choose(1024, 2)).tokens.map(({ length }) => length), [1024, 1024]);
  await assertRejects(() => choose(2 ** 29, 1), Error, "1 texts of 536870912 random tokens");
  await assertRejects(() => choose(2 ** 20, 2), Error, "2 texts of 1048576 random tokens");
  await assertRejects(() => choose(129, 1, 128), Error, "the model is made for 1 to 128");
});
