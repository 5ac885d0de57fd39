import type { CodeBuilder } from "../code/code_builder.ts";
import { type Address, at, type Register } from "../code/register.ts";
import { largestDivisor } from "./product.ts";
import type { VectorTensor } from "./vector_tensor.ts";

/** One operand of a walk over rows. */
export interface Walk {
  /** Row 0 of block 0. */
  readonly first: Address;
  /** From row to row. */
  readonly rowPitch: number;
  /** From block to block. */
  readonly blockPitch: number;
}

/** A walk over all of a tensor. */
export function walk({ address, rowPitch, blockPitch }: VectorTensor): Walk {
  return { first: at(address), rowPitch, blockPitch };
}

/**
 * Runs `body` for every row of every block, with one pointer per operand. The walk is one loop when
 * every operand can be walked with a constant step, else two; up to `most` rows are unrolled.
 */
export function forEachRow(
  code: CodeBuilder,
  rows: number,
  blocks: number,
  operands: readonly Walk[],
  body: (pointers: readonly Register[]) => void,
  most = 4,
): void {
  const pointers = operands.map((_, i) => code.gp(`operand ${i}`));
  operands.forEach(({ first }, i) => code.point(pointers[i]!, first));
  const advance = (steps: readonly number[]): void =>
    steps.forEach((step, i) => code.add(pointers[i]!, pointers[i]!, step));
  const rowSteps = operands.map(({ rowPitch }) => rowPitch);
  const blockSteps = operands.map(({ blockPitch }) => blockPitch);
  const run = (count: number, steps: readonly number[], moveLast = true): void => {
    const unroll = largestDivisor(count, most);
    code.loop(count / unroll, () => {
      for (let i = 0; i < unroll; i++) {
        body(pointers);
        if (moveLast || count > unroll || i < unroll - 1) advance(steps);
      }
    });
  };
  if (blocks === 1 || operands.every((o) => o.blockPitch === rows * o.rowPitch)) {
    return run(rows * blocks, rowSteps, false);
  }
  if (rows === 1 || operands.every((o) => o.rowPitch === blocks * o.blockPitch)) {
    return run(rows * blocks, blockSteps, false);
  }
  if (rows >= blocks) {
    code.loop(blocks, () => {
      run(rows, rowSteps);
      advance(operands.map((o) => o.blockPitch - rows * o.rowPitch));
    });
  } else {
    code.loop(rows, () => {
      run(blocks, blockSteps);
      advance(operands.map((o) => o.rowPitch - blocks * o.blockPitch));
    });
  }
}

/** target += source, row by row. */
export function addRows(
  code: CodeBuilder,
  rows: number,
  blocks: number,
  target: Walk,
  source: Walk,
): void {
  forEachRow(code, rows, blocks, [target, source], ([t, s]) => {
    code.emit("V_ADD_VV", { rd: t!, rs1: t!, rs2: s! });
  }, 2);
}
