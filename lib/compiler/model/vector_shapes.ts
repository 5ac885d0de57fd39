import { leastCommonMultiple } from "../least_common_multiple.ts";
import { roundUp } from "../round_up.ts";
import type { DecoderRun } from "./decoder_run.ts";
import type { DecoderPlan } from "./plan.ts";
import type { VectorShape } from "./vector_schedule.ts";

/** Rows that a product works on at once: those of a block of BLEN, or of a whole tile. */
export function rowEdge({ form, settings: { config } }: DecoderPlan): number {
  return form === "broadcast" ? config.mlen : config.blen;
}

/** The first row that has logits: of a text's last one alone, that of its row group or tile of rows. */
export function firstLogitRow(plan: DecoderPlan, run: DecoderRun): number {
  if (run.logits !== "last" || plan.batch > 1) return 0;
  const edge = rowEdge(plan);
  return Math.floor((run.rows - 1) / edge) * edge;
}

/** Every tensor of the vector SRAM that a program may work on, by its name. */
export function vectorShapes(
  plan: DecoderPlan,
  run: DecoderRun,
): ReadonlyMap<string, VectorShape> {
  const g = plan.geometry;
  const { mlen } = g;
  const { config: machine } = plan.settings;
  const rows = run.rows * plan.batch;
  const edge = rowEdge(plan);
  const unit = leastCommonMultiple(edge, machine.hbmVWritebackRows);
  // The last sequence is worked on in whole row groups, or whole tiles of rows.
  const worked = rows - run.rows + roundUp(run.rows, edge);
  const reserved = roundUp(worked, unit);
  const loaded = (count: number): number => roundUp(count, machine.hbmVPrefetchRows);
  const slack = loaded(1);
  const qkvBlocks = g.queryBlocks + g.keyBlocks + g.allValueBlocks;
  const widest = Math.max(qkvBlocks, 2 * g.interBlocks, g.hiddenBlocks, g.vocabularyBlocks);
  const termsOf = (blocks: number): number => (2 * plan.terms - 1) * blocks;
  const windowRows = run.decode ? 1 : mlen;
  const maskRows = run.decode ? 1 : Math.min(run.rows, mlen);
  const firstLogits = firstLogitRow(plan, run);
  const block = (blocks: number): VectorShape => ({ rows, blocks, reserved });
  return new Map<string, VectorShape>([
    ["zero", { rows: 1, blocks: 1, reserved: 1 }],
    ["scratch", { rows: 3, blocks: 1, reserved: 3 }],
    ["x", { rows, blocks: g.hiddenBlocks, reserved, rowMajor: true, slack }],
    ["rope", {
      rows,
      blocks: plan.terms * 2 * g.halfBlocks,
      reserved: rows - run.rows + loaded(run.rows),
    }],
    ["causal_mask", { rows: maskRows, blocks: 1, reserved: loaded(maskRows) }],
    ["head_masks", {
      rows: g.keySlots + g.valueSlots,
      blocks: 1,
      reserved: loaded(g.keySlots + g.valueSlots),
    }],
    ["normed", { ...block(g.hiddenBlocks), isTwofold: plan.isPaired && rows === mlen }],
    ["qkv", block(qkvBlocks)],
    ["bias", { rows: 1, blocks: termsOf(widest), reserved: 1, slack }],
    ["gains", { rows: 1, blocks: termsOf(4 * g.halfBlocks), reserved: 1, slack }],
    ["window_mask", { rows: windowRows, blocks: 2, reserved: loaded(windowRows), slack }],
    ["masked", { rows: mlen, blocks: 2 * g.halfBlocks, reserved: mlen }],
    ["scores", { rows: mlen, blocks: run.keyBlocks, reserved: mlen }],
    ["attention", block(g.resultBlocks)],
    ["gate_up", block(2 * g.interBlocks)],
    ["projected", { ...block(g.hiddenBlocks), rowMajor: plan.form === "blocks" }],
    ["partial", block(widest)],
    ["gain", { rows: 1, blocks: termsOf(g.hiddenBlocks), reserved: 1, slack }],
    ["final", block(g.hiddenBlocks)],
    ["logits", {
      rows: rows - firstLogits,
      blocks: g.vocabularyBlocks,
      reserved: reserved - firstLogits,
    }],
  ]);
}
