/** The simple DDR device as a memory model. */
import type { SettlingMemory } from "./regime_settling.ts";
import { SimpleDdr } from "./simple_ddr.ts";
import { DDR4_2400P_STAND_IN, type SimpleDdrPreset } from "./simple_ddr_preset.ts";

/**
 * The device that the public emulator has under every regime (memory specification, section 3.3),
 * without a regime: no refresh, no row that stays open, and the speed of another board.
 */
export function simpleDdrMemory(preset: SimpleDdrPreset = DDR4_2400P_STAND_IN): SettlingMemory {
  const device = new SimpleDdr(preset);
  let reads = 0;
  let writes = 0;
  return {
    name: preset.name,
    readBatch(blocks: Float64Array, count: number, startPs: number): number {
      if (count === 0) return startPs;
      reads += count;
      device.begin(startPs);
      for (let i = 0; i < count; i++) device.add(blocks[i]!, false);
      return device.finish();
    },
    writeBlock(block: number, startPs: number): number {
      writes++;
      device.begin(startPs);
      device.add(block, true);
      return device.finish();
    },
    settle: (atPs: number): number => device.settle(atPs),
    statistics: (): Record<string, number> => ({ blockReads: reads, blockWrites: writes }),
  };
}
