import type { CodeBuilder } from "../code/code_builder.ts";
import { ZERO } from "../code/register.ts";
import type { Walk } from "./rows.ts";

/** An RMS norm without gain and without the factor √width, which are folded into what follows. */
export interface RmsNorm {
  /** Rows. */
  readonly rows: number;
  /** Blocks of a row. */
  readonly blocks: number;
  /** What is normalised. */
  readonly input: Walk;
  /** Where the result goes; may be the input. */
  readonly output: Walk;
  /** Whether each block of the result has a copy, halfway to the next. */
  readonly isTwofold: boolean;
  /** Address of a row for squares. */
  readonly scratch: number;
  /** FP SRAM entry with ε · width. */
  readonly seedSlot: number;
}

/**
 * Divides every row by √(Σx² + ε·width), which is the RMS norm over √width. The sum starts with
 * the ε term, so the scalar unit only adds, takes the root and the reciprocal.
 */
export function rmsNorm(code: CodeBuilder, norm: RmsNorm): void {
  const { rows, blocks, input, output } = norm;
  const copies = norm.isTwofold ? 2 : 1;
  const square = code.gp("square");
  const from = code.gp("x");
  const again = code.gp("x again");
  const to = code.gp("normalised");
  const sum = code.fp("sum");
  code.set(square, norm.scratch);
  code.point(from, input.first);
  code.point(again, input.first);
  code.point(to, output.first);
  code.loop(rows, () => {
    code.emit("S_LD_FP", { rd: sum, rs1: ZERO, imm18: norm.seedSlot });
    code.loop(blocks > 12 ? blocks : 1, () => {
      for (let block = 0; block < (blocks > 12 ? 1 : blocks); block++) {
        code.emit("V_MUL_VV", { rd: square, rs1: from, rs2: from });
        code.emit("V_RED_SUM", { rd: sum, rs1: square });
        code.add(from, from, input.blockPitch);
      }
    });
    code.add(from, from, input.rowPitch - blocks * input.blockPitch);
    code.emit("S_SQRT_FP", { rd: sum, rs1: sum });
    code.emit("S_RECI_FP", { rd: sum, rs1: sum });
    code.loop(blocks > 12 ? blocks : 1, () => {
      for (let block = 0; block < (blocks > 12 ? 1 : blocks); block++) {
        for (let copy = 0; copy < copies; copy++) {
          code.emit("V_MUL_VF", { rd: to, rs1: again, rs2: sum });
          code.add(to, to, output.blockPitch / copies);
        }
        code.add(again, again, input.blockPitch);
      }
    });
    code.add(again, again, input.rowPitch - blocks * input.blockPitch);
    code.add(to, to, output.rowPitch - blocks * output.blockPitch);
  });
}
