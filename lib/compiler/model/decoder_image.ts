import { type DecoderWeights, type LayerWeights, ropeTables } from "../../models/mod.ts";
import { decodeTensor } from "../../memory/mod.ts";
import type { WeightTiling } from "../kernels/linear.ts";
import type { HbmRows } from "../kernels/transfers.ts";
import { type CodeRules, quantiseRows, type RowWriter, rowWriter } from "./encode_rows.ts";
import { type ColumnMap, halvedColumns, headColumns, plainColumns } from "./geometry.ts";
import type { DecoderPlan, PlannedLinear, TermRows } from "./plan.ts";
import { inTerms, type Through } from "./terms.ts";

/** Bytes for a place in HBM. */
export interface HbmPiece {
  /** Byte address of the first. */
  readonly address: number;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/** What is added to the scores of keys that a query does not see; survives binary16 and MXFP8. */
const HIDDEN_SCORE = -57344;

/** Columns of a projection's weights. */
interface Columns {
  /** Reads the matrix, (out, in), as Hugging Face stores it. */
  readonly weight: () => Float32Array;
  /** For each padded column the model's output. */
  readonly map: ColumnMap;
  /** Factor on all of them. */
  readonly scale: number;
}

/**
 * The contents of HBM before the first run: embedding, tables, masks, and the layers' weights with
 * everything folded in that need not be computed: norm gains and √hidden into the weights behind
 * the norm, 1/√head_dim into W_q, the signs of the gate into W_gate and W_up. One tensor of the model is
 * in memory as floats at a time, beside the bytes of one piece.
 */
export function* decoderImage(plan: DecoderPlan, weights: DecoderWeights): Generator<HbmPiece> {
  const { config, geometry: g } = plan;
  const { mlen } = g;
  const rules: CodeRules = { ocpE4m3: plan.machine === "extended", initial: true };
  const piece = (
    rows: HbmRows,
    fill: (writer: RowWriter) => void,
    layer?: number,
  ): HbmPiece => {
    const writer = rowWriter(rows.rows, mlen, rows.type, rules);
    fill(writer);
    const address = rows.base + (layer === undefined ? 0 : plan.layerBases[layer]!);
    return { address, bytes: writer.bytes };
  };
  const hidden = plainColumns(config.hidden, g.hiddenBlocks, mlen);
  const root = Math.sqrt(config.hidden);
  const gainOf = (gain: Float32Array): Float64Array => Float64Array.from(gain, (v) => v * root);

  yield piece(plan.embedding, (writer) => {
    const embedding = weights.embedding();
    for (let token = 0; token < config.vocabulary; token++) {
      const row = embedding.subarray(token * config.hidden, (token + 1) * config.hidden);
      writer.write(paddedRow(row, hidden.length), token * g.hiddenBlocks);
    }
  });
  const through: Through = (values, columns) => {
    const rows = values.length / columns;
    const { type } = plan.tables;
    const bytes = quantiseRows(values, rows, columns, type, rules);
    return decodeTensor(bytes, rows, columns, type, { ocpE4m3: rules.ocpE4m3 ?? false });
  };
  yield piece(plan.tables, (writer) => writer.write(tableRows(plan, through), 0));
  yield piece(plan.masks, (writer) => writer.write(maskRows(plan), 0));
  const finalGain = gainOf(weights.finalNorm());
  const terms = (given: TermRows, row: Float32Array, layer?: number): HbmPiece =>
    piece(given.rows, (writer) => {
      const blocks = row.length / mlen;
      inTerms(row, given.terms, mlen, through).forEach((term, i) => writer.write(term, i * blocks));
    }, layer);
  if (plan.finalGain !== undefined) {
    yield terms(plan.finalGain, paddedRow(Float32Array.from(finalGain), hidden.length));
  }
  // A machine that makes products of whole tiles takes a quarter of them.
  const factor = plan.form === "broadcast" ? 4 : 1;
  const tiled = (
    linear: PlannedLinear,
    inputs: ColumnMap,
    features: number,
    gain: Float64Array | undefined,
    columns: readonly Columns[],
    layer?: number,
  ): HbmPiece => {
    return piece(
      linear.rows,
      (writer) => fillTiles(writer, linear.tiling, mlen, { inputs, features, gain, columns }),
      layer,
    );
  };
  if (plan.head !== undefined) {
    const map = plainColumns(config.vocabulary, g.vocabularyBlocks, mlen);
    const columns = [{ weight: () => weights.head(), map, scale: factor }];
    yield tiled(plan.head, hidden, config.hidden, finalGain, columns);
  }
  const { kvHeads, heads, headDim, intermediate } = config;
  const queryMap = halvedColumns(g, kvHeads, g.ratio);
  const keyMap = halvedColumns(g, kvHeads, 1);
  const valueMap = headColumns(g, kvHeads, headDim, 1);
  const resultMap = headColumns(g, kvHeads, headDim, g.ratio);
  const interMap = plainColumns(intermediate, g.interBlocks, mlen);
  const queryScale = factor / Math.sqrt(headDim);
  for (let index = 0; index < config.layers; index++) {
    const layer: LayerWeights = weights.layer(index);
    yield tiled(plan.qkv, hidden, config.hidden, gainOf(layer.attentionNorm), [
      { weight: () => layer.wq, map: queryMap, scale: factor * (config.qkNorm ? 1 : queryScale) },
      { weight: () => layer.wk, map: keyMap, scale: factor },
      { weight: () => layer.wv, map: valueMap, scale: factor },
    ], index);
    yield tiled(plan.o, resultMap, heads * headDim, undefined, [
      { weight: () => layer.wo, map: hidden, scale: factor * factor },
    ], index);
    yield tiled(plan.gateUp, hidden, config.hidden, gainOf(layer.mlpNorm), [
      { weight: () => layer.wGate, map: interMap, scale: -factor },
      { weight: () => layer.wUp, map: interMap, scale: -factor },
    ], index);
    yield tiled(plan.down, interMap, intermediate, undefined, [
      { weight: () => layer.wDown, map: hidden, scale: factor },
    ], index);
    const inLayer = function* (
      given: TermRows | undefined,
      make: () => number[],
    ): Generator<HbmPiece> {
      if (given !== undefined) yield terms(given, Float32Array.from(make()), index);
    };
    yield* inLayer(plan.biases.qkv, () => [
      ...spread(layer.bq, queryMap, config.qkNorm ? 1 : queryScale),
      ...spread(layer.bk, keyMap, 1),
      ...spread(layer.bv, valueMap, 1),
    ]);
    yield* inLayer(plan.biases.o, () => spread(layer.bo, hidden, 1));
    yield* inLayer(plan.biases.gateUp, () => [
      ...spread(layer.bGate, interMap, -1),
      ...spread(layer.bUp, interMap, -1),
    ]);
    yield* inLayer(plan.biases.down, () => spread(layer.bDown, hidden, 1));
    // The norm on q replaces whatever scale W_q had: its gain has the scale of the scores.
    const pair = queryMap.subarray(0, 2 * g.halfBlocks * mlen).map((c) => c < 0 ? c : c % headDim);
    yield* inLayer(plan.headGains, () => [
      ...spread(layer.qNorm, pair, queryScale * Math.sqrt(headDim)),
      ...spread(layer.kNorm, pair, Math.sqrt(headDim)),
    ]);
  }
}

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

function tableRows(plan: DecoderPlan, through: Through): Float32Array {
  const { config, geometry: g } = plan;
  const { mlen, half, halfBlocks, keySlots } = g;
  const tables = ropeTables(config, plan.positions, 0, plan.positions);
  const values = new Float32Array(2 * halfBlocks * plan.tableRows * mlen);
  for (const [kind, name] of (["cos", "sin"] as const).entries()) {
    for (let block = 0; block < halfBlocks; block++) {
      const count = Math.min(half - block * mlen, mlen);
      for (let p = 0; p < plan.positions; p++) {
        const row = ((kind * halfBlocks + block) * plan.tableRows + p) * mlen;
        const source = p * 2 * half + block * mlen;
        for (let slot = 0; slot < keySlots; slot++) {
          for (let i = 0; i < count; i++) {
            values[row + slot * half + i] = tables[name][source + i]!;
          }
        }
      }
    }
  }
  const all = new Float32Array(plan.terms * values.length);
  inTerms(values, plan.terms, mlen, through).forEach((term, i) => all.set(term, i * values.length));
  return all;
}

function maskRows(plan: DecoderPlan): Float32Array {
  const { mlen, half, keySlots, valueLanes, valueSlots } = plan.geometry;
  const values = new Float32Array(plan.masks.rows * mlen);
  for (let r = 0; r < mlen; r++) values.fill(HIDDEN_SCORE, r * mlen + r + 1, (r + 1) * mlen);
  const keep = (row: number, first: number, count: number): void => {
    const start = (plan.headMaskRow + row) * mlen;
    values.fill(1, start + first, start + Math.min(mlen, first + count));
  };
  for (let slot = 0; slot < keySlots; slot++) keep(slot, slot * half, half);
  for (let slot = 0; slot < valueSlots; slot++) {
    keep(keySlots + slot, slot * valueLanes, valueLanes);
  }
  for (let m = 0; m < 3 * mlen; m++) {
    const start = (plan.windowMaskRow + m) * mlen;
    values.fill(HIDDEN_SCORE, start, start + Math.max(0, Math.min(mlen, m - mlen)));
  }
  return values;
}

/** A matrix, of which parts are read one after the other. */
interface TiledMatrix {
  /** For each padded input the model's. */
  readonly inputs: ColumnMap;
  /** Inputs of the model. */
  readonly features: number;
  /** Factor of each input. */
  readonly gain: Float64Array | undefined;
  /** The outputs. */
  readonly columns: readonly Columns[];
}

/** Writes a weight matrix as tiles in the order in which the program fetches them. */
function fillTiles(
  writer: RowWriter,
  tiling: WeightTiling,
  mlen: number,
  { inputs, features, gain, columns }: TiledMatrix,
): void {
  const tile = new Float32Array(mlen * mlen);
  let block = 0;
  for (const { weight: read, map, scale } of columns) {
    const weight = read();
    for (let from = 0; from < map.length; from += mlen, block++) {
      for (const { firstDepth, depth, chunkBlocks, chunkTiles, firstTile } of tiling.parts) {
        const first = firstTile + Math.floor(block / chunkBlocks) * chunkTiles +
          block % chunkBlocks;
        for (let t = 0; t < depth; t++) {
          tile.fill(0);
          for (let k = 0; k < mlen; k++) {
            const input = inputs[(firstDepth + t) * mlen + k]!;
            if (input < 0) continue;
            const factor = scale * (gain === undefined ? 1 : gain[input]!);
            for (let n = 0; n < mlen; n++) {
              const output = map[from + n]!;
              if (output >= 0) tile[k * mlen + n] = weight[output * features + input]! * factor;
            }
          }
          writer.write(tile, (first + t * chunkBlocks) * mlen);
        }
      }
    }
  }
}
