import type { StagedOptions, StoredTensor } from "../../models/mod.ts";
import { decodeTensor } from "../../memory/mod.ts";
import type { TensorType } from "../../boards/mod.ts";
import { quantiseRows } from "./encode_rows.ts";
import { type ColumnMap, halvedColumns, headColumns, plainColumns } from "./geometry.ts";
import type { DecoderPlan } from "./plan.ts";

/**
 * What a plan makes of a tensor that is stored, for the staged reference pass: the round trip of the
 * types of the settings, in blocks as they lie in HBM.
 */
export function stagedStore(plan: DecoderPlan): NonNullable<StagedOptions["store"]> {
  const { config, geometry: g } = plan;
  const { mlen } = g;
  const hidden = plainColumns(config.hidden, g.hiddenBlocks, mlen);
  const inner = plainColumns(config.intermediate, g.interBlocks, mlen);
  const queries = halvedColumns(g, config.kvHeads, g.ratio);
  const keys = halvedColumns(g, config.kvHeads, 1);
  const values = headColumns(g, config.kvHeads, config.headDim, 1);
  const vocabulary = plainColumns(config.vocabulary, g.vocabularyBlocks, mlen);
  const maps: Partial<Record<StoredTensor["name"], ColumnMap>> = {
    wq: queries,
    wk: keys,
    wv: values,
    wo: hidden,
    wGate: inner,
    wUp: inner,
    wDown: hidden,
    head: vocabulary,
    k: keys,
    v: values,
    x: hidden,
  };
  const ocpE4m3 = plan.machine === "extended";
  const through = (rows: Float32Array, columns: number, type: TensorType): Float32Array => {
    const count = rows.length / columns;
    const bytes = quantiseRows(rows, count, columns, type, { ocpE4m3 });
    return decodeTensor(bytes, count, columns, type, { ocpE4m3 });
  };
  return (tensor, { kind, name, columns }) => {
    if (kind === "table") return tableTerms(tensor, columns, plan, through);
    const map = maps[name]!;
    const type = kind === "weight"
      ? plan.qkv.rows.type
      : kind === "kv"
      ? plan.cache.type
      : plan.embedding.type;
    // A weight has a row per output and is stored with a row per input.
    const isWeight = kind === "weight";
    const width = isWeight ? tensor.length / columns : widthOf(map);
    const rows = isWeight ? columns : tensor.length / width;
    const index = (row: number, column: number): number =>
      isWeight ? column * columns + row : row * width + column;
    const stored = new Float32Array(rows * map.length);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < map.length; i++) {
        if (map[i]! >= 0) stored[row * map.length + i] = tensor[index(row, map[i]!)]!;
      }
    }
    const read = through(stored, map.length, type);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < map.length; i++) {
        if (map[i]! >= 0) tensor[index(row, map[i]!)] = read[row * map.length + i]!;
      }
    }
    return tensor;
  };
}

function widthOf(map: ColumnMap): number {
  return Math.max(...map) + 1;
}

/** Cosines or sines of the lanes of a block, as the sum of their terms. */
function tableTerms(
  tensor: Float32Array,
  headDim: number,
  { geometry: g, terms, embedding: { type } }: DecoderPlan,
  through: (rows: Float32Array, columns: number, type: TensorType) => Float32Array,
): Float32Array {
  const rows = tensor.length / headDim;
  const { half, keySlots, mlen, halfBlocks } = g;
  const width = halfBlocks * mlen;
  const rest = new Float32Array(rows * width);
  for (let p = 0; p < rows; p++) {
    for (let slot = 0; slot < keySlots; slot++) {
      for (let i = 0; i < half; i++) {
        rest[p * width + slot * half + i] = tensor[p * headDim + i]!;
      }
    }
  }
  const sum = new Float32Array(rest.length);
  for (let term = 0; term < terms; term++) {
    const held = through(rest.slice(), width, type);
    for (let i = 0; i < rest.length; i++) {
      sum[i]! += held[i]!;
      rest[i]! -= held[i]!;
    }
  }
  // All slots hold the same half; blocks may straddle them, so the first slot is as good as any
  // only when a slot is whole blocks. The reference takes it for all.
  for (let p = 0; p < rows; p++) {
    for (let i = 0; i < headDim; i++) tensor[p * headDim + i] = sum[p * width + i % half]!;
  }
  return tensor;
}
