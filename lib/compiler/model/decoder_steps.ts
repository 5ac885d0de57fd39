import type { CodeBuilder } from "../code/code_builder.ts";
import { linear } from "../kernels/linear.ts";
import { rmsNorm } from "../kernels/rms_norm.ts";
import { addRows, walk } from "../kernels/rows.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import type { DecoderRun } from "./decoder_run.ts";
import { FP_SLOTS, INT_SLOTS } from "./int_sram.ts";
import type { DecoderPlan, PlannedLinear } from "./plan.ts";
import {
  addBias,
  applyGain,
  attend,
  gate,
  gatherTokens,
  loadTables,
  normHeads,
  rotateHalves,
  storeCache,
  type Tensors,
  windowMask,
} from "./step_kernels.ts";
import type { Step, VectorShape } from "./vector_schedule.ts";

/** A schedule: the steps of a program and the tensors they work on. */
export interface DecoderSchedule {
  /** The steps in order. */
  readonly steps: readonly Step[];
  /** Tensors of the vector SRAM. */
  readonly shapes: ReadonlyMap<string, VectorShape>;
  /** The tensor with the result. */
  readonly output: string;
}

function leastCommonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}

/** The steps of a decoder, in the order of the architecture. */
export function scheduleDecoder(plan: DecoderPlan, run: DecoderRun): DecoderSchedule {
  const g = plan.geometry;
  const { mlen } = g;
  const { config: machine } = plan.settings;
  const { keyBlocks } = run;
  const rows = run.rows * plan.batch;
  const edge = plan.form === "broadcast" ? mlen : machine.blen;
  const unit = leastCommonMultiple(edge, machine.hbmVWritebackRows);
  // The last sequence is worked on in whole row groups, or whole tiles of rows.
  const worked = rows - run.rows + Math.ceil(run.rows / edge) * edge;
  const reserved = Math.ceil(worked / unit) * unit;
  const loaded = (count: number): number =>
    Math.ceil(count / machine.hbmVPrefetchRows) * machine.hbmVPrefetchRows;
  const slack = loaded(1);
  const qkvBlocks = g.queryBlocks + g.keyBlocks + g.allValueBlocks;
  const parts = Math.max(
    ...[plan.qkv, plan.o, plan.gateUp, plan.down, plan.head].map((l) =>
      l?.tiling.parts.length ?? 1
    ),
  );
  const widest = Math.max(qkvBlocks, 2 * g.interBlocks, g.hiddenBlocks, g.vocabularyBlocks);
  const termsOf = (blocks: number): number => (2 * plan.terms - 1) * blocks;
  const windowRows = run.decode ? 1 : mlen;
  const maskRows = run.decode ? 1 : Math.min(run.rows, mlen);
  const block = (blocks: number): VectorShape => ({ rows, blocks, reserved });
  const shapes = new Map<string, VectorShape>([
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
    ["normed", block(g.hiddenBlocks)],
    ["qkv", block(qkvBlocks)],
    ["bias", { rows: 1, blocks: termsOf(widest), reserved: 1, slack }],
    ["gains", { rows: 1, blocks: termsOf(4 * g.halfBlocks), reserved: 1, slack }],
    ["window_mask", { rows: windowRows, blocks: 2, reserved: loaded(windowRows), slack }],
    ["masked", { rows: mlen, blocks: 2 * g.halfBlocks, reserved: mlen }],
    ["scores", { rows: mlen, blocks: keyBlocks, reserved: mlen }],
    ["attention", block(g.resultBlocks)],
    ["gate_up", block(2 * g.interBlocks)],
    ["projected", { ...block(g.hiddenBlocks), rowMajor: plan.form === "blocks" }],
    ["partial", block(widest)],
    ["gain", { rows: 1, blocks: termsOf(g.hiddenBlocks), reserved: 1, slack }],
    ["final", block(g.hiddenBlocks)],
    ["logits", block(g.vocabularyBlocks)],
  ]);
  const windowed = windowMask(plan, run) === undefined ? [] : ["window_mask"];
  const masks = ["causal_mask", "head_masks", "zero", ...windowed];
  const partial = parts > 1 ? ["partial"] : [];
  const project = (
    code: CodeBuilder,
    { rows: weights, tiling }: PlannedLinear,
    input: VectorTensor,
    output: VectorTensor,
    tensor: Tensors,
    share = 1 / 2,
    count = rows,
  ): void =>
    linear(code, machine, {
      weights,
      tiling,
      rows: count,
      input,
      output,
      partial: parts > 1
        ? {
          ...tensor("partial"),
          blocks: output.blocks,
          rowPitch: output.rowPitch,
          blockPitch: output.blockPitch,
        }
        : undefined,
      budget: run.budget * share,
      spillSlot: INT_SLOTS.spill,
      form: plan.form,
    });
  const norm = (code: CodeBuilder, tensor: Tensors, output: string): void =>
    rmsNorm(code, {
      rows,
      blocks: g.hiddenBlocks,
      input: walk(tensor("x")),
      output: walk(tensor(output)),
      scratch: tensor("scratch").address,
      seedSlot: FP_SLOTS.normSeed,
    });
  const residual = (code: CodeBuilder, tensor: Tensors): void =>
    addRows(code, rows, g.hiddenBlocks, walk(tensor("x")), walk(tensor("projected")));
  const steps: Step[] = [
    {
      name: "load tables",
      scope: "start",
      uses: ["rope", "causal_mask", "head_masks", "zero", ...windowed],
      emit: (code, tensor) => loadTables(code, plan, run, tensor),
    },
    {
      name: "embedding",
      scope: "start",
      uses: ["x"],
      emit: (code, tensor) => gatherTokens(code, plan, rows, tensor("x")),
    },
    {
      name: "attn_norm",
      scope: "layer",
      uses: ["x", "normed", "scratch"],
      emit: (code, tensor) => norm(code, tensor, "normed"),
    },
    {
      name: "qkv",
      scope: "layer",
      uses: ["normed", "qkv", ...partial],
      emit: (code, tensor) => project(code, plan.qkv, tensor("normed"), tensor("qkv"), tensor),
    },
    {
      name: "rope",
      scope: "layer",
      uses: ["qkv", "rope", "scratch"],
      emit: (code, tensor) => rotateHalves(code, plan, rows, tensor),
    },
    {
      name: "kv_store",
      scope: "layer",
      uses: ["qkv"],
      emit: (code, tensor) => storeCache(code, plan, run, tensor("qkv")),
    },
    {
      name: "attention",
      scope: "layer",
      uses: ["qkv", "masked", "scores", "attention", ...masks],
      emit: (code, tensor, windowed) => attend(code, plan, run, tensor, windowed),
    },
    {
      name: "o_proj",
      scope: "layer",
      uses: ["attention", "projected", ...partial],
      emit: (code, tensor) =>
        project(code, plan.o, tensor("attention"), tensor("projected"), tensor),
    },
    { name: "attn_residual", scope: "layer", uses: ["x", "projected"], emit: residual },
    {
      name: "ffn_norm",
      scope: "layer",
      uses: ["x", "normed", "scratch"],
      emit: (code, tensor) => norm(code, tensor, "normed"),
    },
    {
      name: "gate_up",
      scope: "layer",
      uses: ["normed", "gate_up", ...partial],
      emit: (code, tensor) =>
        project(code, plan.gateUp, tensor("normed"), tensor("gate_up"), tensor, 1),
    },
    {
      name: "ffn_hidden",
      scope: "layer",
      uses: ["gate_up", "scratch"],
      emit: (code, tensor) => gate(code, plan, rows, tensor),
    },
    {
      name: "ffn_out",
      scope: "layer",
      uses: ["gate_up", "projected", ...partial],
      emit: (code, tensor) =>
        project(code, plan.down, tensor("gate_up"), tensor("projected"), tensor, 1 / 3),
    },
    { name: "ffn_residual", scope: "layer", uses: ["x", "projected"], emit: residual },
    {
      name: "final_norm",
      scope: "end",
      uses: ["x", "final", "scratch", ...(plan.output === "hidden" ? ["gain"] : [])],
      emit: (code, tensor) => {
        norm(code, tensor, "final");
        if (plan.output === "hidden") applyGain(code, plan, rows, tensor);
      },
    },
  ];
  const { head } = plan;
  if (head !== undefined) {
    // The rows of the last row group, or of the last whole tile of rows.
    const first = run.logits === "last" && plan.batch === 1
      ? Math.floor((rows - 1) / edge) * edge
      : 0;
    steps.push({
      name: "logits",
      scope: "end",
      uses: ["final", "logits", ...partial],
      emit: (code, tensor) => {
        const skip = (t: VectorTensor): VectorTensor => ({
          ...t,
          address: t.address + first * t.rowPitch,
        });
        const count = rows - first;
        project(code, head, skip(tensor("final")), skip(tensor("logits")), tensor, 1 / 2, count);
      },
    });
  }
  const after = (name: string, step: Step): void => {
    steps.splice(steps.findIndex((other) => other.name === name) + 1, 0, step);
  };
  if (plan.headGains !== undefined) {
    after("qkv", {
      name: "qk_norm",
      scope: "layer",
      uses: ["qkv", "gains", "head_masks", "scratch", "zero"],
      emit: (code, tensor) => normHeads(code, plan, rows, tensor),
    });
  }
  const biased = [["qkv", "qkv", "qkv"], ["o", "o_proj", "projected"], [
    "gateUp",
    "gate_up",
    "gate_up",
  ], ["down", "ffn_out", "projected"]] as const;
  for (const [bias, step, target] of biased) {
    const terms = plan.biases[bias];
    if (terms === undefined) continue;
    after(step, {
      name: `${step}_bias`,
      scope: "layer",
      uses: [target, "bias"],
      emit: (code, tensor) => addBias(code, plan, terms, rows, tensor, tensor(target)),
    });
  }
  return { steps, shapes, output: head === undefined ? "final" : "logits" };
}
