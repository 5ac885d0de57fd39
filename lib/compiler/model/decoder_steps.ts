import type { CodeBuilder } from "../code/code_builder.ts";
import { at, type Register, ZERO } from "../code/register.ts";
import { attention } from "../kernels/attention.ts";
import { linear } from "../kernels/linear.ts";
import { rmsNorm } from "../kernels/rms_norm.ts";
import { rotate } from "../kernels/rope.ts";
import { addRows, forEachRow, walk } from "../kernels/rows.ts";
import { gatedSilu } from "../kernels/silu.ts";
import { moveRows, type OpenRows, openRows } from "../kernels/transfers.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import { FP_SLOTS, INT_SLOTS, tokenSlot } from "./int_sram.ts";
import type { DecoderPlan, PlannedLinear } from "./plan.ts";
import type { Step, VectorShape } from "./vector_schedule.ts";

/** What one program computes. */
export interface DecoderRun {
  /** Tokens that it takes. */
  readonly rows: number;
  /** Whether they go on from cached positions: then there is one token. */
  readonly decode: boolean;
  /** Blocks of MLEN positions that attention looks at. */
  readonly keyBlocks: number;
  /** For which rows there are logits. */
  readonly logits: "all" | "last";
  /** Instructions that an unrolled body may have. */
  readonly budget: number;
}

/** A schedule: the steps of a program and the tensors they work on. */
export interface DecoderSchedule {
  /** The steps in order. */
  readonly steps: readonly Step[];
  /** Tensors of the vector SRAM. */
  readonly shapes: ReadonlyMap<string, VectorShape>;
  /** The tensor with the result. */
  readonly output: string;
}

type Tensors = (name: string) => VectorTensor;

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
  const { rows, keyBlocks } = run;
  const edge = plan.form === "broadcast" ? mlen : machine.blen;
  const unit = leastCommonMultiple(edge, machine.hbmVWritebackRows);
  const reserved = Math.ceil(rows / unit) * unit;
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
  const maskRows = run.decode ? 1 : Math.min(rows, mlen);
  const block = (blocks: number): VectorShape => ({ rows, blocks, reserved });
  const shapes = new Map<string, VectorShape>([
    ["zero", { rows: 1, blocks: 1, reserved: 1 }],
    ["scratch", { rows: 3, blocks: 1, reserved: 3 }],
    ["x", { rows, blocks: g.hiddenBlocks, reserved, rowMajor: true, slack }],
    ["rope", { rows, blocks: 2 * g.halfBlocks, reserved: loaded(rows) }],
    ["rope_term", { rows, blocks: 2 * g.halfBlocks, reserved: loaded(rows) }],
    ["causal_mask", { rows: maskRows, blocks: 1, reserved: loaded(maskRows) }],
    ["head_masks", {
      rows: g.keySlots + g.valueSlots,
      blocks: 1,
      reserved: loaded(g.keySlots + g.valueSlots),
    }],
    ["normed", block(g.hiddenBlocks)],
    ["qkv", block(qkvBlocks)],
    ["bias", { rows: 1, blocks: qkvBlocks, reserved: 1, slack }],
    ["bias_term", { rows: 1, blocks: qkvBlocks, reserved: 1, slack }],
    ["masked", { rows: mlen, blocks: 2 * g.halfBlocks, reserved: mlen }],
    ["scores", { rows: mlen, blocks: keyBlocks, reserved: mlen }],
    ["attention", block(g.resultBlocks)],
    ["gate_up", block(2 * g.interBlocks)],
    ["projected", { ...block(g.hiddenBlocks), rowMajor: plan.form === "blocks" }],
    ["partial", block(widest)],
    ["gain", { rows: 1, blocks: g.hiddenBlocks, reserved: 1, slack }],
    ["final", block(g.hiddenBlocks)],
    ["logits", block(g.vocabularyBlocks)],
  ]);
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
      uses: ["rope", "rope_term", "causal_mask", "head_masks", "zero"],
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
      uses: ["qkv", "masked", "scores", "attention", "causal_mask", "head_masks", "zero"],
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
    const first = run.logits === "last" ? Math.floor((rows - 1) / edge) * edge : 0;
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
  if (plan.qkvBias.length > 0) {
    steps.splice(4, 0, {
      name: "qkv_bias",
      scope: "layer",
      uses: ["qkv", "bias", "bias_term"],
      emit: (code, tensor) => addBias(code, plan, rows, tensor),
    });
  }
  return { steps, shapes, output: head === undefined ? "final" : "logits" };
}

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
  const moved = Math.ceil(rows.count / config.hbmVPrefetchRows) * config.hbmVPrefetchRows;
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

