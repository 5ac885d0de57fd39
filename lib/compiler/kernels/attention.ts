import type { MachineConfig } from "../../boards/mod.ts";
import { CompileError } from "../compile_error.ts";
import type { CodeBuilder } from "../code/code_builder.ts";
import { type Address, at, beyond, type Register } from "../code/register.ts";
import { broadcastProduct } from "./broadcast_product.ts";
import type { MatrixForm } from "./linear.ts";
import { product } from "./product.ts";
import { forEachRow } from "./rows.ts";
import { type ScoreMask, softmax } from "./softmax.ts";
import { type HbmRows, loadTiles, type OpenRows, openRows, tilesPerPrefetch } from "./transfers.ts";
import type { VectorTensor } from "./vector_tensor.ts";

/** What the kernel looks up for every key and value head, in this order in the INT SRAM. */
export const HEAD_FIELDS = ["keys", "values", "queries", "mask", "valueTile", "result"] as const;

/** One key and value head with its query heads. */
export type HeadEntry = Readonly<Record<(typeof HEAD_FIELDS)[number], number>>;

/** Keys and values of a range of positions, queries of as many rows. */
export interface Attention {
  /** Query rows. */
  readonly rows: number;
  /** Blocks of MLEN keys. */
  readonly keyBlocks: number;
  /** Whether query block i sees no key block after i. */
  readonly causal: boolean;
  /** Masks of a query block's scores, from its number; the rows are in the vector SRAM. */
  readonly masks: (queryBlock: number) => readonly ScoreMask[];
  /** First key block that a query block sees. */
  readonly firstKeyBlock: (queryBlock: number) => number;
  /** Key and value heads. */
  readonly kvHeads: number;
  /** Query heads of each. */
  readonly ratio: number;
  /** INT SRAM entry of the first head's table. */
  readonly tableSlot: number;
  /** Queries: blocks of a head one after the other, rows MLEN apart. */
  readonly queries: VectorTensor;
  /** Column blocks of a query head: those of the first halves, then of the second. */
  readonly headBlocks: number;
  /** Whether a query block holds several heads, so that the others have to be masked out. */
  readonly shared: boolean;
  /** Keys and values in HBM, block by block; the table of heads has offsets into it. */
  readonly cache: HbmRows;
  /** Positions of a block: rows from one to the next. */
  readonly regionRows: number;
  /** Column blocks of a value head. */
  readonly valueBlocks: number;
  /** Columns of a value head in a block. */
  readonly valueLanes: number;
  /** Whether a block of values holds several heads. */
  readonly valueShared: boolean;
  /** The result: blocks of a head one after the other. */
  readonly result: VectorTensor;
  /** Room for headBlocks blocks of MLEN masked query rows. */
  readonly masked: number;
  /** Room for the scores: keyBlocks blocks of MLEN rows. */
  readonly scores: number;
  /** FP SRAM entry with a number below every score. */
  readonly lowestSlot: number;
  /** Instructions that an unrolled body may have. */
  readonly budget: number;
  /** How products are made. */
  readonly form: MatrixForm;
}

/**
 * Attention, head by head: one loop over key and value heads whose addresses come from a table in the
 * INT SRAM, one over the query heads that share them. A head's keys and values are loaded once. The
 * scores of a block of queries with all keys stay in the vector SRAM, so that the softmax needs no
 * rescaling and the weighted sum of values stays in the f32 accumulator.
 *
 * @throws {CompileError} When the keys and values of a head do not fit the matrix SRAM.
 */
export function attention(code: CodeBuilder, config: MachineConfig, given: Attention): void {
  const { mlen } = config;
  const tileArea = mlen * mlen;
  const { keyBlocks, headBlocks, valueBlocks, regionRows, queries, result } = given;
  const keyTiles = headBlocks * keyBlocks;
  const each = tilesPerPrefetch(config);
  const capacity = Math.floor(config.matrixSramRows / mlen);
  const needed = keyTiles + valueBlocks * (keyBlocks - 1) + Math.ceil(keyBlocks / each) * each;
  if (needed > capacity) {
    throw new CompileError(
      `attention over ${keyBlocks * mlen} keys: a head's keys (${keyTiles} tiles) and values ` +
        `(${
          valueBlocks * keyBlocks
        } tiles) need ${needed} tiles, the matrix SRAM holds ${capacity}`,
      "choose a shorter sequence, or raise MATRIX_SRAM_SIZE in the settings",
    );
  }
  const opened = openRows(code, mlen, given.cache);
  const head = code.gp("head table");
  code.set(head, given.tableSlot);
  const field = (name: (typeof HEAD_FIELDS)[number], into: Register): void =>
    code.emit("S_LD_INT", { rd: into, rs1: head, imm18: HEAD_FIELDS.indexOf(name) }, name);
  const load = (
    opened: OpenRows,
    name: "keys" | "values",
    regions: number,
    first: number,
  ): void => {
    const offset = code.gp("offset in HBM");
    field(name, offset);
    const regionBytes = regionRows * opened.rowBytes;
    const fetched = Math.ceil(keyBlocks / each) * each * mlen * opened.rowBytes;
    for (let region = 0; region < regions; region++) {
      const tile = at((first + region * keyBlocks) * tileArea);
      loadTiles(code, config, opened, offset, tile, keyBlocks, given.budget < 64 ? 1 : 4);
      if (region < regions - 1) code.add(offset, offset, regionBytes - fetched);
    }
  };
  const query = code.gp("queries");
  const out = code.gp("result");
  code.hold(3, () =>
    code.loop(given.kvHeads, () => {
      load(opened, "keys", headBlocks, 0);
      load(opened, "values", valueBlocks, keyTiles);
      field("queries", query);
      field("result", out);
      code.loop(given.ratio, () => {
        for (let block = 0; block * mlen < given.rows; block++) {
          queryBlock(code, config, given, block, query, out, field);
        }
        code.add(query, query, headBlocks * queries.blockPitch);
        code.add(out, out, valueBlocks * result.blockPitch);
      });
      code.add(head, head, HEAD_FIELDS.length);
    }));
}

