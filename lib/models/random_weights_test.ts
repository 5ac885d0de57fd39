import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { smallConfig } from "./_small_model.ts";
import { ModelError } from "./model_error.ts";
import { randomWeights } from "./random_weights.ts";
import { parseDecoderConfig } from "./parse_config.ts";

Deno.test("randomWeights() are normal numbers of the stated deviation", () => {
  const config = parseDecoderConfig({
    model_type: "llama",
    hidden_size: 256,
    intermediate_size: 400,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    vocab_size: 10,
  });
  const values = randomWeights(config, 7).layer(0).wGate;
  const scaled = Float64Array.from(values, (x) => x * 16);
  const moment = (power: number): number =>
    scaled.reduce((sum, x) => sum + x ** power, 0) / scaled.length;
  // Of 102,400 numbers: five standard errors of each moment.
  assertAlmostEquals(moment(1), 0, 5 / 320);
  assertAlmostEquals(moment(2), 1, 5 * Math.sqrt(2) / 320);
  assertAlmostEquals(moment(4), 3, 5 * Math.sqrt(96) / 320);
  // The tables of the normal distribution: 15.87 % above 1, 2.275 % above 2.
  const above = (x: number): number => scaled.filter((y) => y > x).length / scaled.length;
  assertAlmostEquals(above(1), 0.15866, 0.006);
  assertAlmostEquals(above(2), 0.02275, 0.0025);
});

Deno.test("randomWeights() depend on seed and name only", () => {
  const config = smallConfig("qwen2");
  const deeper = smallConfig("qwen2", { num_hidden_layers: 5, vocab_size: 60 });
  const layer = randomWeights(config, 1).layer(1);
  assertEquals({ ...layer }, { ...randomWeights(deeper, 1).layer(1) });
  assert(differ(layer.wq, randomWeights(config, 2).layer(1).wq));
  assert(differ(layer.wq, randomWeights(config, 1).layer(0).wq));
  assert(differ(layer.wk, layer.wv));
  assert(layer.bq!.length === 24 && layer.bo === undefined && !("bo" in layer));
});

Deno.test("randomWeights() share embedding and head where they are tied", () => {
  const tied = randomWeights(smallConfig("llama", { tie_word_embeddings: true }), 1);
  assertEquals(tied.head(), tied.embedding());
  const own = randomWeights(smallConfig("llama"), 1);
  assert(differ(own.head(), own.embedding()));
});

Deno.test("randomWeights() says which tensor is too large for an array", () => {
  const weights = randomWeights(
    smallConfig("llama", { hidden_size: 6 * 2 ** 17, intermediate_size: 2 ** 20 }),
    1,
  );
  const error = assertThrows(() => weights.layer(0).wUp, ModelError, "824633720832 elements");
  assertEquals(error.place.path, "model.layers.0.mlp.up_proj.weight");
});

function differ(a: Float32Array, b: Float32Array): boolean {
  return a.some((value, i) => value !== b[i]);
}
