/**
 * The memory models that emulate offers, by name.
 *
 * @module
 */
import { type ArtifactData, readArtifact, readFile, sha256 } from "../lib/artifacts/mod.ts";
import { flagOf, InputError, type OptionUsage, UsageError } from "../lib/cli/mod.ts";
import {
  DDR4_2400P_ONE_MAP,
  DDR4_2400P_STAND_IN,
  DRAM_PRESETS,
  dramMemory,
  dramPreset,
  fixedLatencyMemory,
  footprintByKind,
  hbm2Memory,
  idealMemory,
  manifestFromRegions,
  type MemoryModel,
  type NamedRegion,
  parseWeightManifest,
  REGIME_DIFFERENCES,
  REGIME_MODES,
  type RegimeMemory,
  regimeMemory,
  type RegimeMode,
  regimeReason,
  type WeightManifest,
} from "../lib/memory/mod.ts";
import type { LoadedSettings, Source } from "./_inputs.ts";

/** Models without a board behind them: a new one for every run, because they remember. */
const PLAIN_MODELS: Readonly<Record<string, () => MemoryModel>> = {
  hbm: () => hbm2Memory(),
  ideal: idealMemory,
  "fixed-latency": () => fixedLatencyMemory({ readNs: 50, writeNs: 50, bytesPerNs: 16 }),
};

/** The preset that stands for a kind of DRAM, as boards name it. */
const PRESET_OF_TYPE: Readonly<Record<string, string>> = {
  ddr3: "ddr3-1600k-x16",
  ddr4: "ddr4-2400r-x8",
  hbm2: "hbm2",
  hbm2e: "hbm2e",
  lpddr4: "lpddr4-3200-x16",
};

/** The options that choose and shape a memory model. */
export const MEMORY_OPTIONS = {
  memoryModel: {
    choices: [...Object.keys(PLAIN_MODELS), ...REGIME_MODES],
    default: "hbm",
    help:
      "Timing of HBM: the public machine's HBM2, cycle by cycle; no time at all; 50 ns and 16 " +
      "bytes/ns per transfer, a rough guess and no device; or what a board does with what does not fit.",
  },
  manifest: {
    type: "file",
    help: "What lies where, for the models of a board; the program's own regions unless given.",
  },
  ddrCapacity: {
    type: "size",
    help: "Memory of the board; the settings' or manifest's unless given.",
  },
  hostBandwidth: {
    type: "size",
    help: "Bytes per second of the host link; the board's, else 60000000, unless given.",
  },
  dram: {
    choices: DRAM_PRESETS.map(({ name }) => name),
    help: "DRAM under the models of a board, by the right rules; the board's own unless given.",
  },
  memoryRules: {
    choices: ["right", "plena", "plena-branch"],
    default: "right",
    help:
      "Rules of the models of a board: what the words promise, over the board's own DRAM; the " +
      "public results, over the newer or the older stand-in for DDR4.",
  },
} as const satisfies Record<string, OptionUsage>;

/** For `--help`: where the rules of the models of a board part. */
export const MEMORY_DETAILS = "Where --memory-rules right and plena differ:\n" +
  REGIME_DIFFERENCES.map(({ name, plena, right }) => `  ${name}: ${right}; plena: ${plena}.`)
    .join("\n");

/** The values of {@linkcode MEMORY_OPTIONS}. */
export interface MemoryChoice {
  readonly memoryModel: string;
  readonly manifest: string | undefined;
  readonly ddrCapacity: number | undefined;
  readonly hostBandwidth: number | undefined;
  readonly dram: string | undefined;
  readonly memoryRules: "right" | "plena" | "plena-branch";
}

/** A memory model, the regime in it if there is one, and the files that it was made from. */
export interface LoadedMemory {
  readonly model: MemoryModel;
  readonly regime?: RegimeMemory;
  /** Why `auto` chose the regime. */
  readonly reason?: string;
  /** Preset of the DRAM under the regime; absent where the model is the DRAM, or its rules say. */
  readonly dram?: string;
  /** What the user may not expect of the options. */
  readonly notes: readonly string[];
  readonly sources: readonly Source[];
}

/**
 * Makes the memory model that the options choose.
 *
 * @param regions What lies where, for a program that knows it.
 */
