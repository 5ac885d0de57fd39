import type { DecoderWeights, LayerWeights } from "../../models/mod.ts";
import type { HbmRows } from "../kernels/transfers.ts";
import { type CodeRules, type RowWriter, rowWriter } from "./encode_rows.ts";
import { type ColumnMap, type ColumnMaps, columnMaps } from "./geometry.ts";
import type { DecoderPlan, PlannedLinear, TermRows } from "./plan.ts";
import { maskRows, tableRows } from "./shared_rows.ts";
import { lossOf } from "./stored_columns.ts";
import { fillTiles, type TiledMatrix } from "./tiled_matrix.ts";
import { inTerms, type Through } from "./terms.ts";

/** Bytes for a place in HBM. */
export interface HbmPiece {
  /** Byte address of the first. */
  readonly address: number;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/** Makes pieces of the image of a plan. */
class Pieces {
  readonly #plan: DecoderPlan;
  readonly #rules: CodeRules;
  /** Makes up for the quarter that the machine takes of products of whole tiles. */
  readonly factor: number;

  constructor(plan: DecoderPlan) {
    this.#plan = plan;
    this.#rules = { ocpE4m3: plan.machine === "extended", initial: true };
    this.factor = plan.form === "broadcast" ? 4 : 1;
    this.through = lossOf(plan.tables.type, this.#rules);
  }

  /** The rows of a tensor, of a layer if one is given. */
  rows(rows: HbmRows, fill: (writer: RowWriter) => void, layer?: number): HbmPiece {
    const writer = rowWriter(rows.rows, this.#plan.geometry.mlen, rows.type, this.#rules);
    fill(writer);
    const address = rows.base + (layer === undefined ? 0 : this.#plan.layerBases[layer]!);
    return { address, bytes: writer.bytes };
  }

  /** What the type of tables and activations makes of values. */
  readonly through: Through;

  /** A row in its terms. */
  terms(given: TermRows, row: Float32Array, layer?: number): HbmPiece {
    const { mlen } = this.#plan.geometry;
    return this.rows(given.rows, (writer) => {
      const blocks = row.length / mlen;
      const terms = inTerms(row, given.terms, mlen, this.through);
      terms.forEach((term, i) => writer.write(term, i * blocks));
    }, layer);
  }

  /** The tiles of a projection. */
  tiles({ rows, tiling }: PlannedLinear, matrix: TiledMatrix, layer?: number): HbmPiece {
    const { mlen } = this.#plan.geometry;
    return this.rows(rows, (writer) => fillTiles(writer, tiling, mlen, matrix), layer);
  }
}

/**
 * The contents of HBM before the first run: embedding, tables, masks, and the layers' weights with
 * everything folded in that need not be computed: norm gains and √hidden into the weights behind
 * the norm, 1/√head_dim into W_q, the signs of the gate into W_gate and W_up. One tensor of the model is
 * in memory as floats at a time, beside the bytes of one piece.
 */
export function* decoderImage(plan: DecoderPlan, weights: DecoderWeights): Generator<HbmPiece> {
  const { config, geometry: g } = plan;
  const pieces = new Pieces(plan);
  const maps = columnMaps(config, g);
  const width = maps.hidden.length;

  yield pieces.rows(plan.embedding, (writer) => {
    const embedding = weights.embedding();
    for (let token = 0; token < config.vocabulary; token++) {
      const row = embedding.subarray(token * config.hidden, (token + 1) * config.hidden);
      writer.write(paddedRow(row, width), token * g.hiddenBlocks);
    }
  });
  yield pieces.rows(plan.tables, (writer) => writer.write(tableRows(plan, pieces.through), 0));
  yield pieces.rows(plan.masks, (writer) => writer.write(maskRows(plan), 0));
  const gain = foldedGain(weights.finalNorm());
  if (plan.finalGain !== undefined) {
    yield pieces.terms(plan.finalGain, paddedRow(Float32Array.from(gain), width));
  }
  if (plan.head !== undefined) {
    const weight = (): Float32Array => weights.head();
    const columns = [{ weight, map: maps.vocabulary, scale: pieces.factor }];
    yield pieces.tiles(plan.head, { inputs: maps.hidden, features: config.hidden, gain, columns });
  }
  for (let index = 0; index < config.layers; index++) {
    yield* layerPieces(plan, pieces, maps, weights.layer(index), index);
  }
}

/** The weights, biases and gains of one layer. */
function* layerPieces(
  plan: DecoderPlan,
  pieces: Pieces,
  maps: ColumnMaps,
  layer: LayerWeights,
  index: number,
): Generator<HbmPiece> {
  const { config, geometry: { halfBlocks, mlen }, biases } = plan;
  const { heads, headDim, qkNorm } = config;
  const { factor } = pieces;
  // Where a norm on q follows, it replaces whatever scale W_q has: then its gain has that of the scores.
  const scoreScale = factor / Math.sqrt(headDim);
  const queryScale = qkNorm ? 1 : scoreScale;
  yield pieces.tiles(plan.qkv, {
    inputs: maps.hidden,
    features: config.hidden,
    gain: foldedGain(layer.attentionNorm),
    columns: [
      { weight: () => layer.wq, map: maps.queries, scale: factor * queryScale },
      { weight: () => layer.wk, map: maps.keys, scale: factor },
      { weight: () => layer.wv, map: maps.values, scale: factor },
    ],
  }, index);
  yield pieces.tiles(plan.o, {
    inputs: maps.results,
    features: heads * headDim,
    gain: undefined,
    columns: [{ weight: () => layer.wo, map: maps.hidden, scale: factor * factor }],
  }, index);
  yield pieces.tiles(plan.gateUp, {
    inputs: maps.hidden,
    features: config.hidden,
    gain: foldedGain(layer.mlpNorm),
    columns: [
      { weight: () => layer.wGate, map: maps.inner, scale: -factor },
      { weight: () => layer.wUp, map: maps.inner, scale: -factor },
    ],
  }, index);
  yield pieces.tiles(plan.down, {
    inputs: maps.inner,
    features: config.intermediate,
    gain: undefined,
    columns: [{ weight: () => layer.wDown, map: maps.hidden, scale: factor }],
  }, index);
  const inTermsIf = function* (
    given: TermRows | undefined,
    make: () => number[],
  ): Generator<HbmPiece> {
    if (given !== undefined) yield pieces.terms(given, Float32Array.from(make()), index);
  };
  yield* inTermsIf(biases.qkv, () => [
    ...spread(layer.bq, maps.queries, queryScale),
    ...spread(layer.bk, maps.keys, 1),
    ...spread(layer.bv, maps.values, 1),
  ]);
  yield* inTermsIf(biases.o, () => spread(layer.bo, maps.hidden, 1));
  yield* inTermsIf(biases.gateUp, () => [
    ...spread(layer.bGate, maps.inner, -1),
    ...spread(layer.bUp, maps.inner, -1),
  ]);
  yield* inTermsIf(biases.down, () => spread(layer.bDown, maps.hidden, 1));
  const pair = maps.queries.subarray(0, 2 * halfBlocks * mlen)
    .map((column) => column < 0 ? column : column % headDim);
  yield* inTermsIf(plan.headGains, () => [
    ...spread(layer.qNorm, pair, scoreScale * Math.sqrt(headDim)),
    ...spread(layer.kNorm, pair, Math.sqrt(headDim)),
  ]);
}

/** A gain with the √hidden that its norm leaves out. */
function foldedGain(gain: Float32Array): Float64Array {
  const root = Math.sqrt(gain.length);
  return Float64Array.from(gain, (value) => value * root);
}

/** A row of the model in its padded columns, times a scale. */
function spread(bias: Float32Array | undefined, map: ColumnMap, scale: number): number[] {
  return Array.from(map, (column) => column < 0 ? 0 : bias![column]! * scale);
}

/** A row that is padded to whole blocks. */
function paddedRow(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  const padded = new Float32Array(length);
  padded.set(values);
  return padded;
}
