/**
 * Off-chip memory: what it holds, and how long it takes.
 *
 * The two are apart. A {@linkcode SparseMemory} holds bytes and knows no time; a
 * {@linkcode MemoryModel} times accesses and never sees data, so that every model leaves the same
 * contents behind.
 *
 * ```ts
 * import { idealMemory, SparseMemory } from "@fourbit/fourbit/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const hbm = new SparseMemory(16 * 2 ** 30);
 * hbm.write(2 ** 33, Uint8Array.of(1, 2, 3));
 * assertEquals(hbm.read(2 ** 33, 4), Uint8Array.of(1, 2, 3, 0));
 * assertEquals(hbm.touchedBytes, 16384); // not 16 GiB
 *
 * assertEquals(idealMemory().readBatch(Float64Array.of(0, 1), 2, 5000), 5000);
 * ```
 *
 * {@linkcode hbm2Memory} and {@linkcode dramMemory} are cycle-accurate. A DRAM is data, a
 * {@linkcode DramPreset}: its organisation, its timing table, its queues, its address map. One
 * controller serves them all, and goes from event to event, so that idle time costs nothing.
 *
 * ```ts
 * import { hbm2Memory, HBM2, parseTrace, replayTrace } from "@fourbit/fourbit/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const memory = hbm2Memory();
 * const block = Float64Array.of(0);
 * assertEquals(memory.readBatch(block, 1, 0), 18_000); // opens a row: 18 ns
 * assertEquals(memory.readBatch(block, 1, 100_000), 111_000); // finds it open: 11 ns
 *
 * const requests = parseTrace("addr,write,want_cycle\n0,0,0\n131072,0,100\n");
 * const { rows } = replayTrace(requests, HBM2);
 * assertEquals(rows.map((row) => row.doneCycle), [18, 125]); // the second closes a row first
 * ```
 *
 * @module
 */
export { BLOCK_BYTES, type MemoryModel, type MemoryTimeShares } from "./memory_model.ts";
export { CapacityError, MemoryError } from "./memory_error.ts";
export { SparseMemory } from "./sparse_memory.ts";
export { idealMemory } from "./ideal_memory.ts";
export { fixedLatencyMemory, type FixedLatencyOptions } from "./fixed_latency_memory.ts";
export {
  type CodeType,
  type DecodeOptions,
  decodeTensor,
  encodeTensor,
  exactEncoder,
  type StoredSize,
  storedSize,
  type StoredType,
} from "./hbm_tensor.ts";
export {
  type DramAddressMap,
  type DramCommand,
  type DramLevel,
  type DramPreset,
  jedecCycles,
  type TimingConstraint,
} from "./dram_preset.ts";
export { DDR3_1600K_X16, DDR4_2400R_X8, DRAM_PRESETS, dramPreset, HBM2 } from "./dram_presets.ts";
export { dramMemory, hbm2Memory } from "./dram_memory.ts";
export { formatTrace, parseTrace, TRACE_COLUMNS, TraceError, type TraceRow } from "./dram_trace.ts";
export { type ReplayedTrace, replayTrace } from "./replay_trace.ts";
export {
  chooseRegime,
  type Footprint,
  footprintByKind,
  formatWeightManifest,
  manifestFromRegions,
  type ManifestOptions,
  type ManifestRegion,
  type NamedRegion,
  type Regime,
  REGIMES,
  REGION_KINDS,
  type RegionKind,
  type WeightManifest,
} from "./weight_manifest.ts";
export { ManifestError, type ManifestPlace, parseWeightManifest } from "./weight_manifest_parse.ts";
export { classifyRegion, regionLayer } from "./weight_manifest_names.ts";
export {
  type FullModelEstimate,
  manifestFromPlena,
  type PlenaManifestOptions,
  type PlenaManifestReport,
  type PlenaRegionMaps,
  type ReportedRegion,
  type SizeSource,
} from "./weight_manifest_plena.ts";
