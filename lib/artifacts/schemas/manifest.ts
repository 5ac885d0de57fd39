import * as z from "zod";
import { count, footprint, type FootprintData } from "./common.ts";

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
    readonly ddr_capacity_bytes: number | null;
  };
  /** Name of each region, and where its size was found, in the same order. */
  readonly regions: readonly { readonly name: string; readonly sizeFrom: string }[];
  /** Bytes by kind. */
  readonly footprint: FootprintData;
  /** The regime that the capacity allows; null without a capacity. */
  readonly regime: string | null;
  /** What was left out, guessed or cut: regions by name. */
  readonly warnings: readonly { readonly what: string; readonly regions: readonly string[] }[];
  /** The full model as so many layers like those of the build; null when not asked for. */
  readonly estimate: {
    readonly layersInBuild: number;
    readonly totalLayers: number;
    readonly footprint: FootprintData;
    readonly regime: string;
  } | null;
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
    ddr_capacity_bytes: count.nullable(),
  }).describe("as the public tools read it"),
  regions: z.array(z.strictObject({ name: z.string(), sizeFrom: z.string() }))
    .describe("name of each region, and where its size was found, in the same order"),
  footprint,
  regime: z.string().nullable(),
  warnings: z.array(z.strictObject({ what: z.string(), regions: z.array(z.string()) })),
  estimate: z.strictObject({
    layersInBuild: count,
    totalLayers: count,
    footprint,
    regime: z.string(),
  }).nullable(),
});
