/**
 * `isa:emit` for models: compiles a decoder for a text and writes a build folder with the file names
 * of the public compiler, beside `model.json`, which says what is where and what to expect.
 *
 * @module
 */
import { join } from "@std/path";
import {
  type ArtifactData,
  type DistanceData,
  encodeSafetensors,
  type NewBlob,
  prettyJson,
  type Tensor,
  writeArtifact,
} from "../lib/artifacts/mod.ts";
import { formatSettingsToml } from "../lib/boards/mod.ts";
import { EXIT, type OptionUsage, type Terminal } from "../lib/cli/mod.ts";
import { type CompiledDecoder, type DecoderProgram, type Region } from "../lib/compiler/mod.ts";
import { dynamicCounts, formatMem } from "../lib/isa/mod.ts";
import { SparseMemory } from "../lib/memory/mod.ts";
import { loadSettings, type Source } from "./_inputs.ts";
import { modelNames } from "./_models.ts";
import {
  chooseModel,
  type ChosenModel,
  COMPILE_OPTIONS,
  type CompileChoice,
  type CompiledModel,
  compileModel,
  decoderMachine,
  DISTANCE_HEADER,
  distanceData,
  distanceRow,
  formatSmall,
  isWithin,
  modelName,
  runToEnd,
  STAGED_BOUNDS,
} from "./_model_run.ts";

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
} as const satisfies Record<string, OptionUsage>;

/** The values of {@linkcode MODEL_EMIT_OPTIONS}, and those of the task's own. */
export interface EmitModelOptions extends CompileChoice {
  /** A config by name, a model folder, or a config. */
  readonly model: string;
  /** Settings of the machine, whose latencies and capacities are taken. */
  readonly settings: string | undefined;
  readonly check: "machine" | "reference" | "none";
  readonly explain: boolean;
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

/** Name of the artifact of a build. */
export const MODEL_FILE = "model.json";

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
  const { weights, matrix, check } = options;
  const { machine: base, source } = await loadSettings(options.settings);
  const chosen = await chooseModel(options.model, options);
  const model = compileModel(chosen, base, options);
  const { compiled } = model;
  const { plan } = compiled;
  const program = compiled.prefill(chosen.tokens.length);
  const image = hbmImage(compiled);
  const output = outputPlace(compiled, program);
  const golden: Record<string, Tensor> = {};
  const comparison = check === "none" ? null : checkProgram(
    { model, program, tokens: chosen.tokens, image, output, quiet: options.quiet },
    check,
    golden,
  );

  const { settings } = plan;
  const { mlen, vlen, blen } = settings.config;
  const { HBM_M_WEIGHT_TYPE, HBM_V_ACT_TYPE, HBM_V_KV_TYPE } = settings.precision;
  const { config } = plan;
  const { executions } = dynamicCounts(program.words);
  const data: ArtifactData<"model"> = {
    name: modelName(options.model),
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
      matrix,
      mlen,
      vlen,
      blen,
      weightType: HBM_M_WEIGHT_TYPE,
      activationType: HBM_V_ACT_TYPE,
      kvType: HBM_V_KV_TYPE,
    },
    weights,
    tokens: chosen.tokens,
    positions: plan.positions,
    instructions: program.instructions,
    stages: program.stages.map(({ name, first, end, times, depth }) => ({
      name,
      first,
      end,
      times,
      depth,
      instructions: {
        static: end - first,
        executed: executions.subarray(first, end).reduce((sum, count) => sum + count, 0),
      },
    })),
    regions: compiled.regions,
    hbmBytes: plan.hbmBytes,
    output,
    comparison,
    log: program.log,
  };
  const path = join(out, MODEL_FILE);
  const text = await writeArtifact(path, "model", {
    task: "isa:emit",
    options: {
      prompt: options.prompt ?? null,
      sequence: options.sequence ?? null,
      seed: options.seed,
      randomWeights: options.randomWeights ?? null,
      slice: options.slice ?? null,
      weights,
      mlen,
      blen,
      matrix,
      machine: plan.machine,
      output: plan.output,
      style: options.style,
      check,
    },
    inputs: [...chosen.sources, ...(source === undefined ? [] : [source])] satisfies Source[],
    blobs: [
      ...programBlobs(program, chosen.tokens, image, formatSettingsToml(settings)),
      ...sidecarBlobs(compiled, program, chosen, data),
      ...(check === "none" ? [] : [{
        role: "golden",
        path: "golden_output.safetensors",
        content: encodeSafetensors(golden),
      }]),
    ],
    data,
  });
  return report(terminal, options, data, path, text);
}

