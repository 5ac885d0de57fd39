/**
 * The machine's settings: the `TRANSACTIONAL` half of a PLENA settings file as typed data.
 */

/** Names of the latency entries that a settings file must have, in the order of the file. */
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

/** A latency entry that an instruction's cost can name. */
export type LatencyKey = (typeof LATENCY_KEYS)[number];

/** Cycles of one latency entry: with and without the dedicated-compute library. */
export interface LatencyColumns {
  /** With the library: column `dc_lib_en`. */
  readonly dcLibEn: number;
  /** Without it: column `dc_lib_dis`. */
  readonly dcLibDis: number;
}

/** How one element or scale is coded: a float of the given field widths, or a raw integer. */
export type ScalarType =
  | {
    readonly type: "Fp";
    readonly sign: boolean;
    readonly exponent: number;
    readonly mantissa: number;
  }
  | { readonly type: "Int"; readonly width: number };

/** How a tensor is coded: elements alone, or blocks of `block` elements that share one scale. */
export type TensorType =
  | { readonly kind: "plain"; readonly element: ScalarType }
  | {
    readonly kind: "mx";
    readonly block: number;
    readonly element: ScalarType;
    readonly scale: ScalarType;
  };

/** Names of the tensor types in the settings, in the order of the file. */
export const PRECISION_KEYS = [
  "MATRIX_SRAM_TYPE",
  "VECTOR_SRAM_TYPE",
  "HBM_M_WEIGHT_TYPE",
  "HBM_M_KV_TYPE",
  "HBM_V_ACT_TYPE",
  "HBM_V_KV_TYPE",
  "HBM_V_INT_TYPE",
] as const;

/** A memory or transfer whose tensor type the settings fix. */
export type PrecisionKey = (typeof PRECISION_KEYS)[number];

/** Dimensions, capacities and limits of the machine. */
export interface MachineConfig {
  /** Edge of a matrix tile, elements. */
  readonly mlen: number;
  /** Length of a vector row, elements; matrix instructions need `vlen === mlen`. */
  readonly vlen: number;
  /** Edge of the output block of M_MM, elements. */
  readonly blen: number;
  /** Head length of the batched operations and of one mask bit, elements. */
  readonly hlen: number;
  /** Number of heads that a batched operation works on. */
  readonly broadcastAmount: number;
  /** HBM capacity, bytes. */
  readonly hbmSizeBytes: number;
  /** Depth of the matrix SRAM, rows of `mlen` elements. */
  readonly matrixSramRows: number;
  /** Depth of the vector SRAM, rows of `vlen` elements. */
  readonly vectorSramRows: number;
  /** Rows that one H_PREFETCH_M fetches, before it is raised to a multiple of `mlen`. */
  readonly hbmMPrefetchRows: number;
  /** Rows that one H_PREFETCH_V fetches. */
  readonly hbmVPrefetchRows: number;
  /** Rows that one H_STORE_V stores. */
  readonly hbmVWritebackRows: number;
  /** Which latency column counts: 0 `dcLibDis`, anything else `dcLibEn`. */
  readonly dcEn: number;
  /** How many instructions one iteration of a loop may execute. */
  readonly maxLoopInstructions: number;
}

/** Everything that the emulator is told about the machine. */
export interface MachineSettings {
  /** Dimensions, capacities and limits. */
  readonly config: MachineConfig;
  /** How the tensors of each memory and transfer are coded. */
  readonly precision: Readonly<Record<PrecisionKey, TensorType>>;
  /** Cycles of each latency entry, both columns. */
  readonly latency: Readonly<Record<LatencyKey, LatencyColumns>>;
}

const BF16: ScalarType = { type: "Fp", sign: true, exponent: 8, mantissa: 7 };
const MXFP8: TensorType = {
  kind: "mx",
  block: 8,
  element: { type: "Fp", sign: true, exponent: 4, mantissa: 3 },
  scale: { type: "Fp", sign: false, exponent: 8, mantissa: 0 },
};

/** Types in which tensors can lie in HBM, by name: the public one, and FP4 of OCP Microscaling 1.0. */
export const HBM_TYPES: { readonly mxfp8: TensorType; readonly mxfp4: TensorType } = {
  mxfp8: MXFP8,
  mxfp4: {
    kind: "mx",
    block: 32,
    element: { type: "Fp", sign: true, exponent: 2, mantissa: 1 },
    scale: { type: "Fp", sign: false, exponent: 8, mantissa: 0 },
  },
};

/** The settings that ship with the public emulator (emulator specification, section 9). */
export const SHIPPED_SETTINGS: MachineSettings = {
  config: {
    mlen: 64,
    vlen: 64,
    blen: 4,
    hlen: 16,
    broadcastAmount: 4,
    hbmSizeBytes: 17_179_869_184,
    matrixSramRows: 4096,
    vectorSramRows: 4_194_304,
    hbmMPrefetchRows: 64,
    hbmVPrefetchRows: 4,
    hbmVWritebackRows: 4,
    dcEn: 1,
    maxLoopInstructions: 100_000,
  },
  precision: {
    MATRIX_SRAM_TYPE: { kind: "plain", element: BF16 },
    VECTOR_SRAM_TYPE: { kind: "plain", element: BF16 },
    HBM_M_WEIGHT_TYPE: MXFP8,
    HBM_M_KV_TYPE: MXFP8,
    HBM_V_ACT_TYPE: MXFP8,
    HBM_V_KV_TYPE: MXFP8,
    HBM_V_INT_TYPE: { kind: "plain", element: { type: "Int", width: 32 } },
  },
  // deno-fmt-ignore: one entry, one row
  latency: {
    SYSTOLIC_PROCESSING_OVERHEAD:     { dcLibEn: 0, dcLibDis: 0 },
    VECTOR_ADD_CYCLES:                { dcLibEn: 1, dcLibDis: 2 },
    VECTOR_MUL_CYCLES:                { dcLibEn: 1, dcLibDis: 5 },
    VECTOR_EXP_CYCLES:                { dcLibEn: 1, dcLibDis: 6 },
    VECTOR_PREFIX_SCAN_CYCLES:        { dcLibEn: 9, dcLibDis: 9 },
    VECTOR_SHIFT_CYCLES:              { dcLibEn: 1, dcLibDis: 1 },
    VECTOR_RECI_CYCLES:               { dcLibEn: 2, dcLibDis: 7 },
    VECTOR_MAX_CYCLES:                { dcLibEn: 4, dcLibDis: 4 },
    VECTOR_SUM_CYCLES:                { dcLibEn: 8, dcLibDis: 20 },
    SCALAR_FP_LONGEST_OPERATE_CYCLES: { dcLibEn: 4, dcLibDis: 4 },
    SCALAR_FP_BASIC_CYCLES:           { dcLibEn: 1, dcLibDis: 1 },
    SCALAR_FP_EXP_CYCLES:             { dcLibEn: 1, dcLibDis: 2 },
    SCALAR_FP_SQRT_CYCLES:            { dcLibEn: 1, dcLibDis: 2 },
    SCALAR_FP_RECI_CYCLES:            { dcLibEn: 1, dcLibDis: 2 },
    SCALAR_INT_BASIC_CYCLES:          { dcLibEn: 1, dcLibDis: 1 },
  },
};

/** Cycles of a latency entry after the choice that `DC_EN` makes. */
export function latencyCycles(settings: MachineSettings, key: LatencyKey): number {
  const { dcLibEn, dcLibDis } = settings.latency[key];
  return settings.config.dcEn === 0 ? dcLibDis : dcLibEn;
}
