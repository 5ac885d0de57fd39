import type { CodeBuilder } from "../code/code_builder.ts";
import { IMM18_END, type Register, ZERO } from "../code/register.ts";
import { largestDivisor, type ProductMachine } from "./product.ts";

/**
 * A product of one tile of rows with two column blocks, whose operands lie alike: row group `i` of
 * a tile along the contraction at the address in the vector SRAM that column group `i` of the two
 * tiles has in the matrix SRAM. The rows are there twice, so that there are as many of both.
 */
export interface PairedProduct {
  /** Tiles along the contraction, two of each. */
  readonly depth: number;
  /** The first row and the first tile; the next are 2 · MLEN · MLEN further on each. */
  readonly address: number;
  /** Where the result goes, its rows MLEN apart; moved on. */
  readonly out: Register;
  /** From column block to column block of the result. */
  readonly outBlock: number;
  /** Instructions that the unrolled body may have. */
  readonly budget: number;
}

/** Registers of a paired product besides pointers: two loops, two results. */
const OTHER_REGISTERS = 4;

/** Pointers that change with every column group are at least two: one that stays, one that walks. */
const FEWEST_POINTERS = 2;

/** Instructions that the innermost body of a paired product has, or up to one more. */
export function pairBudget(depth: number): number {
  return 4 * depth;
}

/** Whether a loop around a paired product of this depth leaves registers for it. */
export function hasPairRegisters(code: CodeBuilder, mlen: number, depth: number): boolean {
  const left = code.spareRegisters - 1 - OTHER_REGISTERS;
  // A step that is no immediate would take one more.
  return pairPitch(mlen) < IMM18_END && left >= depth + Math.min(depth, FEWEST_POINTERS);
}

/** From tile to tile along the contraction: two of each. */
function pairPitch(mlen: number): number {
  return 2 * mlen * mlen;
}

/**
 * Emits the product: row groups with the column groups of the second block and, with the same
 * pointers in exchanged roles, the row groups' copies with the column groups of the first. A pointer
 * is set once for two M_MM, where an ordinary product sets one for each.
 *
 * @returns How far the pointer to the result has moved.
 */
export function pairedProduct(
  code: CodeBuilder,
  { mlen, blen }: ProductMachine,
  { depth, address, out, outBlock, budget }: PairedProduct,
): number {
  const pitch = pairPitch(mlen);
  const groupPitch = blen * mlen;
  const groups = mlen / blen;
  // What is left holds pointers that change with every column group, but for one that walks.
  const left = code.spareRegisters - OTHER_REGISTERS - depth;
  const held = left >= depth ? depth : left - 1;
  const affordable = Math.max(1, Math.floor(budget / pairBudget(depth)));
  const unroll = largestDivisor(groups, affordable);

  const mirrored = code.gp("result of the copies");
  code.add(mirrored, out, 0);
  code.add(out, out, outBlock);
  const fixed = Array.from({ length: depth }, (_, t) => code.gp(`pointer to tile ${t}`));
  code.set(fixed[0]!, address);
  code.loop(groups, () => {
    for (let t = 1; t < depth; t++) code.add(fixed[t]!, fixed[t - 1]!, pitch);
    const moving = Array.from({ length: held }, (_, t) => code.gp(`other pointer to tile ${t}`));
    code.set(moving[0]!, address + mlen * mlen);
    const walking = code.gp("walking pointer");
    const multiply = (result: Register, offset: number, isMirrored: boolean): void => {
      for (let t = 0; t < depth; t++) {
        const other = moving[t] ?? walking;
        if (t >= held) code.add(walking, t === held ? moving[held - 1]! : walking, pitch);
        const [tile, rows] = isMirrored ? [fixed[t]!, other] : [other, fixed[t]!];
        code.emit("M_MM", { rs1: tile, rs2: rows });
      }
      code.emit("M_MM_WO", { rd: result, rs1: ZERO, imm18: offset });
    };
    code.loop(groups / unroll, () => {
      for (let group = 0; group < unroll; group++) {
        for (let t = 1; t < held; t++) code.add(moving[t]!, moving[t - 1]!, pitch);
        multiply(out, group * blen, false);
        multiply(mirrored, group * groupPitch, true);
        code.add(moving[0]!, moving[0]!, groupPitch);
      }
      code.add(out, out, unroll * blen);
      code.add(mirrored, mirrored, unroll * groupPitch);
    });
    code.add(fixed[0]!, fixed[0]!, groupPitch);
    code.add(out, out, groupPitch - mlen);
    code.add(mirrored, mirrored, blen - mlen * mlen);
  });
  return outBlock + mlen * mlen;
}
