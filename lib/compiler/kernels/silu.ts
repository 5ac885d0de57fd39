import type { CodeBuilder } from "../code/code_builder.ts";
import { ZERO } from "../code/register.ts";
import { forEachRow, type Walk } from "./rows.ts";

/** The gate of a feed-forward layer. */
export interface GatedRows {
  /** Rows. */
  readonly rows: number;
  /** Blocks of a row. */
  readonly blocks: number;
  /** The negated gate projection; becomes the result. */
  readonly gate: Walk;
  /** The negated up projection. */
  readonly up: Walk;
  /** Address of a row for intermediate values. */
  readonly scratch: number;
  /** FP SRAM entry with 1. */
  readonly oneSlot: number;
}

/**
 * gate = silu(g) · u, of −g and −u: with the signs folded into the weights no row has to be negated,
 * since silu(g) · u = (−g / (1 + e^(−g))) · (−u).
 */
export function gatedSilu(code: CodeBuilder, given: GatedRows): void {
  const one = code.fp("one");
  const scratch = code.gp("sigmoid");
  code.emit("S_LD_FP", { rd: one, rs1: ZERO, imm18: given.oneSlot });
  code.set(scratch, given.scratch);
  forEachRow(code, given.rows, given.blocks, [given.gate, given.up], ([gate, up]) => {
    code.emit("V_EXP_V", { rd: scratch, rs1: gate!, rs3: 0 });
    code.emit("V_ADD_VF", { rd: scratch, rs1: scratch, rs2: one });
    code.emit("V_RECI_V", { rd: scratch, rs1: scratch, rs3: 0 });
    code.emit("V_MUL_VV", { rd: scratch, rs1: scratch, rs2: gate! });
    code.emit("V_MUL_VV", { rd: gate!, rs1: scratch, rs2: up! });
  }, 2);
}
