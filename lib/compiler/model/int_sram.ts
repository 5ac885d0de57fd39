import { CompileError } from "../compile_error.ts";
import { HEAD_FIELDS, type HeadEntry } from "../kernels/attention_shape.ts";
import { LOWEST_SCORE } from "../kernels/softmax.ts";
import { rowBytes } from "../kernels/transfers.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import { LAYER_BASE_HIGH_SLOT, LAYER_BASE_SLOT } from "./hbm_placer.ts";
import type { DecoderPlan, DecoderTarget } from "./plan.ts";

/** Entries of the scalar SRAMs of the machine. */
const SRAM_ENTRIES = 1024;

/** INT SRAM entries: what a program reads at run time. */
export const INT_SLOTS = {
  /** Address of the current layer, lower half. */
  layerBase: LAYER_BASE_SLOT,
  /** Position of the first row. */
  position: 1,
  /** Position of the first row within its block of MLEN positions. */
  positionInBlock: 2,
  /** Where a kernel puts what it has no register for. */
  spill: 3,
  /** Address of the current layer, upper half. */
  layerBaseHigh: LAYER_BASE_HIGH_SLOT,
  /** Entry with the next layer's address. */
  nextLayer: 5,
  /** Iterations that are left of loops that are renewed, the outermost first. */
  iterationsLeft: 6,
  /** The table of heads, then the tokens. */
  table: 10,
} as const;

/** Loops in one another that can be renewed: layers, heads, query heads, chunks of weights. */
export const RENEWED_LEVELS = INT_SLOTS.table - INT_SLOTS.iterationsLeft;

/** FP SRAM entries: constants. */
export const FP_SLOTS = {
  /** 0. */
  zero: 0,
  /** ε · hidden, with which the sums of the RMS norms start. */
  normSeed: 1,
  /** Below every score. */
  lowest: 2,
  /** 1. */
  one: 3,
  /** ε · head_dim, for norms on heads. */
  headSeed: 4,
} as const;

/** INT SRAM entry of the addresses of layers, lower and upper half each, where they need both. */
function layerSlot(plan: DecoderPlan): number {
  return INT_SLOTS.table + HEAD_FIELDS.length * plan.config.kvHeads * plan.batch;
}

/** Entries for the addresses of layers. */
function layerEntries({ isLarge, config: { layers } }: DecoderPlan): number {
  // One more, because the program looks one layer ahead.
  return isLarge ? 2 * (layers + 1) : 0;
}

/** INT SRAM entry of the first token. */
export function tokenSlot(plan: DecoderPlan): number {
  return layerSlot(plan) + layerEntries(plan);
}

/**
 * Tokens of each sequence that one program takes: as many as find an entry in the INT SRAM behind the
 * tables, 0 where these fill it. In the public layout, which has its text in HBM, there is no limit.
 */
export function mostTokens(target: DecoderTarget): number {
  if (!hasTokens(target)) return Infinity;
  return Math.max(0, Math.floor((SRAM_ENTRIES - tokenSlot(target)) / target.batch));
}

/** Whether programs read their tokens from the INT SRAM. */
function hasTokens(target: DecoderTarget): target is DecoderPlan {
  return "layerBases" in target;
}

/**
 * What the attention kernel looks up for every key and value head, one sequence of `rows` rows after the
 * other.
 */
