import type { StageRange } from "../code/encode_code.ts";
import type { VectorTensor } from "../kernels/vector_tensor.ts";
import type { DecoderRun } from "./decoder_run.ts";

/** A program of a decoder: prefill of so many tokens, or one decode step. */
export interface DecoderProgram {
  /** Instruction words. */
  readonly words: Uint32Array;
  /** The same as text, with a comment at every stage. */
  text(): string;
  /** Instructions of the program, and instructions that a run executes. */
  readonly instructions: { readonly static: number; readonly executed: number };
  /** For each word how often a run executes it. */
  readonly executions: Float64Array;
  /** Where each stage lies in the program. */
  readonly stages: readonly StageRange[];
  /** What each pass did, a line each. */
  readonly log: readonly string[];
  /** What the run computes. */
  readonly run: DecoderRun;
  /** Tensors of the vector SRAM; each holds its values from its stage to its last use. */
  readonly tensors: ReadonlyMap<string, VectorTensor>;
  /** Name of the tensor with the result. */
  readonly output: string;
  /** The first row that this tensor has: not 0 where only the last logits are asked for. */
  readonly firstRow: number;
  /** FP SRAM: little-endian binary16. */
  readonly fpSram: Uint8Array;
  /**
   * INT SRAM for these tokens, one sequence after the other; a decode step also takes its position.
   *
   * @throws {CompileError} When they are not as many as the program takes or not of the vocabulary, or
   * the program is not that of this position.
   */
  intSram(tokens: readonly number[], position?: number): Uint8Array;
}
