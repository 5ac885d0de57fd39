import type { MemoryModel } from "./memory_model.ts";

/**
 * A memory in which something may still happen after the last access, such as closing a row. The
 * public emulator ends when nothing is left to happen, so a run's latency includes that.
 */
export interface SettlingMemory extends MemoryModel {
  /**
   * Lets everything that is under way come to its end.
   *
   * @param atPs When the program ended, in picoseconds.
   * @returns When nothing is left to happen: `atPs` or later, in picoseconds.
   */
  settle(atPs: number): number;
}
