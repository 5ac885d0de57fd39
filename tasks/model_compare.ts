/**
 * `deno task model:compare`: the emulated machine beside the staged reference, which rounds as it
 * does, and the float model, which does not round at all. Exits with 1 when the machine is not what
 * the staged reference says, and names the first stage that is not.
 *
 * @module
 */
import { join } from "@std/path";
import {
  type ArtifactData,
  decodeSafetensors,
  type LoadedArtifact,
  readArtifact,
  type StageDistanceData,
  writeArtifact,
} from "../lib/artifacts/mod.ts";
import { parseSettingsToml } from "../lib/boards/mod.ts";
import {
  EXIT,
  InputError,
  type Options,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { compareStages, DecoderSession, outputRow } from "../lib/compiler/mod.ts";
import type { Machine } from "../lib/emulator/mod.ts";
import { parseMem } from "../lib/isa/mod.ts";
import { SparseMemory } from "../lib/memory/mod.ts";
import { MODEL_FILE, readOutput } from "./_emit_model.ts";
import { loadSettings, type Source } from "./_inputs.ts";
import {
  chooseModel,
  COMPILE_OPTIONS,
  type CompiledModel,
  compileModel,
  decoderMachine,
  DISTANCE_HEADER,
  distanceData,
  distanceRow,
  finite,
  formatSmall,
  isWithin,
  modelName,
  runToEnd,
  STAGED_BOUNDS,
} from "./_model_run.ts";

/** What the task takes. */
export const USAGE = {
  name: "model:compare",
  summary: "Compare float model, staged reference and emulated machine.",
  details:
    "The staged reference computes on the host and rounds as the machine does; a program must be\n" +
    "within --bound of it, by relative RMS. Every stage is also computed once more from what the\n" +
    "machine had before it, and the first one beyond the bound is named. The distance to the float\n" +
    "model says what formats and bfloat16 cost; it has no bound.\n\n" +
    "A build (a folder with model.json, or that file) is run as it lies on disk; its stages are not\n" +
    "looked at. The public check of the table counts elements within 0.2 + 0.2 |y|, of which the\n" +
    "public compiler's programs need 90 %.",
  arguments: {
    model: { required: true, help: "a model folder, a config, or a build of isa:emit" },
  },
  options: {
    ...COMPILE_OPTIONS,
    decode: {
      type: "integer",
      default: 1,
      help: "How many of the last tokens are decode steps, with the cache.",
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
  ],
} as const satisfies Usage;

type CompareOptions = Options<typeof USAGE> & { readonly quiet: boolean };

/** What was compared, whichever way. */
interface Compared {
  readonly data: Omit<ArtifactData<"model_comparison">, "bound" | "within" | "firstBadStage">;
  readonly inputs: readonly Source[];
}

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  if (options.bound !== undefined && options.bound < 0) {
    throw new UsageError(`--bound ${options.bound}`, "give a relative RMS of at least 0");
  }
  const build = await findBuild(options.model);
  const { data, inputs } = build === undefined
    ? await compareModel(options)
    : await compareBuild(build, options);
  const bound = options.bound ?? STAGED_BOUNDS[data.weights as keyof typeof STAGED_BOUNDS];
  const firstBadStage = data.stages.find(({ relativeRms }) => !isWithin(relativeRms, bound)) ??
    null;
  const isWhole = isWithin(data.machineToStaged.relativeRms, bound);
  const within = isWhole && firstBadStage === null;
  const text = await writeArtifact(options.out, "model_comparison", {
    task: USAGE.name,
    options: build === undefined
      ? {
        sequence: options.sequence ?? null,
        seed: options.seed,
        randomWeights: options.randomWeights ?? null,
        slice: options.slice ?? null,
        mlen: options.mlen ?? null,
        blen: options.blen,
        matrix: options.matrix,
        machine: options.machine ?? null,
      }
      : {},
    inputs,
    data: { ...data, bound, within, firstBadStage },
  });
  reportStages(terminal, data.stages, bound);
  terminal.table(DISTANCE_HEADER, [
    distanceRow("machine, staged reference", data.machineToStaged),
    distanceRow("machine, float model", data.machineToFloat),
    distanceRow("staged reference, float model", data.stagedToFloat),
  ]);
  terminal.line(
    within
      ? `the machine is within ${bound} of the staged reference, wrote ${options.out}`
      : `wrote ${options.out}`,
  );
  terminal.artifact(text);
  if (firstBadStage !== null) {
    terminal.failure(
      `stage ${stageName(firstBadStage)} is the first that is more than ${bound} from what its ` +
        `previous stages make: ${formatSmall(firstBadStage.relativeRms)}`,
    );
  }
  if (!isWhole) {
    terminal.failure(
      `the machine is ${formatSmall(data.machineToStaged.relativeRms)} from the staged ` +
        `reference, more than ${bound}`,
    );
  }
  return within ? EXIT.ok : EXIT.checkFailed;
}

/** The path of the build's artifact, if this is a build. */
async function findBuild(path: string): Promise<string | undefined> {
  const isFile = (file: string): Promise<boolean> =>
    Deno.stat(file).then(({ isFile }) => isFile, () => false);
  const inside = join(path, MODEL_FILE);
  if (await isFile(inside)) return inside;
  if (!path.endsWith(".json") || !await isFile(path)) return undefined;
  const text = await Deno.readTextFile(path);
  return /"fourbit"\s*:/.test(text) ? path : undefined;
}

/** Compiles a model, runs it stage by stage and token by token. */
async function compareModel(options: CompareOptions): Promise<Compared> {
  const { machine: base, source } = await loadSettings(options.settings);
  const chosen = await chooseModel(options.model, options);
  const { tokens, config } = chosen;
  if (options.decode > 0 && !config.causal || options.decode >= tokens.length) {
    throw new UsageError(
      config.causal
        ? `--decode ${options.decode} of a text of ${tokens.length} tokens`
        : "a model without causal mask has no decode steps",
      config.causal ? "leave at least one token for the prefill" : "give --decode 0",
    );
  }
  const model = compileModel(chosen, base, options);
  const { plan } = model.compiled;
  const { values, stages } = runSteps(model, tokens, options);
  const { float, staged } = model.references();
  return {
    data: {
      model: modelName(options.model),
      weights: options.weights,
      tokens,
      decodeSteps: options.decode,
      output: plan.output,
      stages,
      ...distances(values, staged, float, plan.output === "logits" ? config.vocabulary : undefined),
    },
    inputs: [...chosen.sources, ...(source === undefined ? [] : [source])],
  };
}

/** The machine's result for every token, and how far each stage of the prefill is off. */
function runSteps(
  { compiled, weights }: CompiledModel,
  tokens: readonly number[],
  { decode, quiet }: CompareOptions,
): { values: Float32Array; stages: StageDistanceData[] } {
  const { plan } = compiled;
  const hbm = new SparseMemory(plan.settings.config.hbmSizeBytes);
  for (const { address, bytes } of compiled.hbm()) hbm.write(address, bytes);
  const first = tokens.slice(0, tokens.length - decode);
  let stages: StageDistanceData[] = [];
  const session = new DecoderSession<Machine>(compiled, ({ program, fpSram, intSram }) => {
    const words = program.words;
    const machine = decoderMachine(plan.settings, plan.machine, hbm, { words, fpSram, intSram });
    if (!program.run.decode) {
      stages = compareStages(plan, program, weights, first, machine).map(
        ({ name, layer, relativeRms, cosine }) => ({
          name,
          layer: layer ?? null,
          relativeRms: finite(relativeRms),
          cosine: finite(cosine),
        }),
      );
    }
    runToEnd(machine, program.instructions.executed, quiet);
    return machine;
  });
  const width = plan.output === "logits" ? plan.config.vocabulary : plan.config.hidden;
  const values = new Float32Array(tokens.length * width);
  const { program, run } = session.feed(first);
  first.forEach((_, row) => values.set(outputRow(compiled, program, run, row), row * width));
  for (let row = first.length; row < tokens.length; row++) {
    values.set(session.feed([tokens[row]!]).last, row * width);
  }
  return { values, stages };
}

/** Runs a build as it lies on disk, beside the outputs that it expects. */
async function compareBuild(path: string, options: CompareOptions): Promise<Compared> {
  const build = await readArtifact(path, "model");
  const { name, weights, tokens, machine: { rules, mlen }, output, instructions } = build.data;
  if (build.data.comparison === null) {
    throw new InputError(
      "the build does not say what to expect",
      "emit it again without --check none: deno task isa:emit",
      { file: path, path: "data.comparison" },
    );
  }
  const text = async (role: string): Promise<string> =>
    new TextDecoder().decode(await build.blob(role));
  const settings = parseSettingsToml(await text("settings"), "settings.toml");
  const hbm = new SparseMemory(settings.config.hbmSizeBytes);
  hbm.write(0, await build.blob("hbm"));
  const machine = decoderMachine(settings, rules, hbm, {
    words: parseMem(await text("mem"), { file: path }),
    fpSram: await build.blob("fp_sram"),
    intSram: await build.blob("int_sram"),
  });
  runToEnd(machine, instructions.executed, options.quiet);
  const values = readOutput(machine, output, mlen);
  const expected = await goldenTensors(build, values.length);
  const columns = output.kind === "logits" ? output.columns : undefined;
  return {
    data: {
      model: name,
      weights,
      tokens,
      decodeSteps: 0,
      output: output.kind,
      stages: [],
      ...distances(values, expected.staged, expected.float, columns),
    },
    inputs: [{ role: "model", path, sha256: build.sha256 }],
  };
}

async function goldenTensors(
  build: LoadedArtifact<"model">,
  length: number,
): Promise<{ staged: Float32Array; float: Float32Array }> {
  const tensors = decodeSafetensors(await build.blob("golden"));
  const read = (name: string): Float32Array => {
    const bytes = tensors[name]?.bytes.slice();
    if (bytes?.length === 4 * length) return new Float32Array(bytes.buffer);
    throw new InputError(
      `the expected outputs have no ${name} tensor of ${length} elements`,
      "emit the build again with: deno task isa:emit",
      { file: build.path, path: "data.output" },
    );
  };
  return { staged: read("staged"), float: read("float") };
}

function distances(
  values: Float32Array,
  staged: Float32Array,
  float: Float32Array,
  columns: number | undefined,
): Pick<
  ArtifactData<"model_comparison">,
  "machineToStaged" | "machineToFloat" | "stagedToFloat"
> {
  return {
    machineToStaged: distanceData(values, staged, columns),
    machineToFloat: distanceData(values, float, columns),
    stagedToFloat: distanceData(staged, float, columns),
  };
}

function stageName({ name, layer }: StageDistanceData): string {
  return layer === null ? name : `${name} of layer ${layer}`;
}

/** A line per kind of stage, with the layer in which it is the farthest off. */
function reportStages(
  terminal: Terminal,
  stages: readonly StageDistanceData[],
  bound: number,
): void {
  if (stages.length === 0) return;
  const names = [...new Set(stages.map(({ name }) => name))];
  const size = ({ relativeRms }: StageDistanceData): number => relativeRms ?? Infinity;
  terminal.table(
    ["stage", "layers", "worst relative RMS", "in layer", "cosine", "within"],
    names.map((name) => {
      const own = stages.filter((stage) => stage.name === name);
      const worst = own.reduce((a, b) => (size(b) > size(a) ? b : a));
      return [
        name,
        own[0]!.layer === null ? "" : String(own.length),
        formatSmall(worst.relativeRms),
        worst.layer === null ? "" : String(worst.layer),
        worst.cosine === null ? "not finite" : worst.cosine.toFixed(7),
        isWithin(worst.relativeRms, bound),
      ];
    }),
  );
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
