import type { CodeBuilder } from "../code/code_builder.ts";
import { at, type Register, ZERO } from "../code/register.ts";
import { attention } from "../kernels/attention.ts";
import { headNorm } from "../kernels/head_norm.ts";
import { rotate } from "../kernels/rope.ts";
import { addRows, forEachRow, walk } from "../kernels/rows.ts";
import { gatedSilu } from "../kernels/silu.ts";
import type { ScoreMask } from "../kernels/softmax.ts";
import { moveRows, type OpenRows, openRows } from "../kernels/transfers.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import { roundUp } from "../round_up.ts";
import type { DecoderRun } from "./decoder_run.ts";
import { FP_SLOTS, INT_SLOTS, tokenSlot } from "./int_sram.ts";
import type { DecoderPlan, TermRows } from "./plan.ts";

/** The tensors of a program by name. */
export type Tensors = (name: string) => VectorTensor;

/** Rows of an open tensor. */
interface RowsToLoad {
  /** First row in HBM; what the INT SRAM entry `slot` holds is added. */
  readonly from: number;
  readonly slot?: number | undefined;
  /** Rows. */
  readonly count: number;
  /** Where they go. */
  readonly target: number;
  /** How often, so many rows of HBM and elements of the vector SRAM apart. */
  readonly times?: number;
  readonly rowsApart?: number;
  readonly targetApart?: number;
}

function loadFrom(code: CodeBuilder, plan: DecoderPlan, opened: OpenRows, rows: RowsToLoad): void {
  const { config } = plan.settings;
  const { times = 1, rowsApart = 0, targetApart = 0 } = rows;
  const offset = code.gp("offset in HBM");
  const vector = code.gp("rows");
  if (rows.slot === undefined) code.set(offset, rows.from * opened.rowBytes);
  else offsetOfRow(code, offset, opened.rowBytes, rows.from, rows.slot);
  code.set(vector, rows.target);
  const moved = roundUp(rows.count, config.hbmVPrefetchRows);
  code.loop(times, () => {
    moveRows(code, config, "load", opened, offset, vector, rows.count);
    if (times === 1) return;
    code.add(offset, offset, (rowsApart - moved) * opened.rowBytes);
    code.add(vector, vector, targetApart - moved * config.mlen);
  });
}

/** offset = (firstRow + INT[slot]) · rowBytes. */
function offsetOfRow(
  code: CodeBuilder,
  offset: Register,
  rowBytes: number,
  firstRow: number,
  slot: number,
): void {
  const pitch = code.gp("bytes of a row");
  code.set(pitch, rowBytes);
  code.emit("S_LD_INT", { rd: offset, rs1: ZERO, imm18: slot });
  code.emit("S_MUL_INT", { rd: offset, rs1: offset, rs2: pitch });
  code.add(offset, offset, firstRow * rowBytes);
}

/** Loads what all layers share: the tables of the rotary embedding and the masks. */
export function loadTables(
  code: CodeBuilder,
  plan: DecoderPlan,
  run: DecoderRun,
  tensor: Tensors,
): void {
  const { halfBlocks, mlen } = plan.geometry;
  const rope = tensor("rope");
  const tables = openRows(code, mlen, plan.tables);
  // Whole transfers overrun into rows of the next sequence, which are loaded after them.
  for (let sequence = 0; sequence < plan.batch; sequence++) {
    loadFrom(code, plan, tables, {
      from: 0,
      slot: run.decode ? INT_SLOTS.position : undefined,
      count: run.rows,
      target: rope.address + sequence * run.rows * mlen,
      times: rope.blocks,
      rowsApart: plan.tableRows,
      targetApart: rope.blockPitch,
    });
  }
  addTerms(code, rope.rows, 2 * halfBlocks, plan.terms, rope);
  const mask = tensor("causal_mask");
  const heads = tensor("head_masks");
  const masks = openRows(code, mlen, plan.masks);
  if (plan.config.causal || run.rows % mlen !== 0) {
    const slot = run.decode ? INT_SLOTS.positionInBlock : undefined;
    loadFrom(code, plan, masks, { from: 0, slot, count: mask.rows, target: mask.address });
  }
  const edge = windowMask(plan, run);
  if (edge !== undefined) {
    const slot = run.decode ? INT_SLOTS.positionInBlock : undefined;
    const target = tensor("window_mask");
    loadFrom(code, plan, masks, {
      from: plan.windowMaskRow + mlen + edge.hidden,
      slot,
      count: target.rows,
      target: target.address,
      times: 2,
      rowsApart: -mlen,
      targetApart: target.blockPitch,
    });
  }
  const from = plan.headMaskRow;
  loadFrom(code, plan, masks, { from, count: heads.rows, target: heads.address });
}

