/**
 * `deno task model:compare`: the emulated machine beside the staged reference, which rounds as it
 * does, and the float model, which does not round at all. Exits with 1 when the machine is not what
 * the staged reference says, and names the first stage that is not.
 *
 * @module
 */
import { type StageDistanceData, writeArtifact } from "../lib/artifacts/mod.ts";
import {
  EXIT,
  type Options,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { DecoderSession, newCaches, outputRow, splitSequences } from "../lib/compiler/mod.ts";
import type { Machine } from "../lib/emulator/mod.ts";
import { SparseMemory } from "../lib/memory/mod.ts";
import { compareBuild, type Compared, findBuild } from "./_compare_build.ts";
import {
  checkBound,
  complaint,
  distancesOf,
  formatSmall,
  isWithin,
  printDistances,
  STAGED_BOUNDS,
} from "./_distances.ts";
import { loadSettings } from "./_inputs.ts";
import {
  chooseModel,
  COMPILE_OPTIONS,
  type CompiledModel,
  compileModel,
  decoderMachine,
  modelName,
  runToEnd,
} from "./_model_run.ts";
import { reportStages, stageName, stagesOf } from "./_stage_distances.ts";

/** What the task takes. */
export const USAGE = {
  name: "model:compare",
  summary: "Compare float model, staged reference and emulated machine.",
  details:
    "The staged reference computes on the host and rounds as the machine does; a program must be\n" +
    "within --bound of it, by relative RMS, and every element within ten times that of its size and\n" +
    "the whole's. Every stage of prefill and decode steps is also computed once more from what the\n" +
    "machine had before it, and the first one beyond the bound is named. The distance to the float\n" +
    "model says what formats and bfloat16 cost; it has no bound.\n\n" +
    "A build (a folder with program.json, or that file) is run as it lies on disk. Its stages are\n" +
    "looked at too if its model still lies where it was.\n\n" +
    "The public check of the table counts elements within 0.2 + 0.2 |y|, of which the public\n" +
    "compiler's programs need 90 %.",
  arguments: {
    model: { required: true, help: "a model folder, a config, or a build of isa:emit" },
  },
  options: {
    ...COMPILE_OPTIONS,
    decode: {
      type: "integer",
      help: "How many of the last tokens are decode steps, with the cache; 1 unless given, none " +
        "for a model without causal mask.",
    },
    bound: {
      type: "number",
      help: "Largest relative RMS to the staged reference: 0.002 with bf16 weights, otherwise " +
        "0.01, unless given.",
    },
    settings: {
      type: "file",
      help: "Settings of the machine, artifact or PLENA TOML; the shipped ones unless given.",
    },
    out: { type: "file", default: "out/model_comparison.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task model:compare fixtures/decoders/tiny --random-weights 1",
    "deno task model:compare fixtures/decoders/tiny --random-weights 1 --weights mxfp8 " +
    "--slice layers=1 --sequence 20 --matrix broadcast",
    "deno task model:compare fixtures/decoders/tiny --random-weights 1 --batch 3 --sequence 6",
    "deno task model:compare out/tiny",
  ],
} as const satisfies Usage;

type CompareOptions = Options<typeof USAGE> & { readonly quiet: boolean };

/** Options that say what a build is; the build itself says it. */
const OF_MODELS = [
  ...["prompt", "tokensFile", "sequence", "randomWeights", "slice"] as const,
  ...["mlen", "batch", "longLoops", "machine", "settings"] as const,
] as const;

/** Refuses options that a build has decided. */
function refuseForeign(options: CompareOptions): void {
  const foreign = OF_MODELS.find((name) => options[name] !== undefined);
  if (foreign !== undefined) {
    const flag = foreign.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(
      `--${flag} is for models, and this is a build, which is run as it is`,
      "leave it out, or give the model",
    );
  }
}

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  checkBound(options.bound);
  const build = await findBuild(options.model);
  if (build !== undefined) refuseForeign(options);
  const { data, inputs, note } = build === undefined
    ? await compareModel(options)
    : await compareBuild(build, options);
  const { bound, stages } = data;
  const firstBadStage = stages.find(({ relativeRms }) => !isWithin(relativeRms, bound)) ?? null;
  const wrong = complaint(data.machineToStaged, bound);
  const within = wrong === undefined && firstBadStage === null;
  const text = await writeArtifact(options.out, "model_comparison", {
    task: USAGE.name,
    options: build === undefined
      ? {
        sequence: options.sequence ?? null,
        batch: data.batch,
        seed: options.seed,
        randomWeights: options.randomWeights ?? null,
        slice: options.slice ?? null,
        mlen: options.mlen ?? null,
        blen: options.blen,
        matrix: options.matrix,
        machine: options.machine ?? null,
        longLoops: options.longLoops ?? "renew",
      }
      : {},
    inputs,
    data: { ...data, within, firstBadStage },
  });
  reportStages(terminal, data);
  printDistances(terminal, data);
  if (note !== undefined) terminal.line(`note: ${note}`);
  if (within) terminal.line(`the machine is within ${bound} of the staged reference`);
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  if (firstBadStage !== null) {
    terminal.failure(
      `stage ${
        stageName(firstBadStage, data.batch)
      } is the first that is more than ${bound} from what its ` +
        `previous stages make: ${formatSmall(firstBadStage.relativeRms)}`,
    );
  }
  if (wrong !== undefined) terminal.failure(wrong);
  return within ? EXIT.ok : EXIT.checkFailed;
}

/** Compiles a model, runs it stage by stage and token by token. */
async function compareModel(options: CompareOptions): Promise<Compared> {
  const { machine: base, source } = await loadSettings(options.settings);
  const chosen = await chooseModel(options.model, options);
  const { tokens, batch, config } = chosen;
  const length = tokens.length / batch;
  const decode = options.decode ?? (config.causal && length > 1 ? 1 : 0);
  if (decode > 0 && !config.causal || decode >= length) {
    throw new UsageError(
      config.causal
        ? `--decode ${decode} of a text of ${length} tokens`
        : "a model without causal mask has no decode steps",
      config.causal ? "leave at least one token for the prefill" : "give --decode 0",
    );
  }
  const model = compileModel(chosen, base, options);
  const { plan } = model.compiled;
  const { values, stages } = runSteps(model, tokens, decode, options.quiet);
  const columns = plan.output === "logits" ? config.vocabulary : undefined;
  const bound = options.bound ?? STAGED_BOUNDS[options.weights];
  return {
    data: {
      model: modelName(options.model),
      weights: options.weights,
      batch,
      tokens,
      decodeSteps: decode,
      output: plan.output,
      bound,
      stages,
      ...distancesOf(values, model.references(), columns, bound),
    },
    inputs: [...chosen.sources, ...(source === undefined ? [] : [source])],
  };
}

/** The machine's result for every token, and how far each stage of every program is off. */
function runSteps(
  model: CompiledModel,
  tokens: readonly number[],
  decode: number,
  quiet: boolean,
): { values: Float32Array; stages: StageDistanceData[] } {
  const { compiled, longLoops } = model;
  const { plan } = compiled;
  const hbm = new SparseMemory(plan.settings.config.hbmSizeBytes);
  for (const { address, bytes } of compiled.hbm()) hbm.write(address, bytes);
  const stages: StageDistanceData[] = [];
  const caches = newCaches(plan);
  const sequences = splitSequences(plan, tokens);
  const part = (from: number, to: number): (readonly number[])[] =>
    sequences.map((own) => own.slice(from, to));
  const session = new DecoderSession<Machine>(compiled, ({ program, fpSram, intSram }) => {
    const words = program.words;
    const machine = decoderMachine(plan.settings, plan.machine, hbm, { words, fpSram, intSram });
    const { length } = caches[0]!;
    const own = part(length, length + program.run.rows).flat();
    stages.push(...stagesOf(model, program, own, machine, caches));
    runToEnd(machine, program.instructions.executed, quiet);
    return machine;
  });
  const length = sequences[0]!.length;
  const prefilled = length - decode;
  const width = plan.output === "logits" ? plan.config.vocabulary : plan.config.hidden;
  const values = new Float32Array(tokens.length * width);
  const { program, run } = session.feedBatch(part(0, prefilled), { longLoops });
  for (let sequence = 0; sequence < plan.batch; sequence++) {
    for (let row = 0; row < prefilled; row++) {
      const found = outputRow(compiled, program, run, sequence * prefilled + row);
      values.set(found, (sequence * length + row) * width);
    }
  }
  for (let row = prefilled; row < length; row++) {
    const { lasts } = session.feedBatch(part(row, row + 1), { longLoops });
    lasts.forEach((last, sequence) => values.set(last, (sequence * length + row) * width));
  }
  return { values, stages };
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
