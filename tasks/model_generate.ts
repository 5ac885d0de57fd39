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
  InputError,
  type Options,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
} from "../lib/cli/mod.ts";
import { type CompiledDecoder, compileDecoder, outputRow } from "../lib/compiler/mod.ts";
import { idealMemory } from "../lib/memory/mod.ts";
import { argmax, forward, generate, keptWeights, perplexity } from "../lib/models/mod.ts";
import {
  DECODER_OPTIONS,
  type DecoderMachine,
  decoderSettings,
  machineFor,
  startSession,
} from "./_decoder.ts";
import { boardFacts, loadBoard } from "./_inputs.ts";
import { loadMemory, MEMORY_OPTIONS, regimeData } from "./_memory.ts";
import { loadDecoder, type LoadedDecoder } from "./_models.ts";

/** What the task takes. */
export const USAGE = {
  name: "model:generate",
  summary: "Continue a text with a decoder that runs on the emulated machine.",
  details:
    "The prompt is one program, every further token another; keys and values stay in HBM.\n" +
    "Time is that of the machine at the board's clock. At the end the float model of the host says\n" +
    "where it would have gone on differently, and how surprised each is by its text.",
  arguments: { model: { required: true, help: "a model folder of Hugging Face" } },
  options: {
    prompt: { default: "Once upon a time", help: "The text to continue." },
    tokens: { type: "integer", default: 24, help: "How many tokens." },
    board: { default: "nexys_video", help: "Board, by name or YAML file." },
    ...DECODER_OPTIONS,
    ...MEMORY_OPTIONS,
    memoryModel: { ...MEMORY_OPTIONS.memoryModel, default: "auto" },
    clock: { type: "number", help: "Clock of the machine, MHz; the board's unless given." },
    randomWeights: {
      type: "integer",
      help: "Seed of random weights, for a config without any; the prompt is then token numbers.",
    },
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
  const decoder = await loadDecoder(options.model, options.randomWeights);
  const { board, source } = await loadBoard(options.board);
  const facts = boardFacts(board);
  const settings = decoderSettings(injectBoard(SHIPPED_SETTINGS, board).settings, options);
  const text = textOf(decoder, options);
  const prompt = text.encode(options.prompt);
  const { config, weights } = decoder;
  const compiled = compileDecoder(config, weights, settings, {
    positions: Math.min(prompt.length + options.tokens, config.maxPositions),
    machine: machineFor(options.weights),
    matrix: options.matrix,
  });
  const memory = await loadMemory(options, compiled.regions, facts);
  const clockMhz = options.clock ?? board.clock_mhz;

  const startMs = performance.now();
  const machine = startSession(compiled, memory.model, clockMhz);
  const told = tell(machine, compiled, prompt, options.tokens, (all, from) => {
    terminal.write(text.decode(all).slice(text.decode(all.slice(0, from)).length));
  });
  terminal.line("");
  const hostSeconds = (performance.now() - startMs) / 1000;
  const reference = compareWithFloat(decoder, compiled, told, prompt.length);

  const artifact = await writeArtifact(options.out, "generation", {
    task: USAGE.name,
    options: {
      prompt: options.prompt,
      tokens: options.tokens,
      weights: options.weights,
      matrix: options.matrix,
      mlen: settings.config.mlen,
      blen: options.blen,
      memoryModel: options.memoryModel,
      clockMhz,
    },
    inputs: [...decoder.sources, source, ...memory.sources],
    blobs: [],
    data: {
      board: board.name,
      clockMhz,
      text: text.decode(told.tokens),
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
  report(terminal, options, board.name, told, reference);
  for (const note of memory.notes) terminal.line(`note: ${note}`);
  if (memory.reason !== undefined) {
    terminal.line(`auto chose ${memory.model.name}: ${memory.reason}`);
  }
  terminal.line(`emulated in ${formatValue(hostSeconds)} s, wrote ${options.out}`);
  terminal.artifact(artifact);
  return EXIT.ok;
}

interface Text {
  encode(text: string): number[];
  decode(tokens: readonly number[]): string;
}

/** Text to tokens, with the first token of every text; or numbers, for a model without words. */
function textOf({ config, tokenizer }: LoadedDecoder, { model }: GenerateOptions): Text {
  const first = config.bosToken === undefined ? [] : [config.bosToken];
  if (tokenizer !== undefined) {
    return {
      encode: (text) => {
        const tokens = tokenizer.encode(text);
        return tokens[0] === config.bosToken ? tokens : [...first, ...tokens];
      },
      decode: (tokens) => tokenizer.decode(tokens),
    };
  }
  return {
    encode: (text) =>
      text.split(",").map((part) => {
        const token = Number(part);
        if (part.trim() !== "" && Number.isInteger(token) && token >= 0) return token;
        throw new InputError(
          `the model has no tokenizer, and "${part}" is no token number`,
          "give a folder with tokenizer.json, or --prompt as numbers with commas between",
          { file: model },
        );
      }),
    decode: (tokens) => tokens.map((token) => `${token} `).join(""),
  };
}

/** What a session told, and how long it took. */
interface Told {
  readonly tokens: readonly number[];
  readonly prefillPs: number;
  readonly stepPs: readonly number[];
  readonly programs: ArtifactData<"generation">["programs"];
}

/** Takes the prompt and goes on greedily; `onToken` is told all tokens and how many are old. */
function tell(
  { session, elapsedPs }: DecoderMachine,
  { plan }: CompiledDecoder,
  prompt: readonly number[],
  count: number,
  onToken: (all: readonly number[], from: number) => void,
): Told {
  const tokens = [...prompt];
  onToken(tokens, 0);
  let step = session.feed(prompt, { logits: "last" });
  const prefillPs = elapsedPs();
  const prefill = step.program.instructions;
  let decode = { static: 0, executed: 0 };
  const stepPs: number[] = [];
  while (tokens.length < prompt.length + count) {
    const token = argmax(step.last);
    tokens.push(token);
    onToken(tokens, tokens.length - 1);
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
  { config, weights }: LoadedDecoder,
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
  const { program, run } = session.feed(truth.slice(0, compiled.plan.positions));
  const rows = truth.slice(0, compiled.plan.positions);
  const logits = new Float32Array(rows.length * config.vocabulary);
  rows.forEach((_, row) =>
    logits.set(outputRow(compiled, program, run, row), row * config.vocabulary)
  );
  const float = forward(config, kept, rows, { logits: "all" }).logits;
  return {
    firstDifference,
    perplexity: {
      machine: perplexity(logits, config.vocabulary, rows),
      float: perplexity(Float32Array.from(float), config.vocabulary, rows),
    },
  };
}

function report(
  terminal: Terminal,
  { weights }: GenerateOptions,
  board: string,
  { prefillPs, stepPs, programs }: Told,
  { firstDifference, perplexity }: ReturnType<typeof compareWithFloat>,
): void {
  const total = stepPs.reduce((sum, ps) => sum + ps, 0);
  const perStep = stepPs.length === 0 ? 0 : total / stepPs.length;
  terminal.table(
    ["board", "weights", "prompt, ms", "ms/token", "tokens/s", "prefill", "decode"],
    [[
      board,
      weights,
      prefillPs / 1e9,
      perStep / 1e9,
      perStep === 0 ? 0 : 1e12 / perStep,
      `${formatValue(programs.prefill.static)} instructions`,
      `${formatValue(programs.decode.static)} instructions`,
    ]],
  );
  terminal.line(
    (firstDifference === null
      ? "the float model tells the same"
      : `the float model goes on differently from token ${firstDifference + 1} of the new ones`) +
      (perplexity === null ? "" : `; perplexity of its text ${perplexity.float.toFixed(3)}, here ` +
        perplexity.machine.toFixed(3)),
  );
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