/** Embedding rows of the tokens in the INT SRAM. */
export function gatherTokens(
  code: CodeBuilder,
  plan: DecoderPlan,
  rows: number,
  x: VectorTensor,
): void {
  const { config } = plan.settings;
  const { hiddenBlocks, mlen } = plan.geometry;
  const opened = openRows(code, mlen, plan.embedding);
  const token = code.gp("token slot");
  const pitch = code.gp("bytes of a token");
  const offset = code.gp("offset in HBM");
  const vector = code.gp("x");
  code.set(token, tokenSlot(plan));
  code.set(pitch, hiddenBlocks * opened.rowBytes);
  code.set(vector, x.address);
  code.loop(rows, () => {
    code.emit("S_LD_INT", { rd: offset, rs1: token, imm18: 0 });
    code.emit("S_MUL_INT", { rd: offset, rs1: offset, rs2: pitch });
    moveRows(code, config, "load", opened, offset, vector, hiddenBlocks);
    const moved = roundUp(hiddenBlocks, config.hbmVPrefetchRows);
    code.add(vector, vector, (hiddenBlocks - moved) * mlen);
    code.add(token, token, 1);
  });
}

/** Turns queries and keys. */
export function rotateHalves(
  code: CodeBuilder,
  plan: DecoderPlan,
  rows: number,
  tensor: Tensors,
): void {
  const g = plan.geometry;
  const qkv = tensor("qkv");
  const rope = tensor("rope");
  for (let half = 0; half < g.halfBlocks; half++) {
    const start = (block: number): number => qkv.address + block * qkv.blockPitch;
    const blockPitch = 2 * g.halfBlocks * qkv.blockPitch;
    rotate(code, {
      rows,
      pairs: (g.queryBlocks + g.keyBlocks) / (2 * g.halfBlocks),
      first: { first: at(start(half)), rowPitch: g.mlen, blockPitch },
      second: { first: at(start(g.halfBlocks + half)), rowPitch: g.mlen, blockPitch },
      cosine: rope.address + half * rope.blockPitch,
      sine: rope.address + (g.halfBlocks + half) * rope.blockPitch,
      tablePitch: g.mlen,
      scratch: tensor("scratch").address,
      mlen: g.mlen,
    });
  }
}

/** Stores keys and values behind those that are cached. */
export function storeCache(
  code: CodeBuilder,
  plan: DecoderPlan,
  run: DecoderRun,
  qkv: VectorTensor,
): void {
  const g = plan.geometry;
  const { config } = plan.settings;
  const opened = openRows(code, g.mlen, plan.cache);
  const offset = code.gp("offset in HBM");
  const vector = code.gp("rows");
  if (run.decode) offsetOfRow(code, offset, opened.rowBytes, 0, INT_SLOTS.position);
  else code.set(offset, 0);
  code.set(vector, qkv.address + g.queryBlocks * qkv.blockPitch);
  const moved = roundUp(run.rows, config.hbmVWritebackRows);
  const blocks = g.keyBlocks + g.allValueBlocks;
  code.loop(plan.batch, () => {
    code.loop(blocks, () => {
      moveRows(code, config, "store", opened, offset, vector, run.rows);
      code.add(offset, offset, (plan.regionRows - moved) * opened.rowBytes);
      code.add(vector, vector, qkv.blockPitch - moved * g.mlen);
    });
    if (plan.batch > 1) code.add(vector, vector, run.rows * g.mlen - blocks * qkv.blockPitch);
  });
}

