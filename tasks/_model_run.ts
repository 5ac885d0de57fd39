/**
 * What the tasks that compile and check decoders share: which text, which machine, the compiled
 * decoder, a run of it, and how far one result is from another.
 *
 * @module
 */
import { basename } from "@std/path";
import { compareTensors, topAgreement } from "../lib/analysis/mod.ts";
import { type DistanceData, readFile, sha256 } from "../lib/artifacts/mod.ts";
import type { MachineSettings } from "../lib/boards/mod.ts";
import { inFile, InputError, type OptionUsage, startProgress, UsageError } from "../lib/cli/mod.ts";
import {
  type CompiledDecoder,
  compileDecoder,
  type ProgramImages,
  publicModel,
  type ReferenceOutputs,
  referenceOutputs,
} from "../lib/compiler/mod.ts";
import { createMachine, EXTENDED_RULES, formatFault, type Machine } from "../lib/emulator/mod.ts";
import { idealMemory, type SparseMemory } from "../lib/memory/mod.ts";
import {
  type DecoderConfig,
  type DecoderSlice,
  type DecoderWeights,
  forward,
  randomWeights,
  sliceDecoder,
  type TextTokenizer,
} from "../lib/models/mod.ts";
import { random } from "../lib/numerics/mod.ts";
import { DECODER_OPTIONS, type DecoderChoice, decoderSettings, machineFor } from "./_decoder.ts";
import type { Source } from "./_inputs.ts";
import { loadDecoder } from "./_models.ts";

/** The options that choose a text. */
export const TEXT_OPTIONS = {
  prompt: { help: "The text; token numbers with commas for a model without words." },
  tokensFile: { type: "file", help: "The text as token numbers: JSON, or with blanks or commas." },
  sequence: { type: "integer", help: "A text of so many random tokens; 32 unless one is given." },
  seed: { type: "integer", default: 1, help: "Seed of the random tokens." },
} as const satisfies Record<string, OptionUsage>;

/** The options that choose a model's weights, and how much of it. */
export const WEIGHTS_OPTIONS = {
  randomWeights: { type: "integer", help: "Seed of random weights, for a config without any." },
  slice: {
    help: "Cut the model down: hidden=64,inter=128,layers=1, or some of them. Quick to check, " +
      "and still with the model's own weights.",
  },
} as const satisfies Record<string, OptionUsage>;

/** The options that choose what is compiled. */
export const COMPILE_OPTIONS = {
  ...TEXT_OPTIONS,
  ...WEIGHTS_OPTIONS,
  ...DECODER_OPTIONS,
  machine: {
    choices: ["plena", "extended"],
    help: "The recorded machine, or the repaired one; as the weights need it unless given.",
  },
  output: {
    choices: ["logits", "hidden"],
    default: "logits",
    help: "What programs compute: logits, or the states after the last norm.",
  },
  style: {
    choices: ["model", "plena", "plena-packed"],
    default: "model",
    help: "What is compiled: the model; or what the public compiler makes of it, without gains, " +
      "biases and RoPE scaling, with SiLU on up instead of gate, and packed also with scores " +
      "divided by 4. The float model is the true one in any case.",
  },
} as const satisfies Record<string, OptionUsage>;

/** The values of {@linkcode TEXT_OPTIONS}. */
export interface TextChoice {
  readonly prompt: string | undefined;
  readonly tokensFile: string | undefined;
  readonly sequence: number | undefined;
  readonly seed: number;
}

/** The values of {@linkcode WEIGHTS_OPTIONS}. */
export interface WeightsChoice {
  readonly randomWeights: number | undefined;
  readonly slice: string | undefined;
}

/** The values of {@linkcode COMPILE_OPTIONS}. */
export interface CompileChoice extends TextChoice, WeightsChoice, DecoderChoice {
  readonly machine: "plena" | "extended" | undefined;
  readonly output: "logits" | "hidden";
  readonly style: "model" | "plena" | "plena-packed";
}

/** Largest relative RMS to the staged reference that is right, by the format of the weights. */
export const STAGED_BOUNDS: Readonly<Record<DecoderChoice["weights"], number>> = {
  bf16: 2e-3,
  mxfp8: 1e-2,
  mxfp4: 1e-2,
};

/** A decoder and a text for it. */
export interface ChosenModel {
  readonly config: DecoderConfig;
  readonly weights: DecoderWeights;
  readonly tokens: readonly number[];
  readonly sources: readonly Source[];
}

