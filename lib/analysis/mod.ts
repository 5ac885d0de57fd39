/**
 * Reading results: what a run left beside what was expected, {@linkcode compareOutputs} for the
 * digits of circuits, {@linkcode compareTensors} for the numbers of models.
 *
 * ```ts
 * import { compareOutputs } from "@fourbit/fourbit/analysis";
 * import { encodeTensor } from "@fourbit/fourbit/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const type = {
 *   kind: "plain",
 *   element: { type: "Fp", sign: true, exponent: 8, mantissa: 7 },
 * } as const;
 * const verdict = compareOutputs({
 *   cases: 2,
 *   ports: [{ name: "Y", width: 1 }],
 *   wires: [{ region: "Y_0", column: 1 }],
 *   regions: new Map([["Y_0", { bytes: encodeTensor([0, 1, 0, 0], 2, 2, type), shape: [2, 2], type }]]),
 *   expected: Uint8Array.of(1, 1),
 *   describeCase: (index) => `A=${index}`,
 * });
 * assertEquals(verdict.firstDifference, { case: 1, inputs: "A=1", expected: "1", actual: "0" });
 * ```
 *
 * @module
 */
export {
  AnalyticLayers,
  type ExpertShape,
  type HeadShape,
  type TokenShape,
} from "./analytic_layers.ts";
export {
  ANALYTIC_DIFFERENCES,
  ANALYTIC_MACHINE,
  type AnalyticMachine,
  type AnalyticRules,
  type PipelinedCosts,
  pipelinedCosts,
} from "./analytic_machine.ts";
export {
  type AnalyticDecoder,
  analyticDiffusion,
  type AnalyticEstimate,
  analyticEstimate,
  type AnalyticRequest,
  type DiffusionRequest,
} from "./analytic_model.ts";
export { boardCosts, type ComparedOpcode, compareWithMachine } from "./machine_costs.ts";
export {
  type OpcodeProfile,
  profileAssembly,
  ProfileError,
  type StageCycles,
  type StaticCosts,
  staticCycles,
  type StaticProfile,
} from "./static_profile.ts";
export { compareOutputs, type OutputComparison, type OutputVerdict } from "./compare_outputs.ts";
export {
  compareTensors,
  PUBLIC_TOLERANCE,
  relativeTolerance,
  type TensorComparison,
  type Tolerance,
  topAgreement,
} from "./compare_tensors.ts";
