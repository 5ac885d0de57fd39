import fc from "fast-check";
import { type DecoderConfig, parseDecoderConfig } from "../../models/mod.ts";
import type { StoredAs } from "./_decoder_machine.ts";

/** A whole number. */
export const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
/** How tensors are stored. */
export const STORED_AS = fc.constantFrom<StoredAs[]>("bf16", "bf16", "mxfp8", "mxfp4");
const scaled = (rope_type: string, more: object = {}) => ({
  rope_scaling: { rope_type, factor: 4, original_max_position_embeddings: 32, ...more },
});

/** Models of sizes that are seldom multiples of anything. */
export const RANDOM_DECODER: fc.Arbitrary<DecoderConfig> = fc.record({
  model_type: fc.constantFrom("llama", "mistral", "qwen2", "qwen3", "llada"),
  hidden_size: between(8, 100),
  intermediate_size: between(8, 120),
  num_hidden_layers: between(1, 3),
  num_key_value_heads: between(1, 4),
  ratio: between(1, 3),
  half: between(1, 40),
  vocab_size: fc.constant(30),
  max_position_embeddings: fc.constant(128),
  rms_norm_eps: fc.constantFrom(1e-5, 1e-6),
  rope_theta: fc.constantFrom(1e4, 5e5),
  attention_bias: fc.boolean(),
  mlp_bias: fc.boolean(),
  tie_word_embeddings: fc.boolean(),
  sliding_window: fc.oneof(fc.constant(null), between(1, 40)),
  use_sliding_window: fc.boolean(),
  max_window_layers: between(0, 2),
  scaling: fc.constantFrom(
    {},
    scaled("linear"),
    scaled("dynamic"),
    scaled("llama3", { low_freq_factor: 1, high_freq_factor: 4 }),
    scaled("yarn"),
  ),
}).map(({ ratio, half, scaling, ...fields }) =>
  parseDecoderConfig({
    ...fields,
    ...scaling,
    num_attention_heads: fields.num_key_value_heads * ratio,
    head_dim: 2 * half,
  })
);
