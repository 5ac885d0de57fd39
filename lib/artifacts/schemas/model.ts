import * as z from "zod";
import { count, instructions, type InstructionsData } from "./common.ts";
import { distance, type DistanceData } from "./model_comparison.ts";
import { region, type RegionData } from "./program.ts";
import { tensorType, type TensorTypeData } from "./settings.ts";

/** A part of a program. */
export interface StageData {
  /** What it computes. */
  readonly name: string;
  /** Index of its first instruction. */
  readonly first: number;
  /** Index after its last instruction. */
  readonly end: number;
  /** How often the loops around it run it. */
  readonly times: number;
  /** Stages around it, whose counts have those of this one in them. */
  readonly depth: number;
  /** Its instructions, in the program and in a run. */
  readonly instructions: InstructionsData;
}

/** `data` of a `model` artifact: the build of a decoder. */
export interface ModelData {
  /** The model, by the name or path that it was given with. */
  readonly name: string;
  /** How it was made of the config and weights among the inputs, so that it can be made again. */
  readonly origin: {
    /** Seed of random weights; null for the model's own. */
    readonly randomWeights: number | null;
    /** How the model was cut down; null for all of it. */
    readonly slice: string | null;
    /** The model itself, or what the public compiler makes of it. */
    readonly style: "model" | "plena" | "plena-packed";
    /** What became of loops that are too long for the machine. */
    readonly longLoops: "renew" | "unroll";
  };
  /** What was compiled, after slicing. */
  readonly architecture: {
    readonly family: string;
    readonly hidden: number;
    readonly intermediate: number;
    readonly layers: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly headDim: number;
    readonly vocabulary: number;
  };
  /** What a run needs, beside the settings in the blob `settings`. */
  readonly machine: {
    /** The recorded machine, or the one with every repair. */
    readonly rules: "plena" | "extended";
    /** Products in blocks of BLEN rows, or of whole tiles. */
    readonly matrix: "blocks" | "broadcast";
    readonly mlen: number;
    readonly vlen: number;
    readonly blen: number;
    /** How weights are read from HBM. */
    readonly weightType: TensorTypeData;
    /** How the embedding and tables are read from HBM. */
    readonly activationType: TensorTypeData;
    /** How keys and values are stored. */
    readonly kvType: TensorTypeData;
  };
  /** The format of the weights by its name. */
  readonly weights: "bf16" | "mxfp8" | "mxfp4";
  /** Sequences that the program takes side by side, all as long. */
  readonly batch: number;
  /** The text that the program takes; of several sequences one after the other. */
  readonly tokens: readonly number[];
  /** Positions that the cache of keys and values holds, of each sequence. */
  readonly positions: number;
  /** Of the whole program. */
  readonly instructions: InstructionsData;
  /** Where each stage lies, in the order of the program. */
  readonly stages: readonly StageData[];
  /** What lies where in HBM. */
  readonly regions: readonly RegionData[];
  /** HBM that the program needs. */
  readonly hbmBytes: number;
  /**
   * Where a run leaves the result in the vector SRAM: row r of column block b begins at element
   * `address + r · rowPitch + b · blockPitch`.
   */
  readonly output: {
    readonly kind: "logits" | "hidden";
    readonly address: number;
    readonly rows: number;
    /** Columns of the model; the blocks are padded with zeros. */
    readonly columns: number;
    readonly blocks: number;
    readonly rowPitch: number;
    readonly blockPitch: number;
  };
  /** The result beside those of the staged reference and the float model; null if not computed. */
  readonly comparison: {
    readonly stagedToFloat: DistanceData;
    /** Null if the program was not run. */
    readonly machineToStaged: DistanceData | null;
    readonly machineToFloat: DistanceData | null;
  } | null;
  /** What each pass of the compiler did. */
  readonly log: readonly string[];
}

const stage: z.ZodType<StageData> = z.strictObject({
  name: z.string().min(1),
  first: count.describe("index of the first instruction"),
  end: count.describe("index after the last instruction"),
  times: count.describe("how often the loops around it run it"),
  depth: count.describe("stages around it, whose counts have those of this one in them"),
  instructions,
});

/** Schema of {@linkcode ModelData}. */
export const modelData: z.ZodType<ModelData> = z.strictObject({
  name: z.string().min(1),
  origin: z.strictObject({
    randomWeights: z.int().nullable().describe("their seed; null for the model's own"),
    slice: z.string().nullable(),
    style: z.enum(["model", "plena", "plena-packed"]),
    longLoops: z.enum(["renew", "unroll"]).describe("what became of loops that are too long"),
  }).describe("how it was made of the config and weights among the inputs"),
  architecture: z.strictObject({
    family: z.string(),
    hidden: count,
    intermediate: count,
    layers: count,
    heads: count,
    kvHeads: count,
    headDim: count,
    vocabulary: count,
  }).describe("what was compiled, after slicing"),
  machine: z.strictObject({
    rules: z.enum(["plena", "extended"]),
    matrix: z.enum(["blocks", "broadcast"]),
    mlen: count,
    vlen: count,
    blen: count,
    weightType: tensorType,
    activationType: tensorType,
    kvType: tensorType,
  }).describe("what a run needs, beside the blob settings"),
  weights: z.enum(["bf16", "mxfp8", "mxfp4"]),
  batch: z.int().positive().describe("sequences side by side, all as long"),
  tokens: z.array(count).min(1).describe("one sequence after the other"),
  positions: z.int().positive().describe("that the cache holds, of each sequence"),
  instructions,
  stages: z.array(stage),
  regions: z.array(region),
  hbmBytes: count.describe("HBM that the program needs"),
  output: z.strictObject({
    kind: z.enum(["logits", "hidden"]),
    address: count.describe("element of the vector SRAM"),
    rows: z.int().positive(),
    columns: z.int().positive().describe("of the model; blocks are padded"),
    blocks: z.int().positive(),
    rowPitch: z.int().positive().describe("elements from row to row"),
    blockPitch: count.describe("elements from column block to column block"),
  }),
  comparison: z.strictObject({
    stagedToFloat: distance,
    machineToStaged: distance.nullable(),
    machineToFloat: distance.nullable(),
  }).nullable(),
  log: z.array(z.string()).describe("what each pass of the compiler did"),
});
