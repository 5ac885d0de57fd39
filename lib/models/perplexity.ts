import { ModelError } from "./model_error.ts";

/**
 * How surprised a model is by a text: e to the mean of −log p(next token). `logits` are
 * (positions, vocabulary) of the tokens, of which the last position is not used.
 *
 * @throws {ModelError} If there are fewer than two tokens, or the logits are not those of them.
 */
export function perplexity(
  logits: Float32Array,
  vocabulary: number,
  tokens: readonly number[],
): number {
  if (tokens.length < 2 || logits.length !== tokens.length * vocabulary) {
    throw new ModelError(
      `${logits.length} logits of ${vocabulary} for ${tokens.length} tokens`,
      "give the logits of every one of at least two tokens",
    );
  }
  let total = 0;
  for (let p = 0; p + 1 < tokens.length; p++) {
    const row = logits.subarray(p * vocabulary, (p + 1) * vocabulary);
    let highest = -Infinity;
    for (const logit of row) if (logit > highest) highest = logit;
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - highest);
    total += highest + Math.log(sum) - row[tokens[p + 1]!]!;
  }
  return Math.exp(total / (tokens.length - 1));
}
