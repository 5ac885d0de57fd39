import type { DecoderConfig, DecoderWeights, LayerWeights } from "./decoder_config.ts";
import { embedRows, type ForwardInput, type ForwardResult, type StageName } from "./forward.ts";
import { KvCache } from "./kv_cache.ts";
import { ropeTables } from "./rope.ts";
import { stagedAttention } from "./staged_attention.ts";
import { type StagedMachine, stagedMachine, type StagedOptions } from "./staged_machine.ts";
import { stagedAdd, stagedGatedSilu, type StagedHeads, stagedRope } from "./staged_ops.ts";

/** The bias of each projection. */
const BIASES = {
  wq: "bq",
  wk: "bk",
  wv: "bv",
  wo: "bo",
  wGate: "bGate",
  wUp: "bUp",
  wDown: "bDown",
} as const;

/**
 * The forward pass as the machine rounds it, stage by stage (compiler specification, section 11):
 * tensors pass their storage format, every operation its bfloat16. Sums of products are exact but
 * for a rounding at the end (or after each `chunk`), or in the order of a program (`contraction`), and
 * then the pass is bit by bit what the program does.
 *
 * Stages are as the program has them: with `lean` arithmetic the norms are 1/√hidden of those of
 * `forward`, and q has its 1/√head_dim already; with folded gains the norms lack them; k and v are
 * those before they are stored. `final_norm` and what is returned as `hidden` are those of the model.
 *
 * @throws {ModelError} As `forward` does, or for a format whose loss is not known.
 */
