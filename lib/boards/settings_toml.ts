import { parse } from "@std/toml";
import {
  LATENCY_KEYS,
  type LatencyColumns,
  type LatencyKey,
  type MachineConfig,
  type MachineSettings,
  PRECISION_KEYS,
  type PrecisionKey,
  type ScalarType,
  type TensorType,
} from "./settings.ts";
import { SettingsError } from "./settings_error.ts";

const U8 = 2 ** 8 - 1;
const U32 = 2 ** 32 - 1;
/** The file's 64-bit values are exact here up to 2^53 - 1. */
const U64 = Number.MAX_SAFE_INTEGER;

/** The `CONFIG` entries in the order of the file; `HBM_WIDTH` has no field: no machine reads it. */
// deno-fmt-ignore: one entry, one row
const CONFIG_ENTRIES = [
  { key: "DC_EN",                  field: "dcEn",                most: U32 },
  { key: "MAX_LOOP_INSTRUCTIONS",  field: "maxLoopInstructions", most: U64 },
  { key: "BLEN",                   field: "blen",                most: U32 },
  { key: "HLEN",                   field: "hlen",                most: U32 },
  { key: "MLEN",                   field: "mlen",                most: U32 },
  { key: "VLEN",                   field: "vlen",                most: U32 },
  { key: "BROADCAST_AMOUNT",       field: "broadcastAmount",     most: U32 },
  { key: "HBM_SIZE",               field: "hbmSizeBytes",        most: U64 },
  { key: "HBM_WIDTH",              field: undefined,             most: U64 },
  { key: "MATRIX_SRAM_SIZE",       field: "matrixSramRows",      most: U64 },
  { key: "VECTOR_SRAM_SIZE",       field: "vectorSramRows",      most: U64 },
  { key: "HBM_M_Prefetch_Amount",  field: "hbmMPrefetchRows",    most: U32 },
  { key: "HBM_V_Prefetch_Amount",  field: "hbmVPrefetchRows",    most: U32 },
  { key: "HBM_V_Writeback_Amount", field: "hbmVWritebackRows",   most: U32 },
] as const satisfies readonly { key: string; field: keyof MachineConfig | undefined; most: number }[];

/** Latency entries of the shipped file that no machine reads; they follow the first entry. */
const UNREAD_LATENCY: readonly (readonly [string, LatencyColumns])[] = [
  ["VECTOR_LONGEST_OPERATE_CYCLES", { dcLibEn: 10, dcLibDis: 20 }],
  ["VECTOR_BASIC_CYCLES", { dcLibEn: 1, dcLibDis: 2 }],
];

/** The shipped value of the entry without a field. */
const SHIPPED_HBM_WIDTH = 512;
/** The scalar registers of every machine; the file must name a type and it has no effect. */
const SCALAR_FP: ScalarType = { type: "Fp", sign: true, exponent: 8, mantissa: 7 };

/**
 * Reads a PLENA settings TOML. Only the table `TRANSACTIONAL` counts, and unknown keys are
 * tolerated, as the public emulator has it; but where that falls back to built-in defaults as soon
 * as one key is missing, this names the key.
 *
 * `SCALAR_FP` must be there and be a type, and is then dropped, since nothing depends on it.
 * `HBM_WIDTH`, `VECTOR_LONGEST_OPERATE_CYCLES` and `VECTOR_BASIC_CYCLES` may be absent.
 *
 * @param text The TOML.
 * @param file Its name, for messages.
 * @throws {SettingsError} if it is no TOML, or a key is missing, of the wrong type, negative, or too
 * large for the machine.
 */
export function parseSettingsToml(text: string, file?: string): MachineSettings {
  const reader = new Reader(text, file);
  const config: Partial<Record<keyof MachineConfig, number>> = {};
  for (const { key, field, most } of CONFIG_ENTRIES) {
    if (field !== undefined) {
      config[field] = reader.integer(`TRANSACTIONAL.CONFIG.${key}.value`, 0, most);
    }
  }
  const precision: Partial<Record<PrecisionKey, TensorType>> = {};
  for (const key of PRECISION_KEYS) {
    precision[key] = tensorType(reader, `TRANSACTIONAL.PRECISION.${key}`);
  }
  scalarType(reader, "TRANSACTIONAL.PRECISION.SCALAR_FP");
  const latency: Partial<Record<LatencyKey, LatencyColumns>> = {};
  for (const key of LATENCY_KEYS) {
    const path = `TRANSACTIONAL.LATENCY.${key}`;
    latency[key] = {
      dcLibEn: reader.integer(`${path}.dc_lib_en`, 0, U32),
      dcLibDis: reader.integer(`${path}.dc_lib_dis`, 0, U32),
    };
  }
  // Every key of the three tables has been set by the loops above.
  return { config, precision, latency } as MachineSettings;
}

function tensorType(reader: Reader, path: string): TensorType {
  reader.string(`${path}.format`); // must be there; what it says does not count
  if (reader.has(`${path}.DATA_TYPE`)) {
    return { kind: "plain", element: scalarType(reader, `${path}.DATA_TYPE`) };
  }
  return {
    kind: "mx",
    block: reader.integer(`${path}.block`, 1, U32),
    element: scalarType(reader, `${path}.ELEM`),
    scale: scalarType(reader, `${path}.SCALE`),
  };
}

function scalarType(reader: Reader, path: string): ScalarType {
  const type = reader.string(`${path}.type`);
  if (type === "Int") return { type, width: reader.integer(`${path}.width`, 0, U32) };
  if (type !== "Fp") reader.refuse(`${path}.type`, `"Fp" or "Int"`);
  return {
    type: "Fp",
    sign: reader.boolean(`${path}.sign`),
    exponent: reader.integer(`${path}.exponent`, 0, U8),
    mantissa: reader.integer(`${path}.mantissa`, 0, U8),
  };
}

