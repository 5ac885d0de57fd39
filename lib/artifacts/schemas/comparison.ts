import * as z from "zod";
import { count } from "./common.ts";

/** `data` of a `comparison` artifact. */
export interface ComparisonData {
  /** Whether every output wire of every case is as expected. */
  readonly equal: boolean;
  /** Cases compared: all of them. */
  readonly cases: number;
  /** Per output bus: wires, and cases in which it differs. */
  readonly outputs: readonly {
    readonly name: string;
    readonly bits: number;
    readonly wrong: number;
  }[];
  /** Cases in which any output differs. */
  readonly wrongCases: number;
  /** The first of them. */
  readonly firstDifference: {
    readonly case: number;
    readonly inputs: string;
    readonly expected: string;
    readonly actual: string;
  } | null;
}

/** Schema of {@linkcode ComparisonData}. */
export const comparisonData: z.ZodType<ComparisonData> = z.strictObject({
  equal: z.boolean(),
  cases: count,
  outputs: z.array(z.strictObject({ name: z.string(), bits: count, wrong: count })),
  wrongCases: count,
  firstDifference: z.strictObject({
    case: count,
    inputs: z.string(),
    expected: z.string(),
    actual: z.string(),
  }).nullable(),
});
