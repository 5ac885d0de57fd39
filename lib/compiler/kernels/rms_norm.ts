import type { CodeBuilder } from "../code/code_builder.ts";
import { ZERO } from "../code/register.ts";
import { NORM_BLOCKS } from "./budget.ts";
import type { Walk } from "./rows.ts";

/** An RMS norm without gain. */
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
  /** FP SRAM entry with ε · width, and the norm lacks √width; or entries with 1 / width and ε. */
  readonly constants:
    | { readonly seedSlot: number }
    | { readonly inverseWidthSlot: number; readonly epsilonSlot: number };
}

/**
 * Divides every row by √(Σx² + ε·width), which is the RMS norm over √width: that factor is folded into
 * what follows, the sum starts with the ε term, and the scalar unit only adds, takes the root and the
 * reciprocal. Or by √(Σx² / width + ε), with both steps.
 */
export function rmsNorm(code: CodeBuilder, norm: RmsNorm): void {
  const { rows, blocks, input, output } = norm;
  const copies = norm.isTwofold ? 2 : 1;
  const unrolled = blocks > NORM_BLOCKS ? 1 : blocks;
  const square = code.gp("square");
  const from = code.gp("x");
  const again = code.gp("x again");
  const to = code.gp("normalised");
  const sum = code.fp("sum");
  code.set(square, norm.scratch);
  code.point(from, input.first);
  code.point(again, input.first);
  code.point(to, output.first);
  const { constants } = norm;
  const [inverseWidth, epsilon] = [code.fp("1 / width"), code.fp("epsilon")];
  if ("epsilonSlot" in constants) {
    code.emit("S_LD_FP", { rd: inverseWidth, rs1: ZERO, imm18: constants.inverseWidthSlot });
    code.emit("S_LD_FP", { rd: epsilon, rs1: ZERO, imm18: constants.epsilonSlot });
  }
  code.loop(rows, () => {
    if ("seedSlot" in constants) {
      code.emit("S_LD_FP", { rd: sum, rs1: ZERO, imm18: constants.seedSlot });
    } else code.emit("S_ADD_FP", { rd: sum, rs1: ZERO, rs2: ZERO });
    code.loop(blocks / unrolled, () => {
      for (let block = 0; block < unrolled; block++) {
        code.emit("V_MUL_VV", { rd: square, rs1: from, rs2: from });
        code.emit("V_RED_SUM", { rd: sum, rs1: square });
        code.add(from, from, input.blockPitch);
      }
    });
    code.add(from, from, input.rowPitch - blocks * input.blockPitch);
    if ("epsilonSlot" in constants) {
      code.emit("S_MUL_FP", { rd: sum, rs1: sum, rs2: inverseWidth });
      code.emit("S_ADD_FP", { rd: sum, rs1: sum, rs2: epsilon });
    }
    code.emit("S_SQRT_FP", { rd: sum, rs1: sum });
    code.emit("S_RECI_FP", { rd: sum, rs1: sum });
    code.loop(blocks / unrolled, () => {
      for (let block = 0; block < unrolled; block++) {
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
