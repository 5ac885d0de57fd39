/**
 * `model:compare` for models: compiles one, and runs prefill and decode steps stage by stage beside
 * the staged reference.
 *
 * @module
 */
import type { StageDistanceData } from "../lib/artifacts/mod.ts";
import { formatValue, UsageError } from "../lib/cli/mod.ts";
import { DecoderSession, newCaches, outputRow, splitSequences } from "../lib/compiler/mod.ts";
import type { Machine } from "../lib/emulator/mod.ts";
import { SparseMemory } from "../lib/memory/mod.ts";
import { distancesOf, STAGED_BOUNDS } from "./_distances.ts";
import { givenSettings } from "./_inputs.ts";
import { checkImage, watchedImage } from "./_model_image.ts";
import {
  chooseModel,
  type CompileChoice,
  type CompiledModel,
  compileModel,
  decoderMachine,
  modelName,
  runToEnd,
} from "./_model_run.ts";
import { type Compared, stagesOf } from "./_stage_distances.ts";

/** What is compared, and how. */
export interface CompareModelOptions extends CompileChoice {
  /** A config by name, a model folder, or a config. */
  readonly model: string;
  /**
   * Settings of the machine; dimensions, transfers and types are taken from them, too, where no option
   * says otherwise.
   */
  readonly settings: string | undefined;
  /**
   * How many of the last tokens are decode steps, or more if one program cannot take the others; 1 unless
   * given, none where there are no such steps.
   */
  readonly decode: number | undefined;
  /** Largest relative RMS to the staged reference; by the format of the weights unless given. */
  readonly bound: number | undefined;
  readonly quiet: boolean;
}

/**
 * Compiles a model, runs it stage by stage and token by token.
 *
 * @throws {UsageError} When the text leaves no token for the prefill, or the model has no decode steps.
 */
export async function compareModel(options: CompareModelOptions): Promise<Compared> {
  const { given, source } = await givenSettings(options.settings);
  const chosen = await chooseModel(options.model, options);
  const { tokens, batch, config } = chosen;
  const length = tokens.length / batch;
  const without = options.style === "plena"
    ? "the public layout"
    : config.causal
    ? undefined
    : "a model without causal mask";
  const decode = options.decode ?? (without === undefined && length > 1 ? 1 : 0);
  if (decode > 0 && without !== undefined) {
    throw new UsageError(`${without} has no decode steps`, "give --decode 0");
  }
  if (decode >= length) {
    throw new UsageError(
      `--decode ${decode} of a text of ${length} tokens`,
      "leave at least one token for the prefill",
    );
  }
  const model = compileModel(chosen, given, options);
  const { plan } = model.compiled;
  checkImage(options.model, plan.hbmBytes, "run");
  const { values, stages, prefilled } = runSteps(model, tokens, decode, options.quiet);
  const decodeSteps = length - prefilled;
  const columns = plan.output === "logits" ? config.vocabulary : undefined;
  const bound = options.bound ?? STAGED_BOUNDS[model.format];
  return {
    data: {
      model: modelName(options.model),
      weights: model.format,
      style: options.style,
      batch,
      tokens,
      decodeSteps,
      output: plan.output,
      bound,
      stages,
      ...distancesOf(values, model.references(), columns, bound),
    },
    inputs: [...chosen.sources, ...(source === undefined ? [] : [source])],
    ...(decodeSteps === decode ? {} : {
      note: `one program takes at most ${formatValue(prefilled)} tokens of a text here: the ` +
        `last ${formatValue(decodeSteps)} are decode steps`,
    }),
  };
}

/**
 * The machine's result for every token, how far each stage of every program is off, and how many tokens
 * of each sequence the first program took.
 */
function runSteps(
  model: CompiledModel,
  tokens: readonly number[],
  decode: number,
  quiet: boolean,
): { values: Float32Array; stages: StageDistanceData[]; prefilled: number } {
  const { compiled, longLoops } = model;
  const { plan } = compiled;
  const hbm = new SparseMemory(plan.settings.config.hbmSizeBytes);
  for (const { address, bytes } of watchedImage(compiled, quiet)) hbm.write(address, bytes);
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
  const prefilled = DecoderSession.pieces(plan, length - decode)[0]!;
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
  return { values, stages, prefilled };
}
