/**
 * `deno task model:ablation`: what each source of the machine's rounding costs a model, against its
 * float pass.
 *
 * @module
 */
import { type AblationData, writeArtifact } from "../lib/artifacts/mod.ts";
import {
  EXIT,
  parseOptions,
  recordedOptions,
  runTask,
  Terminal,
  type Usage,
} from "../lib/cli/mod.ts";
import { type CompiledDecoder, splitSequences } from "../lib/compiler/mod.ts";
import { ablation } from "../lib/models/mod.ts";
import { finite, formatSmall } from "./_distances.ts";
import { formatOf, MACHINE_SETTINGS } from "./_decoder.ts";
import { givenSettings } from "./_inputs.ts";
import { chooseModel, COMPILE_OPTIONS, compileModel, modelName } from "./_model_run.ts";

/** What the task takes. */
export const USAGE = {
  name: "model:ablation",
  summary: "Tell what each source of the machine's rounding costs a model.",
  details:
    "The model is compiled as isa:emit compiles it, for the same options, and computed on the host:\n" +
    "hardware: as the program does, bit for bit, what model:compare calls machine, float model.\n" +
    "no-weight-quant: tensors lose nothing in memory, every operation rounds to bfloat16.\n" +
    "no-bf16: tensors lose what their formats lose as they lie in HBM, and no operation rounds.\n" +
    "fp32: neither. All against the true model in float64, also with --style; nothing is emulated.",
  arguments: {
    model: {
      required: true,
      help: "a model folder of Hugging Face; or a config, with --random-weights",
    },
  },
  options: {
    ...COMPILE_OPTIONS,
    settings: MACHINE_SETTINGS,
    out: { type: "artifact", default: "out/ablation.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task model:ablation fixtures/decoders/tiny --random-weights 1 --weights mxfp8",
    "deno task model:ablation fixtures/decoders/tiny --random-weights 1 --weights mxfp4 " +
    "--sequence 48 --output hidden",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const { given, source } = await givenSettings(options.settings);
  const chosen = await chooseModel(options.model, options);
  const { compiled, weights, format } = compileModel(chosen, given, options);
  const { plan } = compiled;
  const { tokens, batch } = chosen;
  const modes = ablation(plan.config, weights, splitSequences(plan, tokens), {
    ...compiled.staged(),
    output: plan.output,
    truth: chosen,
  }).map((mode) => ({
    ...mode,
    cosine: finite(mode.cosine),
    relativeRms: finite(mode.relativeRms),
    maxError: finite(mode.maxError),
  }));

  const formats = formatsOf(compiled, format);
  const text = await writeArtifact(options.out, "ablation", {
    task: USAGE.name,
    options: {
      ...recordedOptions(COMPILE_OPTIONS, options),
      // What was chosen where they leave it open.
      batch,
      weights: format,
      mlen: plan.geometry.mlen,
      blen: plan.settings.config.blen,
      machine: plan.machine,
    },
    inputs: [...chosen.sources, ...(source === undefined ? [] : [source])],
    data: { model: modelName(options.model), formats, tokens, modes },
  });
  terminal.table(
    ["mode", "cosine", "relative RMS", "max error", "same next token"],
    modes.map(({ precision, cosine, relativeRms, maxError, topTokenRate }) => [
      precision,
      cosine === null ? formatSmall(null) : cosine.toFixed(7),
      formatSmall(relativeRms),
      formatSmall(maxError),
      `${Math.round(topTokenRate * tokens.length)} of ${tokens.length}`,
    ]),
  );
  const { weight, kv, activation } = formats;
  terminal.line(
    `weights ${weight}, keys and values ${kv}, inputs ${activation}; ${
      plan.output === "logits" ? "logits" : "hidden states"
    } and next tokens of ${tokens.length} positions; wrote ${options.out}`,
  );
  terminal.artifact(text);
  return EXIT.ok;
}

/** How tensors lie in HBM. */
function formatsOf(
  { plan: { settings: { precision } } }: CompiledDecoder,
  weight: string,
): AblationData["formats"] {
  const { HBM_V_KV_TYPE: kv, HBM_V_ACT_TYPE: activation } = precision;
  const name = (type: typeof kv): string => formatOf(type, precision) ?? "as the settings say";
  return { weight, kv: name(kv), activation: name(activation) };
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
