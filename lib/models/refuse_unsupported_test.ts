import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { smallConfig } from "./_small_model.ts";
import { ModelError } from "./model_error.ts";

/** Fields that ask for another computation, as their own models write them, and what "off" is. */
// deno-fmt-ignore: one field, one row
const FIELDS: Readonly<Record<string, { on: readonly unknown[]; off: readonly unknown[] }>> = {
  // LLaDA and OLMo.
  rope: { on: [false], off: [true] },
  alibi: { on: [true], off: [false] },
  clip_qkv: { on: [8, 0.5, 0], off: [] },
  scale_logits: { on: [true], off: [false] },
  input_emb_norm: { on: [true], off: [false] },
  attention_layer_norm: { on: [true], off: [false] },
  layer_norm_with_affine: { on: [false], off: [true] },
  bias_for_layer_norm: { on: [true], off: [false] },
  layer_norm_type: { on: ["default", "low_precision", "gemma_rms"], off: ["rms"] },
  block_type: { on: ["sequential", "parallel"], off: ["llama"] },
  activation_type: { on: ["gelu", "relu"], off: ["silu"] },
  norm_after: { on: [true], off: [false] },
  // nanotron, DeepSeek; GPT-NeoX, StableLM, GPT-J; SmolLM 3, Llama 4; Gemma 3.
  rope_interleaved: { on: [true], off: [false] },
  rope_interleave: { on: [true], off: [false] },
  rotary_pct: { on: [0.25], off: [1] },
  rope_pct: { on: [0.25], off: [1] },
  rotary_dim: { on: [2], off: [4] },
  partial_rotary_factor: { on: [0.5], off: [1] },
  no_rope_layers: { on: [[1, 0]], off: [[1, 1]] },
  no_rope_layer_interval: { on: [4], off: [] },
  rope_local_base_freq: { on: [10000], off: [] },
  attention_chunk_size: { on: [8192], off: [] },
  attn_temperature_tuning: { on: [true, 4], off: [false] },
  use_bidirectional_attention: { on: [true], off: [false] },
  is_causal: { on: [false], off: [true] },
  // Cohere, Phi, Persimmon, GPT-NeoX, Falcon, GPT-2.
  use_qk_norm: { on: [true], off: [false] },
  qk_norm: { on: [true], off: [false] },
  qk_layer_norms: { on: [true], off: [false] },
  use_mrope: { on: [true], off: [false] },
  qk_layernorm: { on: [true], off: [false] },
  use_parallel_residual: { on: [true], off: [false] },
  parallel_attn: { on: [true], off: [false] },
  scale_attn_by_inverse_layer_idx: { on: [true], off: [false] },
  // Granite, Cohere, MiniCPM, Falcon-H1, Gemma 2: heads are 4 wide, the model 24, with 2 layers.
  attention_multiplier: { on: [1, 0.25], off: [0.5] },
  query_pre_attn_scalar: { on: [24], off: [4] },
  embedding_multiplier: { on: [12], off: [1] },
  residual_multiplier: { on: [0.22], off: [1] },
  logits_scaling: { on: [8], off: [1] },
  logit_scale: { on: [0.0625], off: [1] },
  lm_head_multiplier: { on: [0.04], off: [1] },
  scale_emb: { on: [12], off: [1] },
  scale_depth: { on: [1.4], off: [1.4142135] },
  dim_model_base: { on: [256], off: [24] },
  attn_logit_softcapping: { on: [50], off: [0] },
  final_logit_softcapping: { on: [30], off: [0] },
  hidden_act: { on: ["gelu", "relu2"], off: ["silu", "swish"] },
  hidden_activation: { on: ["gelu_pytorch_tanh"], off: ["silu"] },
  is_encoder_decoder: { on: [true], off: [false] },
  add_cross_attention: { on: [true], off: [false] },
  layer_types: {
    on: [["full_attention", "sliding_attention"], ["full_attention", "chunked_attention"]],
    off: [["full_attention", "full_attention"]],
  },
};

