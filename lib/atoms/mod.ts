/**
 * FP4 logic atoms: Boolean functions of a few inputs as networks whose weights and biases are 4-bit
 * codes. An atom is exact, or it is not an atom: every row of its truth table is evaluated from the
 * packed codes.
 *
 * - An {@linkcode Atom} is a network of threshold gates in E2M1, which circuits are made of; a
 *   {@linkcode NetworkAtom} is any other network. {@linkcode verify} and {@linkcode reportAtom} take
 *   both.
 * - {@linkcode makeAtom} makes one by any of the {@linkcode METHODS}; {@linkcode studyAtoms} counts
 *   how often they succeed. {@linkcode synthesise} is the exact one, minimal up to four inputs.
 * - {@linkcode parseAtomsFile} reads functions of one's own, {@linkcode decodeFp4} TriX files.
 * - {@linkcode flipNibbles}, {@linkcode stickAt} and {@linkcode noiseMargin} say what an atom stands.
 *
 * ```ts
 * import { makeAtom, train, verify } from "@fourbit/fourbit/atoms";
 * import { assertEquals } from "@std/assert";
 *
 * const xor = train("XOR");
 * assertEquals(verify(xor).exact, true);
 * assertEquals(verify({ ...xor, truthTable: "0111" }).firstWrong?.inputs, "a=1 b=1");
 * assertEquals(verify(makeAtom("SUM", "qat", { format: "nvfp4" })).wrong, 0);
 * ```
 *
 * @module
 */
export {
  type AnyAtom,
  type Atom,
  isThreshold,
  type NetworkAtom,
  requireThreshold,
  type TrainingRecord,
} from "./atom.ts";
export { AtomError } from "./atom_error.ts";
export { atomOfGates, type GateSequence } from "./gates_atom.ts";
export { type AtomSize, sizeOf } from "./atom_size.ts";
export { AtomsFileError, parseAtomsFile } from "./atoms_file.ts";
export { CONSTRUCTED_ATOMS } from "./constructed.ts";
export { type AtomNetwork, evaluator } from "./decoded_network.ts";
export { ExpressionError, expressionTable } from "./expression.ts";
export {
  type FaultCount,
  flipNibbles,
  type NibbleFaults,
  stickAt,
  type StuckFault,
  type StuckFaults,
} from "./fault_campaign.ts";
export { decodeFp4, encodeFp4, Fp4FileError, type Fp4ReadOptions } from "./formats/fp4_file.ts";
export { type NoiseMargin, noiseMargin } from "./noise_margin.ts";
export {
  type Activation,
  ACTIVATIONS,
  type Encoding,
  ENCODINGS,
  type QuantisedLayer,
  type QuantisedNetwork,
} from "./quantised_network.ts";
export {
  type QuantisedTensor,
  type Scaling,
  SCALINGS,
  WEIGHT_FORMATS,
  type WeightFormat,
} from "./quantised_tensor.ts";
export {
  STUDY_CASES,
  studyAtoms,
  type StudyCase,
  type StudyOptions,
  type StudyRow,
} from "./study.ts";
export { studyMarkdown } from "./study_markdown.ts";
export {
  computeDatabase,
  decodeDatabase,
  encodeDatabase,
  lookUp,
  type SynthesisDatabase,
} from "./synthesis/database.ts";
export { database, gatesNeeded, network } from "./synthesis/database_lookup.ts";
export { databaseSource } from "./synthesis/database_source.ts";
export {
  type GateNetwork,
  type Margin,
  maskOf,
  networkBits,
  type NetworkGate,
  SynthesisError,
  type SynthesisOptions,
  tableOf,
} from "./synthesis/gate_network.ts";
export { synthesise } from "./synthesis/synthesise.ts";
export {
  type ThresholdGate,
  thresholdGate,
  type ThresholdGateOptions,
} from "./synthesis/threshold_gate.ts";
export { type NetworkVerdict, verifyNetwork } from "./synthesis/verify_network.ts";
export {
  LayerError,
  type LayerValues,
  packLayer,
  preActivations,
  step,
  type ThresholdLayer,
  unpackLayer,
} from "./threshold_layer.ts";
export type { MethodOptions } from "./training/method_options.ts";
export { makeAtom, type Method, METHODS } from "./training/methods.ts";
export { recodeAtom } from "./training/recode.ts";
export { checkSpec, MAX_TRAINED_INPUTS, standardAtom } from "./training/standard_atom.ts";
export { METHOD, train, type TrainOptions } from "./training/train_threshold.ts";
export { IncompatibleFormatError, TrainingError } from "./training/training_error.ts";
export {
  type AtomSpec,
  describeRow,
  rowInputs,
  STANDARD_ATOMS,
  type TruthTable,
} from "./truth_table.ts";
export {
  type AtomEvaluation,
  type AtomReport,
  type AtomVerdict,
  evaluateAtom,
  reportAtom,
  verify,
} from "./verify.ts";
