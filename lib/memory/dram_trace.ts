/** Request traces of a DRAM as CSV. */

/** The columns of a trace, in the order of the file. */
export const TRACE_COLUMNS = [
  "addr",
  "write",
  "want_cycle",
  "accept_cycle",
  "done_cycle",
] as const;

/** One request of a trace. Cycles count from 0 and are cycles of the DRAM. */
export interface TraceRow {
  /** Byte address. */
  readonly address: number;
  /** Whether it writes. */
  readonly write: boolean;
  /** From when on it is offered. */
  readonly wantCycle: number;
  /** When it was accepted; −1 if unknown. */
  readonly acceptCycle: number;
  /** When its data had come; −1 if unknown, and for every write. */
  readonly doneCycle: number;
}

/** A trace that cannot be read. `place` counts from 1; `help` says how to mend it. */
export class TraceError extends SyntaxError {
  /** The class. */
  override readonly name = "TraceError";

  /** Says what is wrong at a place. */
  constructor(
    what: string,
    /** Where. */
    readonly place: { readonly file?: string; readonly line: number },
    /** What to do about it. */
    readonly help: string,
  ) {
    super(what);
  }
}

/**
 * Reads a trace: a line of column names, then one line per request. The last two columns may be
 * left out, or be empty, in a trace that has not been run.
 *
 * @param file What an error calls the text.
 * @throws {TraceError} At the first line that is no request.
 */
export function parseTrace(text: string, file?: string): TraceRow[] {
  const lines = text.split(/\r?\n/);
  const fail = (line: number, what: string, help: string): never => {
    throw new TraceError(what, file === undefined ? { line } : { file, line }, help);
  };
  const header = lines[0]!.split(",").map((name) => name.trim());
  const known = TRACE_COLUMNS.slice(0, header.length);
  if (header.length < 3 || header.length > 5 || header.some((name, i) => name !== known[i])) {
    fail(1, "A trace begins with its column names", `write ${TRACE_COLUMNS.join(",")}`);
  }
  const rows: TraceRow[] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!.trim();
    if (line === "") continue;
    const cells = line.split(",");
    if (cells.length !== header.length) {
      fail(i + 1, `Expected ${header.length} columns, found ${cells.length}`, "mend the line");
    }
    const value = (column: number, lowest: number): number => {
      const cell = (cells[column] ?? "").trim();
      if (cell === "" && column >= 3) return -1;
      const number = /^(-1|\d+)$/.test(cell) ? Number(cell) : NaN;
      if (!(number >= lowest) || !Number.isSafeInteger(number)) {
        fail(
          i + 1,
          `${TRACE_COLUMNS[column]} cannot be "${cell}"`,
          `give a whole number from ${lowest} up to 2^53`,
        );
      }
      return number;
    };
    const write = value(1, 0);
    if (write > 1) fail(i + 1, `write cannot be "${write}"`, "give 0 for a read, 1 for a write");
    rows.push({
      address: value(0, 0),
      write: write === 1,
      wantCycle: value(2, 0),
      acceptCycle: value(3, -1),
      doneCycle: value(4, -1),
    });
  }
  return rows;
}

/** Writes a trace as {@linkcode parseTrace} reads it, with all columns. */
export function formatTrace(rows: readonly TraceRow[]): string {
  const lines = rows.map((row) =>
    `${row.address},${row.write ? 1 : 0},${row.wantCycle},${row.acceptCycle},${row.doneCycle}\n`
  );
  return `${TRACE_COLUMNS.join(",")}\n${lines.join("")}`;
}
