/** Where a piece of assembly text lies; lines and columns count from 1. */
export interface TextPlace {
  /** Name of the file, if the text came from one. */
  readonly file?: string;
  /** Line. */
  readonly line: number;
  /** Column. */
  readonly column: number;
}

/** What is wrong with one line of text, before it is known which line that is. */
export interface LineError {
  /** Column of the offending text, from 1. */
  readonly column: number;
  /** The offending text; empty when something is missing. */
  readonly text: string;
  /** What is wrong, without the place. */
  readonly what: string;
  /** What was expected instead. */
  readonly expected: string;
  /** How to mend it. */
  readonly help: string;
}

/** A line of assembly text that cannot become a word. */
export class AssemblyError extends SyntaxError {
  /** Name of the class. */
  override readonly name = "AssemblyError";
  /** Where it is. */
  readonly place: TextPlace;
  /** The offending text; empty when something is missing. */
  readonly text: string;
  /** What was expected instead. */
  readonly expected: string;
  /** How to mend it. */
  readonly help: string;

  /** The error of a line, with its place at the end of the message. */
  constructor(error: LineError, line: number, file?: string) {
    const { column, what, text, expected, help } = error;
    super(`${what} at ${file === undefined ? "" : `${file}:`}${line}:${column}`);
    this.place = file === undefined ? { line, column } : { file, line, column };
    this.text = text;
    this.expected = expected;
    this.help = help;
  }
}

/** All lines of a text that cannot become words, in the order of the text. */
export class AssemblyErrors extends AggregateError {
  /** Name of the class. */
  override readonly name = "AssemblyErrors";
  /** One error per bad line; at least one. */
  declare readonly errors: AssemblyError[];
  /** Where the first one is. */
  readonly place: TextPlace;
  /** How to mend the first one. */
  readonly help: string;

  /** Gathers the errors of a text. */
  constructor(errors: readonly [AssemblyError, ...AssemblyError[]]) {
    const [first] = errors;
    const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more bad lines)`;
    super(errors, first.message + more);
    this.place = first.place;
    this.help = first.help;
  }
}
