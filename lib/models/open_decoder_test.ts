import { assertEquals, assertThrows } from "@std/assert";
import { packWeights, smallConfig } from "./_small_model.ts";
import { forward } from "./forward.ts";
import { ModelError } from "./model_error.ts";
import { openDecoder, shardFiles } from "./open_decoder.ts";
import { randomWeights } from "./random_weights.ts";
import { NAME_STYLES } from "./tensor_names.ts";

const TOKENS = [1, 5, 9];

for (const style of NAME_STYLES) {
  Deno.test(`openDecoder() finds the tensors under ${style.layers}N`, () => {
    const config = style.column === "llada"
      ? smallConfig("llada", { include_qkv_bias: true })
      : smallConfig("llama", { attention_bias: true, mlp_bias: true });
    const weights = randomWeights(config, 4);
    const opened = openDecoder(config, [packWeights(config, weights, style)]);
    assertEquals(opened.layer(1), { ...weights.layer(1) });
    assertEquals(forward(config, opened, TOKENS), forward(config, weights, TOKENS));
  });
}

Deno.test("openDecoder() takes q/k norms, tied embeddings and shards", () => {
  const config = smallConfig("qwen3", { head_dim: 8, tie_word_embeddings: true });
  const weights = randomWeights(config, 4);
  const style = NAME_STYLES[0]!;
  const isOfFirst = (name: string): boolean => name.includes("layers.0.");
  const shards = [true, false].map((first) =>
    packWeights(config, weights, style, (tensors) => {
      for (const name of [...tensors.keys()]) {
        if (isOfFirst(name) !== first) tensors.delete(name);
      }
    })
  );
  const opened = openDecoder(config, shards);
  assertEquals(opened.head(), weights.embedding());
  assertEquals(opened.layer(0).kNorm, weights.layer(0).kNorm);
  assertThrows(() => openDecoder(config, [shards[1]!]), ModelError, "layers.0");
  assertThrows(() => openDecoder(config, [shards[0]!]), ModelError, "is missing");
  assertThrows(() => openDecoder(config, [...shards, shards[0]!]), ModelError, "is also in");
  const place = (files: typeof shards): unknown =>
    assertThrows(() => openDecoder(config, files, "folder/index.json"), ModelError).place.file;
  assertEquals([place([shards[1]!]), place([shards[0]!])], Array(2).fill("folder/index.json"));
  assertThrows(() => opened.layer(2), RangeError, "no layer 2 of 2");
});

Deno.test("openDecoder() names the tensor and the shape that it expects", () => {
  const config = smallConfig("llama");
  const weights = randomWeights(config, 4);
  const style = NAME_STYLES[0]!;
  const name = "model.layers.1.mlp.down_proj.weight";
  const open = (change: Parameters<typeof packWeights>[3]) =>
    openDecoder(config, [packWeights(config, weights, style, change)]);
  const missing = assertThrows(
    () => open((tensors) => tensors.delete(name)),
    ModelError,
    `Tensor ${name} [24, 20] is missing`,
  );
  assertEquals(missing.place.path, name);
  assertThrows(
    () => open((tensors) => tensors.set(name, [[20, 24], new Float32Array(480)])),
    ModelError,
    `Tensor ${name} must have the shape [24, 20], current value is [20, 24]`,
  );
  assertThrows(
    () =>
      open((tensors) =>
        tensors.set("model.layers.0.self_attn.q_proj.bias", [[24], new Float32Array(24)])
      ),
    ModelError,
    "the config has no use for it",
  );
  assertThrows(
    () => open((tensors) => tensors.set(`${name}_scale`, [[24, 1], new Float32Array(24)])),
    ModelError,
    `Tensor ${name} is quantised: its scales are in ${name}_scale`,
  );
  const head = assertThrows(
    () => open((tensors) => tensors.delete("lm_head.weight")),
    ModelError,
    "Tensor lm_head.weight [40, 24] is missing",
  );
  assertEquals(head.help.includes("tie_word_embeddings"), true);
});

Deno.test("openDecoder() refuses tensors that compute what the config does not say", () => {
  const open = (model: string, style: number, name: string) => {
    const config = smallConfig(model);
    const one: [number[], Float32Array] = [[1], new Float32Array(1)];
    const change = (tensors: Map<string, unknown>) => tensors.set(name, one);
    return openDecoder(
      config,
      [packWeights(config, randomWeights(config, 4), NAME_STYLES[style]!, change)],
    );
  };
  const others: readonly (readonly [string, number, string])[] = [
    ["llama", 0, "model.layers.0.self_attn.sinks"],
    ["llama", 0, "model.layers.1.post_feedforward_layernorm.weight"],
    ["llama", 0, "model.layers.1.input_layernorm.bias"],
    ["llama", 0, "lm_head.bias"],
    ["llama", 4, "norm.bias"],
    ["llada", 5, "model.transformer.wpe.weight"],
    ["llada", 5, "model.transformer.ff_out.bias"],
    ["llada", 5, "model.transformer.blocks.0.q_norm.weight"],
  ];
  for (const [model, style, name] of others) {
    const error = assertThrows(() => open(model, style, name), ModelError, name);
    assertEquals(error.place.path, name);
  }
  // Angles that follow from the config; a layer that is not run; another part of the model.
  for (const name of ["layers.0.self_attn.rotary_emb.inv_freq", "layers.2.x", "vision.y"]) {
    open("llama", 0, `model.${name}`);
  }
});

Deno.test("shardFiles() gives each file of an index once", () => {
  const weight_map = {
    a: "model-2.safetensors",
    b: "model-1.safetensors",
    c: "model-2.safetensors",
  };
  assertEquals(shardFiles({ metadata: {}, weight_map }), [
    "model-1.safetensors",
    "model-2.safetensors",
  ]);
  assertThrows(() => shardFiles({}), ModelError, "weight_map is missing");
  assertThrows(() => shardFiles({ weight_map: { a: "../x" } }), ModelError, "tensor a");
  const { place } = assertThrows(() => shardFiles([], "folder/index.json"), ModelError);
  assertEquals(place.file, "folder/index.json");
});
