import { MemoryError } from "./memory_error.ts";
import {
  buildManifest,
  chooseRegime,
  type Footprint,
  footprintByKind,
  type Regime,
  type RegionKind,
  type WeightManifest,
} from "./weight_manifest.ts";
import { classifyRegion, regionLayer } from "./weight_manifest_names.ts";

/** The region maps that the PLENA compiler leaves in its build folder, as parsed from JSON. */
export interface PlenaRegionMaps {
  /** `hbm_addrs.json`: byte offset of each name; what is no whole number is dropped. */
  readonly hbmAddrs: Readonly<Record<string, unknown>>;
  /** `hbm_sizes.json`: bytes of each name; not every compiler writes it. */
  readonly hbmSizes?: Readonly<Record<string, unknown>>;
  /** `tensor_layouts.json`: of each entry only `storage_shape` counts. */
  readonly tensorLayouts?: Readonly<Record<string, unknown>>;
}

/** What {@linkcode manifestFromPlena} needs besides the maps. */
export interface PlenaManifestOptions {
  /** Capacity of the board's memory, bytes. */
  readonly ddrCapacityBytes: number;
  /** Layers of the full model, for an estimate from a build of fewer. */
  readonly totalLayers?: number;
}

/** Where a region's size was found, best first. */
export type SizeSource = "hbm_sizes" | "tensor_layouts" | "address-delta";

/** One region of the manifest, with its name and how its size was found. */
export interface ReportedRegion {
  /** Name in `hbm_addrs`. */
  readonly name: string;
  /** What the name says it is for. */
  readonly kind: RegionKind;
  /** Layer that the name tells. */
  readonly layerId: number;
  /** Byte address of the first byte. */
  readonly offset: number;
  /** Bytes, after clamping. */
  readonly sizeBytes: number;
  /** Where the size was found. */
  readonly source: SizeSource;
}

/** What came of the maps besides the manifest. */
export interface PlenaManifestReport {
  /** The regions in the order of the manifest, which is by offset. */
  readonly regions: readonly ReportedRegion[];
  /** How many regions are of each kind. */
  readonly kinds: Readonly<Record<RegionKind, number>>;
  /** How many sizes were found where. An address difference is only an upper bound. */
  readonly sources: Readonly<Record<SizeSource, number>>;
  /** Names without a usable offset, which the manifest lacks. */
  readonly dropped: readonly string[];
  /** Names without any size, which the manifest lacks. */
  readonly unsized: readonly string[];
  /** Regions that ran into the next one and were cut, sizes in bytes. */
  readonly clamped: readonly {
    readonly name: string;
    readonly before: number;
    readonly after: number;
  }[];
  /** Bytes by kind. */
  readonly footprint: Footprint;
  /** The regime for this build. */
  readonly regime: Regime;
  /** The full model, if its number of layers was given. */
  readonly estimate?: FullModelEstimate;
}

/** A full model as so many layers like those of the build; activations are taken as they are. */
export interface FullModelEstimate {
  /** Distinct layers of the build's weights, keys and values, at least 1. */
  readonly layersInBuild: number;
  /** Layers of the full model. */
  readonly totalLayers: number;
  /** Bytes by kind. */
  readonly footprint: Footprint;
  /** The regime for the full model. */
  readonly regime: Regime;
}

/**
 * The manifest of a PLENA build. Regions are sorted by offset. A size is the first positive whole
 * number of `hbm_sizes`, the product of `storage_shape` times 9/8 (MXFP8 with its scales), and the
 * distance to the next offset; a region that runs into the next one is cut there.
 *
 * @throws {MemoryError} if no region has a size, or an option is no whole number.
 */
