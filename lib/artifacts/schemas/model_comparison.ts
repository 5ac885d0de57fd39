import * as z from "zod";
import { count } from "./common.ts";

/** How far one tensor is from another; null where the figure is no finite number. */
export interface DistanceData {
  /** Elements compared. */
  readonly elements: number;
  /** √(Σ(x − y)² / Σy²). */
  readonly relativeRms: number | null;
  /** Cosine of the angle between both. */
  readonly cosine: number | null;
  /** Largest |x − y|. */
  readonly maxError: number | null;
  /** How far an element may be off: this share of its size and of the root mean square of all. */
  readonly tolerance: number;
  /** Elements that are farther off. */
  readonly outside: number;
  /** Share of elements that the public compiler's check would call equal. */
  readonly publicMatchRate: number;
  /** Rows, and those whose largest element is at the same column; null for states. */
  readonly top: { readonly rows: number; readonly agreeing: number } | null;
}

/** How far a stage of the machine is from what its own previous stages make. */
export interface StageDistanceData {
  /** The stage. */
  readonly name: string;
  /** Its layer; null outside the layers. */
  readonly layer: number | null;
  /** Which of the sequences that ran side by side. */
  readonly sequence: number;
  /** Position of the first token of its program: 0 for the prefill, otherwise a decode step's. */
  readonly position: number;
  /** √(Σ(x − y)² / Σy²); null where it is no finite number. */
  readonly relativeRms: number | null;
  /** Cosine of the angle between both; null where it is no finite number. */
  readonly cosine: number | null;
}

/** `data` of a `model_comparison` artifact: float model, staged reference and machine. */
export interface ModelComparisonData {
  /** The model or build. */
  readonly model: string;
  /** The format of the weights. */
  readonly weights: string;
  /** The model itself ran, or what the public compiler makes of it. */
  readonly style: "model" | "plena" | "plena-packed";
  /** Sequences that ran side by side, all as long. */
  readonly batch: number;
  /** The text; of several sequences one after the other. */
  readonly tokens: readonly number[];
  /** How many of the last tokens of each sequence were decode steps, with the cache. */
  readonly decodeSteps: number;
  /** What programs compute. */
  readonly output: "logits" | "hidden";
  /** Largest relative RMS to the staged reference that is allowed. */
  readonly bound: number;
  /** Whether the whole, every element and every stage are within it. */
  readonly within: boolean;
  /** Every stage of every program; empty where only the result of a run was looked at. */
  readonly stages: readonly StageDistanceData[];
  /** The first of them beyond the bound. */
  readonly firstBadStage: StageDistanceData | null;
  /** The machine's result beside the staged reference's. */
  readonly machineToStaged: DistanceData;
  /** Beside the float model's. */
  readonly machineToFloat: DistanceData;
  /** The staged reference's beside the float model's. */
  readonly stagedToFloat: DistanceData;
}

const finite = z.number().nullable();

/** Schema of {@linkcode DistanceData}. */
export const distance: z.ZodType<DistanceData> = z.strictObject({
  elements: count,
  relativeRms: finite.describe("square root of the error's power over the reference's"),
  cosine: finite,
  maxError: finite,
  tolerance: z.number().nonnegative()
    .describe("of an element: share of its size and of the root mean square of all"),
  outside: count.describe("elements that are farther off"),
  publicMatchRate: z.number().min(0).max(1)
    .describe("share of elements that the public compiler's check would call equal"),
  top: z.strictObject({ rows: count, agreeing: count }).nullable()
    .describe("rows whose largest element is at the same column"),
});

const stageDistance: z.ZodType<StageDistanceData> = z.strictObject({
  name: z.string(),
  layer: count.nullable(),
  sequence: count.describe("which of those that ran side by side"),
  position: count.describe("of the first token of its program: 0 for the prefill"),
  relativeRms: finite,
  cosine: finite,
});

/** Schema of {@linkcode ModelComparisonData}. */
export const modelComparisonData: z.ZodType<ModelComparisonData> = z.strictObject({
  model: z.string().min(1),
  weights: z.string(),
  style: z.enum(["model", "plena", "plena-packed"]).describe("whose semantics the machine ran"),
  batch: z.int().positive().describe("sequences side by side, all as long"),
  tokens: z.array(count).min(1).describe("one sequence after the other"),
  decodeSteps: count.describe("of the last tokens of each sequence, with the cache"),
  output: z.enum(["logits", "hidden"]),
  bound: z.number().nonnegative().describe("of the relative RMS to the staged reference"),
  within: z.boolean(),
  stages: z.array(stageDistance).describe("from the machine's own previous stages"),
  firstBadStage: stageDistance.nullable(),
  machineToStaged: distance,
  machineToFloat: distance,
  stagedToFloat: distance,
});
