import { parse, stringify } from "@std/toml";
import { type Board, BOARD_LATENCY_KEYS } from "./board.ts";
import { injectBoard, type InjectionOptions, type SettingsChange } from "./injection.ts";
import type { MachineSettings } from "./settings.ts";
import { formatSettingsToml, parseSettingsToml } from "./settings_toml.ts";

/** A settings TOML with a board's latencies, and how they came about. */
export interface TomlInjection {
  /** The base with the board's values, its other tables and keys as they were. */
  readonly toml: string;
  /**
   * `DC_EN` and every latency of `TRANSACTIONAL`, then those of the table `ANALYTIC` if there is one,
   * whose keys begin with its name.
   */
  readonly changes: readonly SettingsChange[];
}

/** What {@linkcode injectBoardToml} can be told. */
export interface TomlInjectionOptions extends InjectionOptions {
  /** Types that replace those of the base; the base's own unless given. */
  readonly precision?: Partial<MachineSettings["precision"]>;
}

type Table = Record<string, unknown>;

/** The tables that the rule applies to, and what their keys begin with in a list of changes. */
const SECTIONS = [["TRANSACTIONAL", ""], ["ANALYTIC", "ANALYTIC."]] as const;

/**
 * {@linkcode injectBoard} for a whole settings file: the rule of the public tools applies to the
 * tables `TRANSACTIONAL` and, where there is one, `ANALYTIC`. Entries that a table does not have are
 * not made; other tables, keys and columns stay. Comments go, and what is written is in the order of
 * the base: the same bytes for the same base and board.
 *
 * @param file Name of the base, for messages.
 * @throws {SettingsError} When the base is no settings file.
 */
export function injectBoardToml(
  base: string,
  board: Board,
  options: TomlInjectionOptions = {},
  file?: string,
): TomlInjection {
  const machine = parseSettingsToml(base, file);
  const { settings, changes: [dc] } = injectBoard(machine, board, options);
  const document = parse(base) as Table;
  const changes: SettingsChange[] = [];
  // Without a `latency` block and without the option, each table keeps its own DC_EN.
  const keeps = dc!.source === "base settings";
  for (const [section, prefix] of SECTIONS) {
    const config = tableAt(document, [section, "CONFIG"]);
    const latency = tableAt(document, [section, "LATENCY"]) ?? {};
    const before = tableAt(config, ["DC_EN"])?.["value"];
    const dcEn = keeps ? Number(before ?? dc!.after) : settings.config.dcEn;
    if (config !== undefined) {
      if (!keeps) config["DC_EN"] = { ...tableAt(config, ["DC_EN"]), value: dcEn };
      const key = `${prefix}CONFIG.DC_EN`;
      changes.push({ key, before: Number(before ?? dcEn), after: dcEn, source: dc!.source });
    }
    const column = dcEn === 0 ? "dc_lib_dis" : "dc_lib_en";
    for (const key of Object.keys(latency)) {
      const entry = tableAt(latency, [key]);
      if (entry === undefined) continue;
      const boardKey = BOARD_LATENCY_KEYS.find((boardKey) => boardKey === key.toLowerCase());
      const given = boardKey === undefined ? undefined : board.latency[boardKey];
      const before = entry[column] ?? entry["value"] ?? given;
      if (typeof before !== "number") continue; // a column of another tool
      if (given !== undefined) entry[column] = given;
      changes.push({
        key: `${prefix}LATENCY.${key}.${column}`,
        before,
        after: given ?? before,
        source: given === undefined ? "base settings" : `board ${board.name}, latency.${boardKey}`,
      });
    }
  }
  const { precision } = options;
  if (precision !== undefined) {
    const written = parse(formatSettingsToml({
      ...machine,
      precision: { ...machine.precision, ...precision },
    })) as Table;
    const from = tableAt(written, ["TRANSACTIONAL", "PRECISION"])!;
    const into = tableAt(document, ["TRANSACTIONAL", "PRECISION"])!;
    for (const key of Object.keys(precision)) into[key] = from[key];
  }
  return { toml: stringify(document).trimStart(), changes };
}

function tableAt(table: Table | undefined, path: readonly string[]): Table | undefined {
  let value: unknown = table;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Table)[key];
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Table
    : undefined;
}