export function manifestFromPlena(
  maps: PlenaRegionMaps,
  options: PlenaManifestOptions,
): { readonly manifest: WeightManifest; readonly report: PlenaManifestReport } {
  const { ddrCapacityBytes, totalLayers } = options;
  requireWhole("the DDR capacity", ddrCapacityBytes, 0);
  if (totalLayers !== undefined) requireWhole("the number of layers", totalLayers, 1);

  const dropped: string[] = [];
  const placed: { readonly name: string; readonly offset: number }[] = [];
  for (const [name, offset] of Object.entries(maps.hbmAddrs)) {
    if (isWhole(offset, 0)) placed.push({ name, offset });
    else dropped.push(name);
  }
  placed.sort((a, b) => a.offset - b.offset);

  const unsized: string[] = [];
  const sized: ReportedRegion[] = [];
  for (const [i, { name, offset }] of placed.entries()) {
    const found = findSize(maps, name, offset, placed[i + 1]?.offset);
    if (found === undefined) unsized.push(name);
    else {
      sized.push({ name, kind: classifyRegion(name), layerId: layerOf(name), offset, ...found });
    }
  }
  if (sized.length === 0) {
    throw new MemoryError(
      "no region has a size, so there is nothing to put into a manifest",
      "compile the model again, so that hbm_addrs.json and hbm_sizes.json name its regions",
    );
  }

  const clamped: { name: string; before: number; after: number }[] = [];
  const regions = sized.map((region, i) => {
    const room = (sized[i + 1]?.offset ?? Infinity) - region.offset;
    if (region.sizeBytes <= room) return region;
    clamped.push({ name: region.name, before: region.sizeBytes, after: room });
    return { ...region, sizeBytes: room };
  });

  const manifest = buildManifest(
    regions.map(({ layerId, offset, sizeBytes, kind }) => ({
      layer_id: layerId,
      offset,
      size: sizeBytes,
      kind,
    })),
    ddrCapacityBytes,
  );
  const footprint = footprintByKind(manifest);
  const report: PlenaManifestReport = {
    regions,
    kinds: tally(["weight", "kv", "activation"], regions.map(({ kind }) => kind)),
    sources: tally(
      ["hbm_sizes", "tensor_layouts", "address-delta"],
      regions.map(({ source }) => source),
    ),
    dropped,
    unsized,
    clamped,
    footprint,
    regime: chooseRegime(footprint.weight, footprint.total, ddrCapacityBytes),
    ...(totalLayers === undefined
      ? {}
      : { estimate: estimate(regions, footprint, totalLayers, ddrCapacityBytes) }),
  };
  return { manifest, report };
}

function findSize(
  { hbmSizes, tensorLayouts }: PlenaRegionMaps,
  name: string,
  offset: number,
  nextOffset: number | undefined,
): { sizeBytes: number; source: SizeSource } | undefined {
  const told = own(hbmSizes, name);
  if (isWhole(told, 1)) return { sizeBytes: told, source: "hbm_sizes" };
  const shape = own(own(tensorLayouts, name), "storage_shape");
  if (Array.isArray(shape) && shape.length > 0 && shape.every((edge) => isWhole(edge, 1))) {
    const sizeBytes = Math.floor(shape.reduce((product, edge) => product * edge, 1) * 1.125);
    if (isWhole(sizeBytes, 1)) return { sizeBytes, source: "tensor_layouts" };
  }
  const distance = (nextOffset ?? offset) - offset;
  return distance > 0 ? { sizeBytes: distance, source: "address-delta" } : undefined;
}

function layerOf(name: string): number {
  const layer = regionLayer(name);
  if (layer > 2 ** 32 - 1) {
    throw new MemoryError(
      `the region ${name} names layer ${layer}, which does not fit into 32 bits`,
      "rename the region",
    );
  }
  return layer;
}

/** Scales weights, keys and values from the layers of the build to those of the model. */
function estimate(
  regions: readonly ReportedRegion[],
  build: Footprint,
  totalLayers: number,
  capacityBytes: number,
): FullModelEstimate {
  const layers = new Set(
    regions.filter(({ kind }) => kind !== "activation").map(({ layerId }) => layerId),
  );
  const layersInBuild = Math.max(1, layers.size);
  const weight = Math.trunc(build.weight / layersInBuild * totalLayers);
  const kv = Math.trunc(build.kv / layersInBuild * totalLayers);
  const total = weight + kv + build.activation;
  return {
    layersInBuild,
    totalLayers,
    footprint: { weight, kv, activation: build.activation, total },
    regime: chooseRegime(weight, total, capacityBytes),
  };
}

function tally<Name extends string>(
  names: readonly Name[],
  found: readonly Name[],
): Record<Name, number> {
  const count = (name: Name): number => found.filter((other) => other === name).length;
  return Object.fromEntries(names.map((name) => [name, count(name)])) as Record<Name, number>;
}

function own(map: unknown, key: string): unknown {
  return typeof map === "object" && map !== null && Object.hasOwn(map, key)
    ? (map as Record<string, unknown>)[key]
    : undefined;
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function requireWhole(what: string, value: number, least: number): void {
  if (!isWhole(value, least)) {
    throw new MemoryError(
      `${what} is ${value}, expected a whole number, at least ${least}`,
      `give a whole number, at least ${least}`,
    );
  }
}
