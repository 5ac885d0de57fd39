import { assertEquals } from "@std/assert";
import { parseDecoderShape } from "./decoder_shape.ts";
import { footprint } from "./footprint.ts";
import { weightBytesPerStep } from "./step_bytes.ts";

const DENSE = {
  model_type: "llama",
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: 1000,
};
const MATRICES = 2 * (4 * 64 * 64 + 3 * 64 * 128);
const NORMS = (2 * 2 + 1) * 64;

function stepBytes(json: unknown, batch?: number): number {
  const shape = parseDecoderShape(json);
  const formats = { weight: "bf16", vector: "bf16" };
  return weightBytesPerStep(shape, footprint(shape, { sequence: 1, formats }), batch);
}

Deno.test("weightBytesPerStep() reads matrices and head once, and rows of the embedding", () => {
  const body = MATRICES + NORMS + 1000 * 64;
  assertEquals(stepBytes({ ...DENSE, tie_word_embeddings: false }), 2 * (body + 64));
  assertEquals(stepBytes({ ...DENSE, tie_word_embeddings: false }, 3), 2 * (body + 3 * 64));
  assertEquals(stepBytes({ ...DENSE, tie_word_embeddings: true }), 2 * body);
});

Deno.test("weightBytesPerStep() reads the experts of a token, and never more than there are", () => {
  const mixture = {
    ...DENSE,
    model_type: "mixtral",
    num_key_value_heads: 4,
    num_local_experts: 8,
    num_experts_per_tok: 2,
    tie_word_embeddings: true,
  };
  const shared = 2 * (4 * 64 * 64 + 64 * 8) + NORMS + 1000 * 64;
  const expert = 2 * 3 * 64 * 128; // in both layers
  assertEquals(stepBytes(mixture), 2 * (shared + 2 * expert));
  assertEquals(stepBytes(mixture, 3), 2 * (shared + 6 * expert));
  assertEquals(stepBytes(mixture, 100), 2 * (shared + 8 * expert));
});
