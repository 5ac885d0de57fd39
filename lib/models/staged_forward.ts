import type { DecoderConfig, DecoderWeights, LayerWeights } from "./decoder_config.ts";
import { embedRows, type ForwardInput, type ForwardResult, type StageName } from "./forward.ts";
import { KvCache } from "./kv_cache.ts";
import { ropeTables } from "./rope.ts";
import { stagedMachine, type StagedOptions } from "./staged_machine.ts";
import { stagedAdd, stagedAttention, stagedGatedSilu, stagedRope } from "./staged_ops.ts";

/**
 * The forward pass as the machine rounds it, stage by stage (compiler specification, section 11):
 * tensors pass their storage format, every operation its bfloat16. Sums of products are exact but
 * for a rounding at the end (or after each `chunk`); a program may differ from this by the order of
 * its sums.
 *
 * Stages are as the program has them: with `lean` arithmetic the norms are 1/√hidden of those of
 * `forward`, and q has its 1/√head_dim already; with folded gains the norms lack them. `final_norm`
 * and what is returned as `hidden` are those of the model.
 *
 * @throws {ModelError} As `forward` does, or for a format whose loss is not known.
 */
export function stagedForward(
  config: DecoderConfig,
  weights: DecoderWeights,
  input: ForwardInput,
  options: StagedOptions = {},
): ForwardResult {
  const { onStage } = options;
  const isPlena = options.compat === "plena";
  const { cache = new KvCache(config), logits: wanted = isPlena ? "none" : "all" } = options;
  const { hidden, heads, kvHeads, headDim } = config;
  const machine = stagedMachine(config, options);
  const { round, isLean } = machine;
  const queryScale = 1 / Math.sqrt(headDim);

  let x = machine.stored(Float32Array.from(embedRows(config, weights, input)), {
    kind: "activation",
    name: "x",
    layer: undefined,
    columns: hidden,
  });
  const rows = x.length / hidden;
  const tell = (name: StageName, layer: number | undefined, values: Float32Array): void =>
    onStage?.({ name, layer, rows, columns: values.length / rows, values: values.slice() });
  tell("embedding", undefined, x);
  const settings = isPlena ? { ...config, ropeScaling: { kind: "default" } as const } : config;
  const tables = ropeTables(settings, rows, cache.length);
  const table = (name: "cos" | "sin"): Float32Array =>
    machine.stored(Float32Array.from(tables[name]), {
      kind: "table",
      name,
      layer: undefined,
      columns: headDim,
    });
  const [cos, sin] = [table("cos"), table("sin")];

  for (let i = 0; i < config.layers; i++) {
    const w: LayerWeights = weights.layer(i);
    const project = (
      from: Float32Array,
      field: "wq" | "wk" | "wv" | "wo" | "wGate" | "wUp" | "wDown",
      bias: Float32Array | undefined,
      gain?: Float32Array,
      scale = 1,
    ): Float32Array => {
      const inputs = from.length / rows;
      // Blocks of q, k and v end with a head, unless heads are packed.
      const isOfHeads = field === "wk" || field === "wv" ||
        (field === "wq" && !(isPlena && options.packed === true));
      const matrix = machine.weight(
        w[field],
        { field, layer: i, inputs, gain, scale },
        isOfHeads ? headDim : undefined,
      );
      return machine.product(from, matrix, inputs, bias, scale);
    };
    const a = machine.norm(x, w.attentionNorm);
    tell("attn_norm", i, a);
    // The scale of the scores is in W_q, or in the gain of a norm that follows it.
    const inWeights = isLean && w.qNorm === undefined ? queryScale : 1;
    const inGain = isLean && w.qNorm !== undefined ? queryScale : 1;
    const q0 = machine.headNorm(
      project(a, "wq", w.bq, w.attentionNorm, inWeights),
      w.qNorm,
      inGain,
    );
    const k0 = machine.headNorm(project(a, "wk", w.bk, w.attentionNorm), w.kNorm, 1);
    const v0 = project(a, "wv", w.bv, w.attentionNorm);
    const q = stagedRope(q0, heads, headDim, cos, sin, round);
    const k = machine.stored(stagedRope(k0, kvHeads, headDim, cos, sin, round), {
      kind: "kv",
      name: "k",
      layer: i,
      columns: headDim,
    });
    const v = machine.stored(v0, { kind: "kv", name: "v", layer: i, columns: headDim });
    tell("q", i, q);
    tell("k", i, k);
    tell("v", i, v);
    const held = cache.append(i, Float64Array.from(k), Float64Array.from(v));
    const keys = Float32Array.from(held.keys);
    const attended = stagedAttention(q, keys, Float32Array.from(held.values), {
      heads,
      kvHeads,
      headDim,
      causal: isPlena || config.causal,
      window: isPlena ? undefined : config.slidingWindows[i],
      productScale: isPlena && options.packed === true ? 0.25 : 1,
      scale: isLean ? undefined : machine.constant(queryScale),
      block: isLean ? machine.mlen : undefined,
    }, round);
    tell("attention", i, attended);
    const o = project(attended, "wo", w.bo);
    tell("o_proj", i, o);
    x = stagedAdd(x, o, round);
    tell("attn_residual", i, x);
    const m = machine.norm(x, w.mlpNorm);
    tell("ffn_norm", i, m);
    const gate = project(m, "wGate", w.bGate, w.mlpNorm);
    const up = project(m, "wUp", w.bUp, w.mlpNorm);
    const inner = isPlena ? stagedGatedSilu(up, gate, round) : stagedGatedSilu(gate, up, round);
    tell("ffn_hidden", i, inner);
    const down = project(inner, "wDown", w.bDown);
    tell("ffn_out", i, down);
    x = stagedAdd(x, down, round);
    tell("ffn_residual", i, x);
  }
  cache.advance(rows);
  const gain = weights.finalNorm();
  const { plain, final } = machine.finalNorm(x, gain);
  tell("final_norm", undefined, final);
  let logits = new Float32Array(0);
  if (wanted !== "none") {
    const from = wanted === "last" ? plain.subarray(plain.length - hidden) : plain;
    const matrix = machine.weight(weights.head(), {
      field: "head",
      layer: undefined,
      inputs: hidden,
      gain,
      scale: 1,
    });
    logits = new Float32Array(machine.product(from, matrix, hidden, undefined, 1));
    onStage?.({
      name: "logits",
      layer: undefined,
      rows: from.length / hidden,
      columns: config.vocabulary,
      values: logits.slice(),
    });
  }
  return { hidden: final, logits };
}
