import type { CodeBuilder } from "../code/code_builder.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import { placeVectors, type VectorPlacement, type VectorRequest } from "./place_vectors.ts";

/** A tensor of the vector SRAM before it has an address. */
export interface VectorShape {
  /** Rows that count. */
  readonly rows: number;
  /** Column blocks. */
  readonly blocks: number;
  /** Rows of a block that are reserved: from block to block. */
  readonly reserved: number;
  /** Whether a row's blocks lie one after the other, instead of a block's rows. */
  readonly rowMajor?: boolean;
  /** Whether every block is there twice, its copy right behind it. */
  readonly isTwofold?: boolean;
  /** Rows behind the tensor that transfers may overwrite. */
  readonly slack?: number;
}

/** A step of the schedule: a stage of the program and the tensors that it touches. */
export interface Step {
  /** Name of the stage. */
  readonly name: string;
  /** Before the layers, once in each, or after them. */
  readonly scope: "start" | "layer" | "end";
  /** Tensors that it reads or writes. */
  readonly uses: readonly string[];
  /** Emits its code, in layers for a group that has a window or not. */
  readonly emit: (
    code: CodeBuilder,
    tensor: (name: string) => VectorTensor,
    windowed: boolean,
  ) => void;
}

/** A schedule with its tensors placed. */
export interface PlacedSchedule {
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, VectorTensor>;
  /** Rows of the vector SRAM that are used. */
  readonly rows: number;
}

/**
 * Gives every tensor its address by its lifetime: from the first step that touches it to the last. What
 * is alive before the layers and in them lives through all of them.
 *
 * @throws {CompileError} When the vector SRAM is too small.
 */
export function placeSchedule(
  shapes: ReadonlyMap<string, VectorShape>,
  steps: readonly Step[],
  mlen: number,
  capacityRows: number,
): PlacedSchedule {
  const layerSteps = steps.flatMap((step, i) => step.scope === "layer" ? [i] : []);
  const lastOfLayer = layerSteps.at(-1) ?? -1;
  const requests: VectorRequest[] = [];
  for (const [name, shape] of shapes) {
    const { blocks, slack = 0, isTwofold = false } = shape;
    const touching = steps.flatMap((step, i) => step.uses.includes(name) ? [i] : []);
    if (touching.length === 0) continue;
    const first = touching[0]!;
    let last = touching.at(-1)!;
    const inLayers = touching.some((i) => steps[i]!.scope === "layer");
    if (inLayers && steps[first]!.scope === "start") last = Math.max(last, lastOfLayer);
    const rows = blocks * blockRows(shape) + slack;
    // Where tiles could lie in the matrix SRAM.
    const alignment = isTwofold ? mlen : 1;
    requests.push({ name, rows, alignment, first, last });
  }
  const placement: VectorPlacement = placeVectors(requests, capacityRows);
  const tensors = new Map<string, VectorTensor>();
  for (const [name, shape] of shapes) {
    const { rows, blocks, rowMajor, isTwofold = false } = shape;
    const row = placement.rowOf.get(name);
    if (row === undefined) continue;
    tensors.set(name, {
      name,
      address: row * mlen,
      rows,
      blocks,
      rowPitch: rowMajor ? blocks * mlen : mlen,
      blockPitch: rowMajor ? mlen : blockRows(shape) * mlen,
      isTwofold,
    });
  }
  return { tensors, rows: placement.rows };
}

/** Rows from block to block. */
function blockRows({ reserved, isTwofold }: VectorShape): number {
  return isTwofold ? 2 * reserved : reserved;
}
