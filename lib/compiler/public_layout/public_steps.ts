import type { CodeBuilder } from "../code/code_builder.ts";
import { at, ZERO } from "../code/register.ts";
import { attention } from "../kernels/attention.ts";
import { linear } from "../kernels/linear.ts";
import { product } from "../kernels/product.ts";
import { rmsNorm } from "../kernels/rms_norm.ts";
import { addRows, forEachRow, walk } from "../kernels/rows.ts";
import { addLayerBase, loadMatrixTiles, moveRows, openRows } from "../kernels/transfers.ts";
import type { HbmRows } from "../kernels/transfers.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import { leastCommonMultiple } from "../least_common_multiple.ts";
import type { DecoderRun } from "../model/decoder_run.ts";
import type { DecoderSchedule } from "../model/decoder_steps.ts";
import type { PlannedLinear } from "../model/plan.ts";
import type { Tensors } from "../model/step_kernels.ts";
import type { Step, VectorShape } from "../model/vector_schedule.ts";
import { PUBLIC_INT_SLOTS, type PublicPlan } from "./public_plan.ts";

/** FP SRAM entries: the public program's own, and behind them what ours needs besides. */
export const PUBLIC_FP_SLOTS = {
  /** 0. */
  zero: 0,
  /** 1 / √head_dim. */
  scale: 1,
  /** Below every score. */
  lowest: 2,
  /** ε of the norms. */
  epsilon: 3,
  /** 1 / hidden. */
  inverseHidden: 4,
  /** 1. */
  one: 5,
  /** -1. */
  minusOne: 6,
} as const;

