import type { FieldName } from "./fields.ts";

/**
 * What may stand in an operand's place:
 *
 * * `gp`, `f`, `a`: a register of that file;
 * * `zero`: the literal 0, in a field that the machine ignores or demands to be 0;
 * * `imm18`, `imm22`: an unsigned immediate;
 * * `mask`: 0 for the whole row, anything else for the head slots in the mask register;
 * * `stride-flag`: 1 for rows STRIDE bytes apart, 0 for dense rows;
 * * `precision`: 0 for weights or activations, 1 for keys and values;
 * * `order`: 0 for `row - scalar`, 1 for `scalar - row`;
 * * `policy`: 0 for the best 4 of 32, 1 for the best 8 of 128.
 */
export type OperandKind =
  | "gp"
  | "f"
  | "a"
  | "zero"
  | "imm18"
  | "imm22"
  | "mask"
  | "stride-flag"
  | "precision"
  | "order"
  | "policy";

/**
 * What the instruction does with an operand, for everything that reasons about programs:
 *
 * * `result`: a register that is written; `accumulate`: one that is read and written;
 * * `value`: a register or immediate that is read;
 * * `vram`, `vram-out`: a register that holds the vector SRAM address of what is read or written;
 * * `mram`, `mram-out`: the same for the matrix SRAM;
 * * `fp-sram`, `int-sram`: the same for the scalar memories, read or written;
 * * `hbm-offset`, `hbm-base`: a register that holds part of a byte address in HBM;
 * * `counter`: the register of a hardware loop;
 * * `row-step`: the register of M_MM_WO that holds the distance of rows, where gp0 means 1;
 * * `offset`: added to the address that precedes it;
 * * `option`: a constant that selects a variant.
 */
export type OperandRole =
  | "result"
  | "accumulate"
  | "value"
  | "vram"
  | "vram-out"
  | "mram"
  | "mram-out"
  | "fp-sram"
  | "int-sram"
  | "hbm-offset"
  | "hbm-base"
  | "counter"
  | "row-step"
  | "offset"
  | "option";

/** One operand of an instruction, in the order of the assembly text. */
export interface Operand {
  /** What may stand here. */
  readonly kind: OperandKind;
  /** Where the machine reads it. */
  readonly field: FieldName;
  /** How the manual calls it, such as `gpMat`. */
  readonly name: string;
  /** What the instruction does with it. */
  readonly role: OperandRole;
  /**
   * Where the public assembler puts it, if that is not where the machine reads it; `null` when it
   * drops the operand.
   */
  readonly compatField?: FieldName | null;
  /** Whether the text may leave it out; it is 0 then. */
  readonly optional?: true;
  /** Whether the literal 0 is another spelling of gp0 here. */
  readonly literalZero?: true;
}

/** The largest number that may stand in an operand's place; the smallest is 0. */
export const OPERAND_MAXIMUM: Readonly<Record<OperandKind, number>> = {
  gp: 15,
  f: 7,
  a: 15,
  zero: 0,
  imm18: 262_143,
  imm22: 4_194_303,
  mask: 15,
  "stride-flag": 1,
  precision: 1,
  order: 1,
  policy: 1,
};
