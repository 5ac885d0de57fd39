/**
 * The compiler: from a circuit of FP4 atoms to a program of the PLENA machine with its HBM image and
 * its map of regions.
 *
 * ```ts
 * import { train } from "@fourbit/fourbit/atoms";
 * import { SHIPPED_SETTINGS } from "@fourbit/fourbit/boards";
 * import { builtinCircuit, compileCircuit } from "@fourbit/fourbit/circuits";
 * import { lowerCircuit } from "@fourbit/fourbit/compiler";
 * import { assertEquals } from "@std/assert";
 *
 * const { netlist } = builtinCircuit("adder:2");
 * const adder = compileCircuit(netlist, [train("SUM"), train("CARRY")]);
 * const program = lowerCircuit(adder, SHIPPED_SETTINGS);
 * assertEquals(program.cases, 32);
 * assertEquals(program.regions.map(({ name }) => name), ["W_gates", "X_0", "Y_0"]);
 * ```
 *
 * @module
 */
export { CompileError } from "./compile_error.ts";
export { type CircuitProgram, lowerCircuit, type LowerOptions } from "./lower_circuit.ts";
export type { Region } from "./region.ts";
export {
  type CompiledDecoder,
  compileDecoder,
  type DecoderProgram,
  type ProgramOptions,
} from "./model/compile_decoder.ts";
export type { HbmPiece } from "./model/decoder_image.ts";
export type { DecoderRun } from "./model/decoder_steps.ts";
export {
  DecoderSession,
  outputRow,
  type ProgramImages,
  type ProgramRun,
  type ProgramRunner,
  type SessionStep,
} from "./model/session.ts";
export type { DecoderPlan, PlannedLinear, PlanOptions } from "./model/plan.ts";
export type { Geometry } from "./model/geometry.ts";
export { stagedStore } from "./model/staged_store.ts";
export type { StageRange } from "./code/encode_code.ts";
export type { MatrixForm, WeightPart, WeightTiling } from "./kernels/linear.ts";
export type { HbmRows } from "./kernels/transfers.ts";
export type { VectorTensor } from "./kernels/vector_tensor.ts";
export {
  type Benchmark,
  type BenchmarkFigures,
  type BenchmarkProgram,
  BENCHMARKS,
} from "./model/benchmark_programs.ts";