/** The contents of HBM from address 0 to the last byte that is not the cache's. */
function hbmImage(compiled: CompiledDecoder): Uint8Array {
  const end = compiled.regions.filter(({ kind }) => kind !== "kv")
    .reduce((most, { offset, sizeBytes }) => Math.max(most, offset + sizeBytes), 0);
  const image = new Uint8Array(end);
  for (const { address, bytes } of compiled.hbm()) image.set(bytes, address);
  return image;
}

/** Where a result lies, and how many columns of it are the model's. */
export type OutputPlace = ArtifactData<"model">["output"];

function outputPlace({ plan }: CompiledDecoder, program: DecoderProgram): OutputPlace {
  const { address, rows, blocks, rowPitch, blockPitch } = program.tensors.get(program.output)!;
  const { output, config } = plan;
  const columns = output === "logits" ? config.vocabulary : config.hidden;
  return { kind: output, address, rows, columns, blocks, rowPitch, blockPitch };
}

/** Reads a result where it lies: (rows, columns). */
export function readOutput(
  machine: { readRow(row: number): Float32Array },
  place: OutputPlace,
  mlen: number,
): Float32Array {
  const { address, rows, columns, blocks, rowPitch, blockPitch } = place;
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const lanes = machine.readRow((address + row * rowPitch + block * blockPitch) / mlen);
      const own = Math.min(mlen, columns - block * mlen);
      values.set(lanes.subarray(0, own), row * columns + block * mlen);
    }
  }
  return values;
}

/** The expected outputs, and the machine's if it is to run; puts all of them into `golden`. */
function checkProgram(
  { model, program, tokens, image, output, quiet }: {
    readonly model: CompiledModel;
    readonly program: DecoderProgram;
    readonly tokens: readonly number[];
    readonly image: Uint8Array;
    readonly output: OutputPlace;
    readonly quiet: boolean;
  },
  check: "machine" | "reference",
  golden: Record<string, Tensor>,
): NonNullable<ArtifactData<"model">["comparison"]> {
  const { plan } = model.compiled;
  const { mlen, hbmSizeBytes } = plan.settings.config;
  const { float, staged } = model.references();
  const columns = output.kind === "logits" ? output.columns : undefined;
  const shape = [output.rows, output.columns];
  golden.float = floatTensor(float, shape);
  golden.staged = floatTensor(staged, shape);
  const stagedToFloat = distanceData(staged, float, columns);
  if (check === "reference") return { stagedToFloat, machineToStaged: null, machineToFloat: null };
  const hbm = new SparseMemory(hbmSizeBytes);
  hbm.write(0, image);
  const machine = decoderMachine(plan.settings, plan.machine, hbm, {
    words: program.words,
    fpSram: program.fpSram,
    intSram: program.intSram(tokens),
  });
  runToEnd(machine, program.instructions.executed, quiet);
  const values = readOutput(machine, output, mlen);
  golden.machine = floatTensor(values, shape);
  return {
    stagedToFloat,
    machineToStaged: distanceData(values, staged, columns),
    machineToFloat: distanceData(values, float, columns),
  };
}

function floatTensor(values: Float32Array, shape: readonly number[]): Tensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: "F32", shape, bytes };
}

/** Everything that a run needs, under the public compiler's names. */
function programBlobs(
  program: DecoderProgram,
  tokens: readonly number[],
  image: Uint8Array,
  settings: string,
): NewBlob[] {
  const intSram = program.intSram(tokens);
  return [
    { role: "asm", path: "generated_asm_code.asm", content: program.text() },
    { role: "mem", path: "generated_machine_code.mem", content: formatMem(program.words) },
    { role: "hbm", path: "hbm_for_behave_sim.bin", content: image },
    {
      role: "fp_sram",
      path: "fp_sram.bin",
      content: program.fpSram,
      dtype: "F16",
      shape: [program.fpSram.length / 2],
    },
    {
      role: "int_sram",
      path: "int_sram.bin",
      content: intSram,
      dtype: "U32",
      shape: [intSram.length / 4],
    },
    { role: "settings", path: "settings.toml", content: settings },
  ];
}

