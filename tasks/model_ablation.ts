/**
 * `deno task model:ablation`: what each source of the machine's rounding costs a model, against its
 * float pass.
 *
 * @module
 */
import { writeArtifact } from "../lib/artifacts/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage, UsageError } from "../lib/cli/mod.ts";
import { ablation, LOSSY_FORMATS } from "../lib/models/mod.ts";
import { formatSmall } from "./_distances.ts";
import { chooseModel, modelName, WEIGHTS_OPTIONS } from "./_model_run.ts";
import { TEXT_OPTIONS } from "./_text.ts";

/** What the task takes. */
export const USAGE = {
  name: "model:ablation",
  summary: "Tell what each source of the machine's rounding costs a model.",
  details: "hardware: tensors lose what their formats lose, every operation rounds to bfloat16.\n" +
    "no-weight-quant: bfloat16 only. no-bf16: formats only. fp32: neither.\n" +
    "All on the host, against the model in float64; nothing is emulated.",
  arguments: {
    model: {
      required: true,
      help: "a model folder of Hugging Face; or a config, with --random-weights",
    },
  },
  options: {
    ...TEXT_OPTIONS,
    ...WEIGHTS_OPTIONS,
    weights: { choices: LOSSY_FORMATS, default: "mxfp8", help: "Format of the weights." },
    kv: { choices: LOSSY_FORMATS, default: "mxfp8", help: "Format of stored keys and values." },
    activations: { choices: LOSSY_FORMATS, default: "mxfp8", help: "Format of inputs and tables." },
    mlen: { type: "integer", default: 64, help: "Lanes of a row, over which sums are rounded." },
    out: { type: "file", default: "out/ablation.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task model:ablation fixtures/decoders/tiny --random-weights 1",
    "deno task model:ablation fixtures/decoders/tiny --random-weights 1 --weights mxfp4 " +
    "--sequence 48",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const { weights: weight, kv, activations: activation, mlen } = options;
  if (mlen < 1) throw new UsageError(`--mlen cannot be ${mlen}`, "give at least 1");
  const { config, weights, tokens, sources } = await chooseModel(options.model, options);
  const formats = { weight, kv, activation };
  const modes = ablation(config, weights, tokens, { formats, mlen });

  const text = await writeArtifact(options.out, "ablation", {
    task: USAGE.name,
    options: {
      prompt: options.prompt ?? null,
      sequence: options.sequence ?? null,
      seed: options.seed,
      randomWeights: options.randomWeights ?? null,
      slice: options.slice ?? null,
      mlen,
    },
    inputs: sources,
    data: { model: modelName(options.model), formats, tokens, modes },
  });
  terminal.table(
    ["mode", "cosine", "relative RMS", "max error", "same next token"],
    modes.map(({ precision, cosine, relativeRms, maxError, topTokenRate }) => [
      precision,
      cosine.toFixed(7),
      formatSmall(relativeRms),
      formatSmall(maxError),
      `${Math.round(topTokenRate * tokens.length)} of ${tokens.length}`,
    ]),
  );
  terminal.line(
    `weights ${weight}, keys and values ${kv}, inputs ${activation}; hidden states and next ` +
      `tokens of ${tokens.length} positions; wrote ${options.out}`,
  );
  terminal.artifact(text);
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
