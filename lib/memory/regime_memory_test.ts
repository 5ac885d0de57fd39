import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CapacityPolicy } from "./regime_capacity_policy.ts";
import { HostStreamPolicy, LayerSwapPolicy } from "./regime_layer_policy.ts";
import { MemoryError } from "./memory_error.ts";
import { regimeCapacity, regimeMemory } from "./regime_memory.ts";
import type { RegimeModel } from "./regime_mode.ts";
import type { RegimePolicy } from "./regime_policy.ts";
import { SimpleDdr } from "./simple_ddr.ts";
import { DDR4_2400P_STAND_IN } from "./simple_ddr_preset.ts";
import type { WeightManifest } from "./weight_manifest.ts";

/** The example manifest of the memory specification, section 4.1. */
const EXAMPLE: WeightManifest = {
  activation_ceiling: 4096,
  regions: [
    { layer_id: 0, offset: 0, size: 4096, kind: "activation" },
    { layer_id: 0, offset: 4096, size: 8192, kind: "weight" },
    { layer_id: 1, offset: 12288, size: 8192, kind: "weight" },
    { layer_id: 0, offset: 20480, size: 2048, kind: "kv" },
    { layer_id: 1, offset: 22528, size: 2048, kind: "kv" },
  ],
  ddr_capacity_bytes: 20480,
};
const BANDWIDTH = 1_500_000_000;
/** The last address is outside every region. */
const ADDRESSES = [0, 64, 4096, 4160, 12288, 20480, 22528, 20480, 0, 29952];

function policy(model: RegimeModel, capacityBytes: number): RegimePolicy {
  const limits = { manifest: EXAMPLE, capacityBytes, hostBandwidth: BANDWIDTH };
  if (model === "layer-swap") return new LayerSwapPolicy(limits);
  if (model === "host-stream") return new HostStreamPolicy(limits);
  return new CapacityPolicy(model, limits);
}

function timed(rules: RegimePolicy, addresses: readonly number[], together: boolean): number[] {
  const device = new SimpleDdr(DDR4_2400P_STAND_IN, rules);
  if (!together) {
    return addresses.map((address) => {
      device.begin(device.nowPs);
      device.add(address / 64, false);
      return device.finish() / 1000;
    });
  }
  device.begin(0);
  for (const address of addresses) device.add(address / 64, false);
  device.finish();
  return addresses.map((_, i) => device.doneAtPs[i]! / 1000);
}

interface Vector {
  readonly model: RegimeModel;
  readonly capacity: number;
  readonly addresses?: readonly number[];
  readonly sequential?: readonly number[];
  readonly together?: readonly number[];
  readonly counters?: Record<string, number>;
}

/** Appendix C of the memory specification. */
// deno-fmt-ignore: times of one run, one row
const VECTORS: readonly Vector[] = [
  { model: "resident", capacity: 20480,
    sequential: [30.821, 61.642, 92.463, 123.284, 154.105, 180.761, 207.417, 234.073, 260.729, 291.550],
    together: [30.821, 34.153, 44.149, 47.481, 57.477, 110.789, 124.117, 137.445, 70.805, 38.318],
    counters: { residentBytes: 640 } },
  { model: "kv-swap", capacity: 20480,
    sequential: [2760.821, 2791.642, 2822.463, 2853.284, 2884.105, 4279.926, 5675.747, 5702.403, 8463.224, 8494.045],
    together: [2760.821, 30.821, 34.153, 44.149, 47.481, 1395.821, 1409.149, 84.966, 2774.149, 37.485],
    counters: { residentBytes: 256, kvSwappedBytes: 12288, swaps: 4 } },
  { model: "weight-stream", capacity: 20480,
    sequential: [30.821, 61.642, 134.463, 207.284, 280.105, 306.761, 333.417, 360.073, 386.729, 417.550],
    together: [30.821, 34.153, 150.773, 223.594, 296.415, 84.133, 97.461, 110.789, 44.149, 37.485],
    counters: { residentBytes: 448, weightStreamedBytes: 192 } },
  { model: "host-stream", capacity: 0,
    sequential: [30.821, 61.642, 134.463, 207.284, 280.105, 352.926, 425.747, 498.568, 525.224, 556.045],
    together: [30.821, 34.153, 70.805, 143.626, 216.447, 289.268, 362.089, 434.910, 44.149, 37.485],
    counters: { weightReads: 6, activationReads: 4 } },
  { model: "kv-swap", capacity: 20480, addresses: [20480, 20544, 20608, 22528],
    sequential: [1395.821, 1426.642, 1457.463, 2853.284],
    together: [1395.821, 30.821, 34.153, 1409.149] },
  { model: "kv-swap", capacity: 18432, addresses: [20480, 22528, 20480, 22528],
    sequential: [1395.821, 2791.642, 4187.463, 5583.284],
    counters: { swaps: 4, kvSwappedBytes: 8192 } },
  { model: "kv-swap", capacity: 16384, addresses: [20480, 20544, 20480, 0, 0, 20480],
    sequential: [1395.821, 1426.642, 1457.463, 4218.284, 4244.940, 5640.761],
    counters: { swaps: 3, kvSwappedBytes: 8192 } },
];

