import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ModelError } from "./model_error.ts";
import { parseDecoderConfig } from "./parse_config.ts";

const FIXTURES = new URL("../../fixtures/models/", import.meta.url);
const fixture = (name: string): unknown =>
  JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, FIXTURES)));

/** A config with the fields that have no default. */
const SMALL = {
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 4,
  num_attention_heads: 8,
  vocab_size: 100,
};

/** Section 16 of the compiler specification: hidden, inter, layers, heads, kv, head_dim, vocab, θ, ε. */
// deno-fmt-ignore
const TABLE: Readonly<Record<string, readonly [string, ...number[]]>> = {
  "estimated-llama-3.1-405b": ["llama", 16384, 53248, 126, 128, 8, 128, 128000, 5e5, 1e-5],
  "llama-3.1-70b":            ["llama", 8192, 28672, 80, 64, 8, 128, 128256, 5e5, 1e-5],
  "llama-3.3-70b":            ["llama", 8192, 28672, 80, 64, 8, 128, 128256, 5e5, 1e-5],
  "llama-3.1-8b":             ["llama", 4096, 14336, 32, 32, 8, 128, 128256, 5e5, 1e-5],
  "llama-3.1-8b-w8a8":        ["llama", 4096, 14336, 32, 32, 8, 128, 128256, 5e5, 1e-5],
  "llama-3-8b":               ["llama", 4096, 14336, 32, 32, 8, 128, 128256, 5e5, 1e-5],
  "llama-3.2-1b":             ["llama", 2048, 8192, 16, 32, 8, 64, 128256, 5e5, 1e-5],
  "llada-8b":                 ["llada", 4096, 14336, 32, 32, 8, 128, 128256, 5e5, 1e-5],
  "qwen2_5_7b":               ["qwen2", 3584, 18944, 28, 28, 4, 128, 152064, 1e7, 1e-5],
  "qwen3-32b":                ["qwen3", 5120, 25600, 64, 64, 8, 128, 151936, 1e6, 1e-6],
  "smolvlm2-2.2b-text":       ["llama", 2048, 8192, 24, 32, 1, 64, 49280, 1e4, 1e-5],
};

for (const [name, row] of Object.entries(TABLE)) {
  Deno.test(`parseDecoderConfig() reads ${name} as the table of the specification has it`, () => {
    const c = parseDecoderConfig(fixture(name), `${name}.json`);
    assertEquals([
      c.family,
      c.hidden,
      c.intermediate,
      c.layers,
      c.heads,
      c.kvHeads,
      c.headDim,
      c.vocabulary,
      c.ropeTheta,
      c.normEpsilon,
    ], [...row]);
    assertEquals(c.causal, c.family !== "llada");
    assertEquals(c.qkNorm, c.family === "qwen3");
    assertEquals([c.qkvBias, c.outputBias], [c.family === "qwen2", false]);
    assertEquals(c.tiedEmbeddings, name === "llama-3.2-1b");
    assertEquals(c.slidingWindows, Array(c.layers).fill(undefined));
  });
}

Deno.test("parseDecoderConfig() refuses the mixture and the vision encoder of the library", () => {
  const mixture = assertThrows(
    () => parseDecoderConfig(fixture("gpt-oss-20b"), "config.json"),
    ModelError,
    "mixture of 32 experts",
  );
  assertEquals(mixture.place, { file: "config.json", path: "$.num_local_experts" });
  assertStringIncludes(mixture.help, "family llama");
  assertThrows(
    () => parseDecoderConfig(fixture("smolvlm2-2.2b-vision")),
    ModelError,
    "A vision encoder is no decoder",
  );
});

Deno.test("parseDecoderConfig() has the defaults of Transformers for every family", () => {
  const read = (model_type: string, more = {}) =>
    parseDecoderConfig({ ...SMALL, model_type, ...more });
  const llama = read("llama");
  assertEquals(
    [llama.kvHeads, llama.headDim, llama.maxPositions, llama.normEpsilon, llama.ropeTheta],
    [8, 8, 2048, 1e-6, 10000],
  );
  assertEquals([llama.qkvBias, llama.outputBias, llama.mlpBias, llama.tiedEmbeddings], [
    false,
    false,
    false,
    false,
  ]);
  assertEquals([llama.bosToken, llama.eosTokens], [undefined, []]);
  const biased = read("llama", { attention_bias: true, mlp_bias: true });
  assertEquals([biased.qkvBias, biased.outputBias, biased.mlpBias], [true, true, true]);
  const mistral = read("mistral");
  assertEquals([mistral.kvHeads, mistral.maxPositions], [8, 131072]);
  assertEquals(mistral.slidingWindows, [4096, 4096, 4096, 4096]);
  assertEquals(read("mistral", { sliding_window: null }).slidingWindows[0], undefined);
  const qwen2 = read("qwen2", { num_attention_heads: 32, head_dim: 2 });
  assertEquals([qwen2.kvHeads, qwen2.maxPositions, qwen2.qkvBias, qwen2.outputBias], [
    32,
    32768,
    true,
    false,
  ]);
  assertEquals(read("qwen3", { num_key_value_heads: 2 }).headDim, 128);
  assertEquals(read("qwen3", { num_key_value_heads: 2, attention_bias: true }).outputBias, true);
});