/**
 * Opens a model as the options say, cut down if they ask for it.
 *
 * @throws {UsageError} When options contradict one another, or ask for what the model has not.
 */
export async function chooseModel(
  model: string,
  choice: TextChoice & WeightsChoice,
): Promise<ChosenModel> {
  const { slice, randomWeights: seed } = choice;
  const decoder = await loadDecoder(model, seed);
  let { config, weights } = decoder;
  if (slice !== undefined) {
    ({ config, weights } = sliceDecoder(config, weights, parseSlice(slice)));
    // Random weights of the small model are as random as a piece of the large one's.
    if (seed !== undefined) weights = randomWeights(config, seed);
  }
  const { tokens, sources } = await chooseTokens(choice, config, decoder.tokenizer);
  return { config, weights, tokens, sources: [...decoder.sources, ...sources] };
}

/** Reads `hidden=64,inter=128,layers=1`. */
export function parseSlice(text: string): DecoderSlice {
  const slice: { hidden?: number; inter?: number; layers?: number } = {};
  for (const part of text.split(",")) {
    const [, name, digits] = /^\s*(hidden|inter|layers)=(\d+)\s*$/.exec(part) ?? [];
    if (name === undefined || Number(digits) < 1) {
      throw new UsageError(
        `--slice has "${part}"`,
        "give hidden=64,inter=128,layers=1, or some of them, each at least 1",
      );
    }
    slice[name as keyof DecoderSlice] = Number(digits);
  }
  return slice;
}

async function chooseTokens(
  choice: TextChoice,
  config: DecoderConfig,
  tokenizer: TextTokenizer | undefined,
): Promise<{ tokens: number[]; sources: Source[] }> {
  const { prompt, tokensFile, sequence, seed } = choice;
  const given = Object.entries({ prompt, "tokens-file": tokensFile, sequence })
    .filter(([, value]) => value !== undefined).map(([name]) => `--${name}`);
  if (given.length > 1) {
    throw new UsageError(given.join(" and "), "give one of them");
  }
  if (tokensFile !== undefined) {
    const bytes = await readFile(tokensFile, "give a file of token numbers");
    const text = new TextDecoder().decode(bytes).replace(/^\s*\[|\]\s*$/g, " ");
    const tokens = inFile(tokensFile, () => checkTokens(parseNumbers(text, tokensFile), config));
    return {
      tokens,
      sources: [{ role: "tokens", path: tokensFile, sha256: await sha256(bytes) }],
    };
  }
  if (prompt !== undefined) {
    const tokens = tokenizer === undefined
      ? parseNumbers(prompt, undefined)
      : withFirst(tokenizer.encode(prompt), config);
    return { tokens: checkTokens(tokens, config), sources: [] };
  }
  const count = sequence ?? Math.min(32, config.maxPositions);
  const draw = random(seed);
  const tokens = Array.from({ length: count }, () => Math.floor(draw() * config.vocabulary));
  return { tokens: checkTokens(tokens, config), sources: [] };
}

function withFirst(tokens: number[], { bosToken }: DecoderConfig): number[] {
  return bosToken === undefined || tokens[0] === bosToken ? tokens : [bosToken, ...tokens];
}

function parseNumbers(text: string, file: string | undefined): number[] {
  return text.split(/[\s,]+/).filter(Boolean).map((part) => {
    if (/^\d+$/.test(part)) return Number(part);
    throw new InputError(
      `"${part.slice(0, 40)}" is no token number`,
      file === undefined
        ? "the model has no tokenizer: give --prompt as numbers with commas between"
        : "give whole numbers, as a JSON array or with blanks or commas between",
      file === undefined ? undefined : { file },
    );
  });
}

function checkTokens(tokens: number[], { vocabulary, maxPositions }: DecoderConfig): number[] {
  if (tokens.length < 1 || tokens.length > maxPositions) {
    throw new UsageError(
      `a text of ${tokens.length} tokens, the model is made for 1 to ${maxPositions}`,
      "give a text of such a length",
    );
  }
  const foreign = tokens.find((token) => token >= vocabulary);
  if (foreign === undefined) return tokens;
  throw new UsageError(
    `token ${foreign} is not of the vocabulary of ${vocabulary}`,
    `give tokens from 0 to ${vocabulary - 1}`,
  );
}

