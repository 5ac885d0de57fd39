/** A memory with a latency and a bandwidth, and nothing else. */
import { MemoryError } from "./memory_error.ts";
import { BLOCK_BYTES, type MemoryModel } from "./memory_model.ts";

/** What {@linkcode fixedLatencyMemory} takes. */
export interface FixedLatencyOptions {
  /** From the start of a batch to the arrival of its first block, in nanoseconds. */
  readonly readNs: number;
  /** From the start of a block write until it is accepted, in nanoseconds. */
  readonly writeNs: number;
  /** Rate at which the further blocks of a batch arrive, in bytes per nanosecond (GB/s); infinite
   * if left out. */
  readonly bytesPerNs?: number;
}

/**
 * A rough model for estimates, not a device: a batch of n blocks takes `readNs` for the first and
 * 64 / `bytesPerNs` for each of the n − 1 others; a write takes `writeNs`. There are no banks, no
 * rows and no queues: addresses make no difference, and accesses never meet. Times are rounded to
 * whole picoseconds per batch.
 *
 * @throws {MemoryError} If a time is negative or the rate is not above zero.
 */
export function fixedLatencyMemory(options: FixedLatencyOptions): MemoryModel {
  const { readNs, writeNs, bytesPerNs = Infinity } = options;
  if (!(readNs >= 0 && readNs < Infinity && writeNs >= 0 && writeNs < Infinity)) {
    throw new MemoryError(
      `A memory cannot take ${readNs} ns for a read and ${writeNs} ns for a write`,
      "give latencies of 0 ns or more",
    );
  }
  if (!(bytesPerNs > 0)) {
    throw new MemoryError(
      `A memory cannot move ${bytesPerNs} bytes per ns`,
      "give a rate above 0, or leave it out for no limit",
    );
  }
  let reads = 0;
  let writes = 0;
  return {
    name: "fixed-latency",
    readBatch(_blocks: Float64Array, count: number, startPs: number): number {
      if (count === 0) return startPs;
      reads += count;
      const furtherNs = (count - 1) * BLOCK_BYTES / bytesPerNs;
      return startPs + Math.round((readNs + furtherNs) * 1000);
    },
    writeBlock(_block: number, startPs: number): number {
      writes++;
      return startPs + Math.round(writeNs * 1000);
    },
    statistics(): Record<string, number> {
      return { blockReads: reads, blockWrites: writes };
    },
  };
}
