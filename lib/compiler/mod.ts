/**
 * The compiler: from a circuit of FP4 atoms or a decoder model to programs of the PLENA machine, with
 * the contents of HBM and a map of its regions.
 *
 * {@linkcode lowerCircuit} lowers a circuit:
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
 * {@linkcode compileDecoder} compiles a decoder: a prefill program for each number of tokens, a decode
 * step for each number of key blocks, all on one HBM image. Each program runs over its layers in a
 * loop, has its vector SRAM placed by lifetimes and its registers allocated, and tells what every pass
 * did. {@linkcode DecoderSession} runs them one after the other; {@linkcode compareStages} looks for the
 * first wrong stage.
 *
 * ```ts
 * import { SHIPPED_SETTINGS } from "@fourbit/fourbit/boards";
 * import { compileDecoder, DecoderSession } from "@fourbit/fourbit/compiler";
 * import { run, SparseMemory } from "@fourbit/fourbit/emulator";
 * import { idealMemory } from "@fourbit/fourbit/memory";
 * import { parseDecoderConfig, randomWeights } from "@fourbit/fourbit/models";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const config = parseDecoderConfig({
 *   model_type: "llama",
 *   hidden_size: 64,
 *   intermediate_size: 128,
 *   num_hidden_layers: 2,
 *   num_attention_heads: 2,
 *   vocab_size: 40,
 * });
 * const settings = SHIPPED_SETTINGS;
 * const compiled = compileDecoder(config, randomWeights(config, 1), settings, { positions: 64 });
 * assert(compiled.prefill(5).instructions.static < 1000);
 *
 * const hbm = new SparseMemory(settings.config.hbmSizeBytes);
 * for (const { address, bytes } of compiled.hbm()) hbm.write(address, bytes);
 * const session = new DecoderSession(compiled, ({ program, ...images }) => {
 *   const memory = idealMemory();
 *   return run({ program: program.words, settings, memory, hbm, ...images }).machine;
 * });
 * assertEquals(session.feed([1, 2, 3, 4, 5]).last.length, 40); // logits after the prompt
 * assertEquals(session.feed([6]).last.length, 40); // and after one token more
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
  type ProgramOptions,
} from "./model/compile_decoder.ts";
export type { DecoderProgram } from "./model/decoder_program.ts";
export type { HbmPiece } from "./model/decoder_image.ts";
export type { CodeRules } from "./model/encode_rows.ts";
export type { DecoderRun } from "./model/decoder_run.ts";
export {
  DecoderSession,
  outputRow,
  type ProgramImages,
  type ProgramRun,
  type ProgramRunner,
  type SessionStep,
} from "./model/session.ts";
export type {
  BiasName,
  DecoderPlan,
  DecoderTarget,
  LayerGroup,
  PlannedLinear,
  PlanOptions,
  TermRows,
} from "./model/plan.ts";
export type { ColumnMap, Geometry } from "./model/geometry.ts";
export type { StageRange } from "./code/encode_code.ts";
export type { LongLoops } from "./code/finish_code.ts";
export type { MatrixForm, WeightPart, WeightTiling } from "./kernels/linear.ts";
export type { HbmRows } from "./kernels/transfers.ts";
export type { VectorTensor } from "./kernels/vector_tensor.ts";
export {
  type Benchmark,
  type BenchmarkFigures,
  type BenchmarkProgram,
  BENCHMARKS,
} from "./model/benchmark_programs.ts";
export {
  compareStages,
  firstBadStage,
  newCaches,
  type StageComparison,
} from "./model/compare_stages.ts";
export type { SteppedMachine } from "./model/stage_values.ts";
export {
  type BuildFile,
  buildFiles,
  type HbmImage,
  hbmImage,
  rtlImage,
  type StageReport,
  stageReports,
} from "./model/build_folder.ts";
export { type PublicModel, publicModel } from "./model/public_semantics.ts";
export { compilePublic } from "./public_layout/compile_public.ts";
export { type PublicImage, publicImage } from "./public_layout/public_image.ts";
export type { PublicOptions, PublicPlan } from "./public_layout/public_plan.ts";
export { splitSequences } from "./model/split_sequences.ts";
export { type ReferenceOutputs, referenceOutputs } from "./model/reference_outputs.ts";
