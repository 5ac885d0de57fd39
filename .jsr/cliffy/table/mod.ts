/**
 * Stand-in for `@cliffy/table` where JSR cannot be reached: the few methods that `lib/cli` calls.
 *
 * @module
 */

/** Where the text stands in its column. */
export type Direction = "left" | "right";

/** One cell of a table. */
export class Cell {
  #text: string;
  #direction: Direction = "left";

  constructor(value: string | number) {
    this.#text = String(value);
  }

  /** Sets where the text stands. */
  align(direction: Direction): this {
    this.#direction = direction;
    return this;
  }

  /** The text, filled up to a width. */
  pad(width: number): string {
    return this.#direction === "right" ? this.#text.padStart(width) : this.#text.padEnd(width);
  }

  /** The text. */
  toString(): string {
    return this.#text;
  }
}

/** A table of text with a header line. */
export class Table {
  #header: Cell[] = [];
  #rows: Cell[][] = [];
  #border = false;

  /** Sets the header line. */
  header(cells: Cell[]): this {
    this.#header = cells;
    return this;
  }

  /** Sets the rows. */
  body(rows: Cell[][]): this {
    this.#rows = rows;
    return this;
  }

  /** Draws lines around all cells. */
  border(enable = true): this {
    this.#border = enable;
    return this;
  }

  /** The table as text. */
  toString(): string {
    const rows = [this.#header, ...this.#rows];
    const widths = this.#header.map((_, column) =>
      Math.max(...rows.map((row) => row[column]?.toString().length ?? 0))
    );
    const line = (row: Cell[]) =>
      widths.map((width, column) => (row[column] ?? new Cell("")).pad(width));
    if (!this.#border) return rows.map((row) => line(row).join(" ").trimEnd()).join("\n");
    const rule = (left: string, middle: string, right: string) =>
      left + widths.map((width) => "─".repeat(width + 2)).join(middle) + right;
    return [
      rule("┌", "┬", "┐"),
      ...rows.map((row) => `│ ${line(row).join(" │ ")} │`)
        .flatMap((text, index) => (index === 1 ? [rule("├", "┼", "┤"), text] : [text])),
      rule("└", "┴", "┘"),
    ].join("\n");
  }
}