Deno.test("the public regimes give every time and counter of the recorded micro vectors", () => {
  for (const vector of VECTORS) {
    const { model, capacity, addresses = ADDRESSES, sequential, together, counters = {} } = vector;
    const label = `${model} with ${capacity} bytes`;
    const rules = policy(model, capacity);
    if (sequential) assertEquals(timed(rules, addresses, false), sequential, label);
    const found = rules.statistics();
    for (const [name, value] of Object.entries(counters)) assertEquals(found[name], value, label);
    if (together) assertEquals(timed(policy(model, capacity), addresses, true), together, label);
  }
});

Deno.test("layer-swap gives the recorded last times and counters", () => {
  for (
    const [capacity, sequential, together, swaps, bytes, nanos] of [
      [16384, 42627.045, 9641.133, 5, 63488, 42323],
      [1000, 42627.045, 9641.133, 5, 63488, 42323],
      [65536, 16674.550, 9587.821, 2, 24576, 16383],
    ] as const
  ) {
    const rules = policy("layer-swap", capacity);
    assertEquals(timed(rules, ADDRESSES, false).at(-1), sequential);
    assertEquals(rules.statistics(), { swaps, swappedBytes: bytes, swapNanos: nanos });
    const last = Math.max(...timed(policy("layer-swap", capacity), ADDRESSES, true));
    assertEquals(last, together);
  }
});

Deno.test("regimeCapacity() prefers the manifest under plena, the explicit one under right", () => {
  const told = { manifest: EXAMPLE, ddrCapacityBytes: 1000 };
  const silent = { ...EXAMPLE, ddr_capacity_bytes: null };
  assertEquals(regimeCapacity({ ...told, mode: "auto", rules: "plena" }), 20480);
  assertEquals(regimeCapacity({ ...told, mode: "layer-swap", rules: "plena" }), 1000);
  assertEquals(regimeCapacity({ ...told, mode: "auto", rules: "right" }), 1000);
  assertEquals(regimeCapacity({ manifest: EXAMPLE, mode: "layer-swap", rules: "right" }), 20480);
  assertEquals(
    regimeCapacity({ manifest: EXAMPLE, mode: "layer-swap", rules: "plena" }),
    536_870_912,
  );
  assertEquals(regimeCapacity({ manifest: silent, mode: "auto", rules: "plena" }), 536_870_912);
  // Zero is told, not absent.
  const none = { ...EXAMPLE, ddr_capacity_bytes: 0 };
  assertEquals(regimeCapacity({ manifest: none, mode: "auto", rules: "plena" }), 0);
});

Deno.test("regimeMemory() refuses a link without speed and a capacity that is none", () => {
  const basics = { mode: "auto", rules: "plena", manifest: EXAMPLE } as const;
  for (const hostBandwidth of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => regimeMemory({ ...basics, hostBandwidth }), MemoryError, "host link");
  }
  for (const ddrCapacityBytes of [-1, 0.5, NaN]) {
    assertThrows(
      () => regimeMemory({ ...basics, mode: "layer-swap", ddrCapacityBytes }),
      MemoryError,
      "bytes of memory",
    );
  }
});

