import { assert, assertEquals } from "@std/assert";
import { layerManifest, replayLayer } from "./_regime_trace.ts";
import { dramMemory } from "./dram_memory.ts";
import { DDR3_1600K_X16 } from "./dram_presets.ts";
import { type RegimeMemory, regimeMemory } from "./regime_memory.ts";
import type { RegimeMode } from "./regime_mode.ts";
import { simpleDdrMemory } from "./simple_ddr_memory.ts";
import { footprintByKind } from "./weight_manifest.ts";

function plena(mode: RegimeMode, capacityBytes?: number, bandwidth = 1_500_000_000): RegimeMemory {
  return regimeMemory({
    mode,
    rules: "plena",
    manifest: layerManifest(capacityBytes),
    hostBandwidth: bandwidth,
    ddrCapacityBytes: 2 ** 29,
  });
}

/** The column "DMA only" of the recorded latencies at 1.5 GB/s, in nanoseconds. */
// deno-fmt-ignore: one mode, one row
const TIMES: readonly (readonly [RegimeMode, number])[] = [
  ["resident", 550914.546],
  ["auto", 550914.546],
  ["kv-swap", 1131093.239],
  ["weight-stream", 5174294.776],
  ["layer-swap", 3695562.978],
  ["host-stream", 6101901.736],
];

for (const [mode, settledNs] of TIMES) {
  Deno.test(`regimeMemory() takes the recorded ${settledNs} ns for a decoder layer under ${mode}`, () => {
    const memory = plena(mode);
    const replayed = replayLayer(memory);
    assertEquals(replayed.settledNs, settledNs);
    assertEquals([replayed.bytesRead, replayed.bytesWritten], [6_144_000, 327_680]);
    const { dramPs, hostPs } = memory.timeShares();
    assertEquals((dramPs + hostPs) / 1000, replayed.endNs);
  });
}

Deno.test("simpleDdrMemory() takes what the regime resident takes", () => {
  assertEquals(replayLayer(simpleDdrMemory()).settledNs, 550914.546);
});

Deno.test("regimeMemory() has the recorded counters of a decoder layer", () => {
  const after = (mode: RegimeMode): Record<string, number> => {
    const memory = plena(mode);
    replayLayer(memory);
    return memory.statistics();
  };
  const { weight, kv, activation, total } = footprintByKind(layerManifest());
  assertEquals([weight, kv, activation, total], [3_833_856, 294_912, 589_824, 4_718_592]);
  assertEquals(after("resident")["residentBytes"], 6_144_000);
  assertEquals(after("weight-stream")["weightStreamedBytes"], 4_259_840);
  const { swaps, kvSwappedBytes, residentBytes, swappableBytes } = after("kv-swap");
  assertEquals([swaps, kvSwappedBytes], [10, 884_736]);
  assertEquals([residentBytes, swappableBytes], [4_259_840, 6_144_000 - 4_259_840]);
  assertEquals(after("host-stream"), { weightReads: 81_920, activationReads: 14_080 });
  assertEquals(after("layer-swap"), { swaps: 1, swappedBytes: 4_718_592, swapNanos: 3_145_728 });
});

/** Capacity, what auto picks, swaps and bytes of a forced kv-swap. */
// deno-fmt-ignore: one capacity, one row
const SWEEP: readonly (readonly [number, string, number, number])[] = [
  [2 ** 29, "resident", 10, 884_736],
  [4_718_592, "resident", 10, 884_736],
  [4_718_591, "kv-swap", 10, 884_736],
  [4_194_304, "kv-swap", 15, 1_253_376],
  [3_981_312, "kv-swap", 16, 1_327_104],
  [3_907_584, "kv-swap", 16, 1_327_104],
  [3_833_856, "kv-swap", 16, 1_327_104],
  [3_833_855, "weight-stream", 16, 1_327_104],
  [1, "weight-stream", 16, 1_327_104],
];

Deno.test("regimeMemory() swaps as often as recorded at every capacity of the sweep", () => {
  for (const [capacity, picked, swaps, bytes] of SWEEP) {
    assertEquals(plena("auto", capacity).name, picked, `${capacity} bytes`);
    const memory = plena("kv-swap", capacity);
    const { settledNs } = replayLayer(memory);
    const counters = memory.statistics();
    assertEquals([counters["swaps"], counters["kvSwappedBytes"]], [swaps, bytes], `${capacity}`);
    if (capacity === 4_194_304) assertEquals(settledNs, 1_355_470.129);
  }
});

Deno.test("the recorded layer is slower the less of it stays on the board, at any link speed", () => {
  for (const bandwidth of [4_750_000, 60_000_000, 1_500_000_000, 100_000_000_000]) {
    const [resident, swapped, streamed] = (["resident", "kv-swap", "weight-stream"] as const).map(
      (mode) => replayLayer(plena(mode, undefined, bandwidth)).settledNs,
    );
    assert(resident! < swapped! && swapped! < streamed!, `${bandwidth} bytes/s`);
  }
});

