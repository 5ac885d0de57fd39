import type { MachineSettings, TensorType } from "../../boards/mod.ts";
import { storedSize } from "../../memory/mod.ts";
import { CodeBuilder } from "../code/code_builder.ts";
import { finishCode, type FinishedCode } from "../code/finish_code.ts";
import { roundUp } from "../round_up.ts";
import { type CodeRules, quantiseRows } from "./encode_rows.ts";
import { HBM_ALIGNMENT } from "../region.ts";
import type { HbmPiece } from "./decoder_image.ts";
import { attention } from "../kernels/attention.ts";
import { HEAD_FIELDS } from "../kernels/attention_shape.ts";
import { linear, tileIndex, tileWeights, type WeightTiling } from "../kernels/linear.ts";
import { pairBudget } from "../kernels/paired_product.ts";
import { walk } from "../kernels/rows.ts";
import { gatedSilu } from "../kernels/silu.ts";
import { HIDDEN_SCORE, LOWEST_SCORE } from "../kernels/softmax.ts";
import { type HbmRows, moveRows, openRows, rowBytes } from "../kernels/transfers.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";

/** A kernel as a program of its own, to be measured and checked. */
export interface KernelProgram {
  /** Instruction words. */
  readonly words: Uint32Array;
  /** Instructions of the program, and instructions that a run executes. */
  readonly instructions: { readonly static: number; readonly executed: number };
  /** The contents of HBM. */
  readonly hbm: readonly HbmPiece[];
  /** FP SRAM: little-endian binary16. */
  readonly fpSram: Uint8Array;
  /** INT SRAM: little-endian 32-bit integers. */
  readonly intSram: Uint8Array;
  /** The result. */
  readonly output: VectorTensor;
}

const SPILL_SLOT = 0;
const TABLE_SLOT = 8;
const [ONE_SLOT, LOWEST_SLOT] = [1, 2];
/** Budgets of the bodies, by which the programs stay within the benchmark's static instructions. */
const [LINEAR_BUDGET, GATE_UP_BUDGET, DOWN_BUDGET, ATTENTION_BUDGET] = [13, 27, 1, 3];
const RULES: CodeRules = { initial: true };

/** The parts of a kernel program while it is put together. */
class Kernel {
  readonly code = new CodeBuilder();
  readonly hbm: HbmPiece[] = [];
  #end = 0;
  #row = 0;

  constructor(readonly settings: MachineSettings) {}

