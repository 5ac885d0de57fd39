import { Cell, Table } from "@cliffy/table";

/** What stands in a table: numbers stand to the right, with thousands apart. */
export type TableValue = string | number | boolean;

/** Lays out a table for people. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly TableValue[])[],
): string {
  const numeric = header.map((_, column) =>
    rows.length > 0 && rows.every((row) => typeof row[column] === "number")
  );
  const cell = (text: string, column: number): Cell =>
    new Cell(text).align(numeric[column] ? "right" : "left");
  return new Table()
    .header(header.map(cell))
    .body(rows.map((row) => row.map((value, column) => cell(formatValue(value), column))))
    .border(true)
    .toString();
}

/** A number with thousands apart, `yes` or `no`, or the text. */
export function formatValue(value: TableValue): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  return value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

/** What a task may say on stdout: everything, or nothing under `--quiet` and `--json`. */
export class Terminal {
  readonly #silent: boolean;
  readonly #json: boolean;

  /** Silent when one of the options is set: then stdout belongs to the artifact or to nobody. */
  constructor(options: { readonly quiet: boolean; readonly json: boolean }) {
    this.#silent = options.quiet || options.json;
    this.#json = options.json;
  }

  /** Prints the JSON text of the artifact, under `--json` only. */
  artifact(text: string): void {
    // deno-lint-ignore no-console
    if (this.#json) console.log(text.trimEnd());
  }

  /** Prints a line. */
  line(text: string): void {
    // deno-lint-ignore no-console
    if (!this.#silent) console.log(text);
  }

  /** Tells on stderr that a check failed, whatever the options. */
  failure(text: string): void {
    // deno-lint-ignore no-console
    console.error(`failed: ${text}`);
  }

  /** Prints a table. */
  table(header: readonly string[], rows: readonly (readonly TableValue[])[]): void {
    this.line(formatTable(header, rows));
  }
}
