/**
 * `deno task weights:fit`: which boards hold a model, in which regime, and what would make it fit.
 *
 * @module
 */
import { writeArtifact } from "../lib/artifacts/mod.ts";
import {
  type Board,
  boardCapacityBytes,
  hostBandwidthBytesPerSecond,
  memoryBandwidthBytesPerSecond,
} from "../lib/boards/mod.ts";
import { EXIT, type Options, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { type Fit, type FitAlternative, fitModel, type FootprintOf } from "../lib/memory/mod.ts";
import {
  type DecoderShape,
  footprint,
  parseDecoderShape,
  STORAGE_FORMATS,
  weightBytesPerStep,
} from "../lib/models/mod.ts";
import { boardNames, loadBoard } from "./_inputs.ts";
import { checkCounts, checkTotal, loadConfig } from "./_models.ts";

const FORMATS = Object.keys(STORAGE_FORMATS);
/** Formats that are proposed when a model does not fit. */
const PROPOSED = ["bf16", "mxfp8", "mxfp6", "mxfp4"];

/** What the task takes. */
export const USAGE = {
  name: "weights:fit",
  summary: "Say which boards hold a model, from its config alone.",
  details:
    "Sizes are exact: every tensor in its format, scales included. Times are bounds: what a\n" +
    "step of generation must read, over the bandwidths of the board.",
  arguments: {
    model: { required: true, help: "a config by name, a model folder, or a config.json" },
  },
  options: {
    boards: { default: "all", help: "Boards, with commas between, by name or YAML file; or all." },
    context: {
      type: "integer",
      help: "Tokens: the prompt and what is generated; 2048, or as many as the model is made for " +
        "if these are fewer, unless given.",
    },
    batch: { type: "integer", default: 1, help: "Sequences at once." },
    weights: { choices: FORMATS, default: "mxfp4", help: "Format of the weights." },
    kv: { choices: FORMATS, default: "mxfp8", help: "Format of stored keys and values." },
    activations: { choices: FORMATS, default: "bf16", help: "Format of inputs and tables." },
    out: { type: "artifact", default: "out/fit.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task weights:fit llama-3.2-1b --context 2048 --weights mxfp4",
    "deno task weights:fit qwen3-32b --boards kv260,v80 --kv mxfp4 --context 32768",
  ],
} as const satisfies Usage;

type Formats = Readonly<Record<"weight" | "kv" | "activation", string>>;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const { batch } = options;
  checkCounts({ context: options.context ?? 1, batch });
  const { json, file, source } = await loadConfig(options.model);
  const shape = parseDecoderShape(json, file);
  const context = options.context ?? Math.min(2048, shape.maxPositions);
  const boards = await Promise.all(
    (options.boards === "all" ? boardNames() : options.boards.split(",")).map((name) =>
      loadBoard(name.trim())
    ),
  );
  const formats = { weight: options.weights, kv: options.kv, activation: options.activations };
  const whole = footprint(shape, { sequence: context, batch, formats });
  checkTotal(options.model, whole.bytes.total);
  const model = {
    footprint: footprintOf(shape, batch, formats),
    weightBytesPerStep: weightBytesPerStep(shape, whole, batch),
    context,
    maxContext: shape.maxPositions,
    alternatives: alternatives(shape, options, formats),
  };
  const fits = boards.map(({ board }) => ({ board, fit: fitModel(model, fitBoard(board)) }));

  const text = await writeArtifact(options.out, "fit", {
    task: USAGE.name,
    options: { boards: options.boards, context, batch, ...formats },
    inputs: [source, ...boards.map(({ source }) => source)],
    blobs: [],
    data: {
      model: options.model,
      parameters: whole.parameters,
      context,
      batch,
      formats,
      footprint: { ...whole.bytes },
      boards: fits.map(({ board, fit: { footprint: _, ...fit } }) => ({
        board: board.name,
        capacityBytes: boardCapacityBytes(board),
        ...fit,
        changes: fit.changes.map(({ name, footprint }) => ({ name, footprint })),
      })),
    },
  });
  const { weight, kv, activation, total } = whole.bytes;
  terminal.table(
    ["model", "parameters", "context", "batch", "weight bytes", "kv bytes", "activations", "total"],
    [[options.model, whole.parameters, context, batch, weight, kv, activation, total]],
  );
  terminal.table(
    ["board", "memory", "holds it", "regime", "largest context", "s/token >=", "cheapest change"],
    fits.map(({ board, fit }) => [
      board.name,
      boardCapacityBytes(board),
      verdict(fit, boardCapacityBytes(board)),
      fit.regime,
      fit.largestContext,
      fit.secondsPerStep === null ? "unknown" : seconds.format(fit.secondsPerStep),
      fit.fits ? "" : fit.changes[0]?.name ?? "none of ours",
    ]),
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  return EXIT.ok;
}

const seconds = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

function verdict({ fits, spareBytes }: Fit, capacityBytes: number): string {
  const share = (100 * Math.abs(spareBytes) / capacityBytes).toFixed(0);
  return fits ? `yes, ${share} % free` : `no, ${share} % too much`;
}

function footprintOf(shape: DecoderShape, batch: number, formats: Formats): FootprintOf {
  return (sequence) => footprint(shape, { sequence, batch, formats }).bytes;
}

function fitBoard(board: Board): Parameters<typeof fitModel>[1] {
  return {
    capacityBytes: boardCapacityBytes(board),
    memoryBytesPerSecond: memoryBandwidthBytesPerSecond(board) ?? null,
    hostBytesPerSecond: hostBandwidthBytesPerSecond(board) ?? null,
  };
}

/** The same model in formats of fewer bits, and one sequence at a time. */
function alternatives(
  shape: DecoderShape,
  { batch }: Options<typeof USAGE>,
  formats: Formats,
): FitAlternative[] {
  const found: FitAlternative[] = [];
  for (const weight of narrower(formats.weight)) {
    for (const kv of narrower(formats.kv)) {
      const parts = [
        ...(weight === formats.weight ? [] : [`weights ${weight}`]),
        ...(kv === formats.kv ? [] : [`kv ${kv}`]),
      ];
      if (parts.length === 0) continue;
      found.push({
        name: parts.join(", "),
        footprint: footprintOf(shape, batch, { ...formats, weight, kv }),
      });
    }
  }
  for (let fewer = batch - 1; fewer >= 1; fewer = Math.floor(fewer / 2)) {
    found.push({ name: `batch ${fewer}`, footprint: footprintOf(shape, fewer, formats) });
  }
  return found;
}

/** A format and the proposed ones with fewer bits an element. */
function narrower(name: string): string[] {
  const bits = (format: string): number => {
    const { elementBits, blockSize, scaleBits } = STORAGE_FORMATS[format]!;
    return elementBits + (scaleBits ?? 0) / (blockSize ?? 1);
  };
  return [name, ...PROPOSED.filter((format) => bits(format) < bits(name))];
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