/** A decoder, and what was compiled: another one with the style of the public compiler. */
export interface CompiledModel {
  readonly compiled: CompiledDecoder;
  /** The weights that are in the image. */
  readonly weights: DecoderWeights;
  /** What the text should lead to, (tokens, columns). */
  references(): ReferenceOutputs;
}

/** Compiles a model for the machine of the options, with a cache for its text. */
export function compileModel(
  chosen: ChosenModel,
  base: MachineSettings,
  choice: CompileChoice,
): CompiledModel {
  const { mlen, blen, style, matrix, output } = choice;
  if (blen < 1 || mlen === 0) {
    throw new UsageError(`MLEN ${mlen} and BLEN ${blen}`, "give --mlen and --blen of at least 1");
  }
  const { tokens } = chosen;
  const packed = style === "plena-packed";
  const { config, weights } = style === "model"
    ? chosen
    : publicModel(chosen.config, chosen.weights, { packed });
  const compiled = compileDecoder(config, weights, decoderSettings(base, choice), {
    positions: tokens.length,
    matrix,
    machine: choice.machine ?? machineFor(choice.weights),
    output,
  });
  const references = (): ReferenceOutputs => {
    const found = referenceOutputs(compiled.plan, weights, tokens);
    if (style === "model") return found;
    const logits = output === "logits" ? "all" : "none";
    const float = forward(chosen.config, chosen.weights, tokens, { logits })[output];
    return { staged: found.staged, float };
  };
  return { compiled, weights, references };
}

/** A machine with a program, over an HBM that holds the model's image; it has not run yet. */
export function decoderMachine(
  settings: MachineSettings,
  rules: "plena" | "extended",
  hbm: SparseMemory,
  { words, fpSram, intSram }: Omit<ProgramImages, "program"> & { readonly words: Uint32Array },
): Machine {
  return createMachine({
    program: words,
    settings,
    memory: idealMemory(),
    hbm,
    fpSram,
    intSram,
    ...(rules === "extended" ? { rules: EXTENDED_RULES } : {}),
  });
}

/** Instructions between two looks at the progress bar. */
const PROGRESS_STEP = 2 ** 18;

/** Runs a machine to its end. The compiler checks its programs: a fault is a bug of ours. */
export function runToEnd(machine: Machine, executed: number, quiet: boolean): void {
  const progress = startProgress("emulating", executed, quiet);
  while (machine.run({ maxInstructions: PROGRESS_STEP }) === "limit") {
    progress.update(machine.instructions);
  }
  progress.end();
  if (machine.fault !== undefined) throw new Error(formatFault(machine.fault));
}

/** How far a result is from another; `columns` of a row of logits, for which the top one counts. */
export function distanceData(
  values: Float32Array,
  reference: Float32Array,
  columns: number | undefined,
): DistanceData {
  const { elements, relativeRms, cosine, maxError, outside } = compareTensors(values, reference);
  return {
    elements,
    relativeRms: finite(relativeRms),
    cosine: finite(cosine),
    maxError: finite(maxError),
    publicMatchRate: elements === 0 ? 1 : (elements - outside) / elements,
    top: columns === undefined ? null : topAgreement(values, reference, columns),
  };
}

/** A number as JSON can hold it. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Whether a relative RMS is within a bound; one that is no number never is. */
export function isWithin(relativeRms: number | null, bound: number): boolean {
  return relativeRms !== null && relativeRms <= bound;
}

const scientific = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** A small number for a table: `0.00142`, or with an exponent. */
export function formatSmall(value: number | null): string {
  if (value === null) return "not finite";
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(2) : scientific.format(value);
}

/** The header of a table of {@linkcode distanceRow}s. */
export const DISTANCE_HEADER = [
  "against",
  "cosine",
  "relative RMS",
  "max error",
  "same next token",
  "public check",
];

/** A row of a table of distances. */
export function distanceRow(name: string, found: DistanceData): string[] {
  const { cosine, relativeRms, maxError, top, publicMatchRate } = found;
  return [
    name,
    cosine === null ? "not finite" : cosine.toFixed(7),
    formatSmall(relativeRms),
    formatSmall(maxError),
    top === null ? "" : `${top.agreeing} of ${top.rows}`,
    `${(100 * publicMatchRate).toFixed(1)} %`,
  ];
}

/** The name of a model as artifacts have it: the last part of its path. */
export function modelName(model: string): string {
  return basename(model, ".json") || model;
}
