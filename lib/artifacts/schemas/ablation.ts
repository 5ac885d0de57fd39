import * as z from "zod";
import { count } from "./common.ts";

/** `data` of an `ablation` artifact: what each source of rounding costs. */
export interface AblationData {
  /** The model. */
  readonly model: string;
  /** How tensors are stored in the modes with loss. */
  readonly formats: { readonly weight: string; readonly kv: string; readonly activation: string };
  /** The text. */
  readonly tokens: readonly number[];
  /** Mode by mode, against the float model; null where a figure is no finite number. */
  readonly modes: readonly {
    readonly precision: string;
    readonly cosine: number | null;
    readonly relativeRms: number | null;
    readonly maxError: number | null;
    /** Share of positions with the true next token. */
    readonly topTokenRate: number;
  }[];
}

/** Schema of {@linkcode AblationData}. */
export const ablationData: z.ZodType<AblationData> = z.strictObject({
  model: z.string().min(1),
  formats: z.strictObject({ weight: z.string(), kv: z.string(), activation: z.string() }),
  tokens: z.array(count).min(1),
  modes: z.array(z.strictObject({
    precision: z.string(),
    cosine: z.number().nullable(),
    relativeRms: z.number().nonnegative().nullable(),
    maxError: z.number().nonnegative().nullable(),
    topTokenRate: z.number().min(0).max(1).describe("share of positions with the true next token"),
  })).describe("against the float model"),
});
