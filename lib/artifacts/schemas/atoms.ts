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
  /** 4-bit codes of b, gate by gate, as hexadecimal bytes. */
  readonly biases: string;
  /** Codes whose sum each bias is: 2, or absent for 1. */
  readonly biasCodes?: 2 | undefined;
}

/** How the weights of an atom were found. */
export interface TrainingData {
  /** Name of the method. */
  readonly method: string;
  /** The seed that succeeded. */
  readonly seed: number;
  /** Seeds that were tried, the last one with success. */
  readonly attempts: number;
  /** Gradient steps of the successful attempt. */
  readonly epochs: number;
  /** Gates in the hidden layers; 0 when there is one layer only. */
  readonly hidden: number;
}

/** A Boolean function. */
export interface FunctionData {
  /** Name of the atom: `XOR`. */
  readonly name: string;
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  /** Output per row; the first input is bit 0 of the row's number. */
  readonly truthTable: string;
  /** How the weights were found; absent when they were written down. */
  readonly training?: TrainingData | undefined;
}

/** A Boolean function and the threshold network of E2M1 codes that computes it. */
export interface AtomData extends FunctionData {
  /** Layers, from the inputs to the output. */
  readonly layers: readonly LayerData[];
  /** Whether every layer sees the inputs of the atom and all gates before it. */
  readonly skip?: boolean | undefined;
}

/** A matrix of packed codes. */
export interface TensorData {
  /** Format of the elements. */
  readonly format: "e2m1" | "nf4" | "mxfp4" | "nvfp4" | "float32";
  /** Scales of E2M1 and NF4 elements; absent where the format settles it. */
  readonly scaling?: "none" | "tensor" | "row" | undefined;
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly columns: number;
  /** Elements row by row: codes low nibble first, or float32 little-endian. */
  readonly codes: string;
  /** Scales: float32, E8M0 bytes, or a float32 and E4M3 bytes. */
  readonly scales: string;
}

/** A Boolean function and a network of another kind that computes it. */
export interface NetworkAtomData extends FunctionData {
  /** The network. */
  readonly network: {
    readonly encoding: "binary" | "thermometer" | "onehot";
    readonly activation: "relu" | "gelu" | "hardtanh" | "step";
    readonly residual: boolean;
    readonly skip?: boolean | undefined;
    readonly layers: readonly {
      readonly inputs: number;
      readonly gates: number;
      readonly weights: TensorData;
      readonly biases: TensorData;
    }[];
  };
}

/** `data` of an `atoms` artifact. */
export interface AtomsData {
  /** Format of the weights and biases of `atoms`; every matrix of `networks` states its own. */
  readonly format: "e2m1";
  /** Which nibble of a byte holds the first code. */
  readonly nibbleOrder: "low-first";
  /** Threshold networks, of which circuits can be made. */
  readonly atoms: readonly AtomData[];
  /** Other networks. */
  readonly networks?: readonly NetworkAtomData[] | undefined;
}

const size = z.int().positive();

const layer = z.strictObject({
  inputs: size,
  gates: size,
  weights: hexBytes.describe("4-bit codes of W, gates × inputs, row by row"),
  biases: hexBytes.describe("4-bit codes of b, gate by gate"),
  biasCodes: z.literal(2).describe("codes whose sum each bias is; absent: 1").optional(),
});

const functionFields = {
  name: z.string().min(1),
  inputs: z.array(z.string().min(1)).min(1).max(20),
  truthTable: z.string().regex(/^[01]+$/, "digits 0 and 1")
    .describe("output per row; the first input is bit 0 of the row's number"),
  training: z.strictObject({
    method: z.string(),
    seed: count.describe("the seed that succeeded"),
    attempts: size,
    epochs: count,
    hidden: count.describe("gates in the hidden layers; 0: one layer only"),
  }).optional(),
};

/** Schema of {@linkcode AtomData}. */
export const atom: z.ZodType<AtomData> = z.strictObject({
  ...functionFields,
  layers: z.array(layer).min(1),
  skip: z.boolean().describe("every layer sees the inputs and all gates before it").optional(),
});

const tensor = z.strictObject({
  format: z.enum(["e2m1", "nf4", "mxfp4", "nvfp4", "float32"]),
  scaling: z.enum(["none", "tensor", "row"])
    .describe("scales of e2m1 and nf4; absent where the format settles it").optional(),
  rows: size,
  columns: size,
  codes: hexBytes.describe("elements row by row: nibbles low first, or float32 little-endian"),
  scales: hexBytes.describe("float32, E8M0 bytes, or a float32 and E4M3 bytes"),
});

/** Schema of {@linkcode NetworkAtomData}. */
export const networkAtom: z.ZodType<NetworkAtomData> = z.strictObject({
  ...functionFields,
  network: z.strictObject({
    encoding: z.enum(["binary", "thermometer", "onehot"]),
    activation: z.enum(["relu", "gelu", "hardtanh", "step"]),
    residual: z.boolean(),
    skip: z.boolean().optional(),
    layers: z.array(z.strictObject({ inputs: size, gates: size, weights: tensor, biases: tensor }))
      .min(1),
  }),
});

/** Schema of {@linkcode AtomsData}. */
export const atomsData: z.ZodType<AtomsData> = z.strictObject({
  format: z.literal("e2m1"),
  nibbleOrder: z.literal("low-first"),
  atoms: z.array(atom).describe("threshold networks, of which circuits can be made"),
  networks: z.array(networkAtom).describe("other networks").optional(),
}).refine(
  ({ atoms, networks = [] }) => atoms.length + networks.length > 0,
  "at least one atom or network",
);
