import * as z from "zod";
import { count, instructions, type InstructionsData, port, type PortData } from "./common.ts";
import { tensorType, type TensorTypeData } from "./settings.ts";

/** A named range of HBM. */
export interface RegionData {
  /** Name of the tensor. */
  readonly name: string;
  /** What it holds. */
  readonly kind: "weight" | "kv" | "activation";
  /** Layer it belongs to. */
  readonly layerId: number;
  /** Byte address of the first element. */
  readonly offset: number;
  /** Bytes of elements and scales together. */
  readonly sizeBytes: number;
  /** Rows and columns that are stored. */
  readonly shape: readonly [number, number];
  /** How elements and scales are coded. */
  readonly type: TensorTypeData;
  /** Bytes from the first element to the first scale. */
  readonly scaleOffset: number;
}

/** `data` of a `program` artifact. */
export interface ProgramData {
  /** What was compiled: `adder:8`. */
  readonly name: string;
  /** What the settings of a run must agree with. */
  readonly machine: {
    readonly mlen: number;
    readonly vlen: number;
    readonly blen: number;
    readonly hbmMPrefetchRows: number;
    readonly hbmVPrefetchRows: number;
    readonly hbmVWritebackRows: number;
    /** How weights are read from HBM. */
    readonly weightType: TensorTypeData;
    /** How activations are read from and written to HBM. */
    readonly activationType: TensorTypeData;
  };
  /** Instructions in the file, and instructions that a run executes. */
  readonly instructions: InstructionsData;
  /** Dependent matrix passes. */
  readonly levels: number;
  /** Threshold gates. */
  readonly gates: number;
  /** What lies where in HBM. */
  readonly regions: readonly RegionData[];
  /** HBM that the program needs. */
  readonly hbmBytes: number;
  /** The batch. */
  readonly cases: {
    /** Rows. */
    readonly count: number;
    /** Input buses. */
    readonly inputs: readonly PortData[];
    /**
     * Vectors in the blob `vectors`: row i is vector i, rows beyond the last one repeat it. Absent
     * when row i has the binary digits of i on the input wires, from 0 again after the last case.
     */
    readonly vectors?: number | undefined;
  };
  /** Where the results lie. */
  readonly outputs: {
    readonly ports: readonly PortData[];
    /** Per output wire: the region, and the column in its rows. */
    readonly wires: readonly { readonly region: string; readonly column: number }[];
  };
}

/** Schema of {@linkcode RegionData}. */
export const region: z.ZodType<RegionData> = z.strictObject({
  name: z.string().min(1),
  kind: z.enum(["weight", "kv", "activation"]),
  layerId: count,
  offset: count.describe("byte address"),
  sizeBytes: count,
  shape: z.tuple([count, count]).describe("rows and columns that are stored"),
  type: tensorType.describe("how elements and scales are coded"),
  scaleOffset: count.describe("bytes from the first element to the first scale"),
});

/** Schema of {@linkcode ProgramData}. */
export const programData: z.ZodType<ProgramData> = z.strictObject({
  name: z.string(),
  machine: z.strictObject({
    mlen: count,
    vlen: count,
    blen: count,
    hbmMPrefetchRows: count,
    hbmVPrefetchRows: count,
    hbmVWritebackRows: count,
    weightType: tensorType,
    activationType: tensorType,
  }).describe("what the settings must agree with"),
  instructions,
  levels: count.describe("dependent matrix passes"),
  gates: count,
  regions: z.array(region),
  hbmBytes: count.describe("HBM that the program needs"),
  cases: z.strictObject({
    count: count.describe("rows"),
    inputs: z.array(port),
    vectors: count.describe("vectors in the blob; absent: row i has the binary digits of i")
      .optional(),
  }),
  outputs: z.strictObject({
    ports: z.array(port),
    wires: z.array(z.strictObject({ region: z.string(), column: count }))
      .describe("per output wire: the region, and the column in its rows"),
  }),
});
