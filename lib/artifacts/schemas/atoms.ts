import * as z from "zod";
import { count, hexBytes } from "./common.ts";

/** One layer of threshold gates: every gate sees all inputs of the layer. */
export interface LayerData {
  /** Inputs of the layer. */
  readonly inputs: number;
  /** Gates of the layer, which are its outputs. */
  readonly gates: number;
  /** 4-bit codes of W, gates × inputs, row by row, as hexadecimal bytes. */
  readonly weights: string;
  /** 4-bit codes of b, one per gate, as hexadecimal bytes. */
  readonly biases: string;
}

/** A Boolean function and the threshold network that computes it. */
export interface AtomData {
  /** Name of the atom: `XOR`. */
  readonly name: string;
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  /** Output per row; the first input is bit 0 of the row's number. */
  readonly truthTable: string;
  /** Layers, from the inputs to the output. */
  readonly layers: readonly LayerData[];
  /** How the weights were found; absent when they were written down. */
  readonly training?: {
    readonly method: string;
    /** The seed that succeeded. */
    readonly seed: number;
    /** Seeds that were tried, the last one with success. */
    readonly attempts: number;
    /** Gradient steps of the successful attempt. */
    readonly epochs: number;
    /** Gates in the hidden layer; 0 when there is one layer only. */
    readonly hidden: number;
  } | undefined;
}

/** `data` of an `atoms` artifact. */
export interface AtomsData {
  /** Format of weights and biases. */
  readonly format: "e2m1";
  /** Which nibble of a byte holds the first code. */
  readonly nibbleOrder: "low-first";
  /** The atoms. */
  readonly atoms: readonly AtomData[];
}

const layer = z.strictObject({
  inputs: z.int().positive(),
  gates: z.int().positive(),
  weights: hexBytes.describe("4-bit codes of W, gates × inputs, row by row"),
  biases: hexBytes.describe("4-bit codes of b, one per gate"),
});

/** Schema of {@linkcode AtomData}. */
export const atom: z.ZodType<AtomData> = z.strictObject({
  name: z.string().min(1),
  inputs: z.array(z.string().min(1)).min(1).max(6),
  truthTable: z.string().regex(/^[01]+$/, "digits 0 and 1")
    .describe("output per row; the first input is bit 0 of the row's number"),
  layers: z.array(layer).min(1),
  training: z.strictObject({
    method: z.string(),
    seed: count.describe("the seed that succeeded"),
    attempts: z.int().positive(),
    epochs: count,
    hidden: count.describe("gates in the hidden layer; 0: one layer only"),
  }).optional(),
});

/** Schema of {@linkcode AtomsData}. */
export const atomsData: z.ZodType<AtomsData> = z.strictObject({
  format: z.literal("e2m1"),
  nibbleOrder: z.literal("low-first"),
  atoms: z.array(atom).min(1),
});