function queryBlock(
  code: CodeBuilder,
  config: MachineConfig,
  given: Attention,
  block: number,
  query: Register,
  out: Register,
  field: (name: (typeof HEAD_FIELDS)[number], into: Register) => void,
): void {
  const { mlen, blen } = config;
  const { headBlocks, queries, form } = given;
  const tileArea = mlen * mlen;
  const first = block * mlen;
  const rows = Math.min(mlen, given.rows - first);
  const rowGroups = Math.ceil(rows / blen);
  const from = given.firstKeyBlock(block);
  const to = given.causal ? block + 1 : given.keyBlocks;
  let input: Address = { register: query, offset: first * mlen };
  let inputPitch = queries.blockPitch;
  if (given.shared) {
    const mask = code.gp("head mask");
    field("mask", mask);
    const source = { first: input, rowPitch: mlen, blockPitch: inputPitch };
    const masked = { first: at(given.masked), rowPitch: mlen, blockPitch: tileArea };
    forEachRow(code, rowGroups * blen, headBlocks, [masked, source], ([t, s]) => {
      code.emit("V_MUL_VV", { rd: t!, rs1: s!, rs2: mask });
    });
    input = at(given.masked);
    inputPitch = tileArea;
  }
  const common = { rows: input, rowsPitch: inputPitch, depth: headBlocks, transposed: true };
  const tilePitch = given.keyBlocks * tileArea;
  const scores = at(given.scores);
  if (form === "broadcast") {
    broadcastProduct(code, mlen, {
      ...common,
      rowBlocks: 1,
      tiles: at(from * tileArea),
      tilePitch,
      blocks: to - from,
      tileBlock: tileArea,
      out: scores,
      outBlock: tileArea,
    });
  } else {
    // With room for more code, the block on the diagonal is a stair: columns of the future of all
    // rows of a step are not computed.
    const all = mlen / blen;
    const stairs = given.causal && given.budget >= 24 && all % 4 === 0 ? 4 : 1;
    const whole = stairs > 1 ? to - 1 : to;
    const part = (row: number, count: number, at: number, blocks: number, groups: number): void => {
      if (count <= 0 || blocks === 0) return;
      product(code, config, {
        ...common,
        rowGroups: count,
        rows: beyond(input, row * blen * mlen),
        tiles: { offset: at * tileArea },
        tilePitch,
        groups,
        blocks,
        tileBlock: tileArea,
        out: beyond(scores, (at - from) * tileArea + row * blen * mlen),
        outBlock: tileArea,
        outRow: mlen,
        budget: Math.min(given.budget, 12),
      });
    };
    part(0, rowGroups, from, whole - from, all);
    for (let stair = 0; stair < stairs && whole < to; stair++) {
      const row = stair * all / stairs;
      const count = Math.min(all / stairs, rowGroups - row);
      part(row, count, whole, 1, (stair + 1) * all / stairs);
    }
  }
  softmax(code, {
    rows,
    blocks: to - from,
    scores,
    blockPitch: tileArea,
    masks: given.masks(block).map((mask) => ({ ...mask, block: mask.block - from })),
    lowestSlot: given.lowestSlot,
    mlen,
  });
  weightedSum(code, config, given, { block, rowGroups, from, to }, out, field);
}

function weightedSum(
  code: CodeBuilder,
  config: MachineConfig,
  given: Attention,
  { block, rowGroups, from, to }: {
    block: number;
    rowGroups: number;
    from: number;
    to: number;
  },
  out: Register,
  field: (name: (typeof HEAD_FIELDS)[number], into: Register) => void,
): void {
  const { mlen, blen } = config;
  const tileArea = mlen * mlen;
  const target = { register: out, offset: block * mlen * mlen };
  const firstTile = given.headBlocks * given.keyBlocks + from;
  const common = {
    depth: to - from,
    rows: at(given.scores),
    rowsPitch: tileArea,
    tilePitch: tileArea,
    transposed: false,
    blocks: given.valueBlocks,
    tileBlock: given.keyBlocks * tileArea,
    outBlock: given.result.blockPitch,
  };
  if (given.form === "blocks") {
    const tile = code.gp("value tile");
    field("valueTile", tile);
    product(code, config, {
      ...common,
      rowGroups,
      tiles: { register: tile, offset: firstTile * tileArea },
      groups: Math.min(given.valueLanes, mlen) / blen,
      out: target,
      outRow: mlen,
      budget: Math.min(given.budget, 48),
    });
    return;
  }
  const whole = !given.valueShared;
  const room = at(given.masked);
  broadcastProduct(code, mlen, {
    ...common,
    rowBlocks: 1,
    tiles: at(firstTile * tileArea),
    out: whole ? target : room,
  });
  if (whole) return;
  // The product has the lanes of all heads of the block; only this head's go to the result.
  const mask = code.gp("value mask");
  field("valueTile", mask);
  const walkRoom = { first: room, rowPitch: mlen, blockPitch: tileArea };
  const walkOut = { first: target, rowPitch: mlen, blockPitch: given.result.blockPitch };
  forEachRow(code, rowGroups * blen, 1, [walkOut, walkRoom], ([to, from]) => {
    code.emit("V_MUL_VV", { rd: from!, rs1: from!, rs2: mask });
    code.emit("V_ADD_VV", { rd: to!, rs1: to!, rs2: from! });
  });
}
