import * as z from "zod";
import { count } from "./common.ts";

/** What a program takes; null where it is not known. */
export interface ProgramFiguresData {
  /** Instructions of the program. */
  readonly static: number | null;
  /** Instructions that a run executes. */
  readonly executed: number | null;
  /** Simulated time of the machine at 1 GHz with the HBM model. */
  readonly latencyNs: number | null;
}

/** `data` of a `benchmark` artifact: programs of the compiler beside the public compiler's. */
export interface BenchmarkData {
  /** Whether every figure is within its target. */
  readonly within: boolean;
  /** Program by program. */
  readonly programs: readonly {
    /** What it computes. */
    readonly name: string;
    /** The public compiler's; null if it has none. */
    readonly public: ProgramFiguresData | null;
    /** What ours may take at the most; null where there is no limit. */
    readonly target: ProgramFiguresData;
    /** What ours takes. */
    readonly ours: ProgramFiguresData;
    /** Names of the figures that are beyond their target. */
    readonly beyond: readonly string[];
  }[];
}

const figures: z.ZodType<ProgramFiguresData> = z.strictObject({
  static: count.nullable().describe("instructions of the program"),
  executed: count.nullable().describe("instructions that a run executes"),
  latencyNs: z.number().nonnegative().nullable().describe("simulated, at 1 GHz"),
});

/** Schema of {@linkcode BenchmarkData}. */
export const benchmarkData: z.ZodType<BenchmarkData> = z.strictObject({
  within: z.boolean().describe("whether every figure is within its target"),
  programs: z.array(z.strictObject({
    name: z.string().min(1),
    public: figures.nullable().describe("the public compiler's"),
    target: figures.describe("what ours may take at the most"),
    ours: figures,
    beyond: z.array(z.string()).describe("figures beyond their target"),
  })),
});