  /** Puts rows of MLEN elements into HBM. */
  stored(name: string, values: Float32Array, type: TensorType, precision: 0 | 1 = 0): HbmRows {
    const { mlen } = this.settings.config;
    const rows = values.length / mlen;
    const base = roundUp(this.#end, HBM_ALIGNMENT);
    const { elementBytes, scaleBytes } = storedSize(rows, mlen, type);
    this.#end = base + elementBytes + scaleBytes;
    this.hbm.push({ address: base, bytes: quantiseRows(values, rows, mlen, type, RULES) });
    return { name, base, rows, type, precision };
  }

  /** Room for a matrix in the vector SRAM: block by block, each once or twice, or row by row. */
  tensor(
    name: string,
    rows: number,
    blocks: number,
    order: "blocks" | "twofold" | "rows" = "blocks",
  ): VectorTensor {
    const { mlen } = this.settings.config;
    const address = this.#row * mlen;
    const isTwofold = order === "twofold";
    const reserved = isTwofold ? 2 * rows : rows;
    this.#row += reserved * blocks;
    const [rowPitch, blockPitch] = order === "rows"
      ? [blocks * mlen, mlen]
      : [mlen, reserved * mlen];
    return { name, address, rows, blocks, rowPitch, blockPitch, isTwofold };
  }

  /** Weights as tiles in HBM, from a matrix (inputs, outputs). */
  weights(
    name: string,
    values: Float32Array,
    depth: number,
    blocks: number,
    isPaired = false,
  ): { readonly weights: HbmRows; readonly tiling: WeightTiling } {
    const { config, precision } = this.settings;
    const { mlen } = config;
    const tiling = tileWeights(name, depth, blocks, config, "blocks", isPaired);
    const tiles = new Float32Array(tiling.tiles * mlen * mlen);
    for (const part of tiling.parts) {
      const { firstDepth, depth } = part;
      for (let block = 0; block < blocks; block++) {
        for (let row = 0; row < depth * mlen; row++) {
          const tile = tileIndex(part, block, Math.floor(row / mlen));
          const from = ((firstDepth * mlen + row) * blocks + block) * mlen;
          tiles.set(values.subarray(from, from + mlen), (tile * mlen + row % mlen) * mlen);
        }
      }
    }
    return { weights: this.stored(name, tiles, precision.HBM_M_WEIGHT_TYPE), tiling };
  }

  /** Loads activations, given row by row, into room that is made for them block by block. */
  loaded(
    name: string,
    values: Float32Array,
    rows: number,
    blocks: number,
    isTwofold = false,
  ): VectorTensor {
    const { config, precision } = this.settings;
    const { mlen } = config;
    const byBlock = new Float32Array(values.length);
    for (let r = 0; r < rows; r++) {
      for (let b = 0; b < blocks; b++) {
        const from = (r * blocks + b) * mlen;
        byBlock.set(values.subarray(from, from + mlen), (b * rows + r) * mlen);
      }
    }
    const source = this.stored(name, byBlock, precision.HBM_V_ACT_TYPE);
    const target = this.tensor(name, rows, blocks, isTwofold ? "twofold" : "blocks");
    const opened = openRows(this.code, mlen, source);
    const offset = this.code.gp("offset in HBM");
    const vector = this.code.gp("rows");
    this.code.set(offset, 0);
    this.code.set(vector, target.address);
    if (isTwofold) {
      this.code.loop(blocks, () => {
        moveRows(this.code, config, "load", opened, offset, vector, rows, rows * mlen);
        this.code.add(vector, vector, rows * mlen);
      });
    } else moveRows(this.code, config, "load", opened, offset, vector, rows * blocks);
    return target;
  }

  finish(output: VectorTensor, intSram: Uint32Array = new Uint32Array(1)): KernelProgram {
    const finished: FinishedCode = finishCode(this.code.nodes, this.settings.config);
    const fpSram = new Uint8Array(Float16Array.of(0, 1, LOWEST_SCORE).buffer);
    return {
      words: finished.program.words(),
      instructions: finished.instructions,
      hbm: this.hbm,
      fpSram,
      intSram: new Uint8Array(intSram.buffer),
      output,
    };
  }
}

/** Y = X · W: X is (rows, inputs), W (inputs, outputs), all multiples of MLEN but for the rows. */
export function linearProgram(
  settings: MachineSettings,
  x: Float32Array,
  w: Float32Array,
  rows: number,
  budget = LINEAR_BUDGET,
): KernelProgram {
  const { mlen } = settings.config;
  const kernel = new Kernel(settings);
  const depth = x.length / rows / mlen;
  const blocks = w.length / (depth * mlen) / mlen;
  const isPaired = rows === mlen && budget >= pairBudget(depth);
  const input = kernel.loaded("X", x, rows, depth, isPaired);
  // Columns of one row that lie side by side need one loop less.
  const output = kernel.tensor("Y", rows, blocks, isPaired ? "blocks" : "rows");
  linear(kernel.code, settings.config, {
    ...kernel.weights("W", w, depth, blocks, isPaired),
    rows,
    input,
    output,
    budget,
    spillSlot: SPILL_SLOT,
    form: "blocks",
  });
  return kernel.finish(output);
}

/**
 * A feed-forward layer, silu(X · G) ∘ (X · U) · D, whose gate and up matrices are given negated and side
 * by side: (inputs, 2 · inner).
 */
export function feedForwardProgram(
  settings: MachineSettings,
  x: Float32Array,
  gateUp: Float32Array,
  down: Float32Array,
  rows: number,
  budget = GATE_UP_BUDGET,
): KernelProgram {
  const { config } = settings;
  const { mlen } = config;
  const kernel = new Kernel(settings);
  const { code } = kernel;
  const depth = x.length / rows / mlen;
  const inner = gateUp.length / (depth * mlen) / mlen / 2;
  const outputs = down.length / (inner * mlen) / mlen;
  const isPaired = rows === mlen && budget >= pairBudget(depth);
  const input = kernel.loaded("X", x, rows, depth, isPaired);
  const hidden = kernel.tensor("gate_up", rows, 2 * inner);
  const output = kernel.tensor("Y", rows, outputs);
  const scratch = kernel.tensor("scratch", 1, 1);
  const shared = { rows, spillSlot: SPILL_SLOT, form: "blocks" } as const;
  linear(code, config, {
    ...kernel.weights("W_gate_up", gateUp, depth, 2 * inner, isPaired),
    ...shared,
    input,
    output: hidden,
    budget,
  });
  const gate = walk(hidden);
  gatedSilu(code, {
    rows,
    blocks: inner,
    gate,
    up: { ...gate, first: { offset: hidden.address + inner * hidden.blockPitch } },
    scratch: scratch.address,
    oneSlot: ONE_SLOT,
  });
  linear(code, config, {
    ...kernel.weights("W_down", down, inner, outputs),
    ...shared,
    input: hidden,
    output,
    budget: DOWN_BUDGET,
  });
  return kernel.finish(output);
}

/** Causal attention of one head over as many keys as queries; each is (rows, MLEN). */
export function attentionProgram(
  settings: MachineSettings,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
): KernelProgram {
  const { config, precision } = settings;
  const { mlen } = config;
  const kernel = new Kernel(settings);
  const { code } = kernel;
  const rows = q.length / mlen;
  const keyBlocks = Math.ceil(rows / mlen);
  const queries = kernel.loaded("Q", q, rows, 1);
  const hidden = new Float32Array(mlen * mlen);
  for (let r = 0; r < mlen; r++) hidden.fill(HIDDEN_SCORE, r * mlen + r + 1, (r + 1) * mlen);
  const mask = kernel.loaded("mask", hidden, mlen, 1);
  const cached = new Float32Array(2 * rows * mlen);
  cached.set(k);
  cached.set(v, k.length);
  const cache = kernel.stored("KV", cached, precision.HBM_M_KV_TYPE, 1);
  const output = kernel.tensor("O", rows, 1);
  const scores = kernel.tensor("scores", mlen, keyBlocks);
  const entry = { keys: 0, queries: queries.address, mask: 0, valueTile: 0 };
  const table = { ...entry, values: rows * rowBytes(cache, mlen), result: output.address };
  attention(code, config, {
    rows,
    keyBlocks,
    causal: true,
    masks: (block) => [{ block, first: { offset: mask.address }, rowPitch: mlen }],
    firstKeyBlock: () => 0,
    heads: 1,
    ratio: 1,
    tableSlot: TABLE_SLOT,
    queries,
    headBlocks: 1,
    shared: false,
    cache,
    regionRows: rows,
    valueBlocks: 1,
    valueLanes: mlen,
    valueShared: false,
    result: output,
    masked: 0,
    scores: scores.address,
    lowestSlot: LOWEST_SLOT,
    budget: ATTENTION_BUDGET,
    form: "blocks",
  });
  const int = new Uint32Array(TABLE_SLOT + HEAD_FIELDS.length);
  HEAD_FIELDS.forEach((field, i) => int[TABLE_SLOT + i] = table[field]);
  return kernel.finish(output, int);
}
