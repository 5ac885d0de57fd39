/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/** A copy in which the keys of every object are sorted; entries that are `undefined` are dropped. */
export function sortKeys(value: unknown): Json {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, entry]) => [key, sortKeys(entry)]));
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`JSON cannot hold ${value}`);
  }
  return value as Json;
}

/** JSON text with sorted keys and no white space: the same value gives the same bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortKeys(value));
}

/** JSON text for people: sorted keys, indented by two, arrays of plain values on one line. */
export function prettyJson(value: unknown): string {
  return `${format(sortKeys(value), "")}\n`;
}

const LINE_WIDTH = 120;

function format(value: Json, indent: string): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((entry) => entry === null || typeof entry !== "object")) {
      const line = `[${value.map((entry) => JSON.stringify(entry)).join(", ")}]`;
      if (line.length + indent.length <= LINE_WIDTH) return line;
    }
    return `[\n${value.map((entry) => inner + format(entry, inner)).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, entry]) =>
    `${inner}${JSON.stringify(key)}: ${format(entry, inner)}`
  );
  return `{\n${lines.join(",\n")}\n${indent}}`;
}