export async function loadMemory(
  choice: MemoryChoice,
  regions: readonly NamedRegion[] | undefined,
  board: LoadedSettings["board"],
): Promise<LoadedMemory> {
  for (
    const [option, value] of [
      ["--ddr-capacity", choice.ddrCapacity],
      ["--host-bandwidth", choice.hostBandwidth],
    ] as const
  ) {
    if (value === 0) throw new UsageError(`${option} cannot be 0`, "give a size above 0");
  }
  const plain = PLAIN_MODELS[choice.memoryModel];
  const ownDram = plain !== undefined
    ? `--memory-model ${choice.memoryModel}`
    : choice.memoryRules === "right"
    ? undefined
    : `--memory-rules ${choice.memoryRules}`;
  if (choice.dram !== undefined && ownDram !== undefined) {
    throw new UsageError(
      `--dram has no effect with ${ownDram}`,
      "leave it out, or choose a model of a board and the right rules",
    );
  }
  if (plain !== undefined) {
    const unused = (["manifest", "ddrCapacity", "hostBandwidth"] as const).filter((name) =>
      choice[name] !== undefined
    );
    const notes = unused.map((name) => `${flagOf(name)} has no effect with ${ownDram}`);
    return { model: plain(), notes, sources: [] };
  }
  const { manifest, sources } = await loadManifest(choice, regions);
  const own = regions && manifestFromRegions(regions, { ddrCapacityBytes: null });
  const places = ({ regions }: WeightManifest): string =>
    regions.map(({ kind, offset, size }) => `${kind} ${offset} ${size}`).sort().join();
  const isForeign = own !== undefined && places(own) !== places(manifest);
  const capacity = choice.ddrCapacity ??
    (manifest.ddr_capacity_bytes === null ? board?.capacityBytes : undefined);
  const bandwidth = choice.hostBandwidth ?? board?.hostBytesPerSecond ?? undefined;
  const basics = {
    mode: choice.memoryModel as RegimeMode,
    manifest,
    ...(capacity === undefined ? {} : { ddrCapacityBytes: capacity }),
    ...(bandwidth === undefined ? {} : { hostBandwidth: bandwidth }),
  };
  const dram = choice.memoryRules === "right" ? choice.dram ?? boardDram(board) : undefined;
  const regime = dram !== undefined
    ? regimeMemory({ ...basics, rules: "right", device: dramMemory(dramPreset(dram)) })
    : regimeMemory({
      ...basics,
      rules: "plena",
      preset: choice.memoryRules === "plena" ? DDR4_2400P_ONE_MAP : DDR4_2400P_STAND_IN,
    });
  const reason = choice.memoryModel === "auto"
    ? { reason: regimeReason(footprintByKind(manifest), regime.capacityBytes) }
    : {};
  const notes = isForeign
    ? [`${choice.manifest} has other regions than the program: is it of another build?`]
    : [];
  if (bandwidth === undefined && board !== null && regime.name !== "resident") {
    notes.push(
      `${board.name} names no host link, so that of the public default counts: ${regime.hostBandwidth} bytes/s`,
    );
  }
  return {
    model: regime,
    regime,
    notes,
    ...reason,
    ...(dram === undefined ? {} : { dram }),
    sources,
  };
}

/** The preset for the DRAM of a board, by what its file calls it; HBM2 without a board. */
function boardDram(board: LoadedSettings["board"]): string {
  if (board === null || board.memoryType === null) return "hbm2";
  const name = PRESET_OF_TYPE[board.memoryType];
  if (name !== undefined) return name;
  throw new InputError(
    `the board ${board.name} has memory of type "${board.memoryType}", which no preset stands for`,
    `choose one with --dram, or use one of the types ${Object.keys(PRESET_OF_TYPE).join(", ")}`,
  );
}

async function loadManifest(
  { memoryModel, manifest: path }: MemoryChoice,
  regions: readonly NamedRegion[] | undefined,
): Promise<{ manifest: WeightManifest; sources: Source[] }> {
  if (path === undefined) {
    if (regions === undefined) {
      throw new UsageError(
        `--memory-model ${memoryModel} needs to know what lies where`,
        "give --manifest, of weights:manifest or in the public form",
      );
    }
    return {
      manifest: manifestFromRegions(regions, { ddrCapacityBytes: null }),
      sources: [],
    };
  }
  const bytes = await readFile(path, "make it with: deno task weights:manifest");
  const source = { role: "manifest", path, sha256: await sha256(bytes) };
  const text = new TextDecoder().decode(bytes);
  const manifest = /"fourbit"\s*:/.test(text)
    ? (await readArtifact(path, "manifest")).data.manifest
    : parseWeightManifest(text, path);
  return { manifest, sources: [source] };
}

/** What an artifact says of a regime. */
export function regimeData(
  { regime, reason }: LoadedMemory,
  rules: string,
): ArtifactData<"run">["regime"] {
  if (regime === undefined) return null;
  return {
    rules,
    capacityBytes: regime.capacityBytes,
    hostBytesPerSecond: regime.hostBandwidth,
    reason: reason ?? null,
    summary: regime.summaryLine(),
    warnings: regime.warnings(),
  };
}
