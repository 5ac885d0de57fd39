import { assert } from "@std/assert";
import { random } from "../../numerics/mod.ts";
import { randomWeights } from "../../models/mod.ts";
import { errorsOf, machineSettings, tinyConfig } from "./_decoder_machine.ts";

function tokensOf(count: number, seed = 1): number[] {
  const draw = random(seed);
  return Array.from({ length: count }, () => Math.floor(draw() * 30));
}

// deno-fmt-ignore: one model, one row
const FAMILIES: readonly (readonly [string, Readonly<Record<string, unknown>>, number])[] = [
  // A head lies in two rows, so its sum is rounded twice where the staged pass rounds once.
  ["norms on q and k",       { model_type: "qwen3" },                                    1e-2],
  ["biases of q, k and v",   { model_type: "qwen2" },                                    2e-3],
  ["biases everywhere",      { attention_bias: true, mlp_bias: true },                   2e-3],
  ["a window of 5",          { model_type: "mistral", sliding_window: 5 },               2e-3],
  ["a window of 20",         { model_type: "mistral", sliding_window: 20 },              2e-3],
  ["a window of 17",         { model_type: "mistral", sliding_window: 17 },              2e-3],
  ["a window in the second layer", { model_type: "qwen2", use_sliding_window: true,
    sliding_window: 7, max_window_layers: 1, qkv_bias: false },                          2e-3],
  ["linear RoPE scaling",    { rope_scaling: { rope_type: "linear", factor: 4 } },       2e-3],
  ["tied embeddings",        { tie_word_embeddings: true },                              2e-3],
];

for (const [name, more, bound] of FAMILIES) {
  for (const matrix of ["blocks", "broadcast"] as const) {
    if (matrix === "broadcast" && /RoPE|tied/.test(name)) continue;
    Deno.test(`compileDecoder() follows the staged pass with ${name}, ${matrix}`, () => {
      const shape = { hidden: 48, inter: 40, kvHeads: 2, ratio: 2, headDim: 8 };
      const config = tinyConfig({ ...shape, layers: 2, more });
      const weights = randomWeights(config, 4);
      const settings = machineSettings({ mlen: 16, blen: 4 });
      const errors = errorsOf(config, weights, settings, { positions: 64, matrix }, tokensOf(27));
      assert(errors.prefill <= bound, `prefill ${errors.prefill}`);
      assert(errors.decode <= bound, `decode ${errors.decode}`);
    });
  }
}
