import { roundToBf16 } from "../numerics/mod.ts";
import type { DecoderConfig, LayerWeights } from "./decoder_config.ts";
import type { Stage } from "./forward.ts";
import type { KvCache } from "./kv_cache.ts";
import { type LossyFormat, roundTrip, roundTripWeight } from "./round_trip.ts";
import {
  laneSum,
  preloaded,
  type Round,
  stagedAdd,
  stagedContraction,
  stagedLinear,
  stagedMultiply,
  stagedNorm,
  stagedRootNorm,
} from "./staged_ops.ts";

/**
 * What of the machine's rounding a staged pass has: all of it; no loss in memory; no bfloat16 on the
 * chip; neither.
 */
export const PRECISIONS = ["hardware", "no-weight-quant", "no-bf16", "fp32"] as const;

/** Name of a mode. */
export type Precision = (typeof PRECISIONS)[number];

/** The formats that tensors are stored in. */
export interface StagedFormats {
  /** Matrices, head included. Defaults to `mxfp8`. */
  readonly weight?: LossyFormat;
  /** Keys and values. Defaults to `mxfp8`. */
  readonly kv?: LossyFormat;
  /** The embedded input and the tables of the rotary embedding. Defaults to `mxfp8`. */
  readonly activation?: LossyFormat;
}

/** A tensor on its way to memory, in the mode that it has in a program: with what is folded into it. */
export interface StoredTensor {
  /**
   * What it is: a matrix (outputs, inputs); keys or values; the embedded input; cosines or sines;
   * or a row that is added to all rows or multiplied with them. Cosines, sines and the gains of norms
   * on heads are there once for every key head.
   */
  readonly kind: "weight" | "kv" | "activation" | "table" | "row";
  /** Which matrix or row, or `k` and `v`, `x`, `cos` and `sin`. */
  readonly name: keyof LayerWeights | "head" | "finalNorm" | "k" | "v" | "x" | "cos" | "sin";
  /** Layer; undefined for what belongs to none. */
  readonly layer: number | undefined;
  /** Length of a row: the inputs of a matrix. */
  readonly columns: number;
}

/**
 * In which order a program sums up a product: parts, each rounded to bfloat16 before it is added to
 * those before it, of tiles, each summed up in float32 input by input and then added in float32.
 */
export type Contraction = readonly (readonly Int32Array[])[];

/** What a staged pass may be told. */
export interface StagedOptions {
  /** Mode of rounding. Defaults to `hardware`. */
  readonly precision?: Precision;
  /**
   * `plena` computes what the public compiler's programs do: no gains, biases, norms on q and k,
   * scaling of the rotary embedding or windows, SiLU on the up branch, always a causal mask.
   */
  readonly compat?: "plena";
  /** Storage formats. */
  readonly formats?: StagedFormats;
  /**
   * What comes back of a tensor that was stored, instead of the round trip of its format: for a
   * program whose blocks lie otherwise. It may change and return `values`. Not asked in modes
   * without loss.
   */
  readonly store?: (values: Float32Array, tensor: StoredTensor) => Float32Array;
  /** The order in which a program sums up the inputs of a matrix; exact sums unless given. */
  readonly contraction?: (name: keyof LayerWeights | "head") => Contraction | undefined;
  /**
   * Positions that `dynamic` scaling of the rotary embedding counts with, as a program does that has
   * one table for all texts; those of the pass unless given.
   */
  readonly positions?: number;
  /**
   * The steps of norm and softmax: `lean`, with √hidden and 1/√head_dim in the weights and shares
   * that are made row by row, or `reference`, as the public compiler's reference has them, but row by
   * row too with a `contraction`. Defaults to `lean`; `plena` is always `reference`.
   */
  readonly arithmetic?: "lean" | "reference";
  /** Norm gains are multiplied into the matrices after them, or are steps of their own. Defaults to `fold`. */
  readonly gains?: "fold" | "multiply";
  /** Lanes of a row of the machine, MLEN. Defaults to 64. */
  readonly mlen?: number;
  /** Inputs of a matrix whose products are added up without rounding. Defaults to all; 4 · mlen for `plena`. */
  readonly chunk?: number;
  /** Whether the halves of a head lie in rows of their own, as in lean programs; yes by default. */
  readonly splitHeads?: boolean;
  /** With `plena`: heads are packed, whose scores the machine divides by four. */
  readonly packed?: boolean;
  /** Positions before these; those of this pass are added to it. */
  readonly cache?: KvCache;
  /** For which positions there are logits. Defaults to `all`, for `plena` to `none`. */
  readonly logits?: "all" | "last" | "none";
  /** Is called with the outcome of every stage, as it comes. */
  readonly onStage?: (stage: Stage) => void;
  /**
   * What the pass goes on from instead of a stage's outcome, if it gives something: so a stage can be
   * computed from what another machine had before it.
   */
  readonly goOnFrom?: (stage: Stage) => Float32Array | undefined;
}

