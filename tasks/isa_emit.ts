/**
 * `deno task isa:emit`: lowers a circuit to PLENA instructions, with every input case as a row, or
 * compiles a model for a text, and writes a build folder: program, memory images, region map and
 * expected outputs.
 *
 * @module
 */
import { join } from "@std/path";
import {
  EXIT,
  flagOf,
  InputError,
  isGiven,
  type OptionUsage,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { didYouMean } from "../lib/text/mod.ts";
import { MACHINE_SETTINGS } from "./_decoder.ts";
import { emitCircuit } from "./_emit_circuit.ts";
import { emitModel, isModel, MODEL_EMIT_OPTIONS } from "./_emit_model.ts";
import { loadSettings } from "./_inputs.ts";
import { modelNames } from "./_models.ts";
import { writeBuild } from "./_write_build.ts";

/** The options that are for circuits only. */
const CIRCUIT_OPTIONS = {
  vectors: {
    help: "Inputs to run, for circuits with too many cases: a CSV file, or how many are to be " +
      "made, corner cases first; all cases unless given.",
  },
} as const satisfies Record<string, OptionUsage>;

/** The options that circuits and models have. */
const SHARED_OPTIONS = {
  seed: { type: "integer", default: 0, help: "Seed of vectors or tokens that are made." },
  settings: MACHINE_SETTINGS,
  out: { type: "folder", default: "out/build", help: "Where the build folder goes." },
} as const satisfies Record<string, OptionUsage>;

/** What the task takes. */
export const USAGE = {
  name: "isa:emit",
  summary: "Lower a circuit or a model to accelerator instructions and memory images.",
  details: "A file of vectors is CSV: a line of bus names, then a line of numbers per vector.\n" +
    "A model is a Hugging Face folder, a config, or the name of one that comes with fourbit. Its\n" +
    "build has the file names of the public compiler, and program.json, which the other tasks take\n" +
    "as they take that of a circuit: board:inject BOARD --settings out/m/settings.toml makes the\n" +
    "settings, emulate --program out/m/program.json runs it, compare judges the run.",
  arguments: { source: { help: "circuit.json, or a model; out/circuit.json unless given" } },
  options: {
    ...CIRCUIT_OPTIONS,
    ...MODEL_EMIT_OPTIONS,
    ...SHARED_OPTIONS,
  },
  examples: [
    "deno task isa:emit out/circuit.json --out out/build",
    "deno task isa:emit out/circuit.json --settings out/v80/settings.json --out out/build_v80",
    "deno task isa:emit out/circuit.json --vectors 1000 --seed 7 --out out/build_1000",
    "deno task isa:emit out/circuit.json --vectors fixtures/circuits/sums.csv --out out/build_sums",
    "deno task isa:emit fixtures/decoders/tiny --random-weights 1 --prompt 3,1,4 --out out/tiny",
    "deno task isa:emit fixtures/decoders/tiny --random-weights 1 --batch 3 --sequence 8 " +
    "--long-loops unroll --out out/batch",
    "deno task isa:emit llama-3.2-1b --random-weights 1 --slice hidden=64,inter=128,layers=1 " +
    "--sequence 16 --mlen 64 --weights mxfp8 --output hidden --explain --out out/slice",
  ],
} as const satisfies Usage;

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Refuses an option that means nothing for what is compiled. */
function refuseForeign(
  args: readonly string[],
  foreign: Readonly<Record<string, OptionUsage>>,
  isModel: boolean,
): void {
  const given = Object.keys(foreign).find((name) =>
    !(name in SHARED_OPTIONS) && isGiven(args, name)
  );
  if (given === undefined) return;
  throw new UsageError(
    `${flagOf(given)} is for ${isModel ? "circuits" : "models"}, and this is a ${
      isModel ? "model" : "circuit"
    }`,
    given === "weights"
      ? "leave it out: for a circuit, board:inject takes --weights, and isa:emit those --settings"
      : "leave it out",
  );
}

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const { vectors, seed } = options;
  const terminal = new Terminal(options);
  const path = options.source ?? "out/circuit.json";
  const model = await isModel(path);
  if (!model && !/[\\/]|\.json$/.test(path) && !await exists(path)) {
    throw new UsageError(
      `unknown model "${path}", and no circuit either`,
      `${
        didYouMean(path, modelNames())
      }give circuit.json, a model folder, a config.json, or one of ` +
        modelNames().join(", "),
    );
  }
  if (!model && (!path.endsWith(".json") || path.endsWith("config.json")) && !await exists(path)) {
    throw new InputError("no such file", "give circuit.json, a model folder or a config.json", {
      file: path,
    });
  }
  refuseForeign(args, model ? CIRCUIT_OPTIONS : MODEL_EMIT_OPTIONS, model);
  if (model) return await emitModel({ ...options, model: path }, terminal, options.out);
  const { machine, source } = await loadSettings(options.settings);
  const { inputs, blobs, data } = await emitCircuit(path, machine, { vectors, seed });

  const out = join(options.out, "program.json");
  const isMade = vectors !== undefined && /^\d+$/.test(vectors);
  const text = await writeBuild(out, "program", {
    task: USAGE.name,
    options: isMade ? { vectors: Number(vectors), seed } : {},
    inputs: [...inputs, ...(source === undefined ? [] : [source])],
    blobs,
    data,
  });
  terminal.table(
    ["region", "kind", "offset", "bytes", "rows", "columns"],
    data.regions.map(({ name, kind, offset, sizeBytes, shape }) => [
      name,
      kind,
      offset,
      sizeBytes,
      ...shape,
    ]),
  );
  const { cases, gates, levels, instructions, hbmBytes } = data;
  terminal.table(
    ["program", "cases", "gates", "levels", "instructions", "executed", "HBM bytes"],
    [[
      ...[data.name, cases.vectors ?? cases.count, gates, levels],
      ...[instructions.static, instructions.executed, hbmBytes],
    ]],
  );
  terminal.line(`wrote ${out} and its images`);
  terminal.artifact(text);
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
