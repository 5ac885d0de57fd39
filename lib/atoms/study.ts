import { sizeOf } from "./atom_size.ts";
import type { Encoding } from "./quantised_network.ts";
import type { Scaling, WeightFormat } from "./quantised_tensor.ts";
import { CONSTRUCTED_ATOMS } from "./constructed.ts";
import { type MethodOptions, networkTraining } from "./training/method_options.ts";
import { makeAtom, type Method } from "./training/methods.ts";
import { recodeAtom } from "./training/recode.ts";
import { trainNetworkOnce } from "./training/train_network.ts";
import { IncompatibleFormatError, TrainingError } from "./training/training_error.ts";
import { type AtomSpec, STANDARD_ATOMS } from "./truth_table.ts";
import { evaluateAtom } from "./verify.ts";

/** One way to make an atom, as a study tries it. */
export interface StudyCase {
  /**
   * The method; `construction` stores the written-down constants of the standard atoms in a format.
   * That and `synth` have no seeds.
   */
  readonly method: "construction" | Method;
  /** What the method is told, beside the seed. */
  readonly options?: Omit<MethodOptions, "seed" | "maxAttempts">;
}

/** What a study tries. */
export interface StudyOptions {
  /** The functions. Default: the ten standard atoms. */
  readonly atoms?: readonly AtomSpec[];
  /** The ways. Default: {@linkcode STUDY_CASES}. */
  readonly cases?: readonly StudyCase[];
  /** Seeds per atom and way. Default 100. */
  readonly seeds?: number;
  /** The first seed. Default 0. */
  readonly firstSeed?: number;
  /** Called after each row. */
  readonly onProgress?: (done: number, all: number) => void;
}

/**
 * What became of one atom, made in one way, over all seeds. A seed is one attempt of `float`, `ptq`
 * and `qat`; `threshold` and `search` are run as they are, each with attempts of its own.
 */
export interface StudyRow {
  /** Name of the atom. */
  readonly atom: string;
  /** Name of the method. */
  readonly method: StudyCase["method"];
  /**
   * Gates of the hidden layers, activation, `+ input` where residual, and the margin at which
   * training stopped if it was given; empty where all this varies.
   */
  readonly network: string;
  /** Format of the weights. */
  readonly format: WeightFormat;
  /** Their scales. */
  readonly scaling: Scaling | "search" | "format";
  /** How the input bits are presented. */
  readonly encoding: Encoding;
  /** Seeds tried. */
  readonly seeds: number;
  /** Seeds whose packed codes are exact. */
  readonly exact: number;
  /** Mean share of right rows, over all seeds; absent where a method gives exact atoms or none. */
  readonly meanAccuracy?: number;
  /** Median gradient steps of the exact ones. */
  readonly medianEpochs?: number;
  /** Median margin of the exact ones. */
  readonly medianMargin?: number;
  /** Median parameters of the exact ones. */
  readonly parameters?: number;
  /** Median bits of the exact ones, scales included. */
  readonly bits?: number;
  /** Why the format cannot hold the atom. */
  readonly incompatible?: string;
}

const relu = (...hidden: number[]): MethodOptions => ({ hidden, activation: "relu" });

/** The ways of the published study. */
export const STUDY_CASES: readonly StudyCase[] = [
  ...(["construction", "synth"] as const).flatMap((method): StudyCase[] => [
    { method, options: { format: "e2m1", scaling: "none" } },
    { method, options: { format: "e2m1", scaling: "tensor" } },
    { method, options: { format: "nf4", scaling: "none" } },
    { method, options: { format: "nf4", scaling: "tensor" } },
    { method, options: { format: "mxfp4" } },
    { method, options: { format: "nvfp4" } },
  ]),
  { method: "threshold" },
  { method: "float" },
  ...(["e2m1", "nf4"] as const).flatMap((format) =>
    (["none", "tensor", "row", "search"] as const).map((scaling): StudyCase => (
      { method: "ptq", options: { format, scaling } }
    ))
  ),
  // Stopped at the first right epoch, as the specification's table: that is what loses rows.
  ...(["none", "tensor", "row", "search"] as const).map((scaling): StudyCase => (
    { method: "ptq", options: { scaling, stopMargin: 0 } }
  )),
  { method: "ptq", options: { format: "mxfp4" } },
  { method: "ptq", options: { format: "nvfp4" } },
  ...[2, 4, 8, 16, 32].flatMap((width): StudyCase[] => [
    { method: "qat", options: relu(width) },
    { method: "qat", options: relu(width, width) },
  ]),
  ...(["nf4", "mxfp4", "nvfp4"] as const).map((format): StudyCase => (
    { method: "qat", options: { format } }
  )),
  ...(["thermometer", "onehot"] as const).map((encoding): StudyCase => (
    { method: "qat", options: { encoding } }
  )),
  ...(["gelu", "hardtanh", "step"] as const).flatMap((activation): StudyCase[] => [
    { method: "qat", options: { activation, hidden: [8, 8] } },
    { method: "qat", options: { activation, hidden: [8, 8], residual: true } },
  ]),
  { method: "search" },
];