/** Attention over the cached positions. */
export function attend(
  code: CodeBuilder,
  plan: DecoderPlan,
  run: DecoderRun,
  tensor: Tensors,
  windowed: boolean,
): void {
  const g = plan.geometry;
  const mask = tensor("causal_mask");
  const causal = plan.config.causal && !run.decode;
  const lastKeys = run.keyBlocks - 1;
  const result = tensor("attention");
  const edge = windowed ? windowMask(plan, run) : undefined;
  const cuts = (queryBlock: number): ScoreMask[] => {
    if (edge === undefined) return [];
    const target = tensor("window_mask");
    return [0, 1].flatMap((i) => {
      const block = edge.first(queryBlock) + i;
      if (block < 0 || block > queryBlock) return [];
      const first = at(target.address + i * target.blockPitch);
      return [{ block, first, rowPitch: run.decode ? 0 : g.mlen }];
    });
  };
  if (plan.form === "broadcast" && g.valueSlots > 1) {
    // Heads add their lanes to what is there.
    const zero = { first: at(tensor("zero").address), rowPitch: 0, blockPitch: 0 };
    forEachRow(code, result.rows, g.resultBlocks, [walk(result), zero], ([to, from]) => {
      code.emit("V_ADD_VF", { rd: to!, rs1: from!, rs2: ZERO });
    });
  }
  attention(code, plan.settings.config, {
    rows: run.rows,
    keyBlocks: run.keyBlocks,
    causal,
    masks: (block) => {
      const cut = cuts(run.decode ? lastKeys : block);
      if (causal) return [{ block, first: at(mask.address), rowPitch: g.mlen }, ...cut];
      if (run.decode) return [{ block: lastKeys, first: at(mask.address), rowPitch: 0 }, ...cut];
      if (run.rows % g.mlen === 0) return [];
      const last = mask.address + (run.rows % g.mlen - 1) * g.mlen;
      return [{ block: lastKeys, first: at(last), rowPitch: 0 }];
    },
    firstKeyBlock: (block) => {
      return Math.max(0, edge?.first(run.decode ? lastKeys : block) ?? 0);
    },
    heads: plan.batch * plan.config.kvHeads,
    ratio: g.ratio,
    tableSlot: INT_SLOTS.table,
    queries: { ...tensor("qkv"), blocks: g.queryBlocks },
    headBlocks: 2 * g.halfBlocks,
    shared: g.keySlots > 1,
    cache: plan.cache,
    regionRows: plan.regionRows,
    valueBlocks: g.valueBlocks,
    valueLanes: g.valueLanes,
    valueShared: g.valueSlots > 1,
    result,
    masked: tensor("masked").address,
    scores: tensor("scores").address,
    lowestSlot: FP_SLOTS.lowest,
    budget: run.budget,
    form: plan.form,
  });
}

/** silu(gate) · up. */
export function gate(code: CodeBuilder, plan: DecoderPlan, rows: number, tensor: Tensors): void {
  const blocks = plan.geometry.interBlocks;
  const gateUp = walk(tensor("gate_up"));
  const up = tensor("gate_up").address + blocks * gateUp.blockPitch;
  gatedSilu(code, {
    rows,
    blocks,
    gate: gateUp,
    up: { ...gateUp, first: at(up) },
    scratch: tensor("scratch").address,
    oneSlot: FP_SLOTS.one,
  });
}

/** Adds the later terms of a tensor, which lie behind each other, to the first one. */
function addTerms(
  code: CodeBuilder,
  rows: number,
  blocks: number,
  terms: number,
  { address, rowPitch, blockPitch }: VectorTensor,
): void {
  const first = { first: at(address), rowPitch, blockPitch };
  for (let term = 1; term < terms; term++) {
    const from = { ...first, first: at(address + term * blocks * blockPitch) };
    addRows(code, rows, blocks, first, from);
  }
}

