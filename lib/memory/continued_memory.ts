import type { MemoryModel } from "./memory_model.ts";

/**
 * A memory that goes on where it stopped: for a machine whose clock starts at 0 again, such as that of
 * the next program over the same contents, while rows stay open and regions stay on the board.
 *
 * ```ts
 * import { continuedMemory, hbm2Memory } from "@fourbit/fourbit/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const memory = hbm2Memory();
 * const block = Float64Array.of(0);
 * assertEquals(memory.readBatch(block, 1, 0), 18_000); // opens a row
 * assertEquals(continuedMemory(memory, 100_000).readBatch(block, 1, 0), 11_000); // finds it open
 * ```
 *
 * @param startPs When the next program starts, by the clock of `memory`: no earlier than its last
 * access was over.
 */
export function continuedMemory(memory: MemoryModel, startPs: number): MemoryModel {
  return {
    name: memory.name,
    readBatch: (blocks, count, atPs) => memory.readBatch(blocks, count, startPs + atPs) - startPs,
    writeBlock: (block, atPs) => memory.writeBlock(block, startPs + atPs) - startPs,
    statistics: () => memory.statistics(),
  };
}
