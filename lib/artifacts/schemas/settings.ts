import * as z from "zod";
import { count } from "./common.ts";

/** How one element or scale is coded. */
export type ScalarTypeData =
  | {
    readonly type: "Fp";
    readonly sign: boolean;
    readonly exponent: number;
    readonly mantissa: number;
  }
  | { readonly type: "Int"; readonly width: number };

/** How a tensor is coded. */
export type TensorTypeData =
  | { readonly kind: "plain"; readonly element: ScalarTypeData }
  | {
    readonly kind: "mx";
    readonly block: number;
    readonly element: ScalarTypeData;
    readonly scale: ScalarTypeData;
  };

/** Keys of the machine's dimensions, capacities and limits. */
export const CONFIG_KEYS = [
  "mlen",
  "vlen",
  "blen",
  "hlen",
  "broadcastAmount",
  "hbmSizeBytes",
  "matrixSramRows",
  "vectorSramRows",
  "hbmMPrefetchRows",
  "hbmVPrefetchRows",
  "hbmVWritebackRows",
  "dcEn",
  "maxLoopInstructions",
] as const;

/** Keys of the machine's tensor types. */
export const PRECISION_KEYS = [
  "MATRIX_SRAM_TYPE",
  "VECTOR_SRAM_TYPE",
  "HBM_M_WEIGHT_TYPE",
  "HBM_M_KV_TYPE",
  "HBM_V_ACT_TYPE",
  "HBM_V_KV_TYPE",
  "HBM_V_INT_TYPE",
] as const;

/** Keys of the machine's latencies. */
export const LATENCY_KEYS = [
  "SYSTOLIC_PROCESSING_OVERHEAD",
  "VECTOR_ADD_CYCLES",
  "VECTOR_MUL_CYCLES",
  "VECTOR_EXP_CYCLES",
  "VECTOR_PREFIX_SCAN_CYCLES",
  "VECTOR_SHIFT_CYCLES",
  "VECTOR_RECI_CYCLES",
  "VECTOR_MAX_CYCLES",
  "VECTOR_SUM_CYCLES",
  "SCALAR_FP_LONGEST_OPERATE_CYCLES",
  "SCALAR_FP_BASIC_CYCLES",
  "SCALAR_FP_EXP_CYCLES",
  "SCALAR_FP_SQRT_CYCLES",
  "SCALAR_FP_RECI_CYCLES",
  "SCALAR_INT_BASIC_CYCLES",
] as const;

/** The machine's settings, as `lib/boards` describes them. */
export interface MachineSettingsData {
  /** Dimensions, capacities and limits. */
  readonly config: Readonly<Record<(typeof CONFIG_KEYS)[number], number>>;
  /** Tensor types of the memories and transfers. */
  readonly precision: Readonly<Record<(typeof PRECISION_KEYS)[number], TensorTypeData>>;
  /** Cycles with and without the dedicated-compute library. */
  readonly latency: Readonly<
    Record<
      (typeof LATENCY_KEYS)[number],
      { readonly dcLibEn: number; readonly dcLibDis: number }
    >
  >;
}

/** `data` of a `settings` artifact. */
export interface SettingsData {
  /** The board whose latencies were injected. */
  readonly board: {
    readonly name: string;
    readonly description: string;
    readonly clockMhz: number;
    /** Capacity of the board's memory. */
    readonly capacityBytes: number;
    /** What kind of memory that is: `ddr3`; null when the board does not tell. */
    readonly memoryType: string | null;
    /** Sustained bandwidth of the link to the host; null for a board without one. */
    readonly hostBytesPerSecond: number | null;
  };
  /** The settings with the board's latencies. */
  readonly machine: MachineSettingsData;
  /** What the injection looked at: old value, new value and where it comes from. */
  readonly changes: readonly {
    readonly key: string;
    readonly before: number;
    readonly after: number;
    readonly source: string;
  }[];
}

const scalarType: z.ZodType<ScalarTypeData> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("Fp"), sign: z.boolean(), exponent: count, mantissa: count }),
  z.strictObject({ type: z.literal("Int"), width: count }),
]);

/** Schema of {@linkcode TensorTypeData}. */
export const tensorType: z.ZodType<TensorTypeData> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("plain"), element: scalarType }),
  z.strictObject({
    kind: z.literal("mx"),
    block: z.int().positive(),
    element: scalarType,
    scale: scalarType,
  }),
]);

const machineSettings: z.ZodType<MachineSettingsData> = z.strictObject({
  config: z.record(z.enum(CONFIG_KEYS), count),
  precision: z.record(z.enum(PRECISION_KEYS), tensorType),
  latency: z.record(
    z.enum(LATENCY_KEYS),
    z.strictObject({ dcLibEn: count, dcLibDis: count }),
  ),
});

/** Schema of {@linkcode SettingsData}. */
export const settingsData: z.ZodType<SettingsData> = z.strictObject({
  board: z.strictObject({
    name: z.string(),
    description: z.string(),
    clockMhz: z.number(),
    capacityBytes: count,
    memoryType: z.string().nullable(),
    hostBytesPerSecond: z.number().positive().nullable(),
  }),
  machine: machineSettings,
  changes: z.array(z.strictObject({
    key: z.string(),
    before: z.number(),
    after: z.number(),
    source: z.string(),
  })),
});
