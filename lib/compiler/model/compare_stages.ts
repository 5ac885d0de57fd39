import {
  type DecoderWeights,
  type LayerWeights,
  ropeTables,
  type StageName,
} from "../../models/mod.ts";
import type { DecoderProgram } from "./compile_decoder.ts";
import type { DecoderPlan } from "./plan.ts";
import {
  attend,
  bf16,
  gated,
  multiply,
  rootNorm,
  sumOf,
  turn,
  withBias,
} from "./stage_operations.ts";
import { type SteppedMachine, visitStages } from "./stage_values.ts";
import { stagedStore } from "./staged_store.ts";

/** How far a stage of the machine is from what its own previous stages make. */
export interface StageComparison {
  /** The stage. */
  readonly name: StageName;
  /** Its layer; undefined outside the layers. */
  readonly layer: number | undefined;
  /** √(Σ(x − y)² / Σy²). */
  readonly relativeRms: number;
  /** Cosine of the angle between both. */
  readonly cosine: number;
}

/**
 * Runs a prefill program stage by stage and computes each stage once more from what the machine had
 * before it, with the machine's roundings. A wrong kernel shows in its own stage, and not in those
 * behind it; the first stage beyond a bound is the place to look.
 *
 * @param machine A machine with the program, its images, and the model's image in HBM.
 */
export function compareStages(
  plan: DecoderPlan,
  program: DecoderProgram,
  weights: DecoderWeights,
  tokens: readonly number[],
  machine: SteppedMachine,
): StageComparison[] {
  const expected = stageRules(plan, weights, tokens);
  const comparisons: StageComparison[] = [];
  const seen = new Map<StageName, Float32Array>();
  visitStages(plan, program, machine, ({ name }, layer, values) => {
    const truth = expected[name]!(seen, layer ?? 0);
    comparisons.push({ name, layer, ...distance(values, truth) });
    seen.set(name, values);
    // The residual stream of the next layer.
    if (name === "ffn_residual") seen.set("embedding", values);
  });
  return comparisons;
}

/** The first stage whose relative RMS is beyond a bound (or not a number). */
export function firstBadStage(
  comparisons: readonly StageComparison[],
  bound: number,
): StageComparison | undefined {
  return comparisons.find(({ relativeRms }) => !(relativeRms <= bound));
}

function distance(
  values: Float32Array,
  truth: Float32Array,
): { readonly relativeRms: number; readonly cosine: number } {
  let [error, power, own, both] = [0, 0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    const [x, y] = [values[i]!, truth[i]!];
    error += (x - y) ** 2;
    power += y * y;
    own += x * x;
    both += x * y;
  }
  if (power === 0) return { relativeRms: error === 0 ? 0 : Infinity, cosine: error === 0 ? 1 : 0 };
  return { relativeRms: Math.sqrt(error / power), cosine: both / Math.sqrt(own * power) };
}

/** Computes a stage from the stages before it. */
type Rule = (seen: ReadonlyMap<StageName, Float32Array>, layer: number) => Float32Array;

