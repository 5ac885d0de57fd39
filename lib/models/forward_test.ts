import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { RECORDED_MODELS, RECORDED_SEED, RECORDED_TOKENS } from "./_onnxruntime_outputs.ts";
import { smallConfig } from "./_small_model.ts";
import type { DecoderConfig, DecoderWeights } from "./decoder_config.ts";
import { forward, type Stage, STAGES } from "./forward.ts";
import { KvCache } from "./kv_cache.ts";
import { ModelError } from "./model_error.ts";
import { randomWeights } from "./random_weights.ts";
import { ropeFrequencies } from "./rope.ts";

type Matrix = number[][];

const matrix = (flat: Float32Array, columns: number): Matrix =>
  Array.from({ length: flat.length / columns }, (_, r) => [
    ...flat.subarray(r * columns, (r + 1) * columns),
  ]);

/**
 * A second forward pass, written from the definitions in the way of a text book: whole matrices,
 * keys repeated for every query head, a mask of −∞, rotation by complex numbers.
 */
function textBook(
  config: DecoderConfig,
  weights: DecoderWeights,
  tokens: readonly number[],
): Matrix {
  const { hidden, heads, kvHeads, headDim, intermediate, normEpsilon } = config;
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.map((value, i) => value * b[i]!).reduce((x, y) => x + y, 0);
  const apply = (w: Float32Array, x: Matrix, inputs: number, bias?: Float32Array): Matrix =>
    x.map((row) => matrix(w, inputs).map((line, o) => dot(line, row) + (bias?.[o] ?? 0)));
  const norm = (x: readonly number[], gain: Float32Array): number[] => {
    const power = dot(x, x) / x.length;
    return x.map((value, i) => value / Math.sqrt(power + normEpsilon) * gain[i]!);
  };
  const { inverse, attentionFactor } = ropeFrequencies(config, tokens.length);
  const rotate = (x: readonly number[], position: number): number[] => {
    const out = [...x];
    for (let i = 0; i < headDim / 2; i++) {
      const radius = Math.hypot(x[i]!, x[i + headDim / 2]!) * attentionFactor;
      const angle = Math.atan2(x[i + headDim / 2]!, x[i]!) + position * inverse[i]!;
      out[i] = radius * Math.cos(angle);
      out[i + headDim / 2] = radius * Math.sin(angle);
    }
    return out;
  };
  const headOf = (row: readonly number[], h: number): number[] =>
    row.slice(h * headDim, (h + 1) * headDim);

  let x: Matrix = tokens.map((token) => matrix(weights.embedding(), hidden)[token]!);
  for (let layer = 0; layer < config.layers; layer++) {
    const w = weights.layer(layer);
    const a = x.map((row) => norm(row, w.attentionNorm));
    const q = apply(w.wq, a, hidden, w.bq);
    const k = apply(w.wk, a, hidden, w.bk);
    const v = apply(w.wv, a, hidden, w.bv);
    const mixed: Matrix = tokens.map(() => []);
    for (let h = 0; h < heads; h++) {
      const group = Math.floor(h * kvHeads / heads);
      const turn = (rows: Matrix, head: number, gain: Float32Array | undefined): Matrix =>
        rows.map((row, p) => {
          const part = headOf(row, head);
          return rotate(gain === undefined ? part : norm(part, gain), p);
        });
      const qh = turn(q, h, w.qNorm);
      const kh = turn(k, group, w.kNorm);
      for (const [i, query] of qh.entries()) {
        const scores = kh.map((key, j) => {
          const isLater = config.causal && j > i;
          const window = config.slidingWindows[layer];
          const isTooOld = window !== undefined && i - j >= window;
          return isLater || isTooOld ? -Infinity : dot(query, key) / Math.sqrt(headDim);
        });
        const total = scores.map((s) => Math.exp(s)).reduce((s, t) => s + t, 0);
        for (let d = 0; d < headDim; d++) {
          mixed[i]!.push(dot(
            scores.map((s) => Math.exp(s) / total),
            v.map((row) => headOf(row, group)[d]!),
          ));
        }
      }
    }
    const o = apply(w.wo, mixed, heads * headDim, w.bo);
    x = x.map((row, r) => row.map((value, i) => value + o[r]![i]!));
    const m = x.map((row) => norm(row, w.mlpNorm));
    const gate = apply(w.wGate, m, hidden, w.bGate);
    const up = apply(w.wUp, m, hidden, w.bUp);
    const inner = gate.map((row, r) => row.map((g, i) => g / (1 + Math.exp(-g)) * up[r]![i]!));
    const down = apply(w.wDown, inner, intermediate, w.bDown);
    x = x.map((row, r) => row.map((value, i) => value + down[r]![i]!));
  }
  return apply(weights.head(), x.map((row) => norm(row, weights.finalNorm())), hidden);
}

const TOKENS = [3, 39, 0, 17, 17, 8, 21, 5, 30];
const rope = (rope_scaling: unknown) => ({ rope_scaling, max_position_embeddings: 512 });

