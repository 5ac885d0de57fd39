/**
 * What the tasks that compile and check decoders share: the options, the compiled decoder, and a
 * machine that runs it.
 *
 * @module
 */
import { basename } from "@std/path";
import { type MachineSettings, SHIPPED_SETTINGS } from "../lib/boards/mod.ts";
import { InputError, type OptionUsage, UsageError } from "../lib/cli/mod.ts";
import {
  type CompiledDecoder,
  compileDecoder,
  compilePublic,
  type ProgramImages,
  publicModel,
  type ReferenceOutputs,
  referenceOutputs,
} from "../lib/compiler/mod.ts";
import { createMachine, EXTENDED_RULES, formatFault, type Machine } from "../lib/emulator/mod.ts";
import { idealMemory, type SparseMemory } from "../lib/memory/mod.ts";
import {
  type DecoderSlice,
  type DecoderWeights,
  randomWeights,
  sliceDecoder,
} from "../lib/models/mod.ts";
import {
  chooseMachine,
  DECODER_OPTIONS,
  type DecoderChoice,
  type StoredFormat,
} from "./_decoder.ts";
import { loadDecoder, type LoadedDecoder } from "./_models.ts";
import { runMachine } from "./_run_machine.ts";
import { chooseTokens, TEXT_OPTIONS, type TextChoice } from "./_text.ts";

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
    help: "What becomes of loops that are too long for the machine: renewed unless given. Static " +
      "tools that have only the text follow only unroll.",
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
      "without gains, biases, norms of heads, RoPE scaling and windows, and with SiLU on up instead " +
      "of gate. With plena the program runs on the public compiler's own image " +
      "of HBM, at its addresses; with plena-packed, where scores are divided by 4, on fourbit's. " +
      "The float model is the true one in any case.",
  },
} as const satisfies Record<string, OptionUsage>;

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

/** A decoder, and what was compiled: another one with the style of the public compiler. */
export interface CompiledModel {
  readonly compiled: CompiledDecoder;
  /** The weights that are in the image. */
  readonly weights: DecoderWeights;
  /** How they lie in HBM. */
  readonly format: StoredFormat;
  /** What becomes of loops that are too long for the machine. */
  readonly longLoops: "renew" | "unroll";
  /** What the text should lead to, (tokens, columns), of several sequences one after the other. */
  references(): ReferenceOutputs;
}

/**
 * Compiles a model for the machine of the options, with a cache for its text.
 *
 * @param given Settings that the user gave, if any.
 */
export function compileModel(
  chosen: ChosenModel,
  given: MachineSettings | undefined,
  choice: CompileChoice,
): CompiledModel {
  const { style, matrix, output } = choice;
  const { tokens, batch } = chosen;
  const base = given ?? SHIPPED_SETTINGS;
  const { settings, rules, weights: format } = chooseMachine(choice, base, given !== undefined);
  const machine = choice.machine ?? rules;
  const { config, weights } = style === "plena-packed"
    ? publicModel(chosen.config, chosen.weights, { packed: true })
    : chosen;
  if (style === "plena" && (batch > 1 || matrix !== "blocks")) {
    throw new UsageError(
      `--style plena with ${batch > 1 ? `--batch ${batch}` : `--matrix ${matrix}`}`,
      "the public layout is compiled for one text, with products in blocks; fourbit's own layout, " +
        "with --style plena-packed, for any",
    );
  }
  const positions = tokens.length / batch;
  const compiled = style === "plena"
    ? compilePublic(config, weights, settings, tokens, { machine, output })
    : compileDecoder(config, weights, settings, { positions, batch, matrix, machine, output });
  return {
    compiled,
    weights,
    format,
    longLoops: choice.longLoops ?? "renew",
    references: () => referenceOutputs(compiled, weights, tokens, chosen),
  };
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
  runMachine(machine, { total: executed, quiet });
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