function right(mode: RegimeModel, capacity = 20480): ReturnType<typeof regimeMemory> {
  return regimeMemory({
    mode,
    rules: "right",
    manifest: EXAMPLE,
    hostBandwidth: 1_000_000_000,
    ddrCapacityBytes: capacity,
    device: {
      name: "a nanosecond per call",
      readBatch: (_blocks: Float64Array, _count: number, startPs: number): number => startPs + 1000,
      writeBlock: (_block: number, startPs: number): number => startPs + 1000,
      statistics: (): Record<string, number> => ({}),
    },
  });
}

const at = (...addresses: number[]): Float64Array => Float64Array.from(addresses, (a) => a / 64);

Deno.test("the right kv-swap waits for a region that is under way, and shares one link", () => {
  const memory = right("kv-swap");
  // 2048 ns for the first region; its second block waits too, then come 2048 ns for the other.
  assertEquals(memory.readBatch(at(20480, 20544, 22528), 3, 0), 4097_000);
  assertEquals(memory.readBatch(at(20480, 22528), 2, 5000_000), 5001_000);
  assertEquals(memory.timeShares(), { dramPs: 2000, hostPs: 4096_000 });
});

Deno.test("the right kv-swap drops the least recently used region, and writes back changed ones", () => {
  const memory = right("kv-swap"); // room for 4096 bytes: both kv regions, or the activations
  assertEquals(memory.writeBlock(20480 / 64, 0), 2049_000); // a store loads its region
  assertEquals(memory.readBatch(at(22528), 1, 10_000_000), 12_049_000);
  assertEquals(memory.statistics()["dirtyBytes"], 2048);
  // Both leave for the activations; only the changed one is written back.
  assertEquals(memory.readBatch(at(0), 1, 20_000_000), 20_000_000 + 2048_000 + 4096_000 + 1000);
  const counters = memory.statistics();
  assertEquals([counters["swaps"], counters["swappedBytes"]], [3, 8192]);
  assertEquals([counters["writtenBackBytes"], counters["dirtyBytes"]], [2048, 0]);
});

Deno.test("the right layer-swap writes back only what has changed of a layer", () => {
  const memory = right("layer-swap", 14336);
  assertEquals(memory.writeBlock(20480 / 64, 0), 14337_000);
  assertEquals(
    memory.readBatch(at(12288), 1, 20_000_000),
    20_000_000 + 2048_000 + 10240_000 + 1000,
  );
  assertEquals(memory.statistics()["writtenBackBytes"], 2048);
});

Deno.test("the right streaming regimes stream what is a weight, past the DDR, both ways", () => {
  for (const mode of ["weight-stream", "host-stream"] as const) {
    const memory = right(mode);
    assertEquals(memory.readBatch(at(4096, 4160, 20480, 29952), 4, 0), 128_000, mode);
    assertEquals(memory.writeBlock(4096 / 64, 200_000), 264_000);
    const { streamedBytes, streamedBackBytes, residentBytes } = memory.statistics();
    assertEquals([streamedBytes, streamedBackBytes, residentBytes], [128, 64, 128]);
    assertEquals(memory.timeShares(), { dramPs: 0, hostPs: 192_000 });
  }
});

Deno.test("the right rules say once what happens to a region that cannot fit", () => {
  const memory = right("kv-swap", 16384);
  assertEquals(memory.warnings().length, 3);
  assertStringIncludes(
    memory.warnings()[0]!,
    "region at offset 0 (4096 bytes) exceeds the 0 bytes",
  );
  // Loaded alone: stays until another is loaded.
  memory.readBatch(at(20480), 1, 0);
  memory.readBatch(at(20544), 1, 1e9);
  memory.readBatch(at(0), 1, 2e9);
  memory.readBatch(at(20480), 1, 3e9);
  assertEquals(memory.statistics()["swaps"], 3);
  assertAlmostEquals(memory.timeShares().hostPs, (2048 + 4096 + 2048) * 1000);
});
