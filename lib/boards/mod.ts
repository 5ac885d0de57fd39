/**
 * What a board is and what it makes of the machine: board files, the machine's settings, and how a
 * board's latencies get into them.
 *
 * ```ts
 * import { injectBoard, latencyCycles, parseBoard, SHIPPED_SETTINGS } from "@fourbit/fourbit/boards";
 * import { assertEquals } from "@std/assert";
 *
 * const board = parseBoard(await Deno.readTextFile("boards/nexys_video.yaml"));
 * const { settings } = injectBoard(SHIPPED_SETTINGS, board);
 * assertEquals(latencyCycles(SHIPPED_SETTINGS, "VECTOR_EXP_CYCLES"), 1);
 * assertEquals(latencyCycles(settings, "VECTOR_EXP_CYCLES"), 15);
 * ```
 *
 * @module
 */
export {
  type BlockPrecision,
  type Board,
  BOARD_LATENCY_KEYS,
  boardCapacityBytes,
  type BoardLatency,
  type BoardLatencyKey,
  type BoardMemory,
  boardMemoryType,
  type BoardPower,
  type BoardPrecision,
  type BoardResources,
  type FloatPrecision,
  hostBandwidthBytesPerSecond,
  type HostLink,
  memoryBandwidthBytesPerSecond,
  TILE_STATUSES,
  type TileHint,
  type TileStatus,
} from "./board.ts";
export { BoardError, type BoardPlace } from "./board_error.ts";
export { boardJsonSchema } from "./board_schema.ts";
export {
  injectBoard,
  type Injection,
  type InjectionOptions,
  type SettingsChange,
} from "./injection.ts";
export {
  injectBoardToml,
  type TomlInjection,
  type TomlInjectionOptions,
} from "./injection_toml.ts";
export { parseBoard } from "./parse_board.ts";
export {
  HBM_TYPES,
  LATENCY_KEYS,
  type LatencyColumns,
  latencyCycles,
  type LatencyKey,
  type MachineConfig,
  type MachineSettings,
  PRECISION_KEYS,
  type PrecisionKey,
  type ScalarType,
  SHIPPED_SETTINGS,
  type TensorType,
} from "./settings.ts";
export { sameType } from "./same_type.ts";
export { SettingsError, type SettingsPlace } from "./settings_error.ts";
export { formatSettingsToml, parseSettingsToml } from "./settings_toml.ts";
