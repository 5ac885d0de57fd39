import type { CodeBuilder } from "../code/code_builder.ts";
import { type Address, beyond, type Register, ZERO } from "../code/register.ts";

/**
 * What is added to the scores of keys that a query does not see; survives binary16 and MXFP8. It hides them
 * as long as the scores of a row are within some ten thousands of one another.
 */
export const HIDDEN_SCORE = -57344;

/** Below every score, hidden ones included; survives binary16. */
export const LOWEST_SCORE = -60000;

/** A row that is added to a block of scores, 0 where a key is visible. */
export interface ScoreMask {
  /** The block of keys. */
  readonly block: number;
  /** The row for the first query. */
  readonly first: Address;
  /** From query to query; 0 when all have the same mask. */
  readonly rowPitch: number;
}

/** Scores that become weights, in place. */
export interface Softmax {
  /** Queries. */
  readonly rows: number;
  /** Blocks of keys. */
  readonly blocks: number;
  /** Row of the first query in the first block; queries are MLEN apart. */
  readonly scores: Address;
  /** From block to block. */
  readonly blockPitch: number;
  /** What hides keys. */
  readonly masks: readonly ScoreMask[];
  /** FP SRAM entry with a number below every score. */
  readonly lowestSlot: number;
  /** FP SRAM entry with a factor on the scores, if the queries do not have it. */
  readonly scaleSlot?: number | undefined;
  /** Elements of a row. */
  readonly mlen: number;
}

/**
 * The softmax of every row over all its blocks. Maximum and sum gather over the blocks in a scalar
 * register, so any number of keys needs neither rescaling nor state between rows.
 */
export function softmax(code: CodeBuilder, given: Softmax): void {
  const { rows, blocks, blockPitch, mlen } = given;
  const lowest = code.fp("lowest");
  const high = code.fp("maximum");
  const sum = code.fp("sum");
  code.emit("S_LD_FP", { rd: lowest, rs1: ZERO, imm18: given.lowestSlot });
  const { scaleSlot } = given;
  const scale = scaleSlot === undefined ? undefined : code.fp("scale of the scores");
  if (scale !== undefined) code.emit("S_LD_FP", { rd: scale, rs1: ZERO, imm18: scaleSlot! });
  const masks = given.masks.map((mask) => ({ ...mask, row: code.gp("mask row") }));
  for (const { row, first } of masks) code.point(row, first);
  const held = blocks <= Math.min(3, code.spareRegisters - masks.length - 3);
  const pointers = Array.from(
    { length: held ? blocks : 1 },
    (_, block) => code.gp(`scores of block ${block}`),
  );
  pointers.forEach((p, block) => code.point(p, beyond(given.scores, block * blockPitch)));
  const each = (body: (pointer: Register) => void): void => {
    if (held) return pointers.forEach(body);
    const pointer = code.gp("scores");
    code.add(pointer, pointers[0]!, 0);
    code.loop(blocks, () => {
      body(pointer);
      code.add(pointer, pointer, blockPitch);
    });
  };
  code.loop(rows, () => {
    if (scale !== undefined) {
      each((p) => code.emit("V_MUL_VF", { rd: p, rs1: p, rs2: scale, rs3: 0 }));
    }
    for (const { block, row, rowPitch } of masks) {
      let scores = pointers[block];
      if (scores === undefined) {
        scores = code.gp("masked scores");
        code.add(scores, pointers[0]!, block * blockPitch);
      }
      code.emit("V_ADD_VV", { rd: scores, rs1: scores, rs2: row });
      code.add(row, row, rowPitch);
    }
    code.emit("S_ADD_FP", { rd: high, rs1: lowest, rs2: ZERO });
    each((p) => code.emit("V_RED_MAX", { rd: high, rs1: p, rs3: 0 }));
    code.emit("S_ADD_FP", { rd: sum, rs1: ZERO, rs2: ZERO });
    each((p) => {
      code.emit("V_SUB_VF", { rd: p, rs1: p, rs2: high, rs3: 0, funct1: 0 });
      code.emit("V_EXP_V", { rd: p, rs1: p, rs3: 0 });
      code.emit("V_RED_SUM", { rd: sum, rs1: p });
    });
    code.emit("S_RECI_FP", { rd: sum, rs1: sum });
    each((p) => code.emit("V_MUL_VF", { rd: p, rs1: p, rs2: sum }));
    for (const p of pointers) code.add(p, p, mlen);
  });
}
