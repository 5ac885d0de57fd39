import * as z from "zod";
import { count } from "./common.ts";

/** `data` of a `profile` artifact: the static cycle model beside the machine's own costs. */
export interface ProfileData {
  /** The board whose costs count. */
  readonly board: string;
  /** Cycles per second, millions. */
  readonly clockMhz: number;
  /** Edge of a matrix tile that the costs assume. */
  readonly mlen: number;
  /** Lines of the assembly text. */
  readonly sourceLines: number;
  /** Lines that are instructions. */
  readonly staticInstructions: number;
  /** Instructions executed, loops counted. */
  readonly dynamicInstructions: number;
  /** Cycles by the static model. */
  readonly cycles: number;
  /** Milliseconds at the board's clock. */
  readonly ms: number;
  /** C_LOOP_START lines. */
  readonly loopStarts: number;
  /** By stage, in the order in which they begin: what follows a comment of the text. */
  readonly stages: readonly {
    readonly stage: string;
    readonly instructions: number;
    readonly executed: number;
    readonly cycles: number;
  }[];
  /** By opcode, those that take most cycles first. */
  readonly opcodes: readonly {
    readonly opcode: string;
    readonly executed: number;
    /** Cycles of one execution by the static model. */
    readonly cycles: number;
    /** The same on the emulated machine; null where its memory model tells, or it has no such one. */
    readonly emulatedCycles: number | null;
    /** Why the two differ; empty when they do not. */
    readonly difference: string;
  }[];
}

/** Schema of {@linkcode ProfileData}. */
export const profileData: z.ZodType<ProfileData> = z.strictObject({
  board: z.string(),
  clockMhz: z.number().positive(),
  mlen: count,
  sourceLines: count,
  staticInstructions: count,
  dynamicInstructions: count,
  cycles: count,
  ms: z.number().nonnegative(),
  loopStarts: count,
  stages: z.array(z.strictObject({
    stage: z.string(),
    instructions: count,
    executed: count,
    cycles: count,
  })).describe("what follows a comment of the text"),
  opcodes: z.array(z.strictObject({
    opcode: z.string(),
    executed: count,
    cycles: count.describe("of one execution by the static model"),
    emulatedCycles: count.nullable()
      .describe("the same on the emulated machine; null where its memory model tells"),
    difference: z.string(),
  })),
});