/**
 * Makes atoms in many ways from many seeds and counts the exact ones: what works
 * and what does not. Repeatable: the same options give the same rows.
 */
export function studyAtoms(options: StudyOptions = {}): StudyRow[] {
  const { atoms = STANDARD_ATOMS, cases = STUDY_CASES, seeds = 100, firstSeed = 0 } = options;
  const rows: StudyRow[] = [];
  for (const spec of atoms) {
    for (const way of cases) {
      rows.push(studyRow(spec, way, seeds, firstSeed));
      options.onProgress?.(rows.length, atoms.length * cases.length);
    }
  }
  return rows;
}

/** What one attempt gave; nothing where a method gives exact atoms only, and gave none. */
interface Attempt {
  readonly exact: boolean;
  readonly accuracy: number;
  readonly margin: number;
  readonly epochs: number;
  readonly parameters: number;
  readonly bits: number;
}

function studyRow(
  spec: AtomSpec,
  { method, options = {} }: StudyCase,
  seeds: number,
  firstSeed: number,
): StudyRow {
  const count = method === "construction" || method === "synth" ? 1 : seeds;
  const attempts: (Attempt | undefined)[] = [];
  let incompatible: string | undefined;
  for (let seed = firstSeed; seed < firstSeed + count && incompatible === undefined; seed++) {
    try {
      attempts.push(attempt(spec, { method, options }, seed));
    } catch (error) {
      if (!(error instanceof IncompatibleFormatError)) throw error;
      incompatible = error.message;
    }
  }
  const exact = attempts.filter((one) => one?.exact === true) as Attempt[];
  const all = attempts.filter((one) => one !== undefined);
  const isWhole = all.length === attempts.length && all.length > 0;
  return {
    atom: spec.name,
    method,
    ...described(spec, { method, options }),
    seeds: count,
    exact: exact.length,
    ...(isWhole
      ? { meanAccuracy: all.reduce((sum, { accuracy }) => sum + accuracy, 0) / all.length }
      : {}),
    ...(exact.length === 0 ? {} : {
      medianEpochs: median(exact.map(({ epochs }) => epochs)),
      medianMargin: median(exact.map(({ margin }) => margin)),
      parameters: median(exact.map(({ parameters }) => parameters)),
      bits: median(exact.map(({ bits }) => bits)),
    }),
    ...(incompatible === undefined ? {} : { incompatible }),
  };
}

function attempt(
  spec: AtomSpec,
  { method, options = {} }: StudyCase,
  seed: number,
): Attempt | undefined {
  switch (method) {
    case "float":
    case "ptq":
    case "qat": {
      const training = networkTraining(method, spec.inputs.length, options);
      const { atom, ...rest } = trainNetworkOnce(spec, training, seed);
      return { ...rest, ...sizes(atom) };
    }
    case "construction": {
      const atom = CONSTRUCTED_ATOMS.find(({ name }) => name === spec.name);
      if (atom === undefined) return undefined;
      const { format = "e2m1", scaling = "none" } = options;
      const stored = recodeAtom(atom, format, scaling === "search" ? "tensor" : scaling);
      return { ...exactly(evaluateAtom(stored).margin, 0), ...sizes(stored) };
    }
    case "synth":
    case "threshold":
    case "search": {
      try {
        const atom = makeAtom(spec, method, { ...options, seed });
        return {
          ...exactly(evaluateAtom(atom).margin, atom.training!.epochs),
          ...sizes(atom),
        };
      } catch (error) {
        if (error instanceof TrainingError && !(error instanceof IncompatibleFormatError)) {
          return undefined;
        }
        throw error;
      }
    }
  }
}

function exactly(margin: number, epochs: number): Omit<Attempt, "parameters" | "bits"> {
  return { exact: true, accuracy: 1, margin, epochs };
}

function sizes(atom: Parameters<typeof sizeOf>[0]): Pick<Attempt, "parameters" | "bits"> {
  const { parameters, bits } = sizeOf(atom);
  return { parameters, bits };
}

/** The columns that say how the atom was made. */
function described(
  spec: AtomSpec,
  { method, options = {} }: StudyCase,
): Pick<StudyRow, "network" | "format" | "scaling" | "encoding"> {
  const { encoding = "binary", format: asked = "e2m1" } = options;
  const format = method === "float" ? "float32" : asked;
  const fixed = format === "float32" || format === "mxfp4" || format === "nvfp4";
  if (method !== "float" && method !== "ptq" && method !== "qat") {
    const { scaling = method === "search" ? "tensor" : "none" } = options;
    return { network: "", format, scaling: fixed ? "format" : scaling, encoding };
  }
  const { architecture, scaling } = networkTraining(method, spec.inputs.length, options);
  const { hidden, activation, residual } = architecture;
  return {
    network: `${hidden.join("-")} ${activation}${residual ? " + input" : ""}` +
      (options.stopMargin === undefined ? "" : `, stopped at margin ${options.stopMargin}`),
    format,
    scaling: fixed ? "format" : scaling,
    encoding,
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
