/**
 * `deno task weights:manifest`: writes the kind-tagged manifest of a build: what lies where in HBM
 * and is weight, key/value store or activation.
 *
 * @module
 */
import { join } from "@std/path";
import { type ArtifactData, readFile, sha256, writeArtifact } from "../lib/artifacts/mod.ts";
import { boardCapacityBytes } from "../lib/boards/mod.ts";
import {
  EXIT,
  flagOf,
  InputError,
  isGiven,
  type Options,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import {
  chooseRegime,
  footprintByKind,
  formatWeightManifest,
  manifestFromPlena,
  manifestFromRegions,
} from "../lib/memory/mod.ts";
import { footprint, parseDecoderShape, STORAGE_FORMATS } from "../lib/models/mod.ts";
import { loadBoard, type Source } from "./_inputs.ts";
import { checkCounts, checkTotal, loadConfig } from "./_models.ts";
import { programFile, readBuild } from "./_program.ts";

const FORMATS = Object.keys(STORAGE_FORMATS);
/** Tensors begin at whole blocks of the memory. */
const REGION_ALIGNMENT = 64;

/** What the task takes. */
export const USAGE = {
  name: "weights:manifest",
  summary: "Write the manifest of a build: regions of HBM by kind.",
  details: "A build folder holds program.json of isa:emit, or hbm_addrs.json and, if there are,\n" +
    "hbm_sizes.json and tensor_layouts.json of the PLENA compiler. With --model no build is needed:\n" +
    "every tensor of the model gets its place, in the order of the layers.",
  arguments: {
    build: {
      help: "build folder, or its program.json; out/build unless given",
    },
  },
  options: {
    board: { help: "Board whose memory capacity counts." },
    ddrCapacity: {
      help: "Capacity of the memory, such as 512M or 1.5G; the board's unless given.",
    },
    model: { help: "A model's config by name, folder or path, instead of a build." },
    context: {
      type: "integer",
      help: "Tokens of context, with --model; 2048, or as many as the model is made for if these " +
        "are fewer, unless given.",
    },
    batch: { type: "integer", default: 1, help: "Sequences at once, with --model." },
    weights: { choices: FORMATS, default: "mxfp8", help: "Format of weights, with --model." },
    kv: { choices: FORMATS, default: "mxfp8", help: "Format of keys and values, with --model." },
    totalLayers: {
      type: "integer",
      help: "Estimate a model of so many layers, from a PLENA build of fewer.",
    },
    out: {
      type: "artifact",
      default: "out/manifest.json",
      help: "Where the artifact goes; the public form goes beside it.",
    },
  },
  examples: [
    "deno task weights:manifest out/build --board nexys_video",
    "deno task weights:manifest out/build --ddr-capacity 16M",
    "deno task weights:manifest out/tiny --board custom_a7 --out out/tiny/manifest.json",
    "deno task weights:manifest --model llama-3.2-1b --weights mxfp4 --board custom_a7 " +
    "--out out/llama/manifest.json",
  ],
} as const satisfies Usage;

/** The files of a PLENA build that count, and whether they must be there. */
const PLENA_FILES = {
  hbmAddrs: "hbm_addrs.json",
  hbmSizes: "hbm_sizes.json",
  tensorLayouts: "tensor_layouts.json",
} as const;

type ManifestData = ArtifactData<"manifest">;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const build = options.build ?? "out/build";
  const board = options.board === undefined ? undefined : await loadBoard(options.board);
  const ddrCapacity = capacityOf(options.ddrCapacity);
  const capacity = ddrCapacity ?? (board === undefined ? null : boardCapacityBytes(board.board));

  if (options.model !== undefined && options.build !== undefined) {
    throw new UsageError("a build and --model", "give one of the two");
  }
  const foreign = ["context", "batch", "weights", "kv"].find((name) => isGiven(args, name));
  if (options.model === undefined && foreign !== undefined) {
    throw new UsageError(
      `${flagOf(foreign)} is for --model, and this is a build`,
      "leave it out, or give the model",
    );
  }
  // A build of isa:emit has the files of the PLENA compiler too, but knows more.
  const file = await programFile(build);
  const isPlena = !await exists(file) && await exists(join(build, PLENA_FILES.hbmAddrs));
  const { data, sources } = options.model !== undefined
    ? await fromModel(options.model, capacity, options)
    : isPlena
    ? await fromPlena(build, capacity, options.totalLayers)
    : await fromProgram(file, capacity, options.totalLayers);

  const { manifest, regions, footprint, regime, warnings, estimate } = data;
  const text = await writeArtifact(options.out, "manifest", {
    task: USAGE.name,
    options: {
      board: board?.board.name ?? null,
      ddrCapacity: ddrCapacity ?? null,
      totalLayers: options.totalLayers ?? null,
      ...(options.model === undefined ? {} : {
        model: options.model,
        context: options.context ?? null,
        batch: options.batch,
        weights: options.weights,
        kv: options.kv,
      }),
    },
    inputs: [...sources, ...(board === undefined ? [] : [board.source])],
    blobs: [{
      role: "plena",
      path: options.out.replace(/\.json$/, "") + ".plena.json",
      content: formatWeightManifest(manifest),
    }],
    data,
  });
  terminal.table(
    ["region", "kind", "layer", "offset", "bytes", "size from"],
    manifest.regions.map(({ layer_id, offset, size, kind }, i) => {
      const { name, sizeFrom } = regions[i]!;
      return [name, kind, layer_id, offset, size, sizeFrom];
    }),
  );
  terminal.table(
    ["", "weight", "kv", "activation", "total", "regime"],
    [
      ["this build", ...bytesOf(footprint), regime ?? "no capacity given"],
      ...(estimate === null
        ? []
        : [[`${estimate.totalLayers} layers`, ...bytesOf(estimate.footprint), estimate.regime]]),
    ],
  );
  for (const { what, regions } of warnings) {
    terminal.line(`warning: ${what}: ${regions.join(", ")}`);
  }
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  return EXIT.ok;
}

