import * as z from "zod";
import { count } from "./common.ts";

/** `data` of a `manifest` artifact: the public weight manifest and what it adds up to. */
export interface ManifestData {
  /** As the public tools read it. */
  readonly manifest: {
    readonly activation_ceiling: number;
    readonly regions: readonly {
      readonly layer_id: number;
      readonly offset: number;
      readonly size: number;
      readonly kind: "weight" | "kv" | "activation";
    }[];
    readonly ddr_capacity_bytes?: number | null | undefined;
  };
  /** Name of each region, in the same order. */
  readonly names: readonly string[];
  /** Bytes by kind. */
  readonly footprint: {
    readonly weight: number;
    readonly kv: number;
    readonly activation: number;
    readonly total: number;
  };
}

/** Schema of {@linkcode ManifestData}. */
export const manifestData: z.ZodType<ManifestData> = z.strictObject({
  manifest: z.strictObject({
    activation_ceiling: count,
    regions: z.array(z.strictObject({
      layer_id: count,
      offset: count,
      size: count,
      kind: z.enum(["weight", "kv", "activation"]),
    })),
    ddr_capacity_bytes: count.nullable().optional(),
  }).describe("as the public tools read it"),
  names: z.array(z.string()).describe("name of each region, in the same order"),
  footprint: z.strictObject({ weight: count, kv: count, activation: count, total: count }),
});