export function stagedForward(
  config: DecoderConfig,
  weights: DecoderWeights,
  input: ForwardInput,
  options: StagedOptions = {},
): ForwardResult {
  const { onStage, goOnFrom } = options;
  const isPlena = options.compat === "plena";
  const { cache = new KvCache(config), logits: wanted = isPlena ? "none" : "all" } = options;
  const { hidden, heads, kvHeads, headDim } = config;
  const machine = stagedMachine(config, options);
  const { round, isLean, isByRows } = machine;
  const queryScale = 1 / Math.sqrt(headDim);

  let x = machine.stored(Float32Array.from(embedRows(config, weights, input)), {
    kind: "activation",
    name: "x",
    layer: undefined,
    columns: hidden,
  });
  const rows = x.length / hidden;
  const told = (
    name: StageName,
    layer: number | undefined,
    values: Float32Array,
  ): Float32Array => {
    if (onStage === undefined && goOnFrom === undefined) return values;
    const stage = { name, layer, rows, columns: values.length / rows, values: values.slice() };
    onStage?.(stage);
    return goOnFrom?.(stage) ?? values;
  };
  x = told("embedding", undefined, x);
  // A layout of its own has the tables once for every key head.
  const tableHeads = options.store === undefined ? 1 : kvHeads;
  const { cos, sin } = storedTables(
    machine,
    isPlena ? { ...config, ropeScaling: { kind: "default" } } : config,
    { rows, first: cache.length, positions: options.positions ?? cache.length + rows, tableHeads },
  );
  const turn = (heads: number): StagedHeads => ({ heads, tables: tableHeads, headDim });

  for (let i = 0; i < config.layers; i++) {
    const w: LayerWeights = weights.layer(i);
    const project = (
      from: Float32Array,
      field: "wq" | "wk" | "wv" | "wo" | "wGate" | "wUp" | "wDown",
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
      const name = BIASES[field];
      const y = machine.product(from, matrix, inputs, field);
      return machine.biased(y, w[name], { name, layer: i }, scale);
    };
    const a = told("attn_norm", i, machine.norm(x, w.attentionNorm));
    // The scale of the scores is in W_q, or in the gain of a norm that follows it.
    const inWeights = isLean && w.qNorm === undefined ? queryScale : 1;
    const inGain = isLean && w.qNorm !== undefined ? queryScale : 1;
    const q0 = machine.headNorm(
      project(a, "wq", w.attentionNorm, inWeights),
      heads,
      w.qNorm,
      { name: "qNorm", layer: i },
      inGain,
    );
    const k0 = machine.headNorm(
      project(a, "wk", w.attentionNorm),
      kvHeads,
      w.kNorm,
      { name: "kNorm", layer: i },
      1,
    );
    const q = told("q", i, stagedRope(q0, turn(heads), cos, sin, round));
    const k1 = told("k", i, stagedRope(k0, turn(kvHeads), cos, sin, round));
    const v1 = told("v", i, project(a, "wv", w.attentionNorm));
    const stored = (values: Float32Array, name: "k" | "v"): Float32Array =>
      machine.stored(values.slice(), { kind: "kv", name, layer: i, columns: headDim });
    const [k, v] = [stored(k1, "k"), stored(v1, "v")];
    const held = cache.append(i, Float64Array.from(k), Float64Array.from(v));
    const keys = Float32Array.from(held.keys);
    const attended = told(
      "attention",
      i,
      stagedAttention(q, keys, Float32Array.from(held.values), {
        heads,
        kvHeads,
        headDim,
        // The public reference hides later positions even where its programs do not.
        causal: config.causal || (isPlena && !isByRows),
        window: isPlena ? undefined : config.slidingWindows[i],
        productScale: isPlena && options.packed === true ? 0.25 : 1,
        scale: isLean ? undefined : machine.constant(queryScale),
        block: isByRows ? machine.mlen : undefined,
        splitHeads: options.splitHeads ?? true,
      }, round),
    );
    const o = told("o_proj", i, project(attended, "wo"));
    x = told("attn_residual", i, stagedAdd(x, o, round));
    const m = told("ffn_norm", i, machine.norm(x, w.mlpNorm));
    const gate = project(m, "wGate", w.mlpNorm);
    const up = project(m, "wUp", w.mlpNorm);
    const inner = told(
      "ffn_hidden",
      i,
      isPlena ? stagedGatedSilu(up, gate, round) : stagedGatedSilu(gate, up, round),
    );
    const down = told("ffn_out", i, project(inner, "wDown"));
    x = told("ffn_residual", i, stagedAdd(x, down, round));
  }
  cache.advance(rows);
  const gain = weights.finalNorm();
  const { plain, final } = machine.finalNorm(x, gain);
  const hiddenStates = told("final_norm", undefined, final);
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
    logits = new Float32Array(machine.product(from, matrix, hidden, "head"));
    const stage = {
      name: "logits",
      layer: undefined,
      rows: from.length / hidden,
      columns: config.vocabulary,
      values: logits.slice(),
    } as const;
    onStage?.(stage);
    goOnFrom?.(stage);
  }
  return { hidden: hiddenStates, logits };
}

/** Which rows of the tables of the rotary embedding a pass needs, and how often. */
interface TableRows {
  readonly rows: number;
  /** Position of the first row. */
  readonly first: number;
  /** Positions that `dynamic` scaling counts with. */
  readonly positions: number;
  /** Tables in a row, one behind the other. */
  readonly tableHeads: number;
}

/** Cosines and sines as they come back from memory, (rows, tableHeads · headDim). */
function storedTables(
  machine: StagedMachine,
  config: DecoderConfig,
  { rows, first, positions, tableHeads }: TableRows,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const { headDim } = config;
  const tables = ropeTables(config, rows, first, positions);
  const columns = tableHeads * headDim;
  const table = (name: "cos" | "sin"): Float32Array => {
    const values = new Float32Array(rows * columns);
    for (let at = 0; at < values.length; at += headDim) {
      const row = Math.floor(at / columns) * headDim;
      values.set(tables[name].subarray(row, row + headDim), at);
    }
    return machine.stored(values, { kind: "table", name, layer: undefined, columns });
  };
  return { cos: table("cos"), sin: table("sin") };
}