export function headTable(
  plan: DecoderPlan,
  rows: number,
  queries: VectorTensor,
  result: VectorTensor,
  masks: VectorTensor,
): HeadEntry[] {
  const g = plan.geometry;
  const { mlen } = g;
  const regionBytes = plan.regionRows * rowBytes(plan.cache, mlen);
  const { kvHeads } = plan.config;
  return Array.from({ length: plan.batch * kvHeads }, (_, index): HeadEntry => {
    const sequence = Math.floor(index / kvHeads);
    const kv = index % kvHeads;
    const cached = sequence * (g.keyBlocks + g.allValueBlocks) * regionBytes;
    const firstRow = sequence * rows * mlen;
    const keyGroup = Math.floor(kv / g.keySlots);
    const valueGroup = Math.floor(kv / g.valueSlots);
    const valueSlot = kv % g.valueSlots;
    const valueMask = masks.address + (g.keySlots + valueSlot) * mlen;
    return {
      keys: cached + keyGroup * 2 * g.halfBlocks * regionBytes,
      values: cached + (g.keyBlocks + valueGroup * g.valueBlocks) * regionBytes,
      queries: queries.address + firstRow +
        keyGroup * g.ratio * 2 * g.halfBlocks * queries.blockPitch,
      mask: masks.address + (kv % g.keySlots) * mlen,
      valueTile: plan.form === "broadcast" ? valueMask : valueSlot * g.valueLanes * mlen,
      result: result.address + firstRow + valueGroup * g.ratio * g.valueBlocks * result.blockPitch +
        (plan.form === "broadcast" ? 0 : valueSlot * g.valueLanes),
    };
  });
}

/**
 * The INT SRAM of one run.
 *
 * @throws {CompileError} When tokens and tables do not fit.
 */
export function intSram(
  plan: DecoderPlan,
  heads: readonly HeadEntry[],
  tokens: readonly number[],
  position: number,
): Uint32Array {
  const first = tokenSlot(plan);
  const entries = first + tokens.length;
  if (entries > SRAM_ENTRIES) {
    throw new CompileError(
      `${tokens.length} tokens behind tables of ${first} entries need ${entries} entries of the ` +
        `INT SRAM, the machine has ${SRAM_ENTRIES}`,
      remedy(plan),
    );
  }
  const image = new Uint32Array(entries);
  const halves = plan.layerBases.flatMap((base) => [base % 2 ** 32, Math.floor(base / 2 ** 32)]);
  [image[INT_SLOTS.layerBase], image[INT_SLOTS.layerBaseHigh]] = [halves[0]!, halves[1]!];
  if (plan.isLarge) {
    image[INT_SLOTS.nextLayer] = layerSlot(plan) + 2;
    image.set(halves, layerSlot(plan));
  }
  image[INT_SLOTS.position] = position;
  image[INT_SLOTS.positionInBlock] = position % plan.geometry.mlen;
  heads.forEach((entry, kv) =>
    HEAD_FIELDS.forEach((field, i) => {
      image[INT_SLOTS.table + kv * HEAD_FIELDS.length + i] = entry[field];
    })
  );
  image.set(tokens, first);
  return image;
}

/** What makes a program fit the INT SRAM. */
function remedy(plan: DecoderPlan): string {
  const most = mostTokens(plan);
  const free = SRAM_ENTRIES - INT_SLOTS.table - layerEntries(plan);
  // A sequence takes its heads and at least one token.
  const sequences = Math.floor(free / (HEAD_FIELDS.length * plan.config.kvHeads + 1));
  if (most >= 1) {
    return `give at most ${most} tokens` +
      (plan.batch === 1 ? "" : " a sequence, or run fewer of them side by side") +
      (plan.config.causal
        ? "; longer texts take decode steps, as model:generate and model:compare make them"
        : "");
  }
  if (sequences >= 1) return `run at most ${sequences} sequences side by side`;
  const heads = Math.floor((free - 1) / HEAD_FIELDS.length);
  return heads >= 1
    ? `choose a model of at most ${heads} key and value heads, or cut it down with --slice`
    : "choose a model of fewer layers, or cut it down with --slice";
}

/** The FP SRAM: little-endian binary16. */
export function fpSram(plan: DecoderPlan): Uint8Array {
  const values = new Float16Array(Object.keys(FP_SLOTS).length);
  values[FP_SLOTS.normSeed] = plan.config.normEpsilon * plan.config.hidden;
  values[FP_SLOTS.headSeed] = plan.config.normEpsilon * plan.config.headDim;
  values[FP_SLOTS.lowest] = LOWEST_SCORE;
  values[FP_SLOTS.one] = 1;
  return new Uint8Array(values.buffer);
}
