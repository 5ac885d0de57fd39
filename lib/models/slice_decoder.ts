import type { DecoderConfig, DecoderWeights, LayerWeights } from "./decoder_config.ts";
import { requireCount } from "./footprint.ts";
import { checkLayer, lazyLayer } from "./lazy_layer.ts";
import { ModelError } from "./model_error.ts";

/** How much of a model is kept. */
export interface DecoderSlice {
  /** Width of the residual stream. Defaults to all of it. */
  readonly hidden?: number;
  /** Width of the feed-forward layer. Defaults to all of it. */
  readonly inter?: number;
  /** The first so many layers. Defaults to all of them. */
  readonly layers?: number;
}

/** A smaller decoder. */
export interface SlicedDecoder {
  /** Its architecture. */
  readonly config: DecoderConfig;
  /** Its weights, cut from those of the larger one when they are asked for. */
  readonly weights: DecoderWeights;
}

/**
 * Cuts a decoder down to a smaller one with real weights, for quick checks: the first `hidden`
 * channels, `inter` neurons and `layers` layers. Heads keep their width; as many are kept as fit
 * into `hidden`, at least one, in whole groups that share a key head if at least one group fits.
 * Not what the larger model computes, but a decoder of the same kind.
 *
 * @throws {ModelError} If the slice is larger than the model.
 */
export function sliceDecoder(
  config: DecoderConfig,
  weights: DecoderWeights,
  slice: DecoderSlice,
): SlicedDecoder {
  const cut = (name: string, wanted: number | undefined, whole: number): number => {
    const value = wanted ?? whole;
    requireCount(name, value);
    if (value <= whole) return value;
    throw new ModelError(
      `A slice of ${name} ${value} is larger than the model's ${whole}`,
      `give ${name} of at most ${whole}`,
    );
  };
  const hidden = cut("hidden", slice.hidden, config.hidden);
  const intermediate = cut("inter", slice.inter, config.intermediate);
  const layers = cut("layers", slice.layers, config.layers);
  const { headDim } = config;
  const ratio = config.heads / config.kvHeads;
  const fitting = hidden === config.hidden
    ? config.heads
    : Math.min(config.heads, Math.max(1, Math.floor(hidden / headDim)));
  const kvHeads = Math.max(1, Math.floor(fitting / ratio));
  const group = Math.min(fitting, ratio);
  const small: DecoderConfig = {
    ...config,
    hidden,
    intermediate,
    layers,
    heads: kvHeads * group,
    kvHeads,
    slidingWindows: config.slidingWindows.slice(0, layers),
  };
  // Rows of q that are kept: of each kept group its first heads.
  const queryRows: number[] = [];
  for (let g = 0; g < kvHeads; g++) {
    for (let j = 0; j < group; j++) {
      for (let d = 0; d < headDim; d++) queryRows.push((g * ratio + j) * headDim + d);
    }
  }
  const first = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const channels = first(hidden);
  const keyRows = first(kvHeads * headDim);
  const neurons = first(intermediate);
  const one = [0];
  /** Kept rows, kept columns and the columns there were. */
  type Cut = readonly [readonly number[], readonly number[], number];
  const cuts: Readonly<Record<keyof LayerWeights, Cut>> = {
    attentionNorm: [one, channels, config.hidden],
    mlpNorm: [one, channels, config.hidden],
    wq: [queryRows, channels, config.hidden],
    wk: [keyRows, channels, config.hidden],
    wv: [keyRows, channels, config.hidden],
    wo: [channels, queryRows, config.heads * headDim],
    bq: [one, queryRows, config.heads * headDim],
    bk: [one, keyRows, config.kvHeads * headDim],
    bv: [one, keyRows, config.kvHeads * headDim],
    bo: [one, channels, config.hidden],
    qNorm: [one, first(headDim), headDim],
    kNorm: [one, first(headDim), headDim],
    wGate: [neurons, channels, config.hidden],
    wUp: [neurons, channels, config.hidden],
    wDown: [channels, neurons, config.intermediate],
    bGate: [one, neurons, config.intermediate],
    bUp: [one, neurons, config.intermediate],
    bDown: [one, channels, config.hidden],
  };
  const tokens = first(config.vocabulary);
  return {
    config: small,
    weights: {
      embedding: () => pick(weights.embedding(), [tokens, channels, config.hidden]),
      head: () => pick(weights.head(), [tokens, channels, config.hidden]),
      finalNorm: () => pick(weights.finalNorm(), [one, channels, config.hidden]),
      layer: (index) => {
        checkLayer(small, index);
        // A layer of its own for every tensor, so that only one float copy is alive.
        return lazyLayer(
          small,
          ({ field }) => pick(weights.layer(index)[field]!, cuts[field]),
        );
      },
    },
  };
}

function pick(
  from: Float32Array,
  [rows, columns, width]: readonly [readonly number[], readonly number[], number],
): Float32Array {
  const out = new Float32Array(rows.length * columns.length);
  let at = 0;
  for (let r = 0; r < rows.length; r++) {
    const start = rows[r]! * width;
    for (let c = 0; c < columns.length; c++) out[at++] = from[start + columns[c]!]!;
  }
  return out;
}