Deno.test("parseDecoderConfig() knows the windows of every layer", () => {
  const windows = (more: Record<string, unknown>) =>
    parseDecoderConfig({ ...SMALL, model_type: "qwen2", num_key_value_heads: 2, ...more })
      .slidingWindows;
  const none = Array(4).fill(undefined);
  assertEquals(windows({ sliding_window: 16 }), none); // use_sliding_window is off
  assertEquals(windows({ sliding_window: 16, use_sliding_window: true, max_window_layers: 3 }), [
    undefined,
    undefined,
    undefined,
    16,
  ]);
  const layer_types = ["full", "sliding", "full", "sliding"].map((kind) => `${kind}_attention`);
  assertEquals(windows({ sliding_window: 16, use_sliding_window: true, layer_types }), [
    undefined,
    16,
    undefined,
    16,
  ]);
  assertThrows(
    () =>
      windows({ sliding_window: 16, use_sliding_window: true, layer_types: ["full_attention"] }),
    ModelError,
    "a list of 4 times",
  );
});

Deno.test("parseDecoderConfig() reads text_config, and the names that LLaDA uses", () => {
  const nested = parseDecoderConfig({
    architectures: ["SmolVLMForConditionalGeneration"],
    model_type: "smolvlm",
    image_token_id: 49190,
    text_config: {
      ...SMALL,
      architectures: ["VLlama3ForCausalLM"],
      model_type: "llama",
      num_key_value_heads: 4,
    },
    tie_word_embeddings: true,
    vision_config: { hidden_size: 1 },
  });
  assertEquals([nested.family, nested.kvHeads, nested.tiedEmbeddings], ["llama", 4, true]);
  const llada = parseDecoderConfig({
    architectures: ["LLaDAModelLM"],
    model_type: "llada",
    d_model: 64,
    n_heads: 4,
    n_kv_heads: 2,
    n_layers: 3,
    mlp_hidden_size: 96,
    vocab_size: 97,
    embedding_size: 104,
    max_sequence_length: 4096,
    activation_type: "silu",
    block_type: "llama",
    layer_norm_type: "rms",
    include_qkv_bias: true,
    eos_token_id: 5,
  });
  assertEquals([llada.vocabulary, llada.maxPositions, llada.kvHeads], [104, 4096, 2]);
  assertEquals([llada.qkvBias, llada.outputBias, llada.eosTokens], [true, false, [5]]);
});

Deno.test("parseDecoderConfig() reads every kind of rotary scaling, in both spellings", () => {
  const read = (more: Record<string, unknown>) =>
    parseDecoderConfig({ ...SMALL, model_type: "llama", max_position_embeddings: 512, ...more });
  const kind = (rope_scaling: unknown) => read({ rope_scaling }).ropeScaling;
  assertEquals(kind(null), { kind: "default" });
  assertEquals(kind({ type: "linear", factor: 2 }), { kind: "linear", factor: 2 });
  assertEquals(kind({ type: "dynamic", factor: 4 }), {
    kind: "dynamic",
    factor: 4,
    originalMaxPositions: 512,
  });
  const llama3 = {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 128,
  };
  assertEquals(kind(llama3), {
    kind: "llama3",
    factor: 8,
    lowFreqFactor: 1,
    highFreqFactor: 4,
    originalMaxPositions: 128,
  });
  const modern = read({ rope_parameters: { ...llama3, rope_theta: 5e5 } });
  assertEquals([modern.ropeTheta, modern.ropeScaling.kind], [5e5, "llama3"]);
  const yarn = kind({ rope_type: "yarn", factor: 32, original_max_position_embeddings: 16 });
  if (yarn.kind !== "yarn") throw new Error(yarn.kind);
  assertEquals([yarn.betaFast, yarn.betaSlow, yarn.originalMaxPositions], [32, 1, 16]);
  // gpt-oss and the YaRN paper: 0.1 ln 32 + 1.
  assertAlmostEquals(yarn.attentionFactor, 1.3465735902799727, 1e-15);
  const ratio = kind({ rope_type: "yarn", original_max_position_embeddings: 128 });
  assertEquals(ratio.kind === "yarn" && ratio.factor, 4);
  // DeepSeek-style mscales that are equal cancel.
  const equal = kind({ rope_type: "yarn", factor: 40, mscale: 0.707, mscale_all_dim: 0.707 });
  assertEquals(equal.kind === "yarn" && equal.attentionFactor, 1);
  assertThrows(() => kind({ rope_type: "longrope", factor: 2 }), ModelError, '"longrope"');
  const missing = assertThrows(() => kind({ type: "linear" }), ModelError);
  assertEquals(missing.place.path, "$.rope_scaling.factor");
});

