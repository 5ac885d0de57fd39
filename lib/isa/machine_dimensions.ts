/** What a program is checked against; the machine configuration of the settings fits. */
export interface MachineDimensions {
  /** Edge of a matrix tile, elements. */
  readonly mlen: number;
  /** Length of a vector row, elements. */
  readonly vlen: number;
  /** Edge of the output block of M_MM, elements. */
  readonly blen: number;
  /** Length of a head slot, elements. */
  readonly hlen: number;
  /** Number of head slots of the batched instructions. */
  readonly broadcastAmount: number;
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
  /** How many instructions one iteration of a loop may execute. */
  readonly maxLoopInstructions: number;
  /** HBM capacity, bytes; transfers are not checked against it when it is absent. */
  readonly hbmSizeBytes?: number;
}

/** Which machine is to run the program: the public one, or the one with its defects repaired. */
export type Machine = "plena" | "extended";

/** What is known about a run beforehand, and how far to follow it. */
export interface ValidateOptions {
  /** The machine, `plena` by default. */
  readonly machine?: Machine;
  /** How many rows from row 0 are preloaded into the vector SRAM; none by default. */
  readonly preloadedVramRows?: number;
  /** What is preloaded into the INT SRAM; without it values loaded from there are unknown. */
  readonly intSram?: Uint32Array;
  /** Whether tensors in HBM have scales, so that SCALE must be set; `true` by default. */
  readonly scaled?: boolean;
  /** After how many executed instructions to stop following the run; 50 million by default. */
  readonly maxSteps?: number;
}