/** A matrix before it is stored. */
interface Matrix {
  readonly field: keyof LayerWeights | "head";
  readonly layer: number | undefined;
  readonly inputs: number;
  /** Gain of the norm before it. */
  readonly gain?: Float32Array | undefined;
  /** Factor on all of it. */
  readonly scale: number;
}

/** Which row is added or multiplied. */
type Row = Pick<StoredTensor, "name" | "layer">;

/** The arithmetic of a staged pass. */
export interface StagedMachine {
  /** Whether √hidden and 1/√head_dim are in the weights. */
  readonly isLean: boolean;
  /** Whether shares and sums are made row by row, as programs do. */
  readonly isByRows: boolean;
  /** Lanes of a row. */
  readonly mlen: number;
  /** Rounding after every operation. */
  readonly round: Round;
  /** A constant, as it reaches the machine. */
  constant(value: number): number;
  /** What comes back of a tensor that was stored. */
  stored(values: Float32Array, tensor: StoredTensor): Float32Array;
  /** A matrix with what is folded into it, as it comes back from memory. */
  weight(values: Float32Array, matrix: Matrix, group?: number): Float32Array;
  /** x · wᵀ. */
  product(x: Float32Array, w: Float32Array, inputs: number, field: Matrix["field"]): Float32Array;
  /** y + bias · scale, in every row. */
  biased(
    y: Float32Array,
    bias: Float32Array | undefined,
    row: Row,
    scale: number,
  ): Float32Array;
  /** A norm over the width of the residual stream, with its gain unless that is folded. */
  norm(x: Float32Array, gain: Float32Array): Float32Array;
  /** A norm over each of so many heads, times its gain and a factor; nothing without a gain. */
  headNorm(
    x: Float32Array,
    heads: number,
    gain: Float32Array | undefined,
    row: Row,
    factor: number,
  ): Float32Array;
  /** The last norm as the head of the vocabulary takes it, and as the model has it. */
  finalNorm(x: Float32Array, gain: Float32Array): {
    readonly plain: Float32Array;
    readonly final: Float32Array;
  };
}