function right(mode: RegimeMode, capacityBytes = 2 ** 29): RegimeMemory {
  return regimeMemory({
    mode,
    rules: "right",
    manifest: layerManifest(capacityBytes),
    hostBandwidth: 1_500_000_000,
  });
}

Deno.test("the right rules load 14 regions where first in, first out loads 15", () => {
  const memory = right("kv-swap", 4_194_304);
  replayLayer(memory);
  const { swaps, swappedBytes } = memory.statistics();
  assertEquals([swaps, swappedBytes], [14, 1_179_648]);
});

Deno.test("the right rules stream weights beside the DDR, so that the link alone is the limit", () => {
  const memory = right("weight-stream");
  const { endNs, bytesRead } = replayLayer(memory);
  const { residentBytes, streamedBytes } = memory.statistics();
  assertEquals(streamedBytes, 4_259_840);
  assertEquals(residentBytes! + streamedBytes!, bytesRead);
  const linkNs = 4_259_840 / 64 * 42.667;
  const deviceNs = replayLayer(simpleDdrMemory()).endNs;
  assert(endNs >= linkNs && endNs <= linkNs + deviceNs, `${endNs} ns, the link takes ${linkNs}`);
});

Deno.test("the right rules keep the order of the regimes on the recorded layer", () => {
  const times = (["resident", "kv-swap", "weight-stream"] as const).map((mode) =>
    replayLayer(right(mode)).endNs
  );
  assertEquals(times, times.toSorted((a, b) => a - b));
});

/**
 * Recorded latencies of the whole program in nanoseconds, by link speed in bytes per second, under
 * the base latencies. The instructions between the transfers take the same time at every speed.
 */
// deno-fmt-ignore: one mode, one row
const WHOLE_PROGRAM: readonly (readonly [RegimeMode, Readonly<Record<string, number>>])[] = [
  ["kv-swap", { 1.5e9: 1568662.066, 4.75e6: 187239046.066, 60e6: 15724438.066, 2e9: 1421206.066, 16e9: 1034134.066, 100e9: 992235.231 }],
  ["weight-stream", { 1.5e9: 5611847.776, 4.75e6: 899579207.776, 60e6: 73769287.776, 2e9: 4946247.776, 16e9: 3068981.216, 100e9: 2809397.216 }],
  ["layer-swap", { 1.5e9: 4133135.137, 4.75e6: 994375196.137, 60e6: 79630607.137 }],
  ["host-stream", { 1.5e9: 6539454.736, 4.75e6: 1106806974.736, 60e6: 90425534.736 }],
];

Deno.test("regimeMemory() depends on the link speed as the recorded whole program does", () => {
  const picos = (nanos: number): number => Math.round(nanos * 1000);
  for (const [mode, wholes] of WHOLE_PROGRAM) {
    const instructions = Object.entries(wholes).map(([bandwidth, whole]) =>
      picos(whole) - picos(replayLayer(plena(mode, undefined, Number(bandwidth))).settledNs)
    );
    assertEquals(new Set(instructions).size, 1, `${mode}: ${instructions}`);
  }
});

Deno.test("the right rules move the same bytes for as long over the boards' own DDR3", () => {
  for (const mode of ["resident", "kv-swap", "weight-stream", "layer-swap"] as const) {
    const simple = right(mode);
    const exact = regimeMemory({
      mode,
      rules: "right",
      manifest: layerManifest(),
      hostBandwidth: 1_500_000_000,
      device: dramMemory(DDR3_1600K_X16),
    });
    const [a, b] = [replayLayer(simple), replayLayer(exact)];
    const found = exact.statistics();
    for (const [name, value] of Object.entries(simple.statistics())) {
      assertEquals(found[name], value, `${mode}: ${name}`);
    }
    // Every request finds its row open, its bank closed, or another row open.
    const { rowHits, rowMisses, rowConflicts, reads, writes, forwardedReads } = found;
    const met = rowHits! + rowMisses! + rowConflicts!;
    assert(rowHits! > 0 && met <= reads! + writes! - forwardedReads!, mode);
    assertEquals(exact.timeShares().hostPs, simple.timeShares().hostPs, mode);
    assert(b.endNs > a.endNs, "the stand-in is faster than the DDR3 that it stands for");
    // 3.2 GB/s is all that a 16-bit DDR3-1600 can move.
    const { residentBytes, swappableBytes } = exact.statistics();
    const moved = residentBytes! + swappableBytes! + b.bytesWritten;
    assert(b.endNs >= moved / 3.2, mode);
  }
});

Deno.test("the public regimes keep the bounds that follow from their definitions", () => {
  const ns = (mode: RegimeMode): number => replayLayer(plena(mode)).settledNs;
  assert(ns("weight-stream") >= 66_560 * (42 + 30.821));
  assert(ns("kv-swap") - ns("resident") <= 589_824);
});
