import { MemoryError } from "./memory_error.ts";

/** What a region of the memory is for: weights, stored keys and values, everything else. */
export const REGION_KINDS = ["weight", "kv", "activation"] as const;

/** One of {@linkcode REGION_KINDS}. */
export type RegionKind = (typeof REGION_KINDS)[number];

/** One allocation in the off-chip memory, with the names of the public manifest. */
export interface ManifestRegion {
  /** Layer of the model; only the memory model `layer-swap` looks at it. */
  readonly layer_id: number;
  /** Byte address of the first byte. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** What it is for. */
  readonly kind: RegionKind;
}

/**
 * What lies where in the off-chip memory, and how much of it the board has: the JSON that the public
 * emulator reads, field by field. The order of the regions counts: the first that covers an address
 * is the one that matters.
 */
export interface WeightManifest {
  /** Lowest address at which the memory model `host-stream` may see weights. */
  readonly activation_ceiling: number;
  /** The allocations. */
  readonly regions: readonly ManifestRegion[];
  /** Capacity of the board's memory, bytes; null leaves it to an option. */
  readonly ddr_capacity_bytes: number | null;
}

/** A named allocation of a compiler. */
export interface NamedRegion {
  /** Name, for messages: the public manifest holds none. */
  readonly name: string;
  /** Byte address of the first byte. */
  readonly offset: number;
  /** Bytes. */
  readonly sizeBytes: number;
  /** What it is for. */
  readonly kind: RegionKind;
  /** Layer of the model or circuit, from 0. */
  readonly layerId: number;
}

/** What {@linkcode manifestFromRegions} needs besides the regions. */
export interface ManifestOptions {
  /** Capacity of the board's memory, bytes; null leaves it to the reader of the manifest. */
  readonly ddrCapacityBytes: number | null;
}

/**
 * The manifest of a compiler that knows its allocations. Regions keep their order, so that names can
 * be kept beside the manifest.
 *
 * @throws {MemoryError} if a number is negative, has a fraction or is too large, or if two regions
 * overlap: the public tools would take an address of both for the first.
 */
export function manifestFromRegions(
  regions: readonly NamedRegion[],
  { ddrCapacityBytes }: ManifestOptions,
): WeightManifest {
  for (const { name, offset, sizeBytes, layerId } of regions) {
    requireCount(`${name}: offset`, offset);
    requireCount(`${name}: size`, sizeBytes);
    requireCount(`${name}: end`, offset + sizeBytes);
    requireCount(`${name}: layer`, layerId, 2 ** 32 - 1);
  }
  if (ddrCapacityBytes !== null) requireCount("DDR capacity", ddrCapacityBytes);
  const occupied = regions.filter((region) => region.sizeBytes > 0);
  occupied.sort((a, b) => a.offset - b.offset);
  for (const [i, region] of occupied.entries()) {
    const next = occupied[i + 1];
    if (next !== undefined && region.offset + region.sizeBytes > next.offset) {
      throw new MemoryError(
        `the regions ${region.name} and ${next.name} overlap at address ${next.offset}`,
        "give each region memory of its own",
      );
    }
  }
  return buildManifest(
    regions.map(({ layerId, offset, sizeBytes, kind }) => ({
      layer_id: layerId,
      offset,
      size: sizeBytes,
      kind,
    })),
    ddrCapacityBytes,
  );
}

/** The regions with the ceiling that follows from them: the lowest weight, or 0. */
export function buildManifest(
  regions: readonly ManifestRegion[],
  ddrCapacityBytes: number | null,
): WeightManifest {
  let ceiling = Infinity;
  for (const { kind, offset } of regions) {
    if (kind === "weight") ceiling = Math.min(ceiling, offset);
  }
  return {
    activation_ceiling: Number.isFinite(ceiling) ? ceiling : 0,
    regions,
    ddr_capacity_bytes: ddrCapacityBytes,
  };
}

function requireCount(what: string, value: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new MemoryError(
      `${what} is ${value}, expected a whole number from 0 to ${most}`,
      "correct the region map",
    );
  }
}

/** A manifest as JSON text: two blanks of indentation, keys in the public order, a line break. */
export function formatWeightManifest(manifest: WeightManifest): string {
  const ordered: WeightManifest = {
    activation_ceiling: manifest.activation_ceiling,
    regions: manifest.regions.map(({ layer_id, offset, size, kind }) => ({
      layer_id,
      offset,
      size,
      kind,
    })),
    ddr_capacity_bytes: manifest.ddr_capacity_bytes,
  };
  return JSON.stringify(ordered, undefined, 2) + "\n";
}

/** Bytes of a manifest's regions by kind. Gaps between regions and overlaps do not count. */
export interface Footprint {
  /** Bytes of weights. */
  readonly weight: number;
  /** Bytes of stored keys and values. */
  readonly kv: number;
  /** Bytes of everything else. */
  readonly activation: number;
  /** The sum. */
  readonly total: number;
}

/** Adds up the sizes of the regions of each kind. */
export function footprintByKind({ regions }: Pick<WeightManifest, "regions">): Footprint {
  const bytes = { weight: 0, kv: 0, activation: 0 };
  for (const { kind, size } of regions) bytes[kind] += size;
  return { ...bytes, total: bytes.weight + bytes.kv + bytes.activation };
}

/**
 * What stays in the board's memory: everything, the weights (keys and values swap with the host), or
 * neither (weights stream from the host).
 */
export const REGIMES = ["resident", "kv-swap", "weight-stream"] as const;

/** One of {@linkcode REGIMES}. */
export type Regime = (typeof REGIMES)[number];

/**
 * The regime for a footprint: `resident` if all fits, else `kv-swap` if the weights fit, else
 * `weight-stream`. What fits exactly fits. All arguments are bytes.
 */
export function chooseRegime(
  weightBytes: number,
  totalBytes: number,
  capacityBytes: number,
): Regime {
  if (totalBytes <= capacityBytes) return "resident";
  return weightBytes <= capacityBytes ? "kv-swap" : "weight-stream";
}
