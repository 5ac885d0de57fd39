/**
 * What the tasks that compile and check decoders share: which text, which machine, the compiled
 * decoder, and a run of it.
 *
 * @module
 */
import { basename } from "@std/path";
import { readFile, sha256 } from "../lib/artifacts/mod.ts";
import type { MachineSettings } from "../lib/boards/mod.ts";
import { inFile, InputError, type OptionUsage, startProgress, UsageError } from "../lib/cli/mod.ts";
import {
  type CompiledDecoder,
  compileDecoder,
  joinSequences,
  type ProgramImages,
  publicModel,
  type ReferenceOutputs,
  referenceOutputs,
  splitSequences,
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
import { loadDecoder, type LoadedDecoder } from "./_models.ts";

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
  batch: {
    type: "integer",
    help:
      "Texts side by side, all as long; 1 unless given. --sequence makes so many, --tokens-file " +
      "has one a line, or an array of arrays, --prompt is the same for all.",
  },
  longLoops: {
    choices: ["renew", "unroll"],
    help:
      "What becomes of loops that are too long for the machine: renewed unless given. Profile " +
      "and other static tools follow only unroll.",
  },
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
    help:
      "Whose semantics are compiled: the model's; or those that the public compiler gives it, " +
      "without gains, biases, norms of heads, RoPE scaling and windows, with a causal mask and " +
      "SiLU on up instead of gate, and packed also with scores divided by 4. Programs and places " +
      "in HBM are fourbit's, the float model the true one, in any case.",
  },
} as const satisfies Record<string, OptionUsage>;

/** The values of {@linkcode TEXT_OPTIONS}. */
export interface TextChoice {
  readonly prompt: string | undefined;
  readonly tokensFile: string | undefined;
  readonly sequence: number | undefined;
  readonly seed: number;
  /** Sequences of one length; 1 unless given. */
  readonly batch?: number | undefined;
}

/** The values of {@linkcode WEIGHTS_OPTIONS}. */
export interface WeightsChoice {
  readonly randomWeights: number | undefined;
  readonly slice: string | undefined;
}

/** The values of {@linkcode COMPILE_OPTIONS}. */
export interface CompileChoice extends TextChoice, WeightsChoice, DecoderChoice {
  readonly longLoops: "renew" | "unroll" | undefined;
  readonly machine: "plena" | "extended" | undefined;
  readonly output: "logits" | "hidden";
  readonly style: "model" | "plena" | "plena-packed";
}

/** A decoder and a text for it. */
export interface ChosenModel extends LoadedDecoder {
  /** Its tokens; of several sequences one after the other. */
  readonly tokens: readonly number[];
  /** Sequences, all as long. */
  readonly batch: number;
}

/**
 * Opens a model as the options say, cut down if they ask for it, with a text.
 *
 * @throws {UsageError} When options contradict one another, or ask for what the model has not.
 */
export async function chooseModel(
  model: string,
  choice: TextChoice & WeightsChoice,
): Promise<ChosenModel> {
  const decoder = await chooseDecoder(model, choice);
  const { tokens, sources } = await chooseTokens(choice, decoder.config, decoder.tokenizer);
  return {
    ...decoder,
    tokens: tokens.flat(),
    batch: tokens.length,
    sources: [...decoder.sources, ...sources],
  };
}

/** Opens a model, cut down if the options ask for it. */
export async function chooseDecoder(model: string, choice: WeightsChoice): Promise<LoadedDecoder> {
  const { slice, randomWeights: seed } = choice;
  // Of a slice only the tensors are read that it has, and not all of their files for their hashes.
  const decoder = await loadDecoder(model, seed, slice === undefined);
  if (slice === undefined) return decoder;
  const { config, weights } = sliceDecoder(decoder.config, decoder.weights, parseSlice(slice));
  // Random weights of the small model are as random as a piece of the large one's.
  return {
    ...decoder,
    config,
    weights: seed === undefined ? weights : randomWeights(config, seed),
  };
}

