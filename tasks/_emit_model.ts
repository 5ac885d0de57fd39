/**
 * `isa:emit` for models: compiles a decoder for a text and writes a build folder with the file names
 * of the public compiler, beside `program.json`, which says what is where and what to expect.
 *
 * @module
 */
import { join } from "@std/path";
import {
  type ArtifactData,
  encodeSafetensors,
  type StageData,
  type Tensor,
} from "../lib/artifacts/mod.ts";
import { formatSettingsToml } from "../lib/boards/mod.ts";
import { EXIT, type OptionUsage, recordedOptions, type Terminal } from "../lib/cli/mod.ts";
import {
  buildFiles,
  type DecoderProgram,
  hbmImage,
  type HbmPiece,
  rtlImage,
  stageReports,
} from "../lib/compiler/mod.ts";
import type { Machine } from "../lib/emulator/mod.ts";
import { SparseMemory } from "../lib/memory/mod.ts";
import type { StoredFormat } from "./_decoder.ts";
import {
  complaint,
  distanceData,
  distancesOf,
  type Expected,
  printDistances,
  STAGED_BOUNDS,
} from "./_distances.ts";
import { givenSettings, type Source } from "./_inputs.ts";
import { logitColumns, type OutputPlace, outputPlace, readOutput } from "./_model_output.ts";
import { checkImage, watchedImage } from "./_model_image.ts";
import {
  chooseModel,
  type ChosenModel,
  COMPILE_OPTIONS,
  type CompileChoice,
  type CompiledModel,
  compileModel,
  decoderMachine,
  modelName,
  runToEnd,
} from "./_model_run.ts";
import { modelNames } from "./_models.ts";
import { BUILD_FILE } from "./_program.ts";
import { writeBuild } from "./_write_build.ts";

/** The options of `isa:emit` that are for models only. */
export const MODEL_EMIT_OPTIONS = {
  ...COMPILE_OPTIONS,
  check: {
    choices: ["machine", "reference", "none"],
    default: "machine",
    help: "Expected outputs of a model, and the emulated machine's beside them; only the former; " +
      "or neither, for models that the host computes too slowly.",
  },
  explain: { type: "flag", help: "Print what each pass of the compiler did to a model." },
  rtl: {
    type: "flag",
    help: "Write the image of HBM also as hbm.mem, for RTL simulation.",
  },
} as const satisfies Record<string, OptionUsage>;

/** Those of them that shape the build. */
const { explain: _, ...SHAPING_OPTIONS } = MODEL_EMIT_OPTIONS;