Deno.test("parseDecoderConfig() refuses what it cannot run, where it is", () => {
  const cases: readonly (readonly [Record<string, unknown>, string, string])[] = [
    [{ model_type: "gemma2" }, "Unsupported model type gemma2", "$.model_type"],
    [{ architectures: ["Phi3ForCausalLM"] }, "architecture Phi3ForCausalLM", "$.architectures"],
    [{ ...SMALL }, "$.model_type is missing", "$.model_type"],
    [{ ...SMALL, model_type: "llama", hidden_act: "gelu" }, '"gelu"', "$.hidden_act"],
    [{ ...SMALL, model_type: "llama", vocab_size: null }, "vocab_size", "$.vocab_size"],
    [{ ...SMALL, model_type: "llama", hidden_size: "64" }, 'is "64"', "$.hidden_size"],
    [{ ...SMALL, model_type: "llama", hidden_size: 65 }, "no multiple", "$.num_attention_heads"],
    [
      { ...SMALL, model_type: "llama", num_key_value_heads: 3 },
      "no multiple of num_key_value_heads 3",
      "$.num_key_value_heads",
    ],
    [
      { ...SMALL, model_type: "llama", partial_rotary_factor: 0.5 },
      "partial_rotary_factor",
      "$.partial_rotary_factor",
    ],
    [{ ...SMALL, model_type: "llada", alibi: true }, "ALiBi", "$.alibi"],
  ];
  for (const [json, message, path] of cases) {
    const error = assertThrows(() => parseDecoderConfig(json, "c.json"), ModelError, message);
    assertEquals(error.place, { file: "c.json", path });
  }
  assertThrows(() => parseDecoderConfig([]), ModelError, "must be a JSON object");
});

Deno.test("parseDecoderConfig() refuses a model_type that contradicts architectures", () => {
  // Transformers goes by the type, which here would mean windows, other norms, or experts.
  const types = ["mistral", "qwen2", "qwen3", "llada", "gemma3", "phi3", "qwen3_moe", "Llama"];
  for (const model_type of types) {
    const json = { ...SMALL, model_type, sliding_window: 4, architectures: ["LlamaForCausalLM"] };
    const error = assertThrows(() => parseDecoderConfig(json, "c.json"), ModelError);
    assertEquals(
      [error.message, error.place],
      [
        `$.model_type is "${model_type}", but architectures are of the family llama`,
        { file: "c.json", path: "$.model_type" },
      ],
    );
    assertStringIncludes(error.help, "Transformers goes by model_type");
    const nested = assertThrows(
      () => parseDecoderConfig({ model_type: "llama", text_config: json }),
      ModelError,
    );
    assertEquals(nested.place.path, "$.text_config.model_type");
  }
  const other = { ...SMALL, model_type: "llama", architectures: ["MistralForCausalLM"] };
  assertThrows(() => parseDecoderConfig(other), ModelError, "of the family mistral");
  assertThrows(
    () => parseDecoderConfig({ ...other, model_type: "mistral", architectures: ["LLaDAModelLM"] }),
    ModelError,
    "of the family llada",
  );
});

Deno.test("parseDecoderConfig() needs only one of model_type and architectures", () => {
  const read = (more: Record<string, unknown>): readonly unknown[] => {
    const { family, slidingWindows } = parseDecoderConfig({
      ...SMALL,
      num_key_value_heads: 8,
      sliding_window: 4,
      ...more,
    });
    return [family, slidingWindows[0]];
  };
  const architectures = ["MistralForCausalLM"];
  for (const more of [{ model_type: "mistral" }, { architectures }]) {
    assertEquals(read(more), ["mistral", 4]);
    assertEquals(read({ model_type: "mistral", architectures, ...more }), ["mistral", 4]);
  }
  assertEquals(read({ model_type: null, architectures }), ["mistral", 4]);
  // LLaDA's code follows its auto_map, whatever its type is called.
  for (const model_type of ["llama", "llada", undefined]) {
    assertEquals(read({ model_type, architectures: ["LLaDAModelLM"] }), ["llada", undefined]);
  }
});

Deno.test("parseDecoderConfig() names the nearest supported family", () => {
  const nearest = { mixtral: "mistral", qwen2_moe: "qwen2", qwen: "qwen3", gemma3: "llama" };
  for (const [model_type, family] of Object.entries(nearest)) {
    const error = assertThrows(() => parseDecoderConfig({ model_type }), ModelError);
    assertStringIncludes(error.help, `nearest supported family is ${family}`);
  }
});
