import { assertAlmostEquals, assertThrows } from "@std/assert";
import { ModelError } from "./model_error.ts";
import { perplexity } from "./perplexity.ts";

Deno.test("perplexity() is the geometric mean of 1 / p of the tokens that follow", () => {
  // p of the followers: 1/2 and 1/8; the last row does not count.
  const logits = Float32Array.from([1 / 4, 1 / 2, 1 / 4, 1 / 8, 1 / 8, 3 / 4, 9, 9, 9], Math.log);
  assertAlmostEquals(perplexity(logits, 3, [0, 1, 0]), 4, 1e-6);
  // Logits count up to a constant, however large.
  const shifted = logits.map((logit) => logit + 1000);
  assertAlmostEquals(perplexity(shifted, 3, [0, 1, 0]), 4, 1e-3);
});

Deno.test("perplexity() refuses logits of another number of tokens", () => {
  assertThrows(() => perplexity(new Float32Array(6), 3, [0, 1, 2]), ModelError, "6 logits");
  assertThrows(() => perplexity(new Float32Array(3), 3, [0]), ModelError, "for 1 tokens");
});
