import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { smallConfig } from "./_small_model.ts";
import { parseDecoderShape } from "./decoder_shape.ts";
import { footprint } from "./footprint.ts";
import { ModelError } from "./model_error.ts";
import { randomWeights } from "./random_weights.ts";
import { storageBytes, storageFormat } from "./storage_format.ts";

const FIXTURES = new URL("../../fixtures/models/", import.meta.url);
const fixture = (name: string): unknown =>
  JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, FIXTURES)));

/** Numbers of parameters as the publishers' model cards and safetensors indexes give them. */
const PARAMETERS: Readonly<Record<string, number>> = {
  "llama-3.2-1b": 1_235_814_400,
  "llama-3.1-8b": 8_030_261_248,
  "llama-3-8b": 8_030_261_248,
  "llama-3.3-70b": 70_553_706_496,
  "qwen2_5_7b": 7_615_616_512,
  "qwen3-32b": 32_762_123_264,
  "gpt-oss-20b": 20_914_757_184,
};

for (const [name, parameters] of Object.entries(PARAMETERS)) {
  Deno.test(`footprint() counts the published parameters of ${name}`, () => {
    const shape = parseDecoderShape(fixture(name));
    assertEquals(footprint(shape, { sequence: 1 }).parameters, parameters);
  });
}

Deno.test("footprint() counts the published parameters of LLaDA-8B, as its own config names them", () => {
  const shape = parseDecoderShape({
    architectures: ["LLaDAModelLM"],
    model_type: "llada",
    d_model: 4096,
    n_heads: 32,
    n_kv_heads: 32,
    n_layers: 32,
    mlp_hidden_size: 12288,
    vocab_size: 126464,
    embedding_size: 126464,
    max_sequence_length: 4096,
    weight_tying: false,
  });
  assertEquals(footprint(shape, { sequence: 1 }).parameters, 8_015_581_184);
});

Deno.test("storageBytes() is elements and scales of every format, short blocks included", () => {
  // Two rows of 72 elements, by hand.
  const expected: Readonly<Record<string, number>> = {
    "f32": 576,
    "bf16": 288,
    "f16": 288,
    "mxfp8": 144 + 2 * 9,
    "mxfp8-b32": 144 + 2 * 3,
    "mxfp6": 108 + 2 * 3,
    "mxfp6-b8": 108 + 2 * 9,
    "mxfp4": 72 + 2 * 3,
    "mxfp4-b8": 72 + 2 * 9,
    "nf4": 72 + 2 * 2 * 4,
  };
  for (const [name, bytes] of Object.entries(expected)) {
    assertEquals(storageBytes(storageFormat(name), 2, 72), bytes, name);
  }
});

Deno.test("storageFormat() refuses what it does not know with the nearest name", () => {
  const error = assertThrows(() => storageFormat("mxfp_4"), ModelError, "mxfp_4");
  assert(error.help.startsWith('did you mean "mxfp4"?'), error.help);
});

Deno.test("footprint() of Llama-3.2-1B by kind, from the arithmetic of its table", () => {
  const shape = parseDecoderShape(fixture("llama-3.2-1b"));
  const { bytes, regions } = footprint(shape, {
    sequence: 2048,
    batch: 2,
    formats: { weight: "mxfp4", kv: "bf16", activation: "mxfp8" },
  });
  const matrices = 128256 * 2048 + 16 * (2 * 2048 * 2048 + 2 * 2048 * 512 + 3 * 2048 * 8192);
  assertEquals(bytes.weight, matrices * 4.25 / 8 + 33 * 2048 * 2);
  assertEquals(bytes.kv, 2 * 16 * 2 * 2048 * 512 * 2);
  assertEquals(bytes.activation, (2 * 2048 * 2048 + 2 * 2048 * 64) * 9 / 8);
  assertEquals(bytes.total, regions.reduce((sum, region) => sum + region.bytes, 0));
  assertEquals(regions.find(({ name }) => name === "W_head"), undefined); // tied
});

Deno.test("footprint() of gpt-oss-20b in MXFP4 is about the 12.8 GiB that is published", () => {
  const shape = parseDecoderShape(fixture("gpt-oss-20b"));
  const { regions } = footprint(shape, { sequence: 1, formats: { weight: "mxfp4" } });
  // Only the experts are MXFP4 there; everything else is bf16.
  const published = regions.filter(({ kind }) => kind === "weight").reduce((sum, region) => {
    const isExpert = /^W_(gate|up|down)_\d+$/.test(region.name);
    return sum + (isExpert ? region.bytes : region.shape[0] * region.shape[1] * 2);
  }, 0);
  assertAlmostEquals(published / 2 ** 30, 12.8, 0.05);
});

Deno.test("footprint() keeps the whole sequence, or the window of a layer that has one", () => {
  const shape = parseDecoderShape(fixture("gpt-oss-20b"));
  const layerBytes = (windowedCache: boolean, layer: number): number =>
    footprint(shape, { sequence: 4096, formats: { kv: "bf16" }, windowedCache }).regions
      .find(({ name }) => name === `K_stored_${layer}`)!.bytes;
  assertEquals([layerBytes(false, 0), layerBytes(false, 1)], [4096 * 1024, 4096 * 1024]);
  assertEquals([layerBytes(true, 0), layerBytes(true, 1)], [128 * 1024, 4096 * 1024]);
});

Deno.test("footprint() refuses a sequence that is no count", () => {
  const shape = parseDecoderShape(fixture("llama-3.2-1b"));
  assertThrows(() => footprint(shape, { sequence: 0 }), ModelError, "sequence must be a whole");
  assertThrows(() => footprint(shape, { sequence: 8, batch: 1.5 }), ModelError, "batch must be");
});

Deno.test("footprint() counts every number of the weights of every family", () => {
  const configs = [
    smallConfig("llama", { attention_bias: true, mlp_bias: true }),
    smallConfig("llama", { tie_word_embeddings: true }),
    smallConfig("qwen2"),
    smallConfig("qwen3", { head_dim: 6 }),
    smallConfig("llada", { include_qkv_bias: true }),
  ];
  for (const config of configs) {
    const weights = randomWeights(config, 1);
    let count = weights.embedding().length + weights.finalNorm().length;
    if (!config.tiedEmbeddings) count += weights.head().length;
    for (let i = 0; i < config.layers; i++) {
      for (const tensor of Object.values(weights.layer(i))) count += tensor.length;
    }
    assertEquals(footprint(config, { sequence: 1 }).parameters, count, config.family);
  }
});
