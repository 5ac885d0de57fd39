import type { CodeBuilder } from "../code/code_builder.ts";
import { rmsNorm } from "../kernels/rms_norm.ts";
import { addRows, walk } from "../kernels/rows.ts";
import { type HbmRows, moveRows, openRows } from "../kernels/transfers.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import { leastCommonMultiple } from "../least_common_multiple.ts";
import type { DecoderRun } from "../model/decoder_run.ts";
import type { DecoderSchedule } from "../model/decoder_steps.ts";
import { projections } from "../model/projections.ts";
import type { Tensors } from "../model/step_kernels.ts";
import type { Step, VectorShape } from "../model/vector_schedule.ts";
import { roundUp } from "../round_up.ts";
import { PUBLIC_FP_SLOTS } from "./public_fp_slots.ts";
import { attend, gateBySiluOfUp, rotateHeads, storeHeads } from "./public_kernels.ts";
import { PUBLIC_INT_SLOTS, type PublicPlan } from "./public_plan.ts";

/** The steps of the public compiler's decoder, in its order; names and tensors are those of ours. */
export function schedulePublic(plan: PublicPlan, run: DecoderRun): DecoderSchedule {
  const g = plan.geometry;
  const { config: machine } = plan.settings;
  const { rows } = run;
  const headBlocks = g.valueBlocks;
  const { uses: partial, project } = projections(
    [plan.query, plan.o, plan.gate, plan.down, plan.head],
    { machine, form: "blocks", rows, budget: run.budget, spillSlot: PUBLIC_INT_SLOTS.spill },
  );
  /** Some blocks of a tensor. */
  const part = (tensor: VectorTensor, firstBlock: number, blocks: number): VectorTensor => ({
    ...tensor,
    address: tensor.address + firstBlock * tensor.blockPitch,
    blocks,
  });
  const load = (code: CodeBuilder, source: HbmRows, target: VectorTensor): void => {
    const opened = openRows(code, g.mlen, source);
    const [offset, vector] = [code.gp("offset in HBM"), code.gp("rows")];
    code.set(offset, 0);
    code.set(vector, target.address);
    moveRows(code, machine, "load", opened, offset, vector, target.rows * target.blocks);
  };
  const norm = (code: CodeBuilder, tensor: Tensors, output: string): void =>
    rmsNorm(code, {
      rows,
      blocks: g.hiddenBlocks,
      input: walk(tensor("x")),
      output: walk(tensor(output)),
      scratch: tensor("scratch").address,
      constants: {
        inverseWidthSlot: PUBLIC_FP_SLOTS.inverseHidden,
        epsilonSlot: PUBLIC_FP_SLOTS.epsilon,
      },
      isTwofold: false,
    });
  const residual = (code: CodeBuilder, tensor: Tensors): void =>
    addRows(code, rows, g.hiddenBlocks, walk(tensor("x")), walk(tensor("projected")));

  const steps: Step[] = [
    {
      name: "load tables",
      scope: "start",
      uses: ["cosine", "sine", "causal_mask"],
      emit: (code, tensor) => {
        load(code, plan.tables[0], tensor("cosine"));
        load(code, plan.tables[1], tensor("sine"));
        load(code, plan.mask, tensor("causal_mask"));
      },
    },
    {
      name: "embedding",
      scope: "start",
      uses: ["x", "positions"],
      emit: (code, tensor) => {
        const [x, positions] = [tensor("x"), tensor("positions")];
        load(code, plan.inputs[0], x);
        load(code, plan.inputs[1], positions);
        addRows(code, rows, g.hiddenBlocks, walk(x), walk(positions));
      },
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
      emit: (code, tensor) => {
        const [normed, qkv] = [tensor("normed"), tensor("qkv")];
        project(code, tensor, {
          weights: plan.query,
          from: normed,
          to: part(qkv, 0, g.queryBlocks),
        });
        for (const [first, heads] of [[0, plan.keys], [g.keyBlocks, plan.values]] as const) {
          heads.forEach((weights, head) => {
            const block = g.queryBlocks + first + head * headBlocks;
            project(code, tensor, { weights, from: normed, to: part(qkv, block, headBlocks) });
          });
        }
      },
    },
    {
      name: "rope",
      scope: "layer",
      uses: ["qkv", "turned", "cosine", "sine", "scratch"],
      emit: (code, tensor) => rotateHeads(code, plan, run, tensor),
    },
    {
      name: "kv_store",
      scope: "layer",
      uses: ["qkv"],
      emit: (code, tensor) => storeHeads(code, plan, run, tensor("qkv")),
    },
    {
      name: "attention",
      scope: "layer",
      uses: ["qkv", "scores", "attention", "causal_mask"],
      emit: (code, tensor) => attend(code, plan, run, tensor),
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
        }),
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
      emit: (code, tensor) => {
        const [normed, both] = [tensor("normed"), tensor("gate_up")];
        for (const [weights, first] of [[plan.gate, 0], [plan.up, g.interBlocks]] as const) {
          const to = part(both, first, g.interBlocks);
          project(code, tensor, { weights, from: normed, to });
        }
      },
    },
    {
      name: "ffn_hidden",
      scope: "layer",
      uses: ["gate_up", "scratch"],
      emit: (code, tensor) => gateBySiluOfUp(code, plan, rows, tensor),
    },
    {
      name: "ffn_out",
      scope: "layer",
      uses: ["gate_up", "projected", ...partial],
      emit: (code, tensor) =>
        project(code, tensor, {
          weights: plan.down,
          from: part(tensor("gate_up"), 0, g.interBlocks),
          to: tensor("projected"),
        }),
    },
    { name: "ffn_residual", scope: "layer", uses: ["x", "projected"], emit: residual },
    {
      name: "final_norm",
      scope: "end",
      uses: ["x", "final", "scratch"],
      emit: (code, tensor) => norm(code, tensor, "final"),
    },
  ];
  const { head } = plan;
  if (head !== undefined) {
    steps.push({
      name: "logits",
      scope: "end",
      uses: ["final", "logits", ...partial],
      emit: (code, tensor) =>
        project(code, tensor, { weights: head, from: tensor("final"), to: tensor("logits") }),
    });
  }
  return {
    steps,
    shapes: shapesOf(plan, run),
    output: head === undefined ? "final" : "logits",
    firstRow: 0,
  };
}