/** Reads `hidden=64,inter=128,layers=1`. */
function parseSlice(text: string): DecoderSlice {
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

/** Sequences at the most: the INT SRAM has so many entries, and needs one for every token. */
const MOST_SEQUENCES = 1024;

/** The sequences of a text, each with its tokens. */
async function chooseTokens(
  choice: TextChoice,
  config: DecoderConfig,
  tokenizer: TextTokenizer | undefined,
): Promise<{ tokens: number[][]; sources: Source[] }> {
  const { prompt, tokensFile, sequence, seed, batch = 1 } = choice;
  const given = Object.entries({ prompt, "tokens-file": tokensFile, sequence })
    .filter(([, value]) => value !== undefined).map(([name]) => `--${name}`);
  if (given.length > 1) {
    throw new UsageError(given.join(" and "), "give one of them");
  }
  if (batch < 1 || batch > MOST_SEQUENCES) {
    throw new UsageError(`--batch ${batch}`, `give 1 to ${MOST_SEQUENCES} texts`);
  }
  if (tokensFile !== undefined) {
    const bytes = await readFile(tokensFile, "give a file of token numbers");
    const text = new TextDecoder().decode(bytes);
    return {
      tokens: inFile(tokensFile, () => fileSequences(text, tokensFile, batch, config)),
      sources: [{ role: "tokens", path: tokensFile, sha256: await sha256(bytes) }],
    };
  }
  if (prompt !== undefined) {
    const tokens = tokenizer === undefined
      ? parseNumbers(prompt, undefined)
      : withFirst(tokenizer.encode(prompt), config);
    checkTokens(tokens, config);
    return { tokens: new Array<number[]>(batch).fill(tokens), sources: [] };
  }
  const length = sequence ?? Math.min(32, config.maxPositions);
  const draw = random(seed);
  const tokens = Array.from(
    { length: batch },
    () => checkTokens(Array.from({ length }, () => Math.floor(draw() * config.vocabulary)), config),
  );
  return { tokens, sources: [] };
}

/** Reads the sequences of a file: one, in any number of lines, unless there is to be a batch. */
function fileSequences(
  text: string,
  file: string,
  batch: number,
  config: DecoderConfig,
): number[][] {
  const plain = (part: string): string => part.replace(/^\s*\[(.*)\]\s*$/s, "$1");
  const parts = /^\s*\[\s*\[/.test(text)
    ? text.trim().replace(/^\[\s*\[|\]\s*\]$/g, "").split(/\]\s*,\s*\[/)
    : batch === 1
    ? [plain(text)]
    : text.trim().split(/\s*\n\s*/).map(plain);
  const tokens = parts.map((part) => checkTokens(parseNumbers(part, file), config));
  if (tokens.length !== batch) {
    throw new UsageError(
      `${tokens.length} texts of tokens with --batch ${batch}`,
      `give --batch ${tokens.length}, or another file: a text a line, or a JSON array of arrays`,
    );
  }
  const other = tokens.find(({ length }) => length !== tokens[0]!.length);
  if (other !== undefined) {
    throw new UsageError(
      `texts of ${tokens[0]!.length} and ${other.length} tokens`,
      "texts that run side by side are all as long: cut or fill them up",
    );
  }
  return tokens;
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
  /** What becomes of loops that are too long for the machine. */
  readonly longLoops: "renew" | "unroll";
  /** What the text should lead to, (tokens, columns), of several sequences one after the other. */
  references(): ReferenceOutputs;
}

/** Compiles a model for the machine of the options, with a cache for its text. */
export function compileModel(
  chosen: ChosenModel,
  base: MachineSettings,
  choice: CompileChoice,
): CompiledModel {
  const { style, matrix, output } = choice;
  const { tokens, batch } = chosen;
  const packed = style === "plena-packed";
  const { config, weights } = style === "model"
    ? chosen
    : publicModel(chosen.config, chosen.weights, { packed });
  const compiled = compileDecoder(config, weights, decoderSettings(base, choice), {
    positions: tokens.length / batch,
    batch,
    matrix,
    machine: choice.machine ?? machineFor(choice.weights),
    output,
  });
  const references = (): ReferenceOutputs => {
    const found = referenceOutputs(compiled.plan, weights, tokens);
    if (style === "model") return found;
    const logits = output === "logits" ? "all" : "none";
    const float = joinSequences(
      splitSequences(compiled.plan, tokens).map((own) =>
        forward(chosen.config, chosen.weights, own, { logits })[output]
      ),
    );
    return { staged: found.staged, float };
  };
  return { compiled, weights, longLoops: choice.longLoops ?? "renew", references };
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

/**
 * Runs a machine to its end. The compiler checks its programs: a fault is a bug of ours, but for that
 * of a build on disk, which can have been changed.
 *
 * @param build The file of such a build.
 * @throws {InputError} When it faults.
 */
export function runToEnd(
  machine: Machine,
  executed: number,
  quiet: boolean,
  build?: string,
): void {
  const progress = startProgress("emulating", executed, quiet);
  while (machine.run({ maxInstructions: PROGRESS_STEP }) === "limit") {
    progress.update(machine.instructions);
  }
  progress.end();
  if (machine.fault === undefined) return;
  const what = formatFault(machine.fault);
  if (build === undefined) throw new Error(what);
  throw new InputError(
    `the program of the build faults: ${what}`,
    "emit it again with: deno task isa:emit",
    { file: build },
  );
}

/** The name of a model as artifacts have it: the last part of its path. */
export function modelName(model: string): string {
  return basename(model, ".json") || model;
}
