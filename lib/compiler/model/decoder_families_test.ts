import { assertEquals } from "@std/assert";
import { randomWeights } from "../../models/mod.ts";
import { errorsOf, machineSettings, tinyConfig, tokensOf } from "./_decoder_machine.ts";

const EXACT = { prefill: 0, decode: 0 };
const scaled = (type: string, more: Readonly<Record<string, unknown>> = {}) => ({
  rope_scaling: { rope_type: type, factor: 4, original_max_position_embeddings: 16, ...more },
});

// deno-fmt-ignore: one model, one row
const FAMILIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "norms on q and k":         { model_type: "qwen3" },
  "norms on wide heads":      { model_type: "qwen3", head_dim: 40 },
  "biases of q, k and v":     { model_type: "qwen2" },
  "biases everywhere":        { attention_bias: true, mlp_bias: true },
  "norms and biases":         { model_type: "qwen3", attention_bias: true },
  "one key head":             { num_key_value_heads: 1 },
  "no mask":                  { model_type: "llada", include_qkv_bias: true },
  "tied embeddings":          { tie_word_embeddings: true },
  "a window of 1":            { model_type: "mistral", sliding_window: 1 },
  "a window of 5":            { model_type: "mistral", sliding_window: 5 },
  "a window of a block":      { model_type: "mistral", sliding_window: 16 },
  "a window of 17":           { model_type: "mistral", sliding_window: 17 },
  "a window of two blocks and one": { model_type: "mistral", sliding_window: 33 },
  "a window in the second layer": { model_type: "qwen2", use_sliding_window: true,
    sliding_window: 7, max_window_layers: 1 },
  "windows by layer":         { model_type: "qwen3", use_sliding_window: true, sliding_window: 20,
    num_hidden_layers: 4, layer_types: ["sliding_attention", "full_attention",
    "sliding_attention", "sliding_attention"] },
  "linear RoPE scaling":      scaled("linear"),
  "dynamic RoPE scaling":     scaled("dynamic"),
  "llama3 RoPE scaling":      scaled("llama3", { low_freq_factor: 1, high_freq_factor: 4 }),
  "YaRN":                     scaled("yarn"),
};

for (const [name, more] of Object.entries(FAMILIES)) {
  for (const matrix of ["blocks", "broadcast"] as const) {
    if (matrix === "broadcast" && /RoPE|YaRN|tied/.test(name)) continue;
    Deno.test(`compileDecoder() is the staged pass bit for bit with ${name}, ${matrix}`, () => {
      const shape = { hidden: 48, inter: 40, kvHeads: 2, ratio: 2, headDim: 8 };
      const config = tinyConfig({ ...shape, layers: 2, more });
      const weights = randomWeights(config, 4);
      const settings = machineSettings({ mlen: 16, blen: 4 });
      // Rows 37 and 38 are in the third block of positions.
      const tokens = tokensOf(38);
      assertEquals(errorsOf(config, weights, settings, { positions: 64, matrix }, tokens), EXACT);
    });
  }
}

// deno-fmt-ignore: one choice, one row
const TYPES = [
  { weight: "mxfp8", kv: "mxfp8", active: "mxfp8" },
  { weight: "mxfp8", kv: "bf16",  active: "bf16" },
  { weight: "bf16",  kv: "mxfp8", active: "bf16" },
  { weight: "bf16",  kv: "bf16",  active: "mxfp8" },
  { weight: "mxfp4", kv: "mxfp8", active: "bf16" },
  { weight: "mxfp4", kv: "mxfp4", active: "mxfp4" },
  { weight: "bf16",  kv: "mxfp4", active: "mxfp8" },
] as const;

for (const types of TYPES) {
  Deno.test(`compileDecoder() is the staged pass bit for bit with ${JSON.stringify(types)}`, () => {
    const is4Bit = Object.values(types).includes("mxfp4" as never);
    for (const machine of is4Bit ? ["extended"] as const : ["plena", "extended"] as const) {
      // Gains and tables of several terms, whose blocks straddle heads.
      const more = { model_type: "qwen3", attention_bias: true };
      const shape = { hidden: 70, inter: 50, kvHeads: 3, ratio: 2, headDim: 12, more };
      const config = tinyConfig({ ...shape, layers: 2 });
      const settings = machineSettings({ mlen: 32, blen: 8 }, types);
      const options = { positions: 64, machine };
      const errors = errorsOf(config, randomWeights(config, 6), settings, options, tokensOf(40));
      assertEquals(errors, EXACT, machine);
    }
  });
}
