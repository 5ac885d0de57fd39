import * as z from "zod";
import { count, footprint, type FootprintData } from "./common.ts";

/** `data` of a `fit` artifact: which boards hold a model. */
export interface FitData {
  /** The model, by the name or path that it was given with. */
  readonly model: string;
  /** Its weights, tied ones once. */
  readonly parameters: number;
  /** Tokens of context. */
  readonly context: number;
  /** Sequences at once. */
  readonly batch: number;
  /** How it is stored. */
  readonly formats: {
    readonly weight: string;
    readonly kv: string;
    readonly activation: string;
  };
  /** What it takes. */
  readonly footprint: FootprintData;
  /** Board by board. */
  readonly boards: readonly {
    readonly board: string;
    readonly capacityBytes: number;
    /** Whether all of it fits. */
    readonly fits: boolean;
    /** Bytes left over; negative when they are missing. */
    readonly spareBytes: number;
    /** What the board does with it. */
    readonly regime: "resident" | "kv-swap" | "weight-stream";
    /** Longest context with which all of it fits; 0 when none does. */
    readonly largestContext: number;
    /** Bytes over the link to the host in one step of generation, at least. */
    readonly hostBytesPerStep: number;
    /** Seconds of one step of generation, at least; null where a bandwidth is unknown. */
    readonly secondsPerStep: number | null;
    /** What would make it fit, those that give up the fewest bytes first. */
    readonly changes: readonly { readonly name: string; readonly footprint: FootprintData }[];
  }[];
}

/** Schema of {@linkcode FitData}. */
export const fitData: z.ZodType<FitData> = z.strictObject({
  model: z.string().min(1),
  parameters: count,
  context: z.int().positive(),
  batch: z.int().positive(),
  formats: z.strictObject({ weight: z.string(), kv: z.string(), activation: z.string() }),
  footprint,
  boards: z.array(z.strictObject({
    board: z.string(),
    capacityBytes: count,
    fits: z.boolean(),
    spareBytes: z.int().describe("bytes left over; negative when they are missing"),
    regime: z.enum(["resident", "kv-swap", "weight-stream"]),
    largestContext: count.describe("longest context with which all fits; 0 when none does"),
    hostBytesPerStep: count.describe("over the link to the host, at least"),
    secondsPerStep: z.number().nonnegative().nullable().describe("at least"),
    changes: z.array(z.strictObject({ name: z.string(), footprint }))
      .describe("what would make it fit, those that give up the fewest bytes first"),
  })),
});
