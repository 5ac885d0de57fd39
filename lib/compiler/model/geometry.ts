import type { MachineConfig } from "../../boards/mod.ts";
import type { DecoderConfig } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import { roundUp } from "../round_up.ts";

/**
 * How a decoder's dimensions are padded to tiles and its heads packed into column blocks.
 *
 * Queries and keys are packed by halves: a block holds the first halves of several heads, the next
 * one their second halves, so the rotary embedding never moves an element to another lane. Query
 * heads are ordered so that a head lies in the same lanes as its key head. Values and results are
 * packed by whole heads.
 */
export interface Geometry {
  /**
   * How a query or key head lies: its halves in blocks of their own, several heads in one; or as it
   * is, in whole blocks.
   */
  readonly headOrder: "halves" | "whole";
  /** Edge of a tile. */
  readonly mlen: number;
  /** Column blocks of the residual stream. */
  readonly hiddenBlocks: number;
  /** Column blocks of the feed-forward layer. */
  readonly interBlocks: number;
  /** Column blocks of the logits. */
  readonly vocabularyBlocks: number;
  /** Query heads of each key head. */
  readonly ratio: number;
  /** Elements of half a head. */
  readonly half: number;
  /** Blocks of half a head. */
  readonly halfBlocks: number;
  /** Key heads of a block. */
  readonly keySlots: number;
  /** Groups of key heads that share blocks. */
  readonly keyGroups: number;
  /** Columns of a value head: the head rounded up to BLEN, or to whole blocks. */
  readonly valueLanes: number;
  /** Blocks of a value head. */
  readonly valueBlocks: number;
  /** Value heads of a block. */
  readonly valueSlots: number;
  /** Groups of value heads that share blocks. */
  readonly valueGroups: number;
  /** Blocks of all queries. */
  readonly queryBlocks: number;
  /** Blocks of all keys. */
  readonly keyBlocks: number;
  /** Blocks of all values. */
  readonly allValueBlocks: number;
  /** Blocks of the attention's result. */
  readonly resultBlocks: number;
}

/**
 * Works out the packing.
 *
 * @param headOrder Whole heads are not packed: each begins a block.
 * @throws {CompileError} When the machine has no matrix unit that could be used.
 */
export function geometry(
  config: DecoderConfig,
  machine: MachineConfig,
  headOrder: Geometry["headOrder"] = "halves",
): Geometry {
  const { mlen, vlen, blen } = machine;
  if (mlen !== vlen || mlen % blen !== 0) {
    throw new CompileError(
      `a machine with MLEN ${mlen}, VLEN ${vlen} and BLEN ${blen} has no matrix instructions`,
      "choose VLEN = MLEN, and a BLEN that divides it",
    );
  }
  const { heads, kvHeads, headDim } = config;
  if (headDim % 2 !== 0) {
    throw new CompileError(
      `head_dim ${headDim} is odd: the rotary embedding has no halves`,
      "choose a model with an even head_dim",
    );
  }
  const blocksOf = (elements: number): number => Math.ceil(elements / mlen);
  const ratio = heads / kvHeads;
  const half = headDim / 2;
  const isWhole = headOrder === "whole";
  const halfBlocks = blocksOf(half);
  const keySlots = isWhole ? 1 : Math.min(kvHeads, Math.max(1, Math.floor(mlen / half)));
  const keyGroups = Math.ceil(kvHeads / keySlots);
  const rounded = roundUp(headDim, blen);
  const valueLanes = isWhole || rounded > mlen ? blocksOf(headDim) * mlen : rounded;
  const valueBlocks = blocksOf(valueLanes);
  const valueSlots = Math.min(kvHeads, Math.max(1, Math.floor(mlen / valueLanes)));
  const valueGroups = Math.ceil(kvHeads / valueSlots);
  const keyHeadBlocks = isWhole ? blocksOf(headDim) : 2 * halfBlocks;
  return {
    headOrder,
    mlen,
    hiddenBlocks: blocksOf(config.hidden),
    interBlocks: blocksOf(config.intermediate),
    vocabularyBlocks: blocksOf(config.vocabulary),
    ratio,
    half,
    halfBlocks,
    keySlots,
    keyGroups,
    valueLanes,
    valueBlocks,
    valueSlots,
    valueGroups,
    queryBlocks: keyGroups * ratio * keyHeadBlocks,
    keyBlocks: keyGroups * keyHeadBlocks,
    allValueBlocks: valueGroups * valueBlocks,
    resultBlocks: valueGroups * ratio * valueBlocks,
  };
}