/** What the public compiler's tools read beside the program (compiler specification, 13.1 and 14). */
function sidecarBlobs(
  { plan, regions }: CompiledDecoder,
  program: DecoderProgram,
  { tokens }: ChosenModel,
  { architecture, output, machine, instructions }: ArtifactData<"model">,
): NewBlob[] {
  const { mlen, blen } = machine;
  const { address, rows, blocks, blockPitch } = output;
  const width = blocks * mlen;
  const physicalRows = blockPitch / mlen;
  const by = <T>(value: (region: Region) => T): Record<string, T> =>
    Object.fromEntries(regions.map((region) => [region.name, value(region)]));
  const inputs = regions.filter(({ kind }) => kind !== "kv").sort((a, b) => a.offset - b.offset);
  const json: Readonly<Record<string, unknown>> = {
    hbm_addrs: by(({ offset }) => offset),
    hbm_sizes: by(({ sizeBytes }) => sizeBytes),
    // Tiles and padding are in the image already: what is stored is what there is.
    tensor_layouts: Object.fromEntries(inputs.map(({ name, shape }) => [name, {
      source_shape: shape,
      storage_shape: shape,
      logical_shape: shape,
      source_row_elements: shape[1],
      storage_row_elements: shape[1],
      precision: /^(W_|lm_head)/.test(name) ? "weight" : "activation",
    }])),
    data_order: inputs.map(({ name }) => name),
    comparison_params: {
      start_row_idx: address / mlen,
      num_rows: width > mlen ? blocks * physicalRows : rows,
      num_batches: rows,
      elements_per_batch: width,
      row_dim: mlen,
      physical_rows: physicalRows,
      use_stride_mode: width > mlen,
    },
    compile_info: {
      model_type: architecture.family,
      hidden_size: architecture.hidden,
      inter_dim: architecture.intermediate,
      padded_hidden_size: plan.geometry.hiddenBlocks * mlen,
      padded_inter_dim: plan.geometry.interBlocks * mlen,
      num_layers: architecture.layers,
      batch_size: 1,
      seq_len: tokens.length,
      rows_per_batch: tokens.length,
      active_rows: tokens.length,
      head_dim: architecture.headDim,
      num_heads: architecture.heads,
      num_kv_heads: architecture.kvHeads,
      mlen,
      blen,
      golden_precision: "hardware",
      decoder_input_source: "embed_tokens",
      isa_lines: instructions.static,
      output_tensor: program.output,
    },
  };
  return [
    ...Object.entries(json).map(([role, value]) => ({
      role,
      path: `${role}.json`,
      content: prettyJson(value),
    })),
    { role: "hbm_size", path: "hbm_size.txt", content: `${plan.hbmBytes}\n` },
  ];
}

function report(
  terminal: Terminal,
  { weights, explain, check }: EmitModelOptions,
  data: ArtifactData<"model">,
  path: string,
  text: string,
): number {
  if (explain) {
    for (const line of data.log) terminal.line(line);
    terminal.table(
      ["stage", "first", "end", "times", "instructions", "executed"],
      data.stages.map(({ name, first, end, times, depth, instructions }) => [
        "  ".repeat(depth) + name,
        first,
        end,
        times,
        instructions.static,
        instructions.executed,
      ]),
    );
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
  }
  const { machineToStaged, machineToFloat, stagedToFloat } = data.comparison ?? {};
  const rows: [string, DistanceData | null | undefined][] = [
    ["machine, staged reference", machineToStaged],
    ["machine, float model", machineToFloat],
    ["staged reference, float model", stagedToFloat],
  ];
  if (check !== "none") {
    terminal.table(
      ["compared", ...DISTANCE_HEADER.slice(1)],
      rows.flatMap(([name, found]) => (found ? [distanceRow(name, found)] : [])),
    );
  }
  terminal.table(
    ["program", "weights", "tokens", "layers", "instructions", "executed", "HBM bytes"],
    [[
      data.name,
      weights,
      data.tokens.length,
      data.architecture.layers,
      data.instructions.static,
      data.instructions.executed,
      data.hbmBytes,
    ]],
  );
  terminal.line(`wrote ${path} and its images`);
  terminal.artifact(text);
  const bound = STAGED_BOUNDS[weights];
  const rms = machineToStaged?.relativeRms;
  if (rms === undefined || isWithin(rms, bound)) return EXIT.ok;
  terminal.failure(
    `the machine is ${formatSmall(rms)} from the staged reference, more than ${bound}: ` +
      "see deno task model:compare",
  );
  return EXIT.checkFailed;
}
