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
 * {@linkcode DramPreset}: its organisation, its timing table, its queues, scheduler, page policy,
 * refresh and address map. One controller serves them all, and goes from event to event, so that
 * idle time costs nothing. {@linkcode auditCommands} checks its commands against the preset alone.
 *
 * ```ts
 * import {
 *   auditCommands,
 *   DDR3_1600K_X16,
 *   type DramCommandRecord,
 *   dramMemory,
 *   HBM2,
 *   hbm2Memory,
 *   parseTrace,
 *   replayTrace,
 * } from "@fourbit/fourbit/memory";
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
 *
 * // A second of idle time, with its 128,205 refreshes, and rows closed as soon as nobody waits.
 * const ddr3 = dramMemory({ ...DDR3_1600K_X16, pagePolicy: "closed" });
 * ddr3.readBatch(block, 1, 0);
 * assertEquals(ddr3.readBatch(block, 1, 1e12) - 1e12, 47_500);
 * assertEquals(ddr3.statistics().refreshes, 128_205);
 *
 * const log: DramCommandRecord[] = [];
 * replayTrace(requests, HBM2, { onCommand: (record) => void log.push(record) });
 * assertEquals(log.map(({ command }) => command).join(" "), "ACT RD PRE ACT RD");
 * assertEquals(auditCommands(log, HBM2), []);
 * ```
 *
 * A board that cannot hold everything swaps with its host or streams from it: {@linkcode regimeMemory}
 * takes a {@linkcode WeightManifest}, a capacity and a link. Its rules are those of the public
 * emulator, oddities included, or what the words promise; {@linkcode REGIME_DIFFERENCES} lists where
 * they part.
 *
 * ```ts
 * import { parseWeightManifest, regimeMemory } from "@fourbit/fourbit/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const manifest = parseWeightManifest(`{"activation_ceiling": 0, "ddr_capacity_bytes": 1024,
 *   "regions": [{"layer_id": 0, "offset": 0, "size": 4096, "kind": "weight"}]}`);
 * const board = regimeMemory({ mode: "auto", rules: "right", manifest, hostBandwidth: 1e9 });
 * assertEquals(board.name, "weight-stream"); // 4096 bytes of weights do not fit
 * assertEquals(board.readBatch(Float64Array.of(0, 1), 2, 0), 128_000); // 64 ns a block
 * assertEquals(board.timeShares(), { dramPs: 0, hostPs: 128_000 });
 * ```
 *
 * @module
 */
export { BLOCK_BYTES, type MemoryModel, type MemoryTimeShares } from "./memory_model.ts";
export { CapacityError, MemoryError } from "./memory_error.ts";
export { SparseMemory } from "./sparse_memory.ts";
export { continuedMemory } from "./continued_memory.ts";
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
export type {
  DramAddressMap,
  DramCommand,
  DramDataBus,
  DramLevel,
  DramPagePolicy,
  DramPreset,
  DramRefresh,
  DramScheduler,
  TimingConstraint,
} from "./dram_preset.ts";
export { cyclesWithin, jedecCycles } from "./dram_cycles.ts";
export { peakBytesPerSecond } from "./dram_peak.ts";
export {
  DDR3_1600K_X16,
  DDR4_2400R_X8,
  DRAM_PRESET_NAMES,
  DRAM_PRESETS,
  dramPreset,
  HBM2,
  HBM2E,
  LPDDR4_3200_X16,
} from "./dram_presets.ts";
export { dramMemory, type DramMemoryOptions, hbm2Memory } from "./dram_memory.ts";
export { formatTrace, parseTrace, TRACE_COLUMNS, TraceError, type TraceRow } from "./dram_trace.ts";
export { type DramCommandRecord, formatCommandLog } from "./dram_command_log.ts";
export { auditCommands, type DramViolation } from "./dram_audit.ts";
export { type ReplayedTrace, type ReplayOptions, replayTrace } from "./replay_trace.ts";
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
export {
  type Fit,
  type FitAlternative,
  type FitBoard,
  type FitChange,
  type FitModel,
  fitModel,
  type FootprintOf,
} from "./fit.ts";
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
export {
  DDR4_2400P_ONE_MAP,
  DDR4_2400P_STAND_IN,
  type SimpleDdrPreset,
} from "./simple_ddr_preset.ts";
export { simpleDdrMemory } from "./simple_ddr_memory.ts";
export type { SettlingMemory } from "./regime_settling.ts";
export { transferNanos, transferPicos } from "./regime_transfer.ts";
export {
  REGIME_DIFFERENCES,
  REGIME_RULES,
  type RegimeDifference,
  type RegimeRules,
} from "./regime_rules.ts";
export {
  DEFAULT_DDR_CAPACITY,
  DEFAULT_HOST_BANDWIDTH,
  type PlenaRegimeOptions,
  type RegimeBasics,
  regimeCapacity,
  type RegimeMemory,
  regimeMemory,
  type RegimeOptions,
  type RightRegimeOptions,
} from "./regime_memory.ts";
export { regimeReason } from "./regime_reason.ts";
export { REGIME_MODES, type RegimeMode, type RegimeModel } from "./regime_mode.ts";
export type { RegimeLimits } from "./regime_limits.ts";
export {
  completionLine,
  hbmStatisticsLine,
  regimeStartLine,
  regimeSummaryLine,
} from "./regime_lines.ts";
