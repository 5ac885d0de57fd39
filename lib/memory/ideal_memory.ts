/** A memory that takes no time. */
import type { MemoryModel } from "./memory_model.ts";

/**
 * The memory in which every access is over when it starts. What a program takes with it is the
 * time that it computes; the difference to a device is the time that it waits for memory.
 */
export function idealMemory(): MemoryModel {
  let reads = 0;
  let writes = 0;
  return {
    name: "ideal",
    readBatch(_blocks: Float64Array, count: number, startPs: number): number {
      reads += count;
      return startPs;
    },
    writeBlock(_block: number, startPs: number): number {
      writes++;
      return startPs;
    },
    statistics(): Record<string, number> {
      return { blockReads: reads, blockWrites: writes };
    },
  };
}
