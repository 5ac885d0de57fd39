import { generate, keptWeights } from "./generate.ts";
import { forward } from "./forward.ts";
import { parseDecoderConfig } from "./parse_config.ts";
import { randomWeights } from "./random_weights.ts";

/** The sizes of the 260,032-parameter stories model. */
const config = parseDecoderConfig({
  model_type: "llama",
  hidden_size: 64,
  intermediate_size: 172,
  num_hidden_layers: 5,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  vocab_size: 512,
  tie_word_embeddings: true,
});
const weights = keptWeights(config, randomWeights(config, 1));
const tokens = Array.from({ length: 64 }, (_, i) => i * 7 % 512);

Deno.bench("generate() 48 tokens of a model of 260,000 parameters", () => {
  if ([...generate(config, weights, [1], 48)].length !== 48) throw new Error("too few");
});
Deno.bench("forward() of 64 tokens of a model of 260,000 parameters", () => {
  forward(config, weights, tokens);
});
