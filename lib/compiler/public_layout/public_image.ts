import { HBM_TYPES, type TensorType } from "../../boards/mod.ts";
import type { DecoderConfig, DecoderWeights, PlenaLayout, PlenaTensor } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import type { HbmPiece } from "../model/decoder_image.ts";
import { type CodeRules, rowWriter } from "../model/encode_rows.ts";
import { type ColumnMap, paddedColumns } from "../model/geometry.ts";
import { roundUp } from "../round_up.ts";

/** A decoder, its input and the places of its tensors. */
export interface PublicImage {
  /** The model. Public programs have no biases, gains, norms on q and k, or RoPE scaling. */
  readonly config: DecoderConfig;
  /** Its weights; each matrix is asked for once, those of keys and values once for every head. */
  readonly weights: DecoderWeights;
  /** The embedded input, (batch · sequence, hidden), one sequence after the other. */
  readonly x: Float32Array;
  /** Sequences in `x`, all of the same length. Defaults to 1. */
  readonly batch?: number | undefined;
  /** What `plenaLayout()` gives for the config and these sequences. */
  readonly layout: PlenaLayout;
  /** How tensors are coded; in MXFP8, the only type of public images, unless given. */
  readonly typeOf?: ((tensor: Pick<PlenaTensor, "name" | "kind">) => TensorType) | undefined;
  /** How the machine that will read the image reads codes. */
  readonly rules?: CodeRules | undefined;
}

/** Puts values into `count` rows of zeros, from row `first` on, as wide as the storage. */
type Fill = (rows: Float32Array, first: number, count: number) => void;

/** Rows that are made at a time: as many floats as a cache line has, as weights are transposed. */
const BAND = 16;

/**
 * The contents of HBM before a public program runs, byte for byte (compiler specification, sections
 * 2, 3, 6.7, 8.4 and 12): input, positions (zeros), rotation matrix and tables, causal mask, and
 * the weights as they are, (in, out), padded with zeros. Each piece is one tensor, by ascending
 * address; keys and values are not among them, as programs store those. One matrix of the model is in
 * memory as floats at a time.
 *
 * @throws {CompileError} If the input is not of whole sequences that fit into the layout.
 */
export function* publicImage(given: PublicImage): Generator<HbmPiece> {
  const { config, weights, x, batch = 1, layout } = given;
  const { typeOf = () => HBM_TYPES.mxfp8 } = given;
  const { hidden, intermediate, headDim, kvHeads, causal } = config;
  const tensors = new Map(layout.tensors.map((tensor) => [tensor.name, tensor]));
  const shape = (name: string): readonly [number, number] => tensors.get(name)!.storageShape;
  const piece = (name: string, fill: Fill): HbmPiece => {
    const tensor = tensors.get(name)!;
    const { address, sourceShape, storageShape } = tensor;
    const rules = { ...given.rules, initial: true };
    const type = typeOf(tensor);
    return { address, bytes: tensorBytes(storageShape, sourceShape![1], type, rules, fill) };
  };
  const linear = (name: string, weight: Float32Array, into: ColumnMap, out: ColumnMap): HbmPiece =>
    piece(name, transposed(weight, into, out));

  const [rows, width] = shape("X");
  const { token, position } = rowUse(rows, batch, x.length / hidden);
  yield piece("X", (band, first, count) => {
    for (let r = 0; r < count; r++) {
      const from = token(first + r) * hidden;
      if (from >= 0) band.set(x.subarray(from, from + hidden), r * width);
    }
  });
  yield piece("POS", () => {});

  const table = shape("R_rope")[1];
  // A packed tile has HLEN lanes for a head, as many as a key head's weights have columns.
  const lanes = tensors.get("W_k_0_h0")!.sourceShape![1];
  yield piece("R_rope", rotation(headDim, lanes, table));
  for (const [name, turn] of [["COS", Math.cos], ["SIN", Math.sin]] as const) {
    yield piece(name, angleTable(config, lanes, table, position, turn));
  }
  yield piece("causal_mask", (band, first, count) => {
    const columns = shape("causal_mask")[1];
    for (let r = 0; r < count && causal; r++) {
      band.fill(-Infinity, r * columns + first + r + 1, (r + 1) * columns);
    }
  });

  const residual = paddedColumns(hidden, width);
  for (let i = 0; i < config.layers; i++) {
    const layer = weights.layer(i);
    const heads = queryColumns(config, lanes, table, shape(`W_q_${i}`)[1]);
    yield linear(`W_q_${i}`, layer.wq, residual, heads);
    yield linear(`W_o_${i}`, layer.wo, heads, residual);
    for (let h = 0; h < kvHeads; h++) {
      const head = paddedColumns(headDim, shape(`W_k_${i}_h${h}`)[1], h * headDim);
      yield linear(`W_k_${i}_h${h}`, layer.wk, residual, head);
      yield linear(`W_v_${i}_h${h}`, layer.wv, residual, head);
    }
    const inner = paddedColumns(intermediate, shape(`W_gate_${i}`)[1]);
    yield linear(`W_gate_${i}`, layer.wGate, residual, inner);
    yield linear(`W_up_${i}`, layer.wUp, residual, inner);
    yield linear(`W_down_${i}`, layer.wDown, inner, residual);
  }
}

