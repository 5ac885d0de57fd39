import type { MachineConfig } from "../../boards/mod.ts";
import type { CodeBuilder } from "../code/code_builder.ts";
import { type Address, at, beyond, type Register } from "../code/register.ts";
import type { Attention, HEAD_FIELDS } from "./attention_shape.ts";
import { SCORES_BUDGET, STAIRS_BUDGET, VALUES_BUDGET } from "./budget.ts";
import { broadcastProduct } from "./broadcast_product.ts";
import { product } from "./product.ts";
import { forEachRow } from "./rows.ts";
import { softmax } from "./softmax.ts";

/** Where a head's keys and values are while its queries are worked on. */
export interface Residence {
  /** Key blocks that are in the matrix SRAM together. */
  readonly chunk: number;
  /** Whether all keys, and all values behind them, are there. */
  readonly resident: boolean;
  /** Brings key or value blocks to tile 0. */
  readonly load: (name: "keys" | "values", from: number, to: number) => void;
}

/** A block of queries of one head. */
export interface QueryBlock {
  /** Its number. */
  readonly block: number;
  /** Address of the head's queries. */
  readonly query: Register;
  /** Address of the head's result. */
  readonly out: Register;
  /** Looks up a field of the head. */
  readonly field: (name: (typeof HEAD_FIELDS)[number], into: Register) => void;
}

/** The key blocks that a query block sees. */
interface Span {
  readonly rows: number;
  readonly rowGroups: number;
  readonly from: number;
  readonly to: number;
}

/** Scores, softmax and weighted sum of one block of queries of one head. */
export function attendBlock(
  code: CodeBuilder,
  config: MachineConfig,
  given: Attention,
  residence: Residence,
  queryBlock: QueryBlock,
): void {
  const { mlen, blen } = config;
  const { headBlocks, queries } = given;
  const { block, query, field } = queryBlock;
  const tileArea = mlen * mlen;
  const rows = Math.min(mlen, given.rows - block * mlen);
  const span = {
    rows,
    rowGroups: Math.ceil(rows / blen),
    from: given.firstKeyBlock(block),
    to: given.causal ? block + 1 : given.keyBlocks,
  };
  let input: Address = { register: query, offset: block * tileArea };
  let inputPitch = queries.blockPitch;
  if (given.shared) {
    const mask = code.gp("head mask");
    field("mask", mask);
    const source = { first: input, rowPitch: mlen, blockPitch: inputPitch };
    const masked = { first: at(given.masked), rowPitch: mlen, blockPitch: tileArea };
    forEachRow(code, span.rowGroups * blen, headBlocks, [masked, source], ([t, s]) => {
      code.emit("V_MUL_VV", { rd: t!, rs1: s!, rs2: mask });
    });
    input = at(given.masked);
    inputPitch = tileArea;
  }
  for (let first = span.from; first < span.to; first += residence.chunk) {
    const last = residence.resident ? span.to : Math.min(first + residence.chunk, span.to);
    residence.load("keys", first, last);
    scoreKeys(code, config, given, span, {
      first,
      last,
      tile: residence.resident ? first : 0,
      pitch: residence.resident ? given.keyBlocks : last - first,
      input,
      inputPitch,
    });
    if (residence.resident) break;
  }
  softmax(code, {
    rows,
    blocks: span.to - span.from,
    scores: at(given.scores),
    blockPitch: tileArea,
    masks: given.masks(block).map((mask) => ({ ...mask, block: mask.block - span.from })),
    lowestSlot: given.lowestSlot,
    scaleSlot: given.scaleSlot,
    mlen,
  });
  residence.load("values", span.from, span.to);
  weightedSum(code, config, given, span, residence.resident, queryBlock);
}

/** A run of key blocks in the matrix SRAM. */
interface KeyRun {
  readonly first: number;
  readonly last: number;
  /** Tile of the first block. */
  readonly tile: number;
  /** Tiles from one region of keys to the next. */
  readonly pitch: number;
  /** Queries. */
  readonly input: Address;
  readonly inputPitch: number;
}

function scoreKeys(
  code: CodeBuilder,
  config: MachineConfig,
  given: Attention,
  { rowGroups, from, to }: Span,
  { first, last, tile, pitch, input, inputPitch }: KeyRun,
): void {
  const { mlen, blen } = config;
  const tileArea = mlen * mlen;
  const common = {
    rowsPitch: inputPitch,
    depth: given.headBlocks,
    transposed: true,
    tilePitch: pitch * tileArea,
    tileBlock: tileArea,
    outBlock: tileArea,
  };
  const scores = at(given.scores + (first - from) * tileArea);
  if (given.form === "broadcast") {
    broadcastProduct(code, mlen, {
      ...common,
      rowBlocks: 1,
      rows: input,
      tiles: at(tile * tileArea),
      blocks: last - first,
      out: scores,
    });
    return;
  }
  // With room for more code, the block on the diagonal is a stair: columns of the future of all rows
  // of a step are not computed.
  const all = mlen / blen;
  const stairs = given.causal && last === to && given.budget >= STAIRS_BUDGET && all % 4 === 0
    ? 4
    : 1;
  const whole = stairs > 1 ? last - 1 : last;
  const part = (row: number, count: number, key: number, blocks: number, groups: number): void => {
    if (count <= 0 || blocks === 0) return;
    product(code, config, {
      ...common,
      rowGroups: count,
      rows: beyond(input, row * blen * mlen),
      tiles: at((tile + key - first) * tileArea),
      groups,
      blocks,
      out: beyond(scores, (key - first) * tileArea + row * blen * mlen),
      outRow: mlen,
      budget: Math.min(given.budget, SCORES_BUDGET),
    });
  };
  part(0, rowGroups, first, whole - first, all);
  for (let stair = 0; stair < stairs && whole < last; stair++) {
    const row = stair * all / stairs;
    part(row, Math.min(all / stairs, rowGroups - row), whole, 1, (stair + 1) * all / stairs);
  }
}

function weightedSum(
  code: CodeBuilder,
  config: MachineConfig,
  given: Attention,
  { rows, rowGroups, from, to }: Span,
  resident: boolean,
  { block, out, field }: QueryBlock,
): void {
  const { mlen, blen } = config;
  const tileArea = mlen * mlen;
  const target = { register: out, offset: block * tileArea };
  const firstTile = resident ? given.headBlocks * given.keyBlocks + from : 0;
  const common = {
    depth: to - from,
    rows: at(given.scores),
    rowsPitch: tileArea,
    tilePitch: tileArea,
    transposed: false,
    blocks: given.valueBlocks,
    tileBlock: (resident ? given.keyBlocks : to - from) * tileArea,
    outBlock: given.result.blockPitch,
  };
  if (given.form === "blocks") {
    const tile = code.gp("value tile");
    field("valueTile", tile);
    code.hold(1, () =>
      product(code, config, {
        ...common,
        rowGroups,
        tiles: { register: tile, offset: firstTile * tileArea },
        groups: Math.min(given.valueLanes, mlen) / blen,
        out: target,
        outRow: mlen,
        budget: Math.min(given.budget, VALUES_BUDGET),
      }));
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
  forEachRow(code, rows, 1, [walkOut, walkRoom], ([to, from]) => {
    code.emit("V_MUL_VV", { rd: from!, rs1: from!, rs2: mask });
    code.emit("V_ADD_VV", { rd: to!, rs1: to!, rs2: from! });
  });
}