/** For each padded column the model's column, -1 for padding. */
export type ColumnMap = Int32Array;

/** Columns as they are, from one of the model's on, padded at the end to a width. */
export function paddedColumns(columns: number, width: number, from = 0): ColumnMap {
  return Int32Array.from({ length: width }, (_, column) => column < columns ? from + column : -1);
}

/** Columns of the queries (`ratio` per key head) or, with a ratio of 1, of the keys. */
export function halvedColumns(g: Geometry, kvHeads: number, ratio: number): ColumnMap {
  const { mlen, half, halfBlocks, keySlots, keyGroups } = g;
  const map = new Int32Array(keyGroups * ratio * 2 * halfBlocks * mlen).fill(-1);
  for (let kv = 0; kv < kvHeads; kv++) {
    const group = Math.floor(kv / keySlots);
    const lane = (kv % keySlots) * half;
    for (let r = 0; r < ratio; r++) {
      const block = (group * ratio + r) * 2 * halfBlocks;
      for (let d = 0; d < 2 * half; d++) {
        const second = d < half ? 0 : halfBlocks;
        const column = (block + second) * mlen + lane + d % half;
        map[column] = (kv * ratio + r) * 2 * half + d;
      }
    }
  }
  return map;
}

/** Columns of the result (`ratio` per value head) or, with a ratio of 1, of the values. */
export function headColumns(
  g: Geometry,
  kvHeads: number,
  headDim: number,
  ratio: number,
): ColumnMap {
  const { mlen, valueLanes, valueBlocks, valueSlots, valueGroups } = g;
  const map = new Int32Array(valueGroups * ratio * valueBlocks * mlen).fill(-1);
  for (let kv = 0; kv < kvHeads; kv++) {
    const group = Math.floor(kv / valueSlots);
    const lane = (kv % valueSlots) * valueLanes;
    for (let r = 0; r < ratio; r++) {
      const start = (group * ratio + r) * valueBlocks * mlen + lane;
      for (let d = 0; d < headDim; d++) map[start + d] = (kv * ratio + r) * headDim + d;
    }
  }
  return map;
}

/** The columns of every kind of tensor of a decoder. */
export interface ColumnMaps {
  /** The residual stream. */
  readonly hidden: ColumnMap;
  /** Queries. */
  readonly queries: ColumnMap;
  /** Keys. */
  readonly keys: ColumnMap;
  /** Values. */
  readonly values: ColumnMap;
  /** The result of attention. */
  readonly results: ColumnMap;
  /** The feed-forward layer. */
  readonly inner: ColumnMap;
  /** Logits. */
  readonly vocabulary: ColumnMap;
}

/** The columns of a decoder's tensors, as a geometry pads and orders them. */
export function columnMaps(config: DecoderConfig, g: Geometry): ColumnMaps {
  const { kvHeads, headDim } = config;
  const isWhole = g.headOrder === "whole";
  return {
    hidden: paddedColumns(config.hidden, g.hiddenBlocks * g.mlen),
    queries: isWhole
      ? headColumns(g, kvHeads, headDim, g.ratio)
      : halvedColumns(g, kvHeads, g.ratio),
    keys: isWhole ? headColumns(g, kvHeads, headDim, 1) : halvedColumns(g, kvHeads, 1),
    values: headColumns(g, kvHeads, headDim, 1),
    results: headColumns(g, kvHeads, headDim, g.ratio),
    inner: paddedColumns(config.intermediate, g.interBlocks * g.mlen),
    vocabulary: paddedColumns(config.vocabulary, g.vocabularyBlocks * g.mlen),
  };
}