/** The steps of the public compiler's decoder, in its order; names and tensors are those of ours. */
export function schedulePublic(plan: PublicPlan, run: DecoderRun): DecoderSchedule {
  const g = plan.geometry;
  const { config: machine } = plan.settings;
  const { rows } = run;
  const headBlocks = g.valueBlocks;
  const parts = Math.max(
    ...[plan.query, plan.o, plan.gate, plan.down, ...(plan.head === undefined ? [] : [plan.head])]
      .map(({ tiling }) => tiling.parts.length),
  );
  const partial = parts > 1 ? ["partial"] : [];
  const project = (
    code: CodeBuilder,
    { rows: weights, tiling }: PlannedLinear,
    input: VectorTensor,
    output: VectorTensor,
    tensor: Tensors,
  ): void =>
    linear(code, machine, {
      weights,
      tiling,
      rows,
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
      budget: run.budget,
      spillSlot: PUBLIC_INT_SLOTS.spill,
      form: "blocks",
    });
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
        project(code, plan.query, normed, part(qkv, 0, g.queryBlocks), tensor);
        for (const [first, heads] of [[0, plan.keys], [g.keyBlocks, plan.values]] as const) {
          heads.forEach((weights, head) => {
            const block = g.queryBlocks + first + head * headBlocks;
            project(code, weights, normed, part(qkv, block, headBlocks), tensor);
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
      emit: (code, tensor) => {
        const [normed, both] = [tensor("normed"), tensor("gate_up")];
        project(code, plan.gate, normed, part(both, 0, g.interBlocks), tensor);
        project(code, plan.up, normed, part(both, g.interBlocks, g.interBlocks), tensor);
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
        project(
          code,
          plan.down,
          part(tensor("gate_up"), 0, g.interBlocks),
          tensor("projected"),
          tensor,
        ),
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
      emit: (code, tensor) => project(code, head, tensor("final"), tensor("logits"), tensor),
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
  const reserved = Math.ceil(rows / unit) * unit;
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

/** Turns queries and keys: x · cos + (x · R) · sin, where R swaps the halves of a head. */
function rotateHeads(
  code: CodeBuilder,
  plan: PublicPlan,
  run: DecoderRun,
  tensor: Tensors,
): void {
  const { geometry: g, config: { heads, kvHeads }, settings: { config: machine } } = plan;
  const { mlen } = g;
  const blocks = g.valueBlocks;
  const tileArea = mlen * mlen;
  const [qkv, turned] = [tensor("qkv"), tensor("turned")];
  const opened = openRows(code, mlen, plan.rotation);
  const offset = code.gp("offset in HBM");
  code.set(offset, 0);
  loadMatrixTiles(code, machine, opened, offset, at(0), { depth: blocks, blocks });
  const head = code.gp("head");
  const straight = code.gp("x cos");
  code.set(head, qkv.address);
  code.loop(heads + kvHeads, () => {
    code.hold(1, () =>
      product(code, machine, {
        rowGroups: Math.ceil(run.rows / machine.blen),
        depth: blocks,
        rows: { register: head, offset: 0 },
        rowsPitch: qkv.blockPitch,
        tiles: at(0),
        tilePitch: blocks * tileArea,
        transposed: false,
        groups: mlen / machine.blen,
        blocks,
        tileBlock: tileArea,
        out: at(turned.address),
        outBlock: turned.blockPitch,
        outRow: mlen,
        // A loop of its own for every head: small, as it is only a permutation.
        budget: run.budget / 4,
      }));
    code.set(straight, tensor("scratch").address);
    const x = { ...walk(qkv), first: { register: head, offset: 0 } };
    const operands = [x, walk(turned), walk(tensor("cosine")), walk(tensor("sine"))];
    forEachRow(code, run.rows, blocks, operands, ([x, turned, cosine, sine]) => {
      code.emit("V_MUL_VV", { rd: straight, rs1: x!, rs2: cosine! });
      code.emit("V_MUL_VV", { rd: turned!, rs1: turned!, rs2: sine! });
      code.emit("V_ADD_VV", { rd: x!, rs1: straight, rs2: turned! });
    }, 2);
    code.add(head, head, blocks * qkv.blockPitch);
  });
}

/** Stores the keys of every head in a matrix of their own, and its values in the next. */
function storeHeads(
  code: CodeBuilder,
  plan: PublicPlan,
  { rows }: DecoderRun,
  qkv: VectorTensor,
): void {
  const { geometry: g, settings: { config: machine }, cache, config: { kvHeads } } = plan;
  const blocks = g.valueBlocks;
  const opened = openRows(code, g.mlen, cache);
  const address = code.gp("address of the head");
  const vector = code.gp("rows");
  code.set(address, plan.layout.hbmAddrs["K_stored_0_h0"]!);
  addLayerBase(code, address, cache);
  code.set(vector, qkv.address + g.queryBlocks * qkv.blockPitch);
  const moved = Math.ceil(rows / machine.hbmVWritebackRows) * machine.hbmVWritebackRows;
  const store = (): void => {
    const offset = code.gp("offset in HBM");
    code.emit("C_SET_ADDR_REG", { rd: opened.ha, rs1: ZERO, rs2: address });
    code.set(offset, 0);
    code.loop(blocks, () => {
      moveRows(code, machine, "store", opened, offset, vector, rows);
      code.add(offset, offset, opened.rowBytes - moved * opened.pitchBytes);
      code.add(vector, vector, qkv.blockPitch - moved * g.mlen);
    });
    code.add(address, address, plan.cacheStride);
  };
  const toValues = g.keyBlocks * qkv.blockPitch;
  code.loop(kvHeads, () => {
    store();
    code.add(vector, vector, toValues - blocks * qkv.blockPitch);
    store();
    code.add(vector, vector, -toValues);
  });
}

function attend(code: CodeBuilder, plan: PublicPlan, run: DecoderRun, tensor: Tensors): void {
  const { geometry: g, config: { kvHeads } } = plan;
  const result = tensor("attention");
  const mask = tensor("causal_mask");
  attention(code, plan.settings.config, {
    rows: run.rows,
    keyBlocks: run.keyBlocks,
    causal: plan.config.causal,
    masks: (block) =>
      plan.config.causal ? [{ block, first: at(mask.address), rowPitch: g.mlen }] : [],
    firstKeyBlock: () => 0,
    heads: kvHeads,
    ratio: g.ratio,
    tableSlot: PUBLIC_INT_SLOTS.table,
    queries: { ...tensor("qkv"), blocks: g.queryBlocks },
    headBlocks: g.valueBlocks,
    shared: false,
    cache: plan.cache,
    valueBlocks: g.valueBlocks,
    valueLanes: g.valueLanes,
    valueShared: false,
    result,
    masked: 0,
    scores: tensor("scores").address,
    lowestSlot: PUBLIC_FP_SLOTS.lowest,
    scaleSlot: PUBLIC_FP_SLOTS.scale,
    budget: run.budget,
    form: "blocks",
  });
}

/** gate = gate · silu(up): the activation is on the other branch than the model's. */
function gateBySiluOfUp(
  code: CodeBuilder,
  { geometry: { interBlocks } }: PublicPlan,
  rows: number,
  tensor: Tensors,
): void {
  const both = tensor("gate_up");
  const [one, minusOne] = [code.fp("one"), code.fp("minus one")];
  const sigmoid = code.gp("sigmoid");
  code.emit("S_LD_FP", { rd: one, rs1: ZERO, imm18: PUBLIC_FP_SLOTS.one });
  code.emit("S_LD_FP", { rd: minusOne, rs1: ZERO, imm18: PUBLIC_FP_SLOTS.minusOne });
  code.set(sigmoid, tensor("scratch").address);
  const gate = walk(both);
  const up = { ...gate, first: at(both.address + interBlocks * both.blockPitch) };
  forEachRow(code, rows, interBlocks, [gate, up], ([gate, up]) => {
    code.emit("V_MUL_VF", { rd: sigmoid, rs1: up!, rs2: minusOne });
    code.emit("V_EXP_V", { rd: sigmoid, rs1: sigmoid, rs3: 0 });
    code.emit("V_ADD_VF", { rd: sigmoid, rs1: sigmoid, rs2: one });
    code.emit("V_RECI_V", { rd: sigmoid, rs1: sigmoid, rs3: 0 });
    code.emit("V_MUL_VV", { rd: sigmoid, rs1: sigmoid, rs2: up! });
    code.emit("V_MUL_VV", { rd: gate!, rs1: sigmoid, rs2: gate! });
  }, 2);
}
