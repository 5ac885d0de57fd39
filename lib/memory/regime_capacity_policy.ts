/** The public policies for a board that holds everything, the weights, or neither. */
import { BLOCK_BYTES } from "./memory_model.ts";
import type { RegimeLimits } from "./regime_limits.ts";
import { type RegimePolicy, type Route, ROUTES } from "./regime_policy.ts";
import { RegionMap } from "./regime_region_map.ts";
import { transferNanos } from "./regime_transfer.ts";
import { footprintByKind, type ManifestRegion, type Regime } from "./weight_manifest.ts";

/** The sentence that the public emulator logs when a region cannot fit beside the weights. */
export function oversizeRegionWarning(offset: number, size: number, capacity: number): string {
  return `KV/activation region at offset ${offset} (${size} bytes) exceeds swap capacity ` +
    `(${capacity} bytes); modelling as reload on every access`;
}

/**
 * `resident`, `kv-swap` or `weight-stream` as the public emulator has them (memory specification,
 * section 3.6): regions are dropped first in, first out, a store never moves one, nothing is
 * written back, a region counts as there as soon as its transfer has begun, and transfers of
 * different regions do not share the link.
 */
export class CapacityPolicy implements RegimePolicy {
  /** Picoseconds of the last decided host transfer. */
  hostPs = 0;
  /** Regions that exceed the swap capacity, each time one is loaded. */
  readonly warnings: string[] = [];

  readonly #regime: Regime;
  readonly #map: RegionMap;
  readonly #regions: readonly ManifestRegion[];
  readonly #swapCapacity: number;
  readonly #bandwidth: number;
  readonly #chunkPs: number;
  /** Offsets and sizes of what is there besides weights, by admission. */
  readonly #resident = new Map<number, number>();
  #usedBytes = 0;

  #residentBytes = 0;
  #swappableBytes = 0;
  #swappedBytes = 0;
  #swaps = 0;
  #streamedBytes = 0;

  /** Nothing but the weights is there at first, and under `weight-stream` not even these. */
  constructor(regime: Regime, { manifest, capacityBytes, hostBandwidth }: RegimeLimits) {
    this.#regime = regime;
    this.#map = new RegionMap(manifest.regions);
    this.#regions = manifest.regions;
    this.#swapCapacity = Math.max(0, capacityBytes - footprintByKind(manifest).weight);
    this.#bandwidth = hostBandwidth;
    this.#chunkPs = transferNanos(BLOCK_BYTES, hostBandwidth) * 1000;
  }

  /** Decides by the kind of the region. */
  routeRead(block: number): Route {
    const found = this.#map.find(block * BLOCK_BYTES);
    const region = found < 0 ? undefined : this.#regions[found]!;
    const isWeight = region?.kind === "weight";
    if (isWeight && this.#regime === "weight-stream") {
      this.#streamedBytes += BLOCK_BYTES;
      this.hostPs = this.#chunkPs;
      return ROUTES.holdingLink;
    }
    if (region === undefined || isWeight || this.#regime !== "kv-swap") {
      this.#residentBytes += BLOCK_BYTES;
      return ROUTES.device;
    }
    this.#swappableBytes += BLOCK_BYTES;
    if (this.#resident.has(region.offset)) return ROUTES.device;
    this.#admit(region.offset, region.size);
    return ROUTES.afterHost;
  }

  /** Every store goes to the device. */
  routeWrite(): Route {
    return ROUTES.device;
  }

  /** Counters; `swappableBytes` are reads of what kv-swap moves, which no public counter has. */
  statistics(): Record<string, number> {
    return {
      residentBytes: this.#residentBytes,
      swappableBytes: this.#swappableBytes,
      kvSwappedBytes: this.#swappedBytes,
      swaps: this.#swaps,
      weightStreamedBytes: this.#streamedBytes,
    };
  }

  #admit(offset: number, size: number): void {
    for (const [oldest, bytes] of this.#resident) {
      if (this.#usedBytes + size <= this.#swapCapacity) break;
      this.#resident.delete(oldest);
      this.#usedBytes -= bytes;
    }
    if (size > this.#swapCapacity) {
      this.warnings.push(oversizeRegionWarning(offset, size, this.#swapCapacity));
    }
    this.#resident.set(offset, size);
    this.#usedBytes += size;
    this.#swaps++;
    this.#swappedBytes += size;
    this.hostPs = transferNanos(size, this.#bandwidth) * 1000;
  }
}
