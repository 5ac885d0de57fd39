import type { WeightManifest } from "./weight_manifest.ts";

/** What a policy that knows a capacity and a link needs. */
export interface RegimeLimits {
  /** Regions of the off-chip memory. */
  readonly manifest: WeightManifest;
  /** The board's memory, bytes. */
  readonly capacityBytes: number;
  /** The host link, bytes per second. */
  readonly hostBandwidth: number;
}
