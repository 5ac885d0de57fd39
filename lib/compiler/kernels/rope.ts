import type { CodeBuilder } from "../code/code_builder.ts";
import { at } from "../code/register.ts";
import type { Walk } from "./rows.ts";
import { forEachRow } from "./rows.ts";

/** Halves of heads that are rotated into each other. */
export interface RotaryRows {
  /** Rows. */
  readonly rows: number;
  /** Pairs of blocks: first halves of some heads, second halves of the same heads. */
  readonly pairs: number;
  /** First halves: from pair to pair by the block pitch. */
  readonly first: Walk;
  /** Second halves. */
  readonly second: Walk;
  /** Cosines, one row per row. */
  readonly cosine: number;
  /** Sines. */
  readonly sine: number;
  /** From row to row of the tables. */
  readonly tablePitch: number;
  /** Address of three rows for intermediate values. */
  readonly scratch: number;
  /** Elements of a row. */
  readonly mlen: number;
}

/**
 * The rotary embedding without a matrix product: first and second halves of the heads lie in blocks
 * of their own, so x₁cos − x₂sin and x₂cos + x₁sin are vector instructions on whole rows.
 */
export function rotate(code: CodeBuilder, given: RotaryRows): void {
  const { rows, pairs, tablePitch, scratch, mlen } = given;
  const [a, b, c] = [code.gp("x1 cos"), code.gp("x2 sin"), code.gp("x1 sin")];
  code.set(a, scratch);
  code.set(b, scratch + mlen);
  code.set(c, scratch + 2 * mlen);
  // The tables start again with every pair.
  const table = (address: number): Walk => ({
    first: at(address),
    rowPitch: tablePitch,
    blockPitch: 0,
  });
  const operands = [given.first, given.second, table(given.cosine), table(given.sine)];
  forEachRow(code, rows, pairs, operands, ([x1, x2, cos, sin]) => {
    code.emit("V_MUL_VV", { rd: a, rs1: x1!, rs2: cos! });
    code.emit("V_MUL_VV", { rd: b, rs1: x2!, rs2: sin! });
    code.emit("V_MUL_VV", { rd: c, rs1: x1!, rs2: sin! });
    code.emit("V_MUL_VV", { rd: x2!, rs1: x2!, rs2: cos! });
    code.emit("V_SUB_VV", { rd: x1!, rs1: a, rs2: b });
    code.emit("V_ADD_VV", { rd: x2!, rs1: x2!, rs2: c });
  }, 2);
}
