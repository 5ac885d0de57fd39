import { type Board, BOARD_LATENCY_KEYS, type BoardLatencyKey } from "./board.ts";
import {
  LATENCY_KEYS,
  type LatencyColumns,
  type LatencyKey,
  type MachineSettings,
} from "./settings.ts";

/** What {@linkcode injectBoard} can be told. */
export interface InjectionOptions {
  /** Whether there is a dedicated-compute library, whatever the board says. */
  readonly dcLib?: "on" | "off";
}

/** One entry of the settings that the injection rule looked at. */
export interface SettingsChange {
  /** Dotted key below `TRANSACTIONAL`, with the column: `LATENCY.VECTOR_ADD_CYCLES.dc_lib_dis`. */
  readonly key: string;
  /** Value in the base settings. */
  readonly before: number;
  /** Value after; the same if nothing changed. */
  readonly after: number;
  /** Where the value after comes from: the board's field, the option, or the base settings. */
  readonly source: string;
}

/** Settings with a board's latencies, and how they came about. */
export interface Injection {
  /** The base with the board's values. */
  readonly settings: MachineSettings;
  /** `DC_EN` first, then every latency entry in the order of the settings, changed or not. */
  readonly changes: readonly SettingsChange[];
}

const BASE = "base settings";

/**
 * Writes a board's latencies into settings by the rule of the public tools: `DC_EN` is 1 if the
 * board's `dc_lib_en` is true, else 0; that chooses the column, `dc_lib_en` or `dc_lib_dis`; each
 * latency that the board gives replaces the entry of that name in that column. The other column, and
 * what the board does not give, stay as they are; a board with an empty `latency` changes nothing.
 *
 * `dcLib` overrules `dc_lib_en`; the board's values then go into the column that it chooses.
 */
export function injectBoard(
  base: MachineSettings,
  board: Board,
  options: InjectionOptions = {},
): Injection {
  const [dcEn, dcSource] = chooseDcEn(base, board, options);
  const field = dcEn === 0 ? "dcLibDis" : "dcLibEn";
  const column = dcEn === 0 ? "dc_lib_dis" : "dc_lib_en";
  const changes: SettingsChange[] = [
    { key: "CONFIG.DC_EN", before: base.config.dcEn, after: dcEn, source: dcSource },
  ];
  const latency: Record<LatencyKey, LatencyColumns> = { ...base.latency };
  for (const key of LATENCY_KEYS) {
    const boardKey = asBoardKey(key);
    const given = boardKey === undefined ? undefined : board.latency[boardKey];
    const before = base.latency[key][field];
    if (given !== undefined) latency[key] = { ...base.latency[key], [field]: given };
    changes.push({
      key: `LATENCY.${key}.${column}`,
      before,
      after: given ?? before,
      source: given === undefined ? BASE : `board ${board.name}, latency.${boardKey}`,
    });
  }
  return { settings: { ...base, config: { ...base.config, dcEn }, latency }, changes };
}

function chooseDcEn(
  base: MachineSettings,
  { name, latency }: Board,
  { dcLib }: InjectionOptions,
): [dcEn: number, source: string] {
  if (dcLib !== undefined) return [dcLib === "on" ? 1 : 0, `option dc-lib ${dcLib}`];
  if (Object.keys(latency).length === 0) return [base.config.dcEn, BASE];
  return [latency.dc_lib_en === true ? 1 : 0, `board ${name}, latency.dc_lib_en`];
}

/** The board's name of a settings entry; `SCALAR_FP_LONGEST_OPERATE_CYCLES` has none. */
function asBoardKey(key: LatencyKey): BoardLatencyKey | undefined {
  return BOARD_LATENCY_KEYS.find((boardKey) => boardKey === key.toLowerCase());
}
