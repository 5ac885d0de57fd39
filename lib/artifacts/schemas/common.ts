import * as z from "zod";

/** A bus: a name and how many wires it has. */
export interface PortData {
  /** Name of the bus. */
  readonly name: string;
  /** Wires; a bus of one wire is called by its plain name, otherwise `name[i]`. */
  readonly width: number;
}

/** A whole number from zero up. */
export const count: z.ZodType<number> = z.int().nonnegative();

/** Packed codes as hexadecimal digits, two a byte. */
export const hexBytes: z.ZodString = z.string()
  .regex(/^([0-9a-f]{2})*$/, "pairs of lower-case hexadecimal digits");

/** Schema of {@linkcode PortData}. */
export const port: z.ZodType<PortData> = z.strictObject({
  name: z.string().min(1),
  width: z.int().positive(),
});

/** Bytes of off-chip memory by kind. */
export interface FootprintData {
  /** Weights. */
  readonly weight: number;
  /** Stores of keys and values. */
  readonly kv: number;
  /** Everything else. */
  readonly activation: number;
  /** All together. */
  readonly total: number;
}

/** Schema of {@linkcode FootprintData}. */
export const footprint: z.ZodType<FootprintData> = z.strictObject({
  weight: count,
  kv: count,
  activation: count,
  total: count,
});

/** Instructions of a program. */
export interface InstructionsData {
  /** In the program. */
  readonly static: number;
  /** That a run executes. */
  readonly executed: number;
}

/** Schema of {@linkcode InstructionsData}. */
export const instructions: z.ZodType<InstructionsData> = z.strictObject({
  static: count,
  executed: count,
});