function loadTables(code: CodeBuilder, plan: DecoderPlan, run: DecoderRun, tensor: Tensors): void {
  const { halfBlocks, mlen } = plan.geometry;
  const rope = tensor("rope");
  const term = tensor("rope_term");
  const tables = openRows(code, mlen, plan.tables);
  for (const [index, target] of [rope, term].slice(0, plan.terms).entries()) {
    loadFrom(code, plan, tables, {
      from: index * 2 * halfBlocks * plan.tableRows,
      slot: run.decode ? INT_SLOTS.position : undefined,
      count: run.rows,
      target: target.address,
      times: 2 * halfBlocks,
      rowsApart: plan.tableRows,
      targetApart: target.blockPitch,
    });
  }
  if (plan.terms > 1) addRows(code, run.rows, 2 * halfBlocks, walk(rope), walk(term));
  const mask = tensor("causal_mask");
  const heads = tensor("head_masks");
  const masks = openRows(code, mlen, plan.masks);
  if (plan.config.causal || run.rows % mlen !== 0) {
    const slot = run.decode ? INT_SLOTS.positionInBlock : undefined;
    loadFrom(code, plan, masks, { from: 0, slot, count: mask.rows, target: mask.address });
  }
  const from = plan.headMaskRow;
  loadFrom(code, plan, masks, { from, count: heads.rows, target: heads.address });
}

/** Embedding rows of the tokens in the INT SRAM. */
function gatherTokens(
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
    const at = config.hbmVPrefetchRows;
    code.add(vector, vector, (hiddenBlocks - Math.ceil(hiddenBlocks / at) * at) * mlen);
    code.add(token, token, 1);
  });
}

function rotateHalves(
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

function storeCache(
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
  const at = config.hbmVWritebackRows;
  const moved = Math.ceil(run.rows / at) * at;
  code.loop(g.keyBlocks + g.allValueBlocks, () => {
    moveRows(code, config, "store", opened, offset, vector, run.rows);
    code.add(offset, offset, (plan.regionRows - moved) * opened.rowBytes);
    code.add(vector, vector, qkv.blockPitch - moved * g.mlen);
  });
}

function attend(code: CodeBuilder, plan: DecoderPlan, run: DecoderRun, tensor: Tensors): void {
  const g = plan.geometry;
  const mask = tensor("causal_mask");
  const causal = plan.config.causal && !run.decode;
  const lastKeys = run.keyBlocks - 1;
  const result = tensor("attention");
  if (plan.form === "broadcast" && g.valueSlots > 1) {
    // Heads add their lanes to what is there.
    const zero = { first: at(tensor("zero").address), rowPitch: 0, blockPitch: 0 };
    forEachRow(code, run.rows, g.resultBlocks, [walk(result), zero], ([to, from]) => {
      code.emit("V_ADD_VF", { rd: to!, rs1: from!, rs2: ZERO });
    });
  }
  attention(code, plan.settings.config, {
    rows: run.rows,
    keyBlocks: run.keyBlocks,
    causal,
    masks: (block) => {
      if (causal) return [{ block, first: at(mask.address), rowPitch: g.mlen }];
      if (run.decode) return [{ block: lastKeys, first: at(mask.address), rowPitch: 0 }];
      if (run.rows % g.mlen === 0) return [];
      const last = mask.address + (run.rows % g.mlen - 1) * g.mlen;
      return [{ block: lastKeys, first: at(last), rowPitch: 0 }];
    },
    firstKeyBlock: () => 0,
    kvHeads: plan.config.kvHeads,
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

function gate(code: CodeBuilder, plan: DecoderPlan, rows: number, tensor: Tensors): void {
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

function addBias(code: CodeBuilder, plan: DecoderPlan, rows: number, tensor: Tensors): void {
  const [qkv, bias, term] = [tensor("qkv"), tensor("bias"), tensor("bias_term")];
  plan.qkvBias.forEach((source, i) => {
    const target = i === 0 ? bias : term;
    const opened = openRows(code, plan.geometry.mlen, source);
    loadFrom(code, plan, opened, { from: 0, count: bias.blocks, target: target.address });
    if (i > 0) addRows(code, 1, bias.blocks, walk(bias), walk(term));
  });
  addRows(code, rows, qkv.blocks, walk(qkv), { ...walk(bias), rowPitch: 0 });
}

function applyGain(code: CodeBuilder, plan: DecoderPlan, rows: number, tensor: Tensors): void {
  const [final, gain] = [tensor("final"), tensor("gain")];
  const opened = openRows(code, plan.geometry.mlen, plan.finalGain);
  loadFrom(code, plan, opened, { from: 0, count: gain.blocks, target: gain.address });
  const operands = [walk(final), { ...walk(gain), rowPitch: 0 }];
  forEachRow(code, rows, final.blocks, operands, ([x, g]) => {
    code.emit("V_MUL_VV", { rd: x!, rs1: x!, rs2: g! });
  }, 2);
}
