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
 * @module
 */
export { BLOCK_BYTES, type MemoryModel, type MemoryTimeShares } from "./memory_model.ts";
export { CapacityError, MemoryError } from "./memory_error.ts";
export { SparseMemory } from "./sparse_memory.ts";
export { idealMemory } from "./ideal_memory.ts";
export { fixedLatencyMemory, type FixedLatencyOptions } from "./fixed_latency_memory.ts";
export {
  type CodeType,
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