for (const [name, { on, off }] of Object.entries(FIELDS)) {
  Deno.test(`parseDecoderConfig() refuses ${name} at its place, unless it is off`, () => {
    for (const value of on) {
      const error = assertThrows(() => smallConfig("llama", { [name]: value }), ModelError);
      assertEquals(error.place.path, `$.${name}`, JSON.stringify(value));
    }
    const plain = smallConfig("llama");
    for (const value of [...off, null]) {
      assertEquals(smallConfig("llama", { [name]: value }), plain, JSON.stringify(value));
    }
  });
}

Deno.test("parseDecoderConfig() takes fields that change nothing that is computed", () => {
  const harmless = {
    rope_full_precision: true,
    pretraining_tp: 4,
    attention_dropout: 0.1,
    flash_attention: true,
    use_cache: false,
    init_fn: "mitchell",
    mlp_ratio: 4,
    torch_dtype: "bfloat16",
    initializer_range: 0.02,
  };
  assertEquals(smallConfig("llama", harmless), smallConfig("llama"));
});

Deno.test("parseDecoderConfig() takes what a family does anyway", () => {
  assertEquals(smallConfig("qwen3", { use_qk_norm: true }), smallConfig("qwen3"));
  assertEquals(smallConfig("llada", { is_causal: false }), smallConfig("llada"));
  assertThrows(() => smallConfig("llada", { is_causal: true }), ModelError, "another mask");
});

Deno.test("parseDecoderConfig() refuses LLaDA's half-wide swiglu, and takes Llama's name for a gate", () => {
  assertThrows(() => smallConfig("llada", { activation_type: "swiglu" }), ModelError, "swiglu");
  assertEquals(smallConfig("llama", { hidden_act: "swiglu" }), smallConfig("llama"));
});

Deno.test("parseDecoderConfig() takes LLaDA's biases only where norms and head have none", () => {
  const read = (more: Record<string, unknown>) =>
    smallConfig("llada", { include_bias: true, ...more });
  assertThrows(() => read({}), ModelError, "biases in norms");
  const open = { bias_for_layer_norm: false, weight_tying: false };
  assertThrows(() => read(open), ModelError, "biases in the head");
  const { qkvBias, outputBias, mlpBias } = read({ bias_for_layer_norm: false });
  assertEquals([qkvBias, outputBias, mlpBias], [true, true, true]);
});

Deno.test("parseDecoderConfig() counts the key heads of LLaDA by its flag", () => {
  const kvHeads = (more: Record<string, unknown>) =>
    smallConfig("llada", { num_key_value_heads: undefined, ...more }).kvHeads;
  assertEquals(kvHeads({}), 6);
  assertEquals(kvHeads({ n_kv_heads: 3 }), 3);
  assertEquals(kvHeads({ n_kv_heads: 3, multi_query_attention: null }), 3);
  assertEquals(kvHeads({ multi_query_attention: true }), 1);
  assertEquals(kvHeads({ multi_query_attention: true, n_kv_heads: 1 }), 1);
  assertEquals(kvHeads({ multi_query_attention: false }), 6);
  for (const multi_query_attention of [true, false]) {
    const error = assertThrows(() => kvHeads({ multi_query_attention, n_kv_heads: 3 }), ModelError);
    assertEquals(error.place.path, "$.multi_query_attention");
  }
});

Deno.test("parseDecoderConfig() knows whether the head is the embedding as each family's code does", () => {
  const isTied = (family: string, more: Record<string, unknown> = {}): boolean =>
    smallConfig(family, more).tiedEmbeddings;
  for (const family of ["llama", "mistral", "qwen2", "qwen3"]) assertEquals(isTied(family), false);
  // The default of LLaDA's class, which its saved configs leave out.
  assertEquals(isTied("llada"), true);
  assertEquals(isTied("llada", { weight_tying: false, tie_word_embeddings: true }), false);
  assertEquals(isTied("llada", { tie_word_embeddings: false }), false);
  assertEquals(isTied("llama", { tie_word_embeddings: true }), true);
});