/**
 * Quantises a tensor. Columns that only its storage has are zero bytes, scales included, unlike
 * zeros that were quantised.
 */
function tensorBytes(
  [rows, columns]: readonly [number, number],
  sourceColumns: number,
  type: TensorType,
  rules: CodeRules,
  fill: Fill,
): Uint8Array {
  const writer = rowWriter(rows, columns, type, rules);
  const block = type.kind === "mx" ? type.block : 1;
  const width = roundUp(sourceColumns, block);
  const band = new Float32Array(BAND * columns);
  for (let first = 0; first < rows; first += BAND) {
    const count = Math.min(BAND, rows - first);
    fill(band.fill(0), first, count);
    for (let r = 0; r < count; r++) {
      writer.write(band.subarray(r * columns, r * columns + width), first + r);
    }
  }
  return writer.bytes;
}

/** What rows are for, as every sequence starts on a slab of rows; negative for padding. */
interface RowUse {
  /** The token, counted over all sequences. */
  readonly token: (row: number) => number;
  /** Its position in the sequence. */
  readonly position: (row: number) => number;
}

/** @throws {CompileError} If the tokens are not of whole sequences that fit. */
function rowUse(rows: number, batch: number, tokens: number): RowUse {
  const slab = rows / batch;
  const sequence = tokens / batch;
  if (!Number.isInteger(slab) || !Number.isInteger(sequence) || sequence > slab) {
    throw new CompileError(
      `an input of ${tokens} tokens is not ${batch} sequences that fit into ${rows} rows`,
      "give batch and x as the layout was made for",
    );
  }
  const position = (row: number): number => row % slab < sequence ? row % slab : -1;
  const token = (row: number): number =>
    position(row) < 0 ? -1 : Math.floor(row / slab) * sequence + position(row);
  return { token, position };
}

/** x · R = [−x₂, x₁] for the halves of every head of a tile. */
function rotation(headDim: number, lanes: number, table: number): Fill {
  const half = headDim / 2;
  return (band, first, count) => {
    for (let r = 0; r < count; r++) {
      const lane = (first + r) % lanes;
      if (lane < half) band[r * table + first + r + half] = 1;
      else if (lane < headDim) band[r * table + first + r - half] = -1;
    }
  };
}

/**
 * The angles by which a position turns the pairs of a head, (headDim / 2): p / θ^(2j/d), with every
 * step in float32 as the public compiler has it. Late positions would have other bytes in float64.
 */
export function publicAngles(
  { headDim, ropeTheta }: Pick<DecoderConfig, "headDim" | "ropeTheta">,
  position: number,
): Float32Array {
  const angles = new Float32Array(headDim / 2);
  for (let j = 0; j < angles.length; j++) {
    angles[j] = position * Math.fround(1 / Math.fround(ropeTheta ** (2 * j / headDim)));
  }
  return angles;
}

/** Cosines or sines for both halves of every head of a tile; zeros for padding. */
function angleTable(
  config: DecoderConfig,
  lanes: number,
  table: number,
  position: (row: number) => number,
  turn: (angle: number) => number,
): Fill {
  const half = config.headDim / 2;
  return (band, first, count) => {
    for (let r = 0; r < count; r++) {
      if (position(first + r) < 0) continue;
      const values = publicAngles(config, position(first + r)).map(turn);
      for (let at = r * table; at < (r + 1) * table; at += lanes) {
        band.set(values, at);
        band.set(values, at + half);
      }
    }
  };
}

/** A weight, (out, in), as (in, out); the maps tell which of its inputs and outputs are where. */
function transposed(weight: Float32Array, inputs: ColumnMap, outputs: ColumnMap): Fill {
  const features = inputs.reduce((largest, input) => Math.max(largest, input), -1) + 1;
  const columns = outputs.length;
  return (band, first, count) => {
    for (let c = 0; c < columns; c++) {
      const from = outputs[c]! * features;
      if (from < 0) continue;
      for (let r = 0; r < count; r++) {
        const input = inputs[first + r]!;
        if (input >= 0) band[r * columns + c] = weight[from + input]!;
      }
    }
  };
}

/** Columns of query heads: in tiles of their own, or those of a key head side by side in one. */
function queryColumns(
  { heads, kvHeads, headDim }: DecoderConfig,
  lanes: number,
  table: number,
  width: number,
): ColumnMap {
  const map = new Int32Array(width).fill(-1);
  const perTile = Math.min(heads / kvHeads, table / lanes);
  for (let h = 0; h < heads; h++) {
    const start = Math.floor(h / perTile) * table + (h % perTile) * lanes;
    for (let d = 0; d < headDim; d++) map[start + d] = h * headDim + d;
  }
  return map;
}