/** Loads a row of so many blocks that is stored in several terms. */
function loadTerms(
  code: CodeBuilder,
  plan: DecoderPlan,
  { rows, terms }: TermRows,
  target: VectorTensor,
): void {
  const opened = openRows(code, plan.geometry.mlen, rows);
  const blocks = target.blocks / terms;
  loadFrom(code, plan, opened, { from: 0, count: target.blocks, target: target.address });
  // Every later term is added onto the first: its blocks are walked again and again.
  const { address, blockPitch } = target;
  const first = { first: at(address), rowPitch: blockPitch, blockPitch: 0 };
  const later = at(address + blocks * blockPitch);
  const others = { first: later, rowPitch: blockPitch, blockPitch: blocks * blockPitch };
  if (terms > 1) addRows(code, blocks, terms - 1, first, others);
}

/** Adds a bias to every row. */
export function addBias(
  code: CodeBuilder,
  plan: DecoderPlan,
  terms: TermRows,
  rows: number,
  tensor: Tensors,
  target: VectorTensor,
): void {
  const bias = { ...tensor("bias"), blocks: target.blocks * terms.terms };
  loadTerms(code, plan, terms, bias);
  addRows(code, rows, target.blocks, walk(target), { ...walk(bias), rowPitch: 0 });
}

/** Norms on every head of q and k. */
export function normHeads(
  code: CodeBuilder,
  plan: DecoderPlan,
  rows: number,
  tensor: Tensors,
): void {
  const g = plan.geometry;
  const [qkv, gains] = [tensor("qkv"), tensor("gains")];
  loadTerms(code, plan, plan.headGains!, gains);
  const parts = [[0, g.queryBlocks, 0], [g.queryBlocks, g.keyBlocks, 2 * g.halfBlocks]] as const;
  for (const [firstBlock, blocks, gain] of parts) {
    headNorm(code, {
      rows,
      pairs: blocks / (2 * g.halfBlocks),
      halfBlocks: g.halfBlocks,
      slots: g.keySlots,
      first: qkv.address + firstBlock * qkv.blockPitch,
      blockPitch: qkv.blockPitch,
      masks: tensor("head_masks").address,
      gains: gains.address + gain * g.mlen,
      scratch: tensor("scratch").address,
      zero: tensor("zero").address,
      seedSlot: FP_SLOTS.headSeed,
      mlen: g.mlen,
    });
  }
}

/**
 * The window's lower edge; undefined when every query sees all keys before it. It cuts the first two of
 * the key blocks that a query block sees: of `first`, which is negative before the beginning of the text,
 * the block's first query does not see `hidden` columns, and every further query one more.
 */
export function windowMask(
  plan: DecoderPlan,
  run: DecoderRun,
): { readonly first: (queryBlock: number) => number; readonly hidden: number } | undefined {
  const { window } = plan;
  const { mlen } = plan.geometry;
  const last = run.decode ? run.keyBlocks * mlen - 1 : run.rows - 1;
  if (window === undefined || last < window) return undefined;
  // Query 0 of block b sees keys from b · mlen - window + 1 on.
  const back = Math.ceil((window - 1) / mlen);
  return { first: (block) => block - back, hidden: back * mlen - window + 1 };
}

/** Multiplies the last norm with its gain. */
export function applyGain(
  code: CodeBuilder,
  plan: DecoderPlan,
  rows: number,
  tensor: Tensors,
): void {
  const [final, gain] = [tensor("final"), tensor("gain")];
  loadTerms(code, plan, plan.finalGain!, gain);
  const operands = [walk(final), { ...walk(gain), rowPitch: 0 }];
  forEachRow(code, rows, final.blocks, operands, ([x, g]) => {
    code.emit("V_MUL_VV", { rd: x!, rs1: x!, rs2: g! });
  }, 2);
}
