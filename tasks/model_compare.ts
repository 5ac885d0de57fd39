/**
 * `deno task model:compare`: the emulated machine beside the staged reference, which rounds as it
 * does, and the float model, which does not round at all. Exits with 1 when the machine is not what
 * the staged reference says, and names the first stage that is not.
 *
 * @module
 */
import { writeArtifact } from "../lib/artifacts/mod.ts";
import {
  EXIT,
  flagOf,
  isGiven,
  type OptionUsage,
  parseOptions,
  recordedOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { firstBadStage as firstBad } from "../lib/compiler/mod.ts";
import { compareBuild, findBuild } from "./_compare_build.ts";
import { compareModel } from "./_compare_model.ts";
import { MACHINE_SETTINGS } from "./_decoder.ts";
import { checkBound, complaint, formatSmall, printDistances } from "./_distances.ts";
import { COMPILE_OPTIONS } from "./_model_run.ts";
import { reportStages, stageName } from "./_stage_distances.ts";

/** Options that say what is compiled, and which text it takes; of a build the build itself says it. */
const MODEL_OPTIONS = {
  ...COMPILE_OPTIONS,
  decode: {
    type: "integer",
    help: "How many of the last tokens are decode steps, with the cache; 1 unless given, none " +
      "for a model without causal mask or with --style plena. What one program cannot take of a " +
      "longer text is decode steps too.",
  },
  settings: MACHINE_SETTINGS,
} as const satisfies Record<string, OptionUsage>;

/** Options that say how models and builds are judged. */
const BOUND_OPTIONS = {
  bound: {
    type: "number",
    help: "Largest relative RMS to the staged reference: 0.002 with bf16 weights, otherwise " +
      "0.01, unless given.",
  },
} as const satisfies Record<string, OptionUsage>;

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
    ...MODEL_OPTIONS,
    ...BOUND_OPTIONS,
    out: {
      type: "artifact",
      default: "out/model_comparison.json",
      help: "Where the artifact goes.",
    },
  },
  examples: [
    "deno task model:compare fixtures/decoders/tiny --random-weights 1",
    "deno task model:compare fixtures/decoders/tiny --random-weights 1 --weights mxfp8 " +
    "--slice layers=1 --sequence 20 --matrix broadcast",
    "deno task model:compare fixtures/decoders/tiny --random-weights 1 --batch 3 --sequence 6",
    "deno task model:compare out/tiny",
  ],
} as const satisfies Usage;

/** Refuses options that a build has decided. */
function refuseForeign(args: readonly string[]): void {
  const foreign = Object.keys(MODEL_OPTIONS).find((name) => isGiven(args, name));
  if (foreign !== undefined) {
    throw new UsageError(
      `${flagOf(foreign)} is for models, and this is a build, which is run as it is`,
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
  if (build !== undefined) refuseForeign(args);
  const { data, inputs, note } = build === undefined
    ? await compareModel(options)
    : await compareBuild(build, options);
  const { bound, stages } = data;
  const firstBadStage = firstBad(stages, bound) ?? null;
  const wrong = complaint(data.machineToStaged, bound);
  const within = wrong === undefined && firstBadStage === null;
  const text = await writeArtifact(options.out, "model_comparison", {
    task: USAGE.name,
    options: build === undefined
      ? recordedOptions({ ...MODEL_OPTIONS, ...BOUND_OPTIONS }, options)
      : recordedOptions(BOUND_OPTIONS, options),
    inputs,
    data: { ...data, within, firstBadStage },
  });
  reportStages(terminal, data);
  printDistances(terminal, data);
  terminal.table(
    ["model", "weights", "style", "texts", "tokens of each", "decode steps"],
    [[
      data.model,
      data.weights,
      data.style,
      data.batch,
      data.tokens.length / data.batch,
      data.decodeSteps,
    ]],
  );
  if (note !== undefined) terminal.line(`note: ${note}`);
  if (within) terminal.line(`the machine is within ${bound} of the staged reference`);
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  if (firstBadStage !== null) {
    const { relativeRms } = firstBadStage;
    terminal.failure(
      `stage ${stageName(firstBadStage, data.batch)} is the first ` +
        (relativeRms === null
          ? "whose relative RMS to what its previous stages make is not finite"
          : `that is more than ${bound} from what its previous stages make: ` +
            formatSmall(relativeRms)),
    );
  }
  if (wrong !== undefined) terminal.failure(wrong);
  return within ? EXIT.ok : EXIT.checkFailed;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