/**
 * A capacity in the grammar of the public generator, which takes fractions (memory regimes
 * specification, section 4.6); T is ours.
 */
function capacityOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const found = /^\s*(\d+(?:\.\d*)?(?:e\+?\d+)?)\s*([KMGT]?)(?:iB|B|i)?\s*$/i.exec(text);
  const unit = 1024 ** " KMGT".indexOf((found?.[2] || " ").toUpperCase());
  const bytes = Math.floor(Number(found?.[1] ?? NaN) * unit);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new UsageError(
    `--ddr-capacity cannot be "${text}"`,
    "give a size above 0, such as 512M, 1.5G or 4096",
  );
}

function bytesOf({ weight, kv, activation, total }: ManifestData["footprint"]): number[] {
  return [weight, kv, activation, total];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The manifest of a build of isa:emit, which knows its regions. */
async function fromProgram(
  path: string,
  capacity: number | null,
  totalLayers: number | undefined,
): Promise<{ data: ManifestData; sources: Source[] }> {
  if (totalLayers !== undefined) {
    throw new UsageError(
      "--total-layers needs a build of the PLENA compiler, this one is of isa:emit",
      "leave it out",
    );
  }
  const program = await readBuild(path);
  const manifest = manifestFromRegions(program.data.regions, { ddrCapacityBytes: capacity });
  return {
    data: {
      ...factsOf(manifest, capacity),
      manifest,
      regions: program.data.regions.map(({ name }) => ({ name, sizeFrom: "compiler" })),
    },
    sources: [{ role: "program", path, sha256: program.sha256 }],
  };
}

/** The manifest of a model that was never compiled: its tensors one after another. */
async function fromModel(
  model: string,
  capacity: number | null,
  { totalLayers, context, batch, weights, kv }: Options<typeof USAGE>,
): Promise<{ data: ManifestData; sources: Source[] }> {
  if (totalLayers !== undefined) {
    throw new UsageError("--total-layers with --model, which has all its layers", "leave it out");
  }
  checkCounts({ context: context ?? 1, batch });
  const { json, file, source } = await loadConfig(model);
  const shape = parseDecoderShape(json, file);
  const { regions, bytes } = footprint(shape, {
    sequence: context ?? Math.min(2048, shape.maxPositions),
    batch,
    formats: { weight: weights, kv },
  });
  checkTotal(model, bytes.total);
  let next = 0;
  const placed = regions.map(({ name, kind, layer = 0, bytes }) => {
    const offset = next;
    next += Math.ceil(bytes / REGION_ALIGNMENT) * REGION_ALIGNMENT;
    return { name, kind, layerId: layer, offset, sizeBytes: bytes };
  });
  const manifest = manifestFromRegions(placed, { ddrCapacityBytes: capacity });
  return {
    data: {
      ...factsOf(manifest, capacity),
      manifest,
      regions: placed.map(({ name }) => ({ name, sizeFrom: "config" })),
    },
    sources: [source],
  };
}

/** What follows from a manifest that leaves nothing open. */
function factsOf(
  manifest: ManifestData["manifest"],
  capacity: number | null,
): Pick<ManifestData, "footprint" | "regime" | "warnings" | "estimate"> {
  const footprint = footprintByKind(manifest);
  const regime = capacity === null
    ? null
    : chooseRegime(footprint.weight, footprint.total, capacity);
  return { footprint, regime, warnings: [], estimate: null };
}

/** The manifest of a build of the PLENA compiler, by its rules for names and sizes. */
async function fromPlena(
  build: string,
  capacity: number | null,
  totalLayers: number | undefined,
): Promise<{ data: ManifestData; sources: Source[] }> {
  if (capacity === null) {
    throw new UsageError(
      "the manifest of a PLENA build needs the capacity of the memory",
      "give --board or --ddr-capacity",
    );
  }
  const sources: Source[] = [];
  const maps: Partial<Record<keyof typeof PLENA_FILES, Record<string, unknown>>> = {};
  for (const [key, file] of Object.entries(PLENA_FILES)) {
    const path = join(build, file);
    if (!await exists(path)) continue;
    const bytes = await readFile(path, "give a build folder of the PLENA compiler");
    maps[key as keyof typeof PLENA_FILES] = parseMap(path, new TextDecoder().decode(bytes));
    sources.push({ role: key, path, sha256: await sha256(bytes) });
  }
  const { manifest, report } = manifestFromPlena(
    { ...maps, hbmAddrs: maps.hbmAddrs! },
    { ddrCapacityBytes: capacity, ...(totalLayers === undefined ? {} : { totalLayers }) },
  );
  const guessed = report.regions.filter(({ source }) => source === "address-delta");
  const warnings = [
    { what: "no whole number for an offset, left out", regions: report.dropped },
    { what: "no size to be found, left out", regions: report.unsized },
    {
      what: "size taken from the distance to the next region, an upper bound",
      regions: guessed.map(({ name }) => name),
    },
    {
      what: "cut where the next region begins",
      regions: report.clamped.map(({ name }) => name),
    },
  ];
  return {
    data: {
      manifest,
      regions: report.regions.map(({ name, source }) => ({ name, sizeFrom: source })),
      footprint: report.footprint,
      regime: report.regime,
      warnings: warnings.filter(({ regions }) => regions.length > 0),
      estimate: report.estimate ?? null,
    },
    sources,
  };
}

function parseMap(file: string, text: string): Record<string, unknown> {
  const help = "give the file as the PLENA compiler writes it: an object of names";
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new InputError(`not JSON: ${(cause as Error).message}`, help, { file }, { cause });
  }
  throw new InputError("not an object", help, { file });
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
