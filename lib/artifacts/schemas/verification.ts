import * as z from "zod";
import { count } from "./common.ts";

/** `data` of a `verification` artifact. */
export interface VerificationData {
  /** What was verified. */
  readonly subject: "atoms" | "circuit";
  /** How: all rows were evaluated. */
  readonly method: "exhaustive";
  /** Whether no row of any check is wrong. */
  readonly exact: boolean;
  /** One check per atom, or per output of a circuit. */
  readonly checks: readonly {
    readonly name: string;
    readonly rows: number;
    readonly wrong: number;
    /** Smallest |z| of any gate in any row. */
    readonly margin?: number | undefined;
    readonly firstWrong?: {
      readonly row: number;
      readonly inputs: string;
      readonly expected: string;
      readonly actual: string;
    } | undefined;
  }[];
}

/** Schema of {@linkcode VerificationData}. */
export const verificationData: z.ZodType<VerificationData> = z.strictObject({
  subject: z.enum(["atoms", "circuit"]),
  method: z.literal("exhaustive"),
  exact: z.boolean().describe("whether no row of any check is wrong"),
  checks: z.array(z.strictObject({
    name: z.string(),
    rows: z.int().positive(),
    wrong: count,
    margin: z.number().nonnegative().describe("smallest |z| of any gate in any row").optional(),
    firstWrong: z.strictObject({
      row: count,
      inputs: z.string(),
      expected: z.string(),
      actual: z.string(),
    }).optional(),
  })),
});