/** Typed access to a TOML document by dotted path; every refusal names the path. */
class Reader {
  readonly #text: string;
  readonly #file: string | undefined;
  readonly #root: Record<string, unknown>;

  constructor(text: string, file: string | undefined) {
    this.#text = text;
    this.#file = file;
    try {
      this.#root = parse(text);
    } catch (cause) {
      throw syntaxError(cause, text, file);
    }
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  integer(path: string, least: number, most: number): number {
    const value = this.#find(path);
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) {
      return value;
    }
    this.refuse(path, `a whole number from ${least} to ${most}`);
  }

  string(path: string): string {
    const value = this.#find(path);
    return typeof value === "string" ? value : this.refuse(path, "text in quotes");
  }

  boolean(path: string): boolean {
    const value = this.#find(path);
    return typeof value === "boolean" ? value : this.refuse(path, "true or false");
  }

  refuse(path: string, expected: string): never {
    const value = this.#find(path);
    const cut = path.lastIndexOf(".");
    const [table, key] = [path.slice(0, cut), path.slice(cut + 1)];
    const line = lineOf(this.#text, table, key);
    const place = {
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...(line === undefined ? {} : { line }),
      path,
    };
    throw value === undefined
      ? new SettingsError(
        `the setting ${path} is missing`,
        place,
        `add the line ${key} = … below [${table}]: ${expected}`,
      )
      : new SettingsError(
        `the setting ${path} is ${show(value)}, expected ${expected}`,
        place,
        `change ${key} below [${table}] to ${expected}`,
      );
  }

  #find(path: string): unknown {
    let value: unknown = this.#root;
    for (const key of path.split(".")) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
        return undefined;
      }
      value = (value as Record<string, unknown>)[key];
    }
    return value;
  }
}

function show(value: unknown): string {
  if (value instanceof Date) return `the date ${value.toISOString()}`;
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a table";
  return JSON.stringify(value);
}

/** The line of a key under its `[table]`, else of the table; none if it is written another way. */
function lineOf(text: string, table: string, key: string): number | undefined {
  let inTable = false;
  let tableLine: number | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const header = /^\s*\[([^\[\]]+)\]/.exec(line);
    if (header !== null) {
      inTable = header[1]!.replaceAll(/[\s"']/g, "") === table;
      if (inTable) tableLine = index + 1;
    } else if (inTable && /^\s*["']?([\w-]+)["']?\s*[=.]/.exec(line)?.[1] === key) {
      return index + 1;
    }
  }
  return tableLine;
}

function syntaxError(cause: unknown, text: string, file: string | undefined): SettingsError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const found = /^Parse error on line (\d+), column (\d+): (.*?)(?: on line '.*)?$/s.exec(message);
  let line = found === null ? undefined : Number(found[1]);
  if (line !== undefined && found?.[2] === "0") {
    // Column 0: the parser went over line breaks in search of a value that is not there.
    const lines = text.split("\n");
    do line--; while (line > 1 && lines[line - 1]?.trim() === "");
  }
  return new SettingsError(
    `the settings are not TOML: ${found?.[3] ?? message}`,
    { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) },
    "mend the line, or write a fresh file with deno task board:inject",
    { cause },
  );
}

/**
 * Writes settings as a PLENA settings TOML: the same bytes for the same settings, in the order of
 * the shipped file, which puts sub-tables last. The public emulator reads it: the entries that have
 * no effect and so no place in {@linkcode MachineSettings} get their shipped values.
 */
export function formatSettingsToml(settings: MachineSettings): string {
  const { config, precision, latency } = settings;
  const tables: string[] = [];
  const table = (path: string, entries: Record<string, string | number | boolean>): void => {
    const lines = Object.entries(entries).map(([key, value]) =>
      `${key} = ${JSON.stringify(value)}`
    );
    tables.push([`[TRANSACTIONAL.${path}]`, ...lines, ""].join("\n"));
  };
  for (const { key, field } of CONFIG_ENTRIES) {
    table(`CONFIG.${key}`, { value: field === undefined ? SHIPPED_HBM_WIDTH : config[field] });
  }
  for (const key of PRECISION_KEYS) {
    const type = precision[key];
    table(
      `PRECISION.${key}`,
      type.kind === "plain" ? { format: "Plain" } : { format: "Mx", block: type.block },
    );
  }
  table("PRECISION.SCALAR_FP", scalarEntries(SCALAR_FP));
  const [first, ...others] = LATENCY_KEYS.map((key) => [key, latency[key]] as const);
  for (const [key, { dcLibEn, dcLibDis }] of [first!, ...UNREAD_LATENCY, ...others]) {
    table(`LATENCY.${key}`, { dc_lib_en: dcLibEn, dc_lib_dis: dcLibDis });
  }
  for (const key of PRECISION_KEYS) {
    const type = precision[key];
    if (type.kind === "plain") {
      table(`PRECISION.${key}.DATA_TYPE`, scalarEntries(type.element));
    } else {
      table(`PRECISION.${key}.ELEM`, scalarEntries(type.element));
      table(`PRECISION.${key}.SCALE`, scalarEntries(type.scale));
    }
  }
  return tables.join("\n");
}

/** The entries in the order of the file, whatever the order of the object's own keys. */
function scalarEntries(scalar: ScalarType): Record<string, string | number | boolean> {
  return scalar.type === "Int" ? { type: "Int", width: scalar.width } : {
    type: "Fp",
    sign: scalar.sign,
    exponent: scalar.exponent,
    mantissa: scalar.mantissa,
  };
}
