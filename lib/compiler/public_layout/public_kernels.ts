import type { CodeBuilder } from "../code/code_builder.ts";
import { at, ZERO } from "../code/register.ts";
import { attention } from "../kernels/attention.ts";
import { product } from "../kernels/product.ts";
import { forEachRow, walk } from "../kernels/rows.ts";
import { addLayerBase, loadMatrixTiles, moveRows, openRows } from "../kernels/transfers.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import type { DecoderRun } from "../model/decoder_run.ts";
import type { Tensors } from "../model/step_kernels.ts";
import { roundUp } from "../round_up.ts";
import { PUBLIC_FP_SLOTS } from "./public_fp_slots.ts";
import { PUBLIC_INT_SLOTS, type PublicPlan } from "./public_plan.ts";

/** Turns queries and keys: x · cos + (x · R) · sin, where R swaps the halves of a head. */
export function rotateHeads(
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
export function storeHeads(
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
  const moved = roundUp(rows, machine.hbmVWritebackRows);
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

/** Attention of every head over its keys and values in HBM. */
export function attend(
  code: CodeBuilder,
  plan: PublicPlan,
  run: DecoderRun,
  tensor: Tensors,
): void {
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
export function gateBySiluOfUp(
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
