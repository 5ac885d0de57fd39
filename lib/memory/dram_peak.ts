/** What a DRAM can move at most. */
import { cyclesOf } from "./dram_cycles.ts";
import type { DramPreset } from "./dram_preset.ts";

/**
 * The most that the data buses of a DRAM can move, in bytes per second: one request per bus
 * in the cycles for which its data hold it. For a double data rate and bursts as long as the
 * standard's that is the width of the bus times its data rate.
 */
export function peakBytesPerSecond(preset: DramPreset): number {
  const { dataBus, levels, requestBytes, tickPs, timing } = preset;
  const last = levels.findIndex(({ name }) => name === dataBus.level);
  const buses = levels.slice(0, last + 1).reduce((product, { count }) => product * count, 1);
  return buses * requestBytes * 1e12 / (cyclesOf(dataBus.cycles, timing) * tickPs);
}
