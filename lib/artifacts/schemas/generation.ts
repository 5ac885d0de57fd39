import * as z from "zod";
import { count, instructions, type InstructionsData } from "./common.ts";
import { regime, type RegimeData } from "./run.ts";

/** `data` of a `generation` artifact: a text that an emulated decoder told. */
export interface GenerationData {
  /** The board. */
  readonly board: string;
  /** Clock of the machine. */
  readonly clockMhz: number;
  /** Prompt and what was told. */
  readonly text: string;
  /** The same as tokens. */
  readonly tokens: readonly number[];
  /** Tokens of the prompt. */
  readonly promptTokens: number;
  /** How many of them its first program took; the others were decode steps. */
  readonly prefillTokens: number;
  /** Simulated time of the prompt. */
  readonly prefillNs: number;
  /** Simulated time of every further step. */
  readonly stepNs: readonly number[];
  /** Bytes of HBM in all. */
  readonly hbmBytes: number;
  /** The first program of the prompt, and that of the last step; zeros for none. */
  readonly programs: { readonly prefill: InstructionsData; readonly decode: InstructionsData };
  /** What the memory's regime did. */
  readonly regime: RegimeData | null;
  /** The float model of the host beside the machine; null if it was not asked. */
  readonly comparison: {
    /** First new token that the float model tells differently, from 0; null for none. */
    readonly firstDifference: number | null;
    /** Perplexity of the float model's text; null for a text of one token. */
    readonly perplexity: { readonly machine: number; readonly float: number } | null;
  } | null;
}

/** Schema of {@linkcode GenerationData}. */
export const generationData: z.ZodType<GenerationData> = z.strictObject({
  board: z.string(),
  clockMhz: z.number().positive(),
  text: z.string(),
  tokens: z.array(count).min(1),
  promptTokens: z.int().positive(),
  prefillTokens: z.int().positive()
    .describe("of the prompt, by its first program; the others were decode steps"),
  prefillNs: z.number().nonnegative(),
  stepNs: z.array(z.number().nonnegative()),
  hbmBytes: count,
  programs: z.strictObject({ prefill: instructions, decode: instructions }),
  regime: regime.nullable(),
  comparison: z.strictObject({
    firstDifference: count.nullable()
      .describe("first new token that the float model tells differently, from 0"),
    perplexity: z.strictObject({ machine: z.number(), float: z.number() }).nullable()
      .describe("of the float model's text"),
  }).nullable().describe("the float model of the host; null if it was not asked"),
});