/** The arithmetic that the options ask for. */
export function stagedMachine(config: DecoderConfig, options: StagedOptions): StagedMachine {
  const { precision = "hardware", formats = {}, mlen = 64, store, contraction } = options;
  const { hidden, headDim, kvHeads, normEpsilon } = config;
  const isPlena = options.compat === "plena";
  const isLean = !isPlena && options.arithmetic !== "reference";
  const isByRows = isLean || contraction !== undefined;
  const gains = isPlena ? "none" : options.gains ?? "fold";
  const chunk = options.chunk ?? (isPlena ? 4 * mlen : Infinity);
  const hasBf16 = precision === "hardware" || precision === "no-weight-quant";
  const hasLoss = precision === "hardware" || precision === "no-bf16";
  const round: Round = hasBf16 ? roundToBf16 : (values) => values;
  const constant = hasBf16 ? preloaded : Math.fround;
  /** What a norm is short of. */
  const root = (width: number): number => isLean ? Math.sqrt(width) : 1;
  /** Lanes are summed up at once; a head lies by halves, each in rows of its own. */
  const bare = (x: Float32Array, width: number, halves: boolean): Float32Array =>
    isLean
      ? stagedRootNorm(x, {
        width,
        seed: constant(normEpsilon * width),
        lanes: mlen,
        parts: halves ? 2 : 1,
      }, round)
      : stagedNorm(x, width, {
        epsilon: constant(normEpsilon),
        inverseWidth: constant(1 / width),
        lanes: mlen,
        sum: isByRows ? laneSum : undefined,
      }, round);
  /** A row as the machine has it. */
  const rowOf = (values: Float32Array, factor: number, row: Row): Float32Array => {
    const scaled = values.map((value) => value * factor);
    const tensor = { ...row, kind: "row", columns: values.length } as const;
    return round(hasLoss && store !== undefined ? store(scaled, tensor) : scaled);
  };

  return {
    isLean,
    isByRows,
    mlen,
    round,
    constant,
    stored: (values, tensor) => {
      if (!hasLoss) return round(values);
      const format = (tensor.kind === "kv" ? formats.kv : formats.activation) ?? "mxfp8";
      return round(store?.(values, tensor) ?? roundTrip(values, tensor.columns, format));
    },
    weight: (values, { field, layer, inputs, gain, scale }, group) => {
      const copy = values.slice();
      if (gain !== undefined && gains === "fold") {
        const factor = scale * root(hidden);
        for (let i = 0; i < copy.length; i++) copy[i] = copy[i]! * (gain[i % inputs]! * factor);
      } else if (scale !== 1) {
        for (let i = 0; i < copy.length; i++) copy[i] = copy[i]! * scale;
      }
      if (!hasLoss) return round(copy);
      const tensor = { kind: "weight", name: field, layer, columns: inputs } as const;
      const format: LossyFormat = formats.weight ?? "mxfp8";
      return round(store?.(copy, tensor) ?? roundTripWeight(copy, inputs, format, group));
    },
    product: (x, w, inputs, field) => {
      const order = contraction?.(field);
      if (order !== undefined) return stagedContraction(x, w, inputs, order, round);
      return stagedLinear(x, w, inputs, round, Math.min(chunk, inputs));
    },
    biased: (y, bias, row, scale) =>
      bias === undefined || isPlena ? y : stagedAdd(y, rowOf(bias, scale, row), round),
    norm: (x, gain) => {
      const normed = bare(x, hidden, false);
      // Not a step of a program, which folds gains: rounded as it is.
      return gains === "multiply"
        ? stagedMultiply(normed, round(gain.map((value) => value * root(hidden))), round)
        : normed;
    },
    headNorm: (x, heads, gain, row, factor) => {
      if (gain === undefined || isPlena) return x;
      const own = rowOf(repeated(gain, headDim, kvHeads), factor * root(headDim), row);
      const gains = repeated(own, headDim, heads / kvHeads);
      return stagedMultiply(bare(x, headDim, true), gains, round);
    },
    finalNorm: (x, gain) => {
      const normed = bare(x, hidden, false);
      const row = { name: "finalNorm", layer: undefined } as const;
      const final = isPlena
        ? normed
        : stagedMultiply(normed, rowOf(gain, root(hidden), row), round);
      return { plain: gains === "fold" ? normed : final, final };
    },
  };
}

/** Every piece of a row so many times, one behind the other. */
function repeated(values: Float32Array, piece: number, times: number): Float32Array {
  const out = new Float32Array(values.length * times);
  for (let i = 0; i < out.length; i += piece) {
    const from = Math.floor(i / (piece * times)) * piece;
    out.set(values.subarray(from, from + piece), i);
  }
  return out;
}
