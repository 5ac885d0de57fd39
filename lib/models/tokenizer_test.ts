import { assertEquals, assertThrows } from "@std/assert";
import { exists, STORIES } from "./_shared_data.ts";
import { ModelError } from "./model_error.ts";
import { openTokenizer } from "./open_tokenizer.ts";
import { scoreTokenizer } from "./score_tokenizer.ts";

function vocabulary(...pieces: readonly (readonly [string, number])[]): unknown[] {
  return pieces.map(([piece_latin1, score], id) => ({ id, piece_latin1, score }));
}

Deno.test("scoreTokenizer() joins the pair of the best score first, wherever it is", () => {
  const { encode, decode } = scoreTokenizer(vocabulary(
    ["<unk>", 0],
    ["\n<s>\n", 0],
    [" ", -9],
    ["a", -9],
    ["b", -9],
    ["c", -9],
    ["ab", -3],
    ["bc", -1],
    [" a", -2],
    ["abc", -4],
  ));
  // " abc": bc (−1) before " a" (−2) before ab; then nothing makes a piece of " a" and "bc".
  assertEquals(encode("abc"), [1, 8, 7]);
  assertEquals(encode("ab"), [1, 8, 4]);
  assertEquals(encode(""), [1]);
  assertEquals(decode([1, 8, 7]), "abc");
  assertEquals(decode([8, 7]), " abc");
  assertThrows(() => encode("x"), ModelError, "neither a piece for");
  assertThrows(() => decode([10]), ModelError, "Token 10");
  assertThrows(() => scoreTokenizer({}), ModelError, "no list");
  assertThrows(() => scoreTokenizer([{ id: 1 }]), ModelError, "Entry 0");
});

Deno.test({
  name: "openTokenizer() gives the tokens of the trained model, and any text back",
  ignore: !exists(STORIES),
  fn: (): void => {
    const read = (file: string) => JSON.parse(Deno.readTextFileSync(new URL(file, STORIES)));
    const { encode, decode } = openTokenizer({ vocabulary: read("vocab.json") });
    const { greedy_ids, text } = read("expected.json");
    assertEquals(encode("Once upon a time"), greedy_ids.slice(0, 5));
    assertEquals(encode(text.trimStart()), greedy_ids);
    assertEquals(decode(greedy_ids.slice(1)), text);
    assertEquals(decode(greedy_ids), text.trimStart());
    for (const sample of ["", "naïve café – 日本 🙂", "tabs\tand\nlines", "<s> <0x41>"]) {
      assertEquals(decode(encode(sample)), sample);
    }
  },
});

const SPECIAL = { single_word: false, lstrip: false, rstrip: false, normalized: false };

Deno.test("openTokenizer() reads the byte-level BPE of a tokenizer.json", () => {
  const { encode, decode } = openTokenizer({
    tokenizer: {
      version: "1.0",
      added_tokens: [{ id: 9, content: "<|end|>", special: true, ...SPECIAL }],
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
      post_processor: null,
      decoder: { type: "ByteLevel" },
      model: {
        type: "BPE",
        vocab: { h: 0, e: 1, l: 2, o: 3, "Ġ": 4, he: 5, ll: 6, hell: 7, "Ġh": 8 },
        merges: ["h e", "l l", "he ll", "Ġ h"],
      },
    },
  });
  assertEquals(encode("hello hell<|end|>"), [7, 3, 4, 7, 9]);
  assertEquals(decode([7, 3, 4, 7, 9]), "hello hell");
});

Deno.test("openTokenizer() reads SentencePiece BPE with bytes and <s> of a tokenizer.json", () => {
  const { encode, decode } = openTokenizer({
    tokenizer: {
      version: "1.0",
      added_tokens: [
        { id: 0, content: "<unk>", special: true, ...SPECIAL },
        { id: 1, content: "<s>", special: true, ...SPECIAL },
      ],
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Prepend", prepend: "▁" },
          { type: "Replace", pattern: { String: " " }, content: "▁" },
        ],
      },
      pre_tokenizer: null,
      post_processor: {
        type: "TemplateProcessing",
        single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, {
          Sequence: { id: "A", type_id: 0 },
        }],
        pair: [],
        special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
      },
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: { String: "▁" }, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      model: {
        type: "BPE",
        unk_token: "<unk>",
        fuse_unk: true,
        byte_fallback: true,
        // deno-fmt-ignore
        vocab: { "<unk>": 0, "<s>": 1, "<0x21>": 2, "▁": 3, a: 4, b: 5, "▁a": 6, "<0xC3>": 7, "<0xA9>": 8 },
        merges: ["▁ a"],
      },
    },
  });
  assertEquals(encode("a b!é"), [1, 6, 3, 5, 2, 7, 8]);
  assertEquals(decode([1, 6, 3, 5, 2, 7, 8]), "a b!é");
});

Deno.test("openTokenizer() refuses a folder without a tokenizer, or with a broken one", () => {
  assertThrows(() => openTokenizer({}), ModelError, "There is no tokenizer.json");
  assertThrows(() => openTokenizer({ tokenizer: { model: {} } }), ModelError, "not understood");
  const place = (files: Parameters<typeof openTokenizer>[0]) =>
    assertThrows(() => openTokenizer(files, "some/folder/"), ModelError).place.file;
  assertEquals(
    [place({}), place({ tokenizer: { model: {} } }), place({ vocabulary: [{ id: 1 }] })],
    ["tokenizer", "tokenizer", "vocab"].map((name) => `some/folder/${name}.json`),
  );
});
