/**
 * FP4 logic atoms: Boolean functions of a few inputs as threshold networks whose weights and biases
 * are 4-bit E2M1 codes. An atom is exact, or it is not an atom: every row of its truth table is
 * evaluated from the packed codes.
 *
 * ```ts
 * import { train, verify } from "@fourbit/fourbit/atoms";
 * import { assertEquals } from "@std/assert";
 *
 * const xor = train("XOR");
 * assertEquals(verify(xor).exact, true);
 * assertEquals(verify({ ...xor, truthTable: "0111" }).firstWrong?.inputs, "a=1 b=1");
 * ```
 *
 * @module
 */
export { type Atom, type AtomSize, sizeOf, type TrainingRecord } from "./atom.ts";
export {
  LayerError,
  type LayerValues,
  packLayer,
  preActivations,
  step,
  type ThresholdLayer,
  unpackLayer,
} from "./threshold_layer.ts";
export { METHOD, standardAtom, train, TrainingError, type TrainOptions } from "./train.ts";
export {
  type AtomSpec,
  describeRow,
  rowInputs,
  STANDARD_ATOMS,
  type TruthTable,
} from "./truth_table.ts";
export { type AtomEvaluation, type AtomVerdict, evaluateAtom, verify } from "./verify.ts";
