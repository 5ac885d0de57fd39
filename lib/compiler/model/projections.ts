import type { MachineConfig } from "../../boards/mod.ts";
import type { CodeBuilder } from "../code/code_builder.ts";
import { linear, type MatrixForm } from "../kernels/linear.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import type { PlannedLinear } from "./plan.ts";
import type { Tensors } from "./step_kernels.ts";

/** A projection of a step. */
interface Projection {
  readonly weights: PlannedLinear;
  readonly from: VectorTensor;
  readonly to: VectorTensor;
  /** Share of the budget for unrolled bodies; all of it unless given. */
  readonly share?: number;
  /** Rows that count; all of them unless given. */
  readonly count?: number;
}

/** The projections of a program. */
interface Projections {
  /** Tensors that a step with a projection uses beside its input and its result. */
  readonly uses: readonly string[];
  /** Emits one of them. */
  project(code: CodeBuilder, tensor: Tensors, projection: Projection): void;
}

/**
 * How the projections of a program are made. When the contraction of one is in several parts, they add up
 * in the tensor `partial`.
 *
 * @param linears All of them, but for those with the contraction of another.
 */
export function projections(linears: readonly (PlannedLinear | undefined)[], shared: {
  readonly machine: MachineConfig;
  readonly form: MatrixForm;
  readonly rows: number;
  readonly budget: number;
  readonly spillSlot: number;
}): Projections {
  const { machine, form, rows, budget, spillSlot } = shared;
  const inParts = linears.some((planned) =>
    planned !== undefined && planned.tiling.parts.length > 1
  );
  return {
    uses: inParts ? ["partial"] : [],
    project: (code, tensor, { weights, from, to, share = 1, count = rows }) => {
      const { blocks, rowPitch, blockPitch } = to;
      linear(code, machine, {
        weights: weights.rows,
        tiling: weights.tiling,
        rows: count,
        input: from,
        output: to,
        partial: inParts ? { ...tensor("partial"), blocks, rowPitch, blockPitch } : undefined,
        budget: budget * share,
        spillSlot,
        form,
      });
    },
  };
}
