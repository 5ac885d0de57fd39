import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { dramMemory } from "./dram_memory.ts";
import { peakBytesPerSecond } from "./dram_peak.ts";
import type { DramPreset } from "./dram_preset.ts";
import { DRAM_PRESETS } from "./dram_presets.ts";

/**
 * Width of the bus times data rate, in bytes per second, and tRFC / tREFI of the data sheet; then the
 * share of either that a run of reads reaches at least, since it has to open rows.
 */
const SHEET: Record<
  string,
  { readonly peak: number; readonly refresh: number; readonly share: number }
> = {
  // The recorded machine holds the bus twice as long for a request of 16 bytes. Two pseudo-channels
  // share its one command a cycle, so that each command for a row costs a transfer.
  "hbm2": { peak: 16 * 64 / 8 * 2e9 / 2, refresh: 0, share: 0.93 },
  "ddr3-1600k-x16": { peak: 16 / 8 * 1600e6, refresh: 260 / 7800, share: 0.99 },
  "ddr4-2400r-x8": { peak: 64 / 8 * 2400e6, refresh: 360 / 7800, share: 0.98 },
  "hbm2e": { peak: 32 * 64 / 8 * 3200e6, refresh: 350 / 3900, share: 0.99 },
  "lpddr4-3200-x16": { peak: 16 / 8 * 3200e6, refresh: 280 / 3904, share: 0.99 },
};

/** Bytes per second of a long run of reads. */
function streaming(preset: DramPreset): number {
  const memory = dramMemory(preset);
  // Some 15 intervals of refresh.
  const blocks = Math.ceil(SHEET[preset.name]!.peak * 60e-6 / 64);
  const endPs = memory.readBatch(Float64Array.from({ length: blocks }, (_, i) => i), blocks, 0);
  return blocks * 64 / (endPs * 1e-12);
}

for (const preset of DRAM_PRESETS) {
  const { peak, refresh, share } = SHEET[preset.name]!;

  Deno.test(`peakBytesPerSecond() of ${preset.name} is width times data rate`, () => {
    // A cycle of DDR4-2400 has 833 and a third picoseconds.
    assertAlmostEquals(peakBytesPerSecond(preset) / peak, 1, 0.0005);
  });

  Deno.test(`A run of reads on ${preset.name} reaches ${share} of the peak, less the refresh`, () => {
    const most = peakBytesPerSecond(preset);
    const free = streaming({ ...preset, refresh: null }) / most;
    assert(free >= share && free <= 1, `${free} of the peak without refresh`);
    // Around a refresh, rows are closed and opened again: up to 2 % more.
    const refreshed = streaming(preset) / most;
    assert(refreshed <= 1 - refresh + 0.001, `${refreshed} of the peak`);
    assert(refreshed >= (1 - refresh) * share - 0.02, `${refreshed} of the peak`);
  });
}

Deno.test("dramMemory() passes 1000 s of idle time in no time, with every refresh counted", () => {
  for (const preset of DRAM_PRESETS) {
    const memory = dramMemory(preset);
    memory.readBatch(Float64Array.of(0), 1, 0);
    const idlePs = 1e15;
    const endPs = memory.readBatch(Float64Array.of(0), 1, idlePs);
    assert(endPs - idlePs < 1_000_000, preset.name);
    // One by one these would take minutes.
    const interval = preset.timing.nREFI ?? Infinity;
    const units = preset.name === "hbm2e" ? 32 : 1;
    const due = Math.floor(idlePs / preset.tickPs / interval) * units;
    const { refreshes } = memory.statistics();
    assert(refreshes! >= due && refreshes! <= due + units, `${preset.name}: ${refreshes}`);
    if (preset.refresh === null) assertEquals(refreshes, 0);
  }
});