function stageRules(
  plan: DecoderPlan,
  weights: DecoderWeights,
  tokens: readonly number[],
): Readonly<Partial<Record<StageName, Rule>>> {
  const { config, geometry: { mlen } } = plan;
  const { hidden, heads, kvHeads, headDim, intermediate, normEpsilon } = config;
  const rows = tokens.length;
  const store = stagedStore(plan);
  const root = Math.sqrt(hidden);
  const queryScale = 1 / Math.sqrt(headDim);
  const kept: { index: number; layer: LayerWeights }[] = [];
  const layerOf = (index: number): LayerWeights => {
    if (kept[0]?.index !== index) kept[0] = { index, layer: weights.layer(index) };
    return kept[0].layer;
  };
  const matrix = (
    values: Float32Array,
    name: keyof LayerWeights | "head",
    columns: number,
    gain?: Float32Array,
    scale = 1,
  ): Float32Array => {
    const folded = values.map((value, i) =>
      value * (scale * (gain === undefined ? 1 : gain[i % columns]! * root))
    );
    return store(folded, { kind: "weight", name, layer: undefined, columns });
  };
  const tables = ropeTables(config, rows, 0, plan.positions);
  const [cos, sin] = (["cos", "sin"] as const).map((name) =>
    store(Float32Array.from(tables[name]), {
      kind: "table",
      name,
      layer: undefined,
      columns: headDim,
    })
  );
  const norm = (x: Float32Array): Float32Array => rootNorm(x, hidden, normEpsilon * hidden, mlen);
  const head = (
    x: Float32Array,
    gain: Float32Array | undefined,
    factor: number,
  ): Float32Array => {
    if (gain === undefined) return x;
    const piece = Math.min(headDim / 2, mlen);
    const y = rootNorm(x, headDim, normEpsilon * headDim, piece);
    return scaled(y, gain, factor * Math.sqrt(headDim));
  };
  const turned = (x: Float32Array): Float32Array => turn(x, rows, headDim, cos!, sin!);
  const inScale = config.qkNorm ? 1 : queryScale;
  const cached = (values: Float32Array, name: "k" | "v"): Float32Array =>
    store(values.slice(), { kind: "kv", name, layer: undefined, columns: headDim });
  return {
    embedding: () => {
      const all = weights.embedding();
      const x = new Float32Array(rows * hidden);
      tokens.forEach((token, r) =>
        x.set(all.subarray(token * hidden, (token + 1) * hidden), r * hidden)
      );
      return store(x, { kind: "activation", name: "x", layer: undefined, columns: hidden });
    },
    attn_norm: (seen) => norm(seen.get("embedding")!),
    q: (seen, index) => {
      const { wq, bq, qNorm, attentionNorm } = layerOf(index);
      const w = matrix(wq, "wq", hidden, attentionNorm, inScale);
      const x = withBias(multiply(seen.get("attn_norm")!, w, hidden), bq, inScale);
      return turned(head(x, qNorm, queryScale));
    },
    k: (seen, index) => {
      const { wk, bk, kNorm, attentionNorm } = layerOf(index);
      const w = matrix(wk, "wk", hidden, attentionNorm);
      return turned(head(withBias(multiply(seen.get("attn_norm")!, w, hidden), bk), kNorm, 1));
    },
    v: (seen, index) => {
      const { wv, bv, attentionNorm } = layerOf(index);
      const w = matrix(wv, "wv", hidden, attentionNorm);
      return withBias(multiply(seen.get("attn_norm")!, w, hidden), bv);
    },
    attention: (seen, index) =>
      attend(seen.get("q")!, cached(seen.get("k")!, "k"), cached(seen.get("v")!, "v"), {
        heads,
        kvHeads,
        headDim,
        causal: config.causal,
        window: config.slidingWindows[index],
        mlen,
      }),
    o_proj: (seen, index) => {
      const { wo, bo } = layerOf(index);
      const inputs = heads * headDim;
      return withBias(multiply(seen.get("attention")!, matrix(wo, "wo", inputs), inputs), bo);
    },
    attn_residual: (seen) => sumOf(seen.get("embedding")!, seen.get("o_proj")!),
    ffn_norm: (seen) => norm(seen.get("attn_residual")!),
    ffn_hidden: (seen, index) => {
      const { wGate, wUp, bGate, bUp, mlpNorm } = layerOf(index);
      const x = seen.get("ffn_norm")!;
      const gate = matrix(wGate, "wGate", hidden, mlpNorm, -1);
      const up = matrix(wUp, "wUp", hidden, mlpNorm, -1);
      return gated(
        withBias(multiply(x, gate, hidden), bGate, -1),
        withBias(multiply(x, up, hidden), bUp, -1),
      );
    },
    ffn_out: (seen, index) => {
      const { wDown, bDown } = layerOf(index);
      const w = matrix(wDown, "wDown", intermediate);
      return withBias(multiply(seen.get("ffn_hidden")!, w, intermediate), bDown);
    },
    ffn_residual: (seen) => sumOf(seen.get("attn_residual")!, seen.get("ffn_out")!),
    final_norm: (seen) => scaled(norm(seen.get("ffn_residual")!), weights.finalNorm(), root),
    logits: (seen) => {
      const w = matrix(weights.head(), "head", hidden, weights.finalNorm());
      return multiply(norm(seen.get("ffn_residual")!), w, hidden);
    },
  };
}

function scaled(x: Float32Array, gain: Float32Array, factor: number): Float32Array {
  return withGain(x, Float32Array.from(gain, (value) => value * factor));
}

function withGain(x: Float32Array, gain: Float32Array): Float32Array {
  const row = withBias(new Float32Array(gain.length), gain);
  return x.map((value, i) => bf16(value * row[i % row.length]!));
}
