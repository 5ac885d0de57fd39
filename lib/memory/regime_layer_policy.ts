/** The public policies that stream blocks or move whole layers. */
import { BLOCK_BYTES } from "./memory_model.ts";
import type { RegimeLimits } from "./regime_limits.ts";
import { type RegimePolicy, type Route, ROUTES } from "./regime_policy.ts";
import { RegionMap } from "./regime_region_map.ts";
import { transferNanos } from "./regime_transfer.ts";
import type { ManifestRegion } from "./weight_manifest.ts";

/** The sentence that the public emulator logs when a layer does not fit. */
export function oversizeLayerWarning(layer: number, size: number, capacity: number): string {
  return `layer ${layer} weights (${size} bytes) exceed DDR3 capacity (${capacity} bytes); ` +
    "modelling as reload on every access";
}

/** Bytes of all regions of each layer. */
export function layerSizes(regions: readonly ManifestRegion[]): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const { layer_id, size } of regions) sizes.set(layer_id, (sizes.get(layer_id) ?? 0) + size);
  return sizes;
}

/**
 * `layer-swap` as the public emulator has it (memory specification, section 3.5): the first read of
 * a layer loads all its regions; layers are dropped first in, first out, at no cost; reads of a
 * layer that is still under way do not wait, and transfers do not share the link.
 */
export class LayerSwapPolicy implements RegimePolicy {
  /** Picoseconds of the last decided host transfer. */
  hostPs = 0;
  /** Layers that exceed the capacity, each time one is loaded. */
  readonly warnings: string[] = [];

  readonly #map: RegionMap;
  readonly #regions: readonly ManifestRegion[];
  readonly #sizes: Map<number, number>;
  readonly #capacity: number;
  readonly #bandwidth: number;
  /** Layers that are there, by admission. */
  readonly #resident = new Set<number>();
  #usedBytes = 0;
  #swaps = 0;
  #swappedBytes = 0;
  #swapNanos = 0;

  /** No layer is there at first. */
  constructor({ manifest, capacityBytes, hostBandwidth }: RegimeLimits) {
    this.#map = new RegionMap(manifest.regions);
    this.#regions = manifest.regions;
    this.#sizes = layerSizes(manifest.regions);
    this.#capacity = capacityBytes;
    this.#bandwidth = hostBandwidth;
  }

  /** Decides by the layer of the region. */
  routeRead(block: number): Route {
    const found = this.#map.find(block * BLOCK_BYTES);
    if (found < 0) return ROUTES.device;
    const layer = this.#regions[found]!.layer_id;
    if (this.#resident.has(layer)) return ROUTES.device;
    const needed = this.#sizes.get(layer)!;
    for (const oldest of this.#resident) {
      if (this.#usedBytes + needed <= this.#capacity) break;
      this.#resident.delete(oldest);
      this.#usedBytes -= this.#sizes.get(oldest)!;
    }
    if (needed > this.#capacity) {
      this.warnings.push(oversizeLayerWarning(layer, needed, this.#capacity));
    }
    this.#resident.add(layer);
    this.#usedBytes += needed;
    const nanos = transferNanos(needed, this.#bandwidth);
    this.#swaps++;
    this.#swappedBytes += needed;
    this.#swapNanos += nanos;
    this.hostPs = nanos * 1000;
    return ROUTES.afterHost;
  }

  /** Every store goes to the device. */
  routeWrite(): Route {
    return ROUTES.device;
  }

  /** Counters. */
  statistics(): Record<string, number> {
    return {
      swaps: this.#swaps,
      swappedBytes: this.#swappedBytes,
      swapNanos: this.#swapNanos,
    };
  }
}

/**
 * `host-stream` as the public emulator has it (memory specification, section 3.5): what lies in any
 * region from the ceiling on comes through the link, block by block, and is then read from the
 * device too, while the link waits.
 */
export class HostStreamPolicy implements RegimePolicy {
  /** Picoseconds of one block on the link. */
  readonly hostPs: number;
  /** None. */
  readonly warnings: readonly string[] = [];

  readonly #map: RegionMap;
  readonly #ceiling: number;
  #weightReads = 0;
  #activationReads = 0;

  /** The capacity does not matter. */
  constructor({ manifest, hostBandwidth }: Omit<RegimeLimits, "capacityBytes">) {
    this.#map = new RegionMap(manifest.regions);
    this.#ceiling = manifest.activation_ceiling;
    this.hostPs = transferNanos(BLOCK_BYTES, hostBandwidth) * 1000;
  }

  /** Decides by the address; kinds do not matter. */
  routeRead(block: number): Route {
    const address = block * BLOCK_BYTES;
    if (address >= this.#ceiling && this.#map.find(address) >= 0) {
      this.#weightReads++;
      return ROUTES.holdingLink;
    }
    this.#activationReads++;
    return ROUTES.device;
  }

  /** Every store goes to the device. */
  routeWrite(): Route {
    return ROUTES.device;
  }

  /** Counters. */
  statistics(): Record<string, number> {
    return { weightReads: this.#weightReads, activationReads: this.#activationReads };
  }
}