/** One model a feature, and some of all together. */
const MODELS: Readonly<Record<string, DecoderConfig>> = {
  "Llama, a key head for three query heads": smallConfig("llama"),
  "Llama, tied, with all biases": smallConfig("llama", {
    attention_bias: true,
    mlp_bias: true,
    tie_word_embeddings: true,
  }),
  "Llama, one key head, linear scaling": smallConfig("llama", {
    num_key_value_heads: 1,
    ...rope({ type: "linear", factor: 3 }),
  }),
  "Llama, as many key heads, dynamic scaling that has set in": smallConfig("llama", {
    num_key_value_heads: 6,
    ...rope({ type: "dynamic", factor: 3, original_max_position_embeddings: 4 }),
  }),
  "Llama 3 with its scaling": smallConfig(
    "llama",
    rope({
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 32,
    }),
  ),
  "Llama with YaRN": smallConfig("llama", {
    head_dim: 8,
    ...rope({ rope_type: "yarn", factor: 4, original_max_position_embeddings: 16 }),
  }),
  "Mistral with a window of three": smallConfig("mistral", { sliding_window: 3 }),
  "Qwen2 with biases and a window in the second layer": smallConfig("qwen2", {
    sliding_window: 4,
    use_sliding_window: true,
    max_window_layers: 1,
  }),
  "Qwen3 with norms on heads of another width": smallConfig("qwen3", { head_dim: 6 }),
  "LLaDA without a mask": smallConfig("llada", { include_qkv_bias: true }),
};

for (const [name, config] of Object.entries(MODELS)) {
  Deno.test(`forward() computes what the text book does: ${name}`, () => {
    const weights = randomWeights(config, 11);
    const { logits } = forward(config, weights, TOKENS);
    const expected = textBook(config, weights, TOKENS).flat();
    assertEquals(logits.length, expected.length);
    for (const [i, value] of expected.entries()) {
      assertAlmostEquals(logits[i]!, value, 1e-6 * Math.max(1, Math.abs(value)), `logit ${i}`);
    }
  });
}

for (const [name, { config, hidden }] of Object.entries(RECORDED_MODELS)) {
  Deno.test(`forward() computes what ONNX Runtime does: ${name}`, () => {
    const weights = randomWeights(config, RECORDED_SEED);
    const ours = forward(config, weights, RECORDED_TOKENS, { logits: "none" }).hidden;
    assertEquals(ours.length, hidden.length);
    // It computes in float32.
    for (const [i, value] of hidden.entries()) assertAlmostEquals(ours[i]!, value, 1e-5, `${i}`);
  });
}

Deno.test("forward() with a cache, in steps of any size, gives what one pass gives", () => {
  for (const [name, config] of Object.entries(MODELS)) {
    // Bidirectional models see what is later; dynamic scaling depends on the length so far.
    if (!config.causal || config.ropeScaling.kind === "dynamic") continue;
    const weights = randomWeights(config, 12);
    const whole = forward(config, weights, TOKENS).hidden;
    const cache = new KvCache(config, 1);
    const parts: number[] = [];
    for (const [from, to] of [[0, 4], [4, 5], [5, 9]] as const) {
      parts.push(...forward(config, weights, TOKENS.slice(from, to), { cache }).hidden);
    }
    assertEquals(cache.length, TOKENS.length);
    for (const [i, value] of whole.entries()) {
      assertAlmostEquals(parts[i]!, value, 2e-6, `${name}: ${i}`);
    }
  }
});

Deno.test("forward() tells every stage in order, and the residuals add up", () => {
  const config = smallConfig("qwen3", { head_dim: 6 });
  const stages: Stage[] = [];
  const weights = randomWeights(config, 1);
  const { hidden, logits } = forward(config, weights, TOKENS, {
    onStage: (stage) => stages.push(stage),
  });
  const inner = STAGES.slice(1, -2);
  assertEquals(stages.map(({ name, layer }) => [name, layer]), [
    ["embedding", undefined],
    ...inner.map((name) => [name, 0]),
    ...inner.map((name) => [name, 1]),
    ["final_norm", undefined],
    ["logits", undefined],
  ]);
  const find = (name: string, layer?: number): Stage =>
    stages.find((stage) => stage.name === name && stage.layer === layer)!;
  assertEquals(find("final_norm").values, hidden);
  assertEquals(find("logits").values, logits);
  assertEquals([find("q", 0).rows, find("q", 0).columns, find("k", 0).columns], [9, 36, 12]);
  const [before, o, after] = [find("embedding"), find("o_proj", 0), find("attn_residual", 0)];
  assert(
    after.values.every((value, i) => Math.abs(before.values[i]! + o.values[i]! - value) < 1e-6),
  );
});

Deno.test("forward() from embeddings is the pass from their tokens", () => {
  const config = smallConfig("llama");
  const weights = randomWeights(config, 1);
  const embeddings = Float32Array.from(
    TOKENS.flatMap((token) => [...weights.embedding().subarray(token * 24, token * 24 + 24)]),
  );
  assertEquals(forward(config, weights, { embeddings }), forward(config, weights, TOKENS));
  const last = forward(config, weights, TOKENS, { logits: "last" }).logits;
  assertEquals(last, forward(config, weights, TOKENS).logits.slice(-40));
  assertEquals(forward(config, weights, TOKENS, { logits: "none" }).logits.length, 0);
});

Deno.test("forward() refuses what is no token or no row", () => {
  const config = smallConfig("llama");
  const weights = randomWeights(config, 1);
  for (const token of [-1, 40, 1.5]) {
    assertThrows(() => forward(config, weights, [token]), ModelError, `Token ${token}`);
  }
  assertThrows(() => forward(config, weights, []), ModelError, "no token");
  assertThrows(
    () => forward(config, weights, { embeddings: new Float32Array(25) }),
    ModelError,
    "rows of 24",
  );
});