function shapesOf(plan: PublicPlan, run: DecoderRun): ReadonlyMap<string, VectorShape> {
  const g = plan.geometry;
  const { config: machine } = plan.settings;
  const { rows } = run;
  const headBlocks = g.valueBlocks;
  const unit = leastCommonMultiple(machine.blen, machine.hbmVWritebackRows);
  const reserved = roundUp(rows, unit);
  const slack = machine.hbmVPrefetchRows;
  const qkvBlocks = g.queryBlocks + g.keyBlocks + g.allValueBlocks;
  const block = (blocks: number): VectorShape => ({ rows, blocks, reserved });
  const rowMajor = (blocks: number): VectorShape => ({ ...block(blocks), rowMajor: true, slack });
  const maskRows = Math.min(rows, g.mlen);
  return new Map<string, VectorShape>([
    ["scratch", { rows: 1, blocks: 1, reserved: 1 }],
    ["x", rowMajor(g.hiddenBlocks)],
    ["positions", rowMajor(g.hiddenBlocks)],
    ["cosine", rowMajor(headBlocks)],
    ["sine", rowMajor(headBlocks)],
    ["causal_mask", { rows: maskRows, blocks: 1, reserved: maskRows, slack }],
    ["normed", block(g.hiddenBlocks)],
    ["qkv", block(qkvBlocks)],
    ["turned", block(headBlocks)],
    ["scores", { rows: g.mlen, blocks: run.keyBlocks, reserved: g.mlen }],
    ["attention", block(g.resultBlocks)],
    ["gate_up", block(2 * g.interBlocks)],
    ["projected", block(g.hiddenBlocks)],
    ["partial", block(Math.max(g.queryBlocks, g.interBlocks, g.hiddenBlocks, g.vocabularyBlocks))],
    ["final", block(g.hiddenBlocks)],
    ["logits", block(g.vocabularyBlocks)],
  ]);
}
