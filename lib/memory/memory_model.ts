/**
 * What the emulator asks of a memory: when will these accesses be over? Data never passes through
 * a model, so every model gives the same memory contents.
 */

/** One access moves one aligned block of this many bytes. */
export const BLOCK_BYTES = 64;

/** Where the time of a transfer went, in picoseconds; the parts sum to the elapsed time. */
export interface MemoryTimeShares {
  /** Waiting for the memory device itself. */
  readonly dramPs: number;
  /** Waiting for data from the host. */
  readonly hostPs: number;
}

/**
 * A timing model of the off-chip memory. Times are simulated picoseconds since the start of the
 * program; an emulator calls with times that never decrease. Block numbers are byte addresses
 * divided by {@linkcode BLOCK_BYTES}; they are exact integers below 2^53 and may lie beyond the
 * capacity.
 */
export interface MemoryModel {
  /** What the model is, as written into `run.json`: `hbm`, `ideal`, `fixed-latency`, … */
  readonly name: string;

  /**
   * Times a batch of block reads that are issued together, in the order of the list. A block that
   * is listed twice is read twice.
   *
   * @param blocks Block numbers; only the first `count` count.
   * @returns When the last block has arrived, at `startPs` or later.
   */
  readBatch(blocks: Float64Array, count: number, startPs: number): number;

  /**
   * Times one block write.
   *
   * @returns When the write has been accepted, at `startPs` or later.
   */
  writeBlock(block: number, startPs: number): number;

  /**
   * Where the time of all transfers so far went. A model without a host need not have it: then all
   * time is the device's.
   */
  timeShares?(): MemoryTimeShares;

  /**
   * Lets everything that is under way come to its end, such as closing a row. A model in which
   * nothing happens after the last access need not have it.
   *
   * @param atPs When the program ended.
   * @returns When nothing is left to happen, at `atPs` or later: the latency of the run.
   */
  settle?(atPs: number): number;

  /** Facts for the report, such as row hits: plain JSON, the same for the same run. */
  statistics(): Record<string, number>;
}
