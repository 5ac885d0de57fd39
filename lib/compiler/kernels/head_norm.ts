import type { CodeBuilder } from "../code/code_builder.ts";
import { type Register, ZERO } from "../code/register.ts";

/** An RMS norm over every head of packed halves. */
export interface HeadNorm {
  /** Rows. */
  readonly rows: number;
  /** Pairs: blocks of first halves and blocks of second halves of the same heads. */
  readonly pairs: number;
  /** Blocks of a half. */
  readonly halfBlocks: number;
  /** Heads of a block. */
  readonly slots: number;
  /** First row of the first block; rows are MLEN apart, the blocks of a pair follow one another. */
  readonly first: number;
  /** From block to block. */
  readonly blockPitch: number;
  /** Rows with the lanes of each slot. */
  readonly masks: number;
  /** Gains, a row for each block of a pair. */
  readonly gains: number;
  /** Two rows for intermediate values. */
  readonly scratch: number;
  /** A row of zeros. */
  readonly zero: number;
  /** FP SRAM entry with ε · head_dim. */
  readonly seedSlot: number;
  /** Elements of a row. */
  readonly mlen: number;
}

/**
 * Divides every head by √(Σx² + ε·head_dim) and multiplies it with its gain. Sums of heads that share
 * a block are told apart by masks, and their factors come together in one row.
 */
export function headNorm(code: CodeBuilder, norm: HeadNorm): void {
  const { mlen, blockPitch, halfBlocks } = norm;
  const blocks = 2 * halfBlocks;
  const square = code.gp("square");
  const factor = code.gp("factors");
  const zero = code.gp("zero");
  const row = code.gp("first half");
  code.set(square, norm.scratch);
  code.set(factor, norm.scratch + mlen);
  code.set(zero, norm.zero);
  code.set(row, norm.first);
  const sum = code.fp("sum");
  const eachBlock = (body: (x: Register) => void): void => {
    const x = code.gp("x");
    code.add(x, row, 0);
    code.loop(blocks, () => {
      body(x);
      code.add(x, x, blockPitch);
    });
  };
  code.loop(norm.pairs, () => {
    code.loop(norm.rows, () => {
      const mask = code.gp("head mask");
      code.set(mask, norm.masks);
      code.emit("V_ADD_VF", { rd: factor, rs1: zero, rs2: ZERO });
      code.loop(norm.slots, () => {
        code.emit("S_LD_FP", { rd: sum, rs1: ZERO, imm18: norm.seedSlot });
        eachBlock((x) => {
          code.emit("V_MUL_VV", { rd: square, rs1: x, rs2: x });
          code.emit("V_MUL_VV", { rd: square, rs1: square, rs2: mask });
          code.emit("V_RED_SUM", { rd: sum, rs1: square });
        });
        code.emit("S_SQRT_FP", { rd: sum, rs1: sum });
        code.emit("S_RECI_FP", { rd: sum, rs1: sum });
        code.emit("V_MUL_VF", { rd: square, rs1: mask, rs2: sum });
        code.emit("V_ADD_VV", { rd: factor, rs1: factor, rs2: square });
        code.add(mask, mask, mlen);
      });
      const gain = code.gp("gain");
      code.set(gain, norm.gains);
      eachBlock((x) => {
        code.emit("V_MUL_VV", { rd: x, rs1: x, rs2: factor });
        code.emit("V_MUL_VV", { rd: x, rs1: x, rs2: gain });
        code.add(gain, gain, mlen);
      });
      code.add(row, row, mlen);
    });
    code.add(row, row, blocks * blockPitch - norm.rows * mlen);
  });
}
