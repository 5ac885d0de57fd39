/** The regimes as their words promise them. */
import { BLOCK_BYTES, type MemoryModel, type MemoryTimeShares } from "./memory_model.ts";
import type { RegimeLimits } from "./regime_limits.ts";
import { layerSizes } from "./regime_layer_policy.ts";
import { RegionMap } from "./regime_region_map.ts";
import { SwapSpace, type SwapUnit } from "./regime_swap_space.ts";
import { transferPicos } from "./regime_transfer.ts";
import { footprintByKind, type ManifestRegion, type Regime } from "./weight_manifest.ts";

/** How a region is kept: on the board, with the host, or now here and now there. */
type Keeping = "device" | "stream" | SwapUnit;

/** A memory of whole regimes over any device. */
export class RightRegime {
  /** Units that cannot fit, once each. */
  readonly warnings: string[] = [];

  readonly #device: MemoryModel;
  readonly #map: RegionMap;
  readonly #regions: readonly ManifestRegion[];
  readonly #keeping: readonly Keeping[];
  readonly #space: SwapSpace;
  readonly #bandwidth: number;
  readonly #chunkPs: number;
  /** When a unit that has been loaded is there. */
  readonly #arrivalPs = new Map<SwapUnit, number>();
  #linkFreePs = 0;
  /** Up to when the accesses of the present call wait for the host. */
  #hostUntilPs = 0;

  #hostPs = 0;
  #elapsedPs = 0;
  #deviceBytes = 0;
  #swappableBytes = 0;
  #streamedBytes = 0;
  #streamedBackBytes = 0;
  #swaps = 0;
  #loadedBytes = 0;
  #writtenBackBytes = 0;
  #swapPs = 0;

  /** Nothing that swaps is on the board at first. */
  constructor(
    mode: Regime | "layer-swap" | "host-stream",
    { manifest, capacityBytes, hostBandwidth }: RegimeLimits,
    device: MemoryModel,
  ) {
    const { regions } = manifest;
    const room = mode === "kv-swap"
      ? Math.max(0, capacityBytes - footprintByKind(manifest).weight)
      : capacityBytes;
    this.#device = device;
    this.#map = new RegionMap(regions);
    this.#regions = regions;
    this.#keeping = keepings(mode, regions);
    this.#space = new SwapSpace(room);
    this.#bandwidth = hostBandwidth;
    this.#chunkPs = transferPicos(BLOCK_BYTES, hostBandwidth);
    for (const unit of new Set(this.#keeping)) {
      if (typeof unit === "string" || unit.size <= room) continue;
      const first = regions[this.#keeping.indexOf(unit)]!;
      const what = mode === "layer-swap"
        ? `layer ${first.layer_id}`
        : `KV/activation region at offset ${first.offset}`;
      this.warnings.push(
        `${what} (${unit.size} bytes) exceeds the ${room} bytes that are left for it; ` +
          "modelling as loaded alone, and again after any other load",
      );
    }
  }

  /** Times a batch of reads: what is on the board at once, the rest as the link brings it. */
  readBatch(blocks: Float64Array, count: number, startPs: number): number {
    this.#hostUntilPs = startPs;
    let end = startPs;
    /** Blocks of the device by the time from which it can deliver them. */
    const groups = new Map<number, number[]>();
    for (let i = 0; i < count; i++) {
      const block = blocks[i]!;
      const readyPs = this.#readyPs(block, false, startPs);
      if (readyPs < 0) {
        end = Math.max(end, -readyPs);
        continue;
      }
      const group = groups.get(readyPs);
      if (group === undefined) groups.set(readyPs, [block]);
      else group.push(block);
    }
    let devicePs = startPs;
    for (const readyPs of [...groups.keys()].sort((a, b) => a - b)) {
      const group = Float64Array.from(groups.get(readyPs)!);
      devicePs = this.#device.readBatch(group, group.length, Math.max(readyPs, devicePs));
    }
    return this.#account(startPs, Math.max(end, devicePs));
  }

  /** Times a write. */
  writeBlock(block: number, startPs: number): number {
    this.#hostUntilPs = startPs;
    const readyPs = this.#readyPs(block, true, startPs);
    const end = readyPs < 0 ? -readyPs : this.#device.writeBlock(block, readyPs);
    return this.#account(startPs, end);
  }

  /** Where the time of all accesses went; while both worked, it was the host that was waited for. */
  timeShares(): MemoryTimeShares {
    return { dramPs: this.#elapsedPs - this.#hostPs, hostPs: this.#hostPs };
  }

  /** Counters; `swapNanos` is the time that swaps held the link. */
  statistics(): Record<string, number> {
    return {
      residentBytes: this.#deviceBytes,
      swappableBytes: this.#swappableBytes,
      streamedBytes: this.#streamedBytes,
      streamedBackBytes: this.#streamedBackBytes,
      swaps: this.#swaps,
      swappedBytes: this.#loadedBytes,
      writtenBackBytes: this.#writtenBackBytes,
      dirtyBytes: this.#space.dirtyBytes,
      swapNanos: this.#swapPs / 1000,
    };
  }

  #account(startPs: number, endPs: number): number {
    this.#elapsedPs += endPs - startPs;
    this.#hostPs += Math.min(endPs, this.#hostUntilPs) - startPs;
    return endPs;
  }

  /** From when on the device can serve an access; negative if the host has then served it. */
  #readyPs(block: number, isWrite: boolean, nowPs: number): number {
    const found = this.#map.find(block * BLOCK_BYTES);
    const keeping = found < 0 ? "device" : this.#keeping[found]!;
    if (keeping === "device") {
      if (!isWrite) this.#deviceBytes += BLOCK_BYTES;
      return nowPs;
    }
    if (keeping === "stream") {
      if (isWrite) this.#streamedBackBytes += BLOCK_BYTES;
      else this.#streamedBytes += BLOCK_BYTES;
      return -this.#occupyLink(this.#chunkPs, nowPs);
    }
    if (!isWrite) this.#swappableBytes += BLOCK_BYTES;
    const move = this.#space.use(keeping, isWrite ? found : -1, this.#regions[found]!.size);
    if (move.loadedBytes > 0) {
      const ps = transferPicos(move.writtenBackBytes, this.#bandwidth) +
        transferPicos(move.loadedBytes, this.#bandwidth);
      this.#arrivalPs.set(keeping, this.#occupyLink(ps, nowPs));
      this.#swaps++;
      this.#loadedBytes += move.loadedBytes;
      this.#writtenBackBytes += move.writtenBackBytes;
      this.#swapPs += ps;
    }
    return Math.max(nowPs, this.#arrivalPs.get(keeping)!);
  }

  #occupyLink(ps: number, nowPs: number): number {
    this.#linkFreePs = Math.max(nowPs, this.#linkFreePs) + ps;
    this.#hostUntilPs = this.#linkFreePs;
    return this.#linkFreePs;
  }
}

function keepings(mode: string, regions: readonly ManifestRegion[]): Keeping[] {
  const layers = new Map<number, SwapUnit>();
  for (const [layer, size] of layerSizes(regions)) layers.set(layer, { size });
  return regions.map(({ kind, layer_id, size }): Keeping => {
    switch (mode) {
      case "layer-swap":
        return layers.get(layer_id)!;
      case "kv-swap":
        return kind === "weight" ? "device" : { size };
      case "weight-stream":
      case "host-stream":
        return kind === "weight" ? "stream" : "device";
      default:
        return "device";
    }
  });
}