/** The values of {@linkcode MODEL_EMIT_OPTIONS}, and those of the task's own. */
export interface EmitModelOptions extends CompileChoice {
  /** A config by name, a model folder, or a config. */
  readonly model: string;
  /**
   * Settings of the machine; dimensions, transfers and types are taken from them, too, where no option
   * says otherwise.
   */
  readonly settings: string | undefined;
  readonly check: "machine" | "reference" | "none";
  readonly explain: boolean;
  /** Not unless given. */
  readonly rtl?: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Whether something names a model: a config that comes with fourbit, a folder, or a config. */
export async function isModel(path: string): Promise<boolean> {
  if (modelNames().includes(path)) return true;
  const stat = await Deno.stat(path).catch(() => undefined);
  if (stat?.isDirectory) return true;
  if (stat === undefined || !path.endsWith(".json")) return false;
  try {
    const json: unknown = JSON.parse(await Deno.readTextFile(path));
    return typeof json === "object" && json !== null && "model_type" in json;
  } catch {
    return false;
  }
}

/**
 * Compiles a model, writes its build folder, and compares float model, staged reference and machine.
 *
 * @param out The folder.
 * @returns The exit code: 1 if the machine is not within the bound of the staged reference.
 */
export async function emitModel(
  options: EmitModelOptions,
  terminal: Terminal,
  out: string,
): Promise<number> {
  const { check, rtl = false } = options;
  const { given, source } = await givenSettings(options.settings);
  const chosen = await chooseModel(options.model, options);
  const model = compileModel(chosen, given, options);
  const { compiled, format: weights } = model;
  const { plan } = compiled;
  checkImage(options.model, plan.hbmBytes, check === "machine" ? "runOrFile" : "file");
  const program = compiled.prefill(plan.positions, { longLoops: model.longLoops });
  const made = () => watchedImage(compiled, options.quiet);
  // Quantising takes the most time: the machine and the files get the same pieces.
  const pieces = check === "machine" ? [...made()] : undefined;
  // Pieces that nobody else needs are made for each file: all at once they could be too large.
  const image = () => hbmImage(compiled, pieces ?? made());
  const output = outputPlace(compiled, program);
  const golden = check === "none" ? undefined : model.references();
  const values = pieces && readOutput(
    runPieces(model, program, chosen.tokens, pieces, options),
    output,
    plan.geometry.mlen,
  );

  const comparison = golden === undefined ? null : compared(golden, values, output, weights);
  const data = describe(options, chosen, model, { program, output, comparison });
  const path = join(out, BUILD_FILE);
  const text = await writeBuild(path, "model", {
    task: "isa:emit",
    options: {
      ...recordedOptions(SHAPING_OPTIONS, { ...options, batch: chosen.batch, rtl }),
      // What was chosen where they leave it open.
      longLoops: model.longLoops,
      weights,
      mlen: data.machine.mlen,
      blen: data.machine.blen,
      machine: plan.machine,
    },
    inputs: [...chosen.sources, ...(source === undefined ? [] : [source])] satisfies Source[],
    blobs: [
      ...buildFiles(compiled, program, chosen.tokens, golden?.staged),
      { role: "settings", path: "settings.toml", content: formatSettingsToml(plan.settings) },
      {
        role: "executions",
        path: "executions.bin",
        content: bytesOf(program.executions),
        dtype: "F64",
        shape: [program.executions.length],
      },
      { role: "hbm", path: "hbm_for_behave_sim.bin", content: image() },
      ...(rtl ? [{ role: "hbm_rtl", path: "hbm.mem", content: rtlImage(image()) }] : []),
      ...(golden === undefined ? [] : [{
        role: "golden",
        path: "golden_output.safetensors",
        content: encodeSafetensors(goldenTensors(golden, values, output)),
      }]),
    ],
    data,
  });
  return report(terminal, options, data, path, text);
}

/** What `program.json` says of a program, its model and its machine. */
function describe(
  options: EmitModelOptions,
  chosen: ChosenModel,
  model: CompiledModel,
  { program, output, comparison }: {
    readonly program: DecoderProgram;
    readonly output: OutputPlace;
    readonly comparison: ArtifactData<"model">["comparison"];
  },
): ArtifactData<"model"> {
  const { compiled } = model;
  const { plan } = compiled;
  const { settings, config } = plan;
  const { mlen, vlen, blen } = settings.config;
  const { HBM_M_WEIGHT_TYPE, HBM_V_ACT_TYPE, HBM_V_KV_TYPE } = settings.precision;
  return {
    name: modelName(options.model),
    origin: {
      randomWeights: options.randomWeights ?? null,
      slice: options.slice ?? null,
      style: options.style,
      longLoops: model.longLoops,
    },
    architecture: {
      family: config.family,
      hidden: config.hidden,
      intermediate: config.intermediate,
      layers: config.layers,
      heads: config.heads,
      kvHeads: config.kvHeads,
      headDim: config.headDim,
      vocabulary: config.vocabulary,
    },
    machine: {
      rules: plan.machine,
      matrix: options.matrix,
      mlen,
      vlen,
      blen,
      weightType: HBM_M_WEIGHT_TYPE,
      activationType: HBM_V_ACT_TYPE,
      kvType: HBM_V_KV_TYPE,
    },
    weights: model.format,
    batch: chosen.batch,
    tokens: chosen.tokens,
    positions: plan.positions,
    instructions: program.instructions,
    stages: stageReports(program),
    regions: compiled.regions,
    hbmBytes: plan.hbmBytes,
    output,
    comparison,
    log: program.log,
  };
}

/** Runs a program on a machine with these contents of HBM. */
function runPieces(
  { compiled: { plan } }: CompiledModel,
  program: DecoderProgram,
  tokens: readonly number[],
  pieces: readonly HbmPiece[],
  { quiet }: EmitModelOptions,
): Machine {
  const hbm = new SparseMemory(plan.settings.config.hbmSizeBytes);
  for (const { address, bytes } of pieces) hbm.write(address, bytes);
  const machine = decoderMachine(plan.settings, plan.machine, hbm, {
    words: program.words,
    fpSram: program.fpSram,
    intSram: program.intSram(tokens),
  });
  runToEnd(machine, program.instructions.executed, quiet);
  return machine;
}

/** The expected outputs beside one another, and the machine's if it ran. */
function compared(
  golden: Expected,
  values: Float32Array | undefined,
  output: OutputPlace,
  weights: StoredFormat,
): NonNullable<ArtifactData<"model">["comparison"]> {
  const { staged, float } = golden;
  const [columns, bound] = [logitColumns(output), STAGED_BOUNDS[weights]];
  return values === undefined
    ? {
      stagedToFloat: distanceData(staged, float, columns, bound),
      machineToStaged: null,
      machineToFloat: null,
    }
    : distancesOf(values, golden, columns, bound);
}

function goldenTensors(
  { staged, float }: Expected,
  machine: Float32Array | undefined,
  { rows, columns }: OutputPlace,
): Record<string, Tensor> {
  const all = { staged, float, ...(machine === undefined ? {} : { machine }) };
  return Object.fromEntries(
    Object.entries(all).map(([name, values]) => [name, {
      dtype: "F32",
      shape: [rows, columns],
      bytes: bytesOf(values),
    }]),
  );
}

/** The bytes of an array, which is little-endian wherever Deno runs. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** What each pass did, what each stage takes, and what lies where. */
function printPasses(terminal: Terminal, data: ArtifactData<"model">): void {
  for (const line of data.log) terminal.line(line);
  terminal.line("");
  // Layers are one loop, or unrolled: then a stage has as many places.
  const names = [...new Set(data.stages.map(({ name, depth }) => "  ".repeat(depth) + name))];
  terminal.table(
    ["stage", "first at", "places", "times", "instructions", "executed", "share"],
    names.map((name) => {
      const own = data.stages.filter((stage) => stage.name === name.trimStart());
      const sum = (value: (stage: StageData) => number): number =>
        own.reduce((total, stage) => total + value(stage), 0);
      const executed = sum(({ instructions }) => instructions.executed);
      return [
        name,
        own[0]!.first,
        own.length,
        sum(({ times }) => times),
        sum(({ instructions }) => instructions.static),
        executed,
        `${(100 * executed / data.instructions.executed).toFixed(1)} %`,
      ];
    }),
  );
  const { layers } = data.architecture;
  terminal.table(
    ["region", "kind", "offset", "bytes", "rows", "columns"],
    data.regions.filter(({ layerId }) => layerId === 0).map(
      ({ name, kind, offset, sizeBytes, shape }) => [name, kind, offset, sizeBytes, ...shape],
    ),
  );
  if (layers > 1) {
    terminal.line(`and the same for the layers from 1 to ${layers - 1}, in the artifact`);
  }
  terminal.line("");
}

/** How many tokens a program takes. */
function tokenCount({ batch, tokens: { length } }: ArtifactData<"model">): number | string {
  return batch === 1 ? length : `${batch} × ${length / batch}`;
}

function report(
  terminal: Terminal,
  { explain }: EmitModelOptions,
  data: ArtifactData<"model">,
  path: string,
  text: string,
): number {
  if (explain) printPasses(terminal, data);
  if (data.comparison !== null) printDistances(terminal, data.comparison);
  terminal.table(
    ["program", "weights", "tokens", "layers", "instructions", "executed", "HBM bytes"],
    [[
      data.name,
      data.weights,
      tokenCount(data),
      data.architecture.layers,
      data.instructions.static,
      data.instructions.executed,
      data.hbmBytes,
    ]],
  );
  terminal.line(`wrote ${path} and its images`);
  terminal.artifact(text);
  const machineToStaged = data.comparison?.machineToStaged ?? null;
  const wrong = machineToStaged && complaint(machineToStaged, STAGED_BOUNDS[data.weights]);
  if (!wrong) return EXIT.ok;
  terminal.failure(`${wrong}: see deno task model:compare ${path}`);
  return EXIT.checkFailed;
}