Deno.test("parseDecoderConfig() has as many key heads as query heads where they are null", () => {
  for (const family of ["llama", "mistral", "qwen2", "qwen3"]) {
    assertEquals(smallConfig(family, { num_key_value_heads: null }).kvHeads, 6, family);
  }
});

Deno.test("parseDecoderConfig() refuses a config that says two things", () => {
  const cases: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ["llama", { d_model: 32 }, "$.hidden_size"],
    ["llada", { n_layers: 3 }, "$.num_hidden_layers"],
    ["llada", { vocab_size: 50, embedding_size: 40 }, "$.embedding_size"],
    ["llama", { rope_scaling: { rope_type: "linear", type: "yarn" } }, "$.rope_scaling.rope_type"],
    [
      "llama",
      {
        rope_scaling: { rope_type: "linear", factor: 2 },
        rope_parameters: { rope_type: "default", rope_theta: 1e4 },
      },
      "$.rope_scaling",
    ],
    // Windows of layers without a window.
    ["qwen2", { layer_types: ["sliding_attention", "full_attention"] }, "$.layer_types"],
  ];
  for (const [family, more, path] of cases) {
    const error = assertThrows(() => smallConfig(family, more), ModelError);
    assertEquals(error.place.path, path);
  }
  const both = { rope_scaling: null, rope_parameters: { rope_type: "default", rope_theta: 1e4 } };
  assertEquals(smallConfig("llama", both), smallConfig("llama"));
  assertEquals(smallConfig("llama", { d_model: 24, n_heads: 6 }), smallConfig("llama"));
});

Deno.test("parseDecoderConfig() refuses a rotary scaling without a kind, and takes an empty one", () => {
  for (
    const rope_scaling of [{ factor: 2 }, {
      full_attention: { rope_type: "default", rope_theta: 1e6 },
    }, { mrope_section: [16, 24, 24] }]
  ) {
    const error = assertThrows(() => smallConfig("llama", { rope_scaling }), ModelError);
    assertEquals(error.place.path, "$.rope_scaling.rope_type");
    assertStringIncludes(error.help, "linear");
  }
  for (const rope_scaling of [{}, { rope_type: null, type: "default" }, { factor: null }]) {
    assertEquals(smallConfig("llama", { rope_scaling }), smallConfig("llama"));
  }
  const rope_parameters = { rope_theta: 5e5, partial_rotary_factor: 1 };
  assertEquals(smallConfig("llama", { rope_parameters }).ropeTheta, 5e5);
  const scaled = { rope_type: "default", llama_4_scaling_beta: 0.1 };
  const error = assertThrows(() => smallConfig("mistral", { rope_parameters: scaled }), ModelError);
  assertEquals(error.place.path, "$.rope_parameters.llama_4_scaling_beta");
});

Deno.test("parseDecoderConfig() refuses absurd counts, and says what is allowed", () => {
  const most: Readonly<Record<string, number>> = {
    hidden_size: 2 ** 20,
    intermediate_size: 2 ** 20,
    num_attention_heads: 2 ** 20,
    num_key_value_heads: 2 ** 20,
    head_dim: 2 ** 20,
    num_hidden_layers: 4096,
    vocab_size: 2 ** 24,
    max_position_embeddings: 2 ** 30,
  };
  for (const [name, limit] of Object.entries(most)) {
    for (const value of [limit + 1, 1e9 + 2 ** 30, 2 ** 40, 1e300]) {
      const error = assertThrows(() => smallConfig("llama", { [name]: value }), ModelError);
      assertEquals(error.place.path, `$.${name}`);
      assertStringIncludes(error.message, `a whole number from 1 to ${limit}, current value is `);
    }
  }
  // Larger than any that is published.
  const large = {
    hidden_size: 65536,
    intermediate_size: 262144,
    num_attention_heads: 512,
    num_hidden_layers: 1000,
    vocab_size: 1_000_000,
    max_position_embeddings: 2 ** 27,
  };
  assertEquals(smallConfig("llama", large).layers, 1000);
});
