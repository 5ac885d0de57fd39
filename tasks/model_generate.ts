/**
 * `deno task model:generate`: a text, told by a decoder that runs on the emulated machine.
 *
 * @module
 */
import { type ArtifactData, writeArtifact } from "../lib/artifacts/mod.ts";
import { injectBoard, SHIPPED_SETTINGS } from "../lib/boards/mod.ts";
import {
  EXIT,
  formatValue,
  type OptionUsage,
  parseOptions,
  recordedOptions,
  runTask,
  startProgress,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import {
  type CompiledDecoder,
  compileDecoder,
  DecoderSession,
  outputRow,
} from "../lib/compiler/mod.ts";
import { idealMemory } from "../lib/memory/mod.ts";
import {
  argmax,
  type DecoderConfig,
  forward,
  generate,
  keptWeights,
  perplexity,
} from "../lib/models/mod.ts";
import { chooseMachine, DECODER_OPTIONS, type DecoderMachine, startSession } from "./_decoder.ts";
import { boardFacts, isClock, loadBoard } from "./_inputs.ts";
import { loadMemory, MEMORY_OPTIONS, regimeData } from "./_memory.ts";
import { checkImage, watchedImage } from "./_model_image.ts";
import { chooseModel, type ChosenModel, WEIGHTS_OPTIONS } from "./_model_run.ts";

/** The options that shape the machine: what is open is not left to settings here, for none are given. */
const MACHINE_OPTIONS = {
  ...DECODER_OPTIONS,
  weights: {
    ...DECODER_OPTIONS.weights,
    help:
      "How weights lie in HBM: bf16 unless given. 4-bit types need the repaired machine, which " +
      "is then taken.",
  },
  kv: {
    ...DECODER_OPTIONS.kv,
    help: "How keys and values lie there: unless given, mxfp8 beside block formats, or bf16.",
  },
  mlen: {
    ...DECODER_OPTIONS.mlen,
    help: "Edge of a matrix tile and length of a row: 16 unless given, or 32 with mxfp4.",
  },
  blen: {
    ...DECODER_OPTIONS.blen,
    help: "Rows of a block of the matrix unit: 4 unless given.",
  },
} as const satisfies Record<string, OptionUsage>;

/** What the task takes. */
export const USAGE = {
  name: "model:generate",
  summary: "Continue a text with a decoder that runs on the emulated machine.",
  details:
    "The prompt is one program, every further token another; keys and values stay in HBM. Of a\n" +
    "prompt that is too long for one program (it takes about 1,000 tokens) the rest is taken token\n" +
    "by token. Time is that of the machine at the board's clock. At the end the float model of the\n" +
    "host says where it would have gone on differently, and how surprised each is by its text, for\n" +
    "which the machine runs once more.",
  arguments: {
    model: {
      required: true,
      help: "a model folder of Hugging Face; or a config, with --random-weights",
    },
  },
  options: {
    prompt: {
      default: "Once upon a time",
      help: "The text to continue; token numbers with commas for a model without words.",
    },
    tokens: { type: "integer", default: 24, help: "How many tokens." },
    board: { default: "nexys_video", help: "Board, by name or YAML file." },
    ...MACHINE_OPTIONS,
    ...MEMORY_OPTIONS,
    memoryModel: { ...MEMORY_OPTIONS.memoryModel, default: "auto" },
    clock: { type: "number", help: "Clock of the machine, MHz; the board's unless given." },
    ...WEIGHTS_OPTIONS,
    check: {
      choices: ["float", "none"],
      default: "float",
      help:
        "The float model of the host beside the text; or not, for models that the host computes " +
        "too slowly or cannot hold.",
    },
    out: { type: "artifact", default: "out/generation.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task model:generate fixtures/decoders/tiny --random-weights 1 --prompt 1,5,9 --tokens 4",
  ],
} as const satisfies Usage;

/** Of the prompt only the last token's logits lead on. */
const LAST_ONLY = { logits: "last" } as const;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  if (options.tokens < 1) throw new UsageError("--tokens 0", "give at least 1");
  const { board, source } = await loadBoard(options.board);
  const facts = boardFacts(board);
  const clockMhz = options.clock ?? board.clock_mhz;
  if (!isClock(clockMhz)) {
    throw new UsageError(`--clock ${clockMhz}`, "give MHz, above 0 and at most 1000000");
  }
  const { settings, weights: format, rules } = chooseMachine(
    options,
    injectBoard(SHIPPED_SETTINGS, board).settings,
  );
  const chosen = await chooseModel(options.model, {
    ...options,
    tokensFile: undefined,
    sequence: undefined,
    seed: 0,
  });
  const { config, weights, tokens: prompt } = chosen;
  if (!config.causal) {
    throw new UsageError(
      `a model of the family ${config.family} has no causal mask, so it cannot go on with a text`,
      "give a model that tells one token after another",
    );
  }
  const compiled = compileDecoder(config, weights, settings, {
    positions: Math.min(prompt.length + options.tokens, config.maxPositions),
    machine: rules,
    matrix: options.matrix,
  });
  // What does not fit is refused before the first word: the last step is the largest.
  checkImage(options.model, compiled.plan.hbmBytes, "run");
  if (compiled.plan.positions > prompt.length) compiled.decode(compiled.plan.positions - 1);
  const [first] = DecoderSession.pieces(compiled.plan, prompt.length);
  compiled.prefill(first!, LAST_ONLY);
  const memory = await loadMemory(options, compiled.regions, facts);
  const decode = decoderOf(chosen);

  const seconds = stopwatch();
  const image = [...watchedImage(compiled, options.quiet)];
  const quantised = { ...compiled, hbm: () => image };
  const quantiseSeconds = seconds();
  const told = tell(
    startSession(quantised, memory.model, clockMhz),
    compiled,
    prompt,
    options,
    streamTo(terminal, decode),
  );
  terminal.line("");
  const emulateSeconds = seconds();
  const comparison = options.check === "none"
    ? null
    : compareWithFloat(chosen, quantised, told, options.quiet);
  const compareSeconds = seconds();

  const artifact = await writeArtifact(options.out, "generation", {
    task: USAGE.name,
    options: {
      ...recordedOptions(USAGE.options, options),
      // A file of a board is among the inputs.
      board: board.name,
      mlen: settings.config.mlen,
    },
    inputs: [...chosen.sources, source, ...memory.sources],
    blobs: [],
    data: {
      board: board.name,
      clockMhz,
      text: decode(told.tokens),
      tokens: told.tokens,
      promptTokens: prompt.length,
      prefillTokens: told.prefillTokens,
      prefillNs: told.prefillPs / 1000,
      stepNs: told.stepPs.map((ps) => ps / 1000),
      hbmBytes: compiled.plan.hbmBytes,
      programs: told.programs,
      regime: regimeData(memory, options.memoryRules),
      comparison,
    },
  });
  report(terminal, format, { board: board.name, clockMhz, config }, told, comparison);
  if (told.prefillTokens < prompt.length) {
    const [taken, left] = [told.prefillTokens, prompt.length - told.prefillTokens].map(formatValue);
    terminal.line(
      `note: one program takes at most ${taken} tokens here: the last ${left} of the prompt were ` +
        "decode steps",
    );
  }
  for (const note of memory.notes) terminal.line(`note: ${note}`);
  if (memory.reason !== undefined) {
    terminal.line(`auto chose ${memory.model.name}: ${memory.reason}`);
  }
  terminal.line(
    `quantised in ${formatValue(quantiseSeconds)} s, emulated in ${formatValue(emulateSeconds)} s` +
      (comparison === null ? "" : `, compared in ${formatValue(compareSeconds)} s`) +
      `; wrote ${options.out}`,
  );
  terminal.artifact(artifact);
  return EXIT.ok;
}

/** Tells the seconds of the host since it was asked last. */
function stopwatch(): () => number {
  let startMs = performance.now();
  return () => {
    const nowMs = performance.now();
    const seconds = (nowMs - startMs) / 1000;
    startMs = nowMs;
    return seconds;
  };
}

/** Tokens as text; as numbers, for a model without words. */
function decoderOf({ tokenizer }: ChosenModel): (tokens: readonly number[]) => string {
  return tokenizer === undefined
    ? (tokens) => tokens.map((token) => `${token} `).join("")
    : (tokens) => tokenizer.decode(tokens);
}

/** Writes a text as it grows; a character of several tokens comes when it is whole. */
function streamTo(
  terminal: Terminal,
  decode: (tokens: readonly number[]) => string,
): (tokens: readonly number[]) => void {
  let written = 0;
  return (tokens) => {
    const text = decode(tokens).replace(/\uFFFD+$/, "");
    terminal.write(text.slice(written));
    written = Math.max(written, text.length);
  };
}

/** What a session told, and how long it took. */
interface Told {
  readonly tokens: readonly number[];
  readonly promptTokens: number;
  /** How many of these the first program took. */
  readonly prefillTokens: number;
  readonly prefillPs: number;
  readonly stepPs: readonly number[];
  readonly programs: ArtifactData<"generation">["programs"];
}

/** Takes the prompt and goes on greedily; `onTokens` is told all tokens so far. */
function tell(
  { session, elapsedPs }: DecoderMachine,
  { plan }: CompiledDecoder,
  prompt: readonly number[],
  { tokens: count, quiet }: { readonly tokens: number; readonly quiet: boolean },
  onTokens: (all: readonly number[]) => void,
): Told {
  const [prefillTokens, ...rest] = DecoderSession.pieces(plan, prompt.length);
  const progress = startProgress("taking the prompt", prompt.length, quiet);
  let step = session.feed(prompt.slice(0, prefillTokens), LAST_ONLY);
  const prefill = step.program.instructions;
  let decode = { static: 0, executed: 0 };
  progress.update(session.position);
  for (const length of rest) {
    step = session.feed(prompt.slice(session.position, session.position + length));
    decode = step.program.instructions;
    progress.update(session.position);
  }
  progress.end();
  const tokens = [...prompt];
  onTokens(tokens);
  const prefillPs = elapsedPs();
  const stepPs: number[] = [];
  while (tokens.length < prompt.length + count) {
    const token = argmax(step.last);
    tokens.push(token);
    onTokens(tokens);
    if (plan.config.eosTokens.includes(token) || session.position === plan.positions) break;
    if (tokens.length === prompt.length + count) break;
    const beforePs = elapsedPs();
    step = session.feed([token]);
    stepPs.push(elapsedPs() - beforePs);
    decode = step.program.instructions;
  }
  const promptTokens = prompt.length;
  return {
    tokens,
    promptTokens,
    prefillTokens: prefillTokens!,
    prefillPs,
    stepPs,
    programs: { prefill, decode },
  };
}

/**
 * Where the float model goes on differently, and how surprised either is by what it tells; for that the
 * machine runs once more, over the float model's own text.
 */
function compareWithFloat(
  { config, weights }: ChosenModel,
  compiled: CompiledDecoder,
  { tokens, promptTokens }: Told,
  quiet: boolean,
): NonNullable<ArtifactData<"generation">["comparison"]> {
  const kept = keptWeights(config, weights);
  const prompt = tokens.slice(0, promptTokens);
  const newTokens = tokens.length - promptTokens;
  const { positions } = compiled.plan;
  const { session } = startSession(compiled, idealMemory(), 1000);
  // The prompt as it was taken, then every further token.
  const pieces = (count: number): number[] => [
    ...DecoderSession.pieces(compiled.plan, promptTokens),
    ...new Array<number>(count - promptTokens).fill(1),
  ];
  const programs = pieces(Math.min(tokens.length, positions)).length;
  // A pass of the host for every new token and one over all, and the programs of the machine.
  const progress = startProgress("comparing", newTokens + 1 + programs, quiet);
  let passes = 0;
  const truth = [...prompt];
  for (const token of generate(config, kept, prompt, newTokens)) {
    truth.push(token);
    progress.update(++passes);
  }
  const at = tokens.findIndex((token, i) => token !== truth[i]);
  const firstDifference = at < 0 ? null : at - promptTokens;
  const rows = truth.slice(0, positions);
  const logits = new Float32Array(rows.length * config.vocabulary);
  for (const length of rows.length < 2 ? [] : pieces(rows.length)) {
    const from = session.position;
    const { program, run } = session.feed(rows.slice(from, from + length));
    for (let row = 0; row < length; row++) {
      logits.set(outputRow(compiled, program, run, row), (from + row) * config.vocabulary);
    }
    progress.update(++passes);
  }
  const perplexities = rows.length < 2 ? null : {
    machine: perplexity(logits, config.vocabulary, rows),
    float: perplexity(
      forward(config, kept, rows, { logits: "all" }).logits,
      config.vocabulary,
      rows,
    ),
  };
  progress.end();
  return { firstDifference, perplexity: perplexities };
}

function report(
  terminal: Terminal,
  weights: string,
  { board, clockMhz, config }: { board: string; clockMhz: number; config: DecoderConfig },
  { tokens, prefillPs, stepPs, programs }: Told,
  comparison: ArtifactData<"generation">["comparison"],
): void {
  const perStep = stepPs.reduce((sum, ps) => sum + ps, 0) / stepPs.length;
  const isOnlyPrompt = stepPs.length === 0;
  terminal.table(
    ["board", "clock, MHz", "weights", "prompt, ms", "ms/token", "tokens/s", "prefill", "decode"],
    [[
      board,
      clockMhz,
      weights,
      prefillPs / 1e9,
      isOnlyPrompt ? "-" : perStep / 1e9,
      isOnlyPrompt ? "-" : 1e12 / perStep,
      `${formatValue(programs.prefill.static)} instructions`,
      isOnlyPrompt ? "-" : `${formatValue(programs.decode.static)} instructions`,
    ]],
  );
  const last = tokens.at(-1)!;
  if (config.eosTokens.includes(last)) {
    terminal.line(`the model ended the text with token ${last}`);
  } else if (tokens.length > config.maxPositions) {
    terminal.line(
      `the text ends after the ${config.maxPositions} positions that the model is made for`,
    );
  }
  if (comparison === null) return;
  const { firstDifference, perplexity } = comparison;
  terminal.line(
    (firstDifference === null
      ? "the float model tells the same"
      : `the float model goes on differently from token ${firstDifference + 1} of the new ones`) +
      (perplexity === null ? "" : `; perplexity of its text ${perplexity.float.toFixed(3)}, here ` +
        perplexity.machine.toFixed(3)),
  );
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
