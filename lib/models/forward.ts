import { attention } from "./attention.ts";
import type { DecoderConfig, DecoderWeights } from "./decoder_config.ts";
import { KvCache } from "./kv_cache.ts";
import { ModelError } from "./model_error.ts";
import { applyRope, ropeTables } from "./rope.ts";
import { addTo, gatedSilu, linear, rmsNorm } from "./tensor_ops.ts";

/**
 * The stages of a pass, in order: `embedding`; in each layer those from `attn_norm` to
 * `ffn_residual`; `final_norm` and `logits`. `q` and `k` are after the rotary embedding,
 * `attention` is before the output projection, `ffn_hidden` is silu(gate) · up.
 */
export const STAGES = [
  "embedding",
  "attn_norm",
  "q",
  "k",
  "v",
  "attention",
  "o_proj",
  "attn_residual",
  "ffn_norm",
  "ffn_hidden",
  "ffn_out",
  "ffn_residual",
  "final_norm",
  "logits",
] as const;

/** Name of a stage. */
export type StageName = (typeof STAGES)[number];

/** What a stage computed. */
export interface Stage {
  /** Which one. */
  readonly name: StageName;
  /** Layer; undefined outside the layers. */
  readonly layer: number | undefined;
  /** Positions of this pass. */
  readonly rows: number;
  /** Numbers a position. */
  readonly columns: number;
  /** (rows, columns); a copy. */
  readonly values: Float32Array;
}

/** Tokens, or the rows (positions, hidden) that stand for them. */
export type ForwardInput = readonly number[] | { readonly embeddings: Float32Array };

/** What a pass may be told. */
export interface ForwardOptions {
  /** Positions before these; those of this pass are added to it. */
  readonly cache?: KvCache;
  /** For which positions there are logits. Defaults to `all`. */
  readonly logits?: "all" | "last" | "none";
  /** Is called with the outcome of every stage, as it comes. */
  readonly onStage?: (stage: Stage) => void;
}

/** The outcome of a pass. */
export interface ForwardResult {
  /** After the last norm, (positions, hidden). */
  readonly hidden: Float32Array;
  /** (positions, vocabulary), or of the last position only, or empty, as was asked. */
  readonly logits: Float32Array;
}

/**
 * The true forward pass of one sequence: what the architecture says, with weights as they are
 * stored and everything else in float64. Reads the weights of one layer after the other.
 *
 * With `dynamic` scaling of the rotary embedding and a cache, the frequencies are those of the
 * length so far, and older keys keep theirs, as in Transformers.
 *
 * ```ts
 * import { forward, KvCache, parseDecoderConfig, randomWeights } from "@fourbit/fourbit/models";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const config = parseDecoderConfig({
 *   model_type: "llama",
 *   hidden_size: 16,
 *   intermediate_size: 24,
 *   num_hidden_layers: 2,
 *   num_attention_heads: 4,
 *   num_key_value_heads: 2,
 *   vocab_size: 32,
 * });
 * const weights = randomWeights(config, 1);
 * const whole = forward(config, weights, [3, 1, 4]).logits;
 * const cache = new KvCache(config);
 * forward(config, weights, [3, 1], { cache });
 * const last = forward(config, weights, [4], { cache }).logits;
 * assertAlmostEquals(last[0]!, whole[2 * 32]!, 1e-6);
 * ```
 *
 * @throws {ModelError} If a token is not of the vocabulary, or the embeddings are no whole rows.
 */
export function forward(
  config: DecoderConfig,
  weights: DecoderWeights,
  input: ForwardInput,
  options: ForwardOptions = {},
): ForwardResult {
  const { hidden, heads, kvHeads, headDim, normEpsilon, intermediate } = config;
  const { cache = new KvCache(config), logits: wanted = "all", onStage } = options;
  const x = embedRows(config, weights, input);
  const rows = x.length / hidden;
  const tell = (name: StageName, layer: number | undefined, values: Float64Array): void =>
    onStage?.({
      name,
      layer,
      rows,
      columns: values.length / rows,
      values: Float32Array.from(values),
    });
  tell("embedding", undefined, x);
  const tables = ropeTables(config, rows, cache.length);

  for (let i = 0; i < config.layers; i++) {
    const w = weights.layer(i);
    const normed = rmsNorm(x, w.attentionNorm, hidden, normEpsilon);
    tell("attn_norm", i, normed);
    let q = linear(normed, w.wq, hidden, w.bq);
    let k = linear(normed, w.wk, hidden, w.bk);
    const v = linear(normed, w.wv, hidden, w.bv);
    if (w.qNorm !== undefined) q = rmsNorm(q, w.qNorm, headDim, normEpsilon);
    if (w.kNorm !== undefined) k = rmsNorm(k, w.kNorm, headDim, normEpsilon);
    applyRope(q, heads, headDim, tables);
    applyRope(k, kvHeads, headDim, tables);
    tell("q", i, q);
    tell("k", i, k);
    tell("v", i, v);
    const { keys, values } = cache.append(i, k, v);
    const attended = attention(config, q, keys, values, config.slidingWindows[i]);
    tell("attention", i, attended);
    const projected = linear(attended, w.wo, heads * headDim, w.bo);
    tell("o_proj", i, projected);
    addTo(x, projected);
    tell("attn_residual", i, x);
    const second = rmsNorm(x, w.mlpNorm, hidden, normEpsilon);
    tell("ffn_norm", i, second);
    const gate = linear(second, w.wGate, hidden, w.bGate);
    gatedSilu(gate, linear(second, w.wUp, hidden, w.bUp));
    tell("ffn_hidden", i, gate);
    const down = linear(gate, w.wDown, intermediate, w.bDown);
    tell("ffn_out", i, down);
    addTo(x, down);
    tell("ffn_residual", i, x);
  }
  cache.advance(rows);
  const final = rmsNorm(x, weights.finalNorm(), hidden, normEpsilon);
  tell("final_norm", undefined, final);
  let logits = new Float32Array(0);
  if (wanted !== "none") {
    const from = wanted === "last" ? final.subarray(final.length - hidden) : final;
    const values = linear(from, weights.head(), hidden);
    logits = Float32Array.from(values);
    onStage?.({
      name: "logits",
      layer: undefined,
      rows: from.length / hidden,
      columns: config.vocabulary,
      values: logits.slice(),
    });
  }
  return { hidden: Float32Array.from(final), logits };
}

/** Rows of the embedding for tokens, or the rows that were given, (positions, hidden). */
export function embedRows(
  { hidden, vocabulary }: DecoderConfig,
  weights: Pick<DecoderWeights, "embedding">,
  input: ForwardInput,
): Float64Array {
  if ("embeddings" in input) {
    const { embeddings } = input;
    if (embeddings.length > 0 && embeddings.length % hidden === 0) {
      return Float64Array.from(embeddings);
    }
    throw new ModelError(
      `${embeddings.length} numbers are no rows of ${hidden}`,
      "give embeddings of (positions, hidden)",
    );
  }
  if (input.length === 0) throw new ModelError("There is no token", "give at least one token");
  const table = weights.embedding();
  const x = new Float64Array(input.length * hidden);
  for (const [r, token] of input.entries()) {
    if (!(Number.isInteger(token) && token >= 0 && token < vocabulary)) {
      throw new ModelError(
        `Token ${token} is not of the vocabulary of ${vocabulary}`,
        `give tokens from 0 to ${vocabulary - 1}`,
      );
    }
    x.set(table.subarray(token * hidden, (token + 1) * hidden), r * hidden);
  }
  return x;
}
