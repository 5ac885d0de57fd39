/**
 * Artifacts: the JSON files through which tasks pass their results on. Every artifact is the same
 * envelope around `data` of its kind; big data lies beside it as blobs. Writing is atomic and gives
 * the same bytes for the same content; reading checks the schema and all hashes.
 *
 * ```ts
 * import { canonicalJson, seal } from "@fourbit/fourbit/artifacts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(canonicalJson({ b: 1, a: [true, null] }), '{"a":[true,null],"b":1}');
 * assertEquals(await seal({ a: 1, sha256: "old" }), await seal({ a: 1 }));
 * ```
 *
 * @module
 */
export { ArtifactError } from "./artifact_error.ts";
export { atomicWrite, type ChunkedContent, type FileContent } from "./atomic_write.ts";
export { canonicalJson, type Json, prettyJson, sortKeys } from "./canonical_json.ts";
export {
  type Artifact,
  type ArtifactData,
  type ArtifactKind,
  type ArtifactKinds,
  type BlobRef,
  ENVELOPE_VERSION,
  type InputRef,
  jsonSchema,
  MADE_BY,
  schemaPath,
  type SchemaProblem,
  schemaProblems,
} from "./envelope.ts";
export { fileSha256, seal, sha256 } from "./hashing.ts";
export { type LoadedArtifact, readArtifact, readFile } from "./read_artifact.ts";
export { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.ts";
export {
  type NewArtifact,
  type NewBlob,
  OWN_FILE,
  VERSION,
  writeArtifact,
} from "./write_artifact.ts";
export type { AblationData } from "./schemas/ablation.ts";
export type {
  AtomData,
  AtomsData,
  FunctionData,
  LayerData,
  NetworkAtomData,
  TensorData,
  TrainingData,
} from "./schemas/atoms.ts";
export type { CircuitData } from "./schemas/circuit.ts";
export type { FootprintData, InstructionsData, PortData } from "./schemas/common.ts";
export type { ComparisonData } from "./schemas/comparison.ts";
export type { ManifestData } from "./schemas/manifest.ts";
export type { GenerationData } from "./schemas/generation.ts";
export type { FitData } from "./schemas/fit.ts";
export type { BenchmarkData, ProgramFiguresData } from "./schemas/compiler_benchmark.ts";
export type { ModelData, StageData } from "./schemas/model.ts";
export type {
  DistanceData,
  ModelComparisonData,
  StageDistanceData,
} from "./schemas/model_comparison.ts";
export type { ProfileData } from "./schemas/profile.ts";
export type { ProgramData, RegionData } from "./schemas/program.ts";
export type { RegimeData, RunData, ShareData } from "./schemas/run.ts";
export {
  CONFIG_KEYS,
  LATENCY_KEYS,
  type MachineSettingsData,
  PRECISION_KEYS,
  type ScalarTypeData,
  type SettingsData,
  type TensorTypeData,
} from "./schemas/settings.ts";
export type {
  AtomSizeData,
  FaultCountData,
  FaultsData,
  VerificationData,
} from "./schemas/verification.ts";
