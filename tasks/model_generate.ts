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
  type Options,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { type CompiledDecoder, compileDecoder, outputRow } from "../lib/compiler/mod.ts";
import { idealMemory } from "../lib/memory/mod.ts";
import {
  argmax,
  type DecoderConfig,
  forward,
  generate,
  keptWeights,
  perplexity,
} from "../lib/models/mod.ts";
import {
  DECODER_OPTIONS,
  type DecoderMachine,
  decoderSettings,
  machineFor,
  startSession,
} from "./_decoder.ts";
import { boardFacts, isClock, loadBoard } from "./_inputs.ts";
import { loadMemory, MEMORY_OPTIONS, regimeData } from "./_memory.ts";
import { chooseModel, type ChosenModel, WEIGHTS_OPTIONS } from "./_model_run.ts";

/** What the task takes. */
export const USAGE = {
  name: "model:generate",
  summary: "Continue a text with a decoder that runs on the emulated machine.",
  details:
    "The prompt is one program, every further token another; keys and values stay in HBM.\n" +
    "Time is that of the machine at the board's clock. At the end the float model of the host says\n" +
    "where it would have gone on differently, and how surprised each is by its text.",
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
    ...DECODER_OPTIONS,
    ...MEMORY_OPTIONS,
    memoryModel: { ...MEMORY_OPTIONS.memoryModel, default: "auto" },
    clock: { type: "number", help: "Clock of the machine, MHz; the board's unless given." },
    ...WEIGHTS_OPTIONS,
    out: { type: "file", default: "out/generation.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task model:generate fixtures/decoders/tiny --random-weights 1 --prompt 1,5,9 --tokens 4",
  ],
} as const satisfies Usage;

type GenerateOptions = Options<typeof USAGE>;

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
  const settings = decoderSettings(injectBoard(SHIPPED_SETTINGS, board).settings, options);
  const chosen = await chooseModel(options.model, {
    ...options,
    ...{ tokensFile: undefined, sequence: undefined, seed: 0 },
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
    machine: machineFor(options.weights),
    matrix: options.matrix,
  });
  // What does not fit is refused before the first word: the last step is the largest.
  if (compiled.plan.positions > prompt.length) compiled.decode(compiled.plan.positions - 1);
  const memory = await loadMemory(options, compiled.regions, facts);
  const decode = decoderOf(chosen);

  const startMs = performance.now();
  const machine = startSession(compiled, memory.model, clockMhz);
  const told = tell(machine, compiled, prompt, options.tokens, streamTo(terminal, decode));
  terminal.line("");
  const hostSeconds = (performance.now() - startMs) / 1000;
  const reference = compareWithFloat(chosen, compiled, told, prompt.length);

  const artifact = await writeArtifact(options.out, "generation", {
    task: USAGE.name,
    options: {
      prompt: options.prompt,
      tokens: options.tokens,
      randomWeights: options.randomWeights ?? null,
      slice: options.slice ?? null,
      weights: options.weights,
      matrix: options.matrix,
      mlen: settings.config.mlen,
      blen: options.blen,
      memoryModel: options.memoryModel,
      clockMhz,
    },
    inputs: [...chosen.sources, source, ...memory.sources],
    blobs: [],
    data: {
      board: board.name,
      clockMhz,
      text: decode(told.tokens),
      tokens: told.tokens,
      promptTokens: prompt.length,
      prefillNs: told.prefillPs / 1000,
      stepNs: told.stepPs.map((ps) => ps / 1000),
      hbmBytes: compiled.plan.hbmBytes,
      programs: told.programs,
      regime: regimeData(memory, options.memoryRules),
      ...reference,
    },
  });
  report(terminal, options, { board: board.name, clockMhz, config }, told, reference);
  for (const note of memory.notes) terminal.line(`note: ${note}`);
  if (memory.reason !== undefined) {
    terminal.line(`auto chose ${memory.model.name}: ${memory.reason}`);
  }
  terminal.line(`emulated in ${formatValue(hostSeconds)} s, wrote ${options.out}`);
  terminal.artifact(artifact);
  return EXIT.ok;
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
  readonly prefillPs: number;
  readonly stepPs: readonly number[];
  readonly programs: ArtifactData<"generation">["programs"];
}

/** Takes the prompt and goes on greedily; `onTokens` is told all tokens so far. */
function tell(
  { session, elapsedPs }: DecoderMachine,
  { plan }: CompiledDecoder,
  prompt: readonly number[],
  count: number,
  onTokens: (all: readonly number[]) => void,
): Told {
  let step = session.feed(prompt, { logits: "last" });
  const tokens = [...prompt];
  onTokens(tokens);
  const prefillPs = elapsedPs();
  const prefill = step.program.instructions;
  let decode = { static: 0, executed: 0 };
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
  return { tokens, prefillPs, stepPs, programs: { prefill, decode } };
}

/** Where the float model goes on differently, and how surprised either is by what was told. */
function compareWithFloat(
  { config, weights }: ChosenModel,
  compiled: CompiledDecoder,
  { tokens }: Told,
  promptTokens: number,
): { firstDifference: number | null; perplexity: { machine: number; float: number } | null } {
  const kept = keptWeights(config, weights);
  const prompt = tokens.slice(0, promptTokens);
  const truth = [...prompt, ...generate(config, kept, prompt, tokens.length - promptTokens)];
  const at = tokens.findIndex((token, i) => token !== truth[i]);
  const firstDifference = at < 0 ? null : at - promptTokens;
  if (truth.length < 2) return { firstDifference, perplexity: null };
  // The float model's own text, so that both are judged by the same one.
  const { session } = startSession(compiled, idealMemory(), 1000);
  const rows = truth.slice(0, compiled.plan.positions);
  const logits = new Float32Array(rows.length * config.vocabulary);
  const { program, run } = session.feed(prompt);
  prompt.forEach((_, row) =>
    logits.set(outputRow(compiled, program, run, row), row * config.vocabulary)
  );
  for (let row = prompt.length; row < rows.length; row++) {
    logits.set(session.feed([rows[row]!]).last, row * config.vocabulary);
  }
  const float = forward(config, kept, rows, { logits: "all" }).logits;
  return {
    firstDifference,
    perplexity: {
      machine: perplexity(logits, config.vocabulary, rows),
      float: perplexity(float, config.vocabulary, rows),
    },
  };
}

function report(
  terminal: Terminal,
  { weights }: GenerateOptions,
  { board, clockMhz, config }: { board: string; clockMhz: number; config: DecoderConfig },
  { tokens, prefillPs, stepPs, programs }: Told,
  { firstDifference, perplexity }: ReturnType<typeof compareWithFloat>,
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
  terminal.line(
    (firstDifference === null
      ? "the float model tells the same"
      : `the float model goes on differently from token ${firstDifference + 1} of the new ones`) +
      (perplexity === null ? "" : `; perplexity of its text ${perplexity.float.toFixed(3)}, here ` +
        perplexity.machine.toFixed(3)),
  );
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
