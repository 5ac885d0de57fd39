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

/** A table of text without lines. */
export class Table {
  #rows: Cell[][] = [];
  #padding = 1;

  /** Sets the rows. */
  body(rows: Cell[][]): this {
    this.#rows = rows;
    return this;
  }

  /** Sets how many blanks stand between columns. */
  padding(padding: number): this {
    this.#padding = padding;
    return this;
  }

  /** Sets the widest that a column may be; here columns are as wide as their cells. */
  maxColWidth(_width: number): this {
    return this;
  }

  /** The table as text. */
  toString(): string {
    const columns = Math.max(0, ...this.#rows.map((row) => row.length));
    const widths = Array.from(
      { length: columns },
      (_, column) => Math.max(...this.#rows.map((row) => row[column]?.toString().length ?? 0)),
    );
    return this.#rows
      .map((row) => row.map((cell, column) => cell.pad(widths[column]!)))
      .map((cells) => cells.join(" ".repeat(this.#padding)))
      .join("\n");
  }
}
