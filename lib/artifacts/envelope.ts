import * as z from "zod";
import { type AblationData, ablationData } from "./schemas/ablation.ts";
import { type AtomsData, atomsData } from "./schemas/atoms.ts";
import { type CircuitData, circuitData } from "./schemas/circuit.ts";
import { type BenchmarkData, benchmarkData } from "./schemas/compiler_benchmark.ts";
import { type ComparisonData, comparisonData } from "./schemas/comparison.ts";
import { type FitData, fitData } from "./schemas/fit.ts";
import { type GenerationData, generationData } from "./schemas/generation.ts";
import { type ManifestData, manifestData } from "./schemas/manifest.ts";
import { type ModelData, modelData } from "./schemas/model.ts";
import { type ModelComparisonData, modelComparisonData } from "./schemas/model_comparison.ts";
import { type ProfileData, profileData } from "./schemas/profile.ts";
import { type ProgramData, programData } from "./schemas/program.ts";
import { type RunData, runData } from "./schemas/run.ts";
import { type SettingsData, settingsData } from "./schemas/settings.ts";
import { type VerificationData, verificationData } from "./schemas/verification.ts";

/** The version of the envelope, in every artifact's field `fourbit`. */
export const ENVELOPE_VERSION = 1;

/** What each kind of artifact holds in `data`. */
export interface ArtifactKinds {
  /** Trained atoms. */
  readonly atoms: AtomsData;
  /** The verdict on atoms or a circuit. */
  readonly verification: VerificationData;
  /** A netlist of atoms. */
  readonly circuit: CircuitData;
  /** An accelerator program with its memory images. */
  readonly program: ProgramData;
  /** What lies where in HBM, by kind. */
  readonly manifest: ManifestData;
  /** Settings of the machine on a board. */
  readonly settings: SettingsData;
  /** An emulated run. */
  readonly run: RunData;
  /** The outputs of a run beside the expected ones. */
  readonly comparison: ComparisonData;
  /** Cycles of a program by the static model. */
  readonly profile: ProfileData;
  /** Which boards hold a model. */
  readonly fit: FitData;
  /** A text that an emulated decoder told. */
  readonly generation: GenerationData;
  /** The build of a decoder. */
  readonly model: ModelData;
  /** Float model, staged reference and machine beside one another. */
  readonly model_comparison: ModelComparisonData;
  /** What each source of rounding costs. */
  readonly ablation: AblationData;
  /** Programs beside the public compiler's. */
  readonly benchmark: BenchmarkData;
}

/** Name of a kind of artifact. */
export type ArtifactKind = keyof ArtifactKinds;

/** What an artifact of a kind holds in `data`. */
export type ArtifactData<K extends ArtifactKind> = ArtifactKinds[K];

const SCHEMAS: { readonly [K in ArtifactKind]: z.ZodType<ArtifactKinds[K]> } = {
  atoms: atomsData,
  verification: verificationData,
  circuit: circuitData,
  program: programData,
  manifest: manifestData,
  settings: settingsData,
  run: runData,
  comparison: comparisonData,
  profile: profileData,
  fit: fitData,
  generation: generationData,
  model: modelData,
  model_comparison: modelComparisonData,
  ablation: ablationData,
  benchmark: benchmarkData,
};

/** Which task makes an artifact of a kind. */
export const MADE_BY: Readonly<Record<ArtifactKind, string>> = {
  atoms: "atoms:train",
  verification: "atoms:verify, atoms:faults, atoms:database or circuit:verify",
  circuit: "circuit:compile",
  program: "isa:emit",
  manifest: "weights:manifest",
  settings: "board:inject",
  run: "emulate",
  comparison: "compare",
  profile: "profile",
  fit: "weights:fit",
  generation: "model:generate",
  model: "isa:emit",
  model_comparison: "model:compare or compare",
  ablation: "model:ablation",
  benchmark: "bench:compiler",
};

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits");

/** A file that the artifact was made from. */
export interface InputRef {
  /** What the file was to the task. */
  readonly role: string;
  /** Relative to the artifact. */
  readonly path: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/** A file that belongs to the artifact and lies beside it. */
export interface BlobRef {
  /** What the file holds. */
  readonly role: string;
  /** Relative to the artifact. */
  readonly path: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  /** Length of the file. */
  readonly bytes: number;
  /** Element type, when the file is one array. */
  readonly dtype?: string | undefined;
  /** Shape, when the file is one array. */
  readonly shape?: readonly number[] | undefined;
}

/** An artifact as it stands in its file. */
export interface Artifact<K extends ArtifactKind> {
  /** Where editors find the schema, relative to the artifact. */
  readonly $schema: string;
  /** Version of the envelope. */
  readonly fourbit: typeof ENVELOPE_VERSION;
  /** Name of the kind. */
  readonly kind: K;
  /** The task that made it, the version of fourbit, and the options that shaped the result. */
  readonly producer: {
    readonly task: string;
    readonly version: string;
    readonly options: Readonly<Record<string, unknown>>;
  };
  /** Files it was made from. */
  readonly inputs: readonly InputRef[];
  /** Files that belong to it. */
  readonly blobs: readonly BlobRef[];
  /** The seal: see {@linkcode seal}. */
  readonly sha256: string;
  /** What the kind holds. */
  readonly data: ArtifactData<K>;
}

function envelopeSchema(kind: ArtifactKind): z.ZodObject {
  return z.strictObject({
    $schema: z.string(),
    fourbit: z.literal(ENVELOPE_VERSION),
    kind: z.literal(kind),
    producer: z.strictObject({
      task: z.string(),
      version: z.string(),
      options: z.record(z.string(), z.unknown()),
    }),
    inputs: z.array(z.strictObject({
      role: z.string().describe("what the file was to the task"),
      path: z.string().describe("relative to the artifact"),
      sha256: sha256Hex,
    })),
    blobs: z.array(z.strictObject({
      role: z.string().describe("what the file holds"),
      path: z.string().describe("relative to the artifact"),
      sha256: sha256Hex,
      bytes: z.int().nonnegative(),
      dtype: z.string().optional(),
      shape: z.array(z.int().nonnegative()).optional(),
    })),
    sha256: sha256Hex.describe("of this JSON without this field, keys sorted, no white space"),
    data: SCHEMAS[kind],
  });
}

/** One thing in an artifact that is not as its schema says. */
export interface SchemaProblem {
  /** Keys and indices that lead to it. */
  readonly path: readonly (string | number)[];
  /** What was expected. */
  readonly message: string;
}

/** What is wrong with an artifact of a kind, by its schema; an empty list when all is well. */
export function schemaProblems(kind: ArtifactKind, value: unknown): SchemaProblem[] {
  const parsed = envelopeSchema(kind).safeParse(value);
  return (parsed.error?.issues ?? []).map(({ path, message }) => ({
    path: path.map((key) => (typeof key === "symbol" ? String(key) : key)),
    message,
  }));
}

/** The JSON Schema of a kind of artifact, for editors. */
export function jsonSchema(kind: ArtifactKind): Record<string, unknown> {
  return {
    title: `fourbit ${kind} artifact, made by ${MADE_BY[kind]}`,
    ...z.toJSONSchema(envelopeSchema(kind)),
  };
}

/** Name of the schema file of a kind, relative to the artifact. */
export function schemaPath(kind: ArtifactKind): string {
  return `schemas/${kind}.schema.json`;
}
