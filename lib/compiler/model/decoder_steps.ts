import type { CodeBuilder } from "../code/code_builder.ts";
import { rmsNorm } from "../kernels/rms_norm.ts";
import { addRows, walk } from "../kernels/rows.ts";
import type { DecoderRun } from "./decoder_run.ts";
import { FP_SLOTS, INT_SLOTS } from "./int_sram.ts";
import type { DecoderPlan } from "./plan.ts";
import { projections } from "./projections.ts";
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
import { firstLogitRow, vectorShapes } from "./vector_shapes.ts";

/** A schedule: the steps of a program and the tensors they work on. */
export interface DecoderSchedule {
  /** The steps in order. */
  readonly steps: readonly Step[];
  /** Tensors of the vector SRAM. */
  readonly shapes: ReadonlyMap<string, VectorShape>;
  /** The tensor with the result. */
  readonly output: string;
  /** The first row that it has. */
  readonly firstRow: number;
}

/** Behind which step each bias is added, and to which tensor. */
const BIASED_STEPS = [
  { bias: "qkv", step: "qkv", target: "qkv" },
  { bias: "o", step: "o_proj", target: "projected" },
  { bias: "gateUp", step: "gate_up", target: "gate_up" },
  { bias: "down", step: "ffn_out", target: "projected" },
] as const;

/** Share of the budget for unrolled bodies that most projections have: all of it is for gate and up. */
const SHARE = 1 / 2;

/** The steps of a decoder, in the order of the architecture. */
export function scheduleDecoder(plan: DecoderPlan, run: DecoderRun): DecoderSchedule {
  const g = plan.geometry;
  const rows = run.rows * plan.batch;
  const shapes = vectorShapes(plan, run);
  const windowed = windowMask(plan, run) === undefined ? [] : ["window_mask"];
  const masks = ["causal_mask", "head_masks", "zero", ...windowed];
  const { uses: partial, project } = projections(
    [plan.qkv, plan.o, plan.gateUp, plan.down, plan.head],
    {
      machine: plan.settings.config,
      form: plan.form,
      rows,
      budget: run.budget,
      spillSlot: INT_SLOTS.spill,
    },
  );
  const norm = (code: CodeBuilder, tensor: Tensors, output: string, isTwofold = false): void =>
    rmsNorm(code, {
      rows,
      blocks: g.hiddenBlocks,
      input: walk(tensor("x")),
      output: walk(tensor(output)),
      isTwofold,
      scratch: tensor("scratch").address,
      constants: { seedSlot: FP_SLOTS.normSeed },
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
      emit: (code, tensor) =>
        project(code, tensor, {
          weights: plan.qkv,
          from: tensor("normed"),
          to: tensor("qkv"),
          share: SHARE,
        }),
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
        project(code, tensor, {
          weights: plan.o,
          from: tensor("attention"),
          to: tensor("projected"),
          share: SHARE,
        }),
    },
    { name: "attn_residual", scope: "layer", uses: ["x", "projected"], emit: residual },
    {
      name: "ffn_norm",
      scope: "layer",
      uses: ["x", "normed", "scratch"],
      emit: (code, tensor) => norm(code, tensor, "normed", tensor("normed").isTwofold),
    },
    {
      name: "gate_up",
      scope: "layer",
      uses: ["normed", "gate_up", ...partial],
      emit: (code, tensor) =>
        project(code, tensor, {
          weights: plan.gateUp,
          from: tensor("normed"),
          to: tensor("gate_up"),
        }),
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
        project(code, tensor, {
          weights: plan.down,
          from: tensor("gate_up"),
          to: tensor("projected"),
          share: 1 / 3,
        }),
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
  const firstRow = head === undefined ? 0 : firstLogitRow(plan, run);
  if (head !== undefined) {
    steps.push({
      name: "logits",
      scope: "end",
      uses: ["final", "logits", ...partial],
      emit: (code, tensor) => {
        const [final, to] = [tensor("final"), tensor("logits")];
        const from = { ...final, address: final.address + firstRow * final.rowPitch };
        project(code, tensor, { weights: head, from, to, share: SHARE, count: to.rows });
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
  for (const { bias, step, target } of BIASED_STEPS) {
    const terms = plan.biases[bias];
    if (terms === undefined) continue;
    after(step, {
      name: `${step}_bias`,
      scope: "layer",
      uses: [target, "bias"],
      emit: (code, tensor) => addBias(code, plan, terms, rows, tensor, tensor(target)),
    });
  }
  return { steps, shapes, output: head === undefined ? "final" : "logits", firstRow };
}
