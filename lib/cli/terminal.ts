import { Cell, Table } from "@cliffy/table";

/** What stands in a table: numbers stand to the right, with thousands apart. */
export type TableValue = string | number | boolean;

/** Lays out a table for people: a header, a rule, and one line per row. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly TableValue[])[],
): string {
  const numeric = header.map((_, column) =>
    rows.length > 0 && rows.every((row) => typeof row[column] === "number")
  );
  const texts = [header, ...rows.map((row) => row.map(formatValue))];
  const rule = header.map((_, column) =>
    "─".repeat(Math.max(...texts.map((row) => row[column]?.length ?? 0)))
  );
  const cells = [texts[0]!, rule, ...texts.slice(1)].map((row) =>
    row.map((text, column) => new Cell(text).align(numeric[column] ? "right" : "left"))
  );
  const table = new Table().body(cells).padding(2).maxColWidth(1000).toString();
  return table.split("\n").map((line) => line.trimEnd()).join("\n");
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
  #isAfterTable = false;

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
    this.#isAfterTable = false;
  }

  /** Prints a part of a line at once. */
  write(text: string): void {
    if (!this.#silent) Deno.stdout.writeSync(new TextEncoder().encode(text));
    this.#isAfterTable = false;
  }

  /** Tells on stderr that a check failed, whatever the options. */
  failure(text: string): void {
    // deno-lint-ignore no-console
    console.error(`failed: ${text}`);
  }

  /** Prints a table, after an empty line if the last thing was a table too. */
  table(header: readonly string[], rows: readonly (readonly TableValue[])[]): void {
    if (this.#isAfterTable) this.line("");
    this.line(formatTable(header, rows));
    this.#isAfterTable = true;
  }
}
