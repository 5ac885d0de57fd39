import type { Format } from "./format.ts";

/** Tables already made, by format object and by what else they depend on. */
const tables = new WeakMap<Format, Map<string, unknown>>();

/** The table of a format under `key`, made once: the same arguments always give the same table. */
export function cachedTable<T>(format: Format, key: string, make: () => T): T {
  let ofFormat = tables.get(format);
  if (!ofFormat) tables.set(format, ofFormat = new Map());
  let table = ofFormat.get(key) as T | undefined;
  if (table === undefined) ofFormat.set(key, table = make());
  return table;
}
