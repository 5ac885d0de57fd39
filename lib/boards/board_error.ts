/** Where a board file is wrong; lines and columns count from 1. */
export interface BoardPlace {
  /** Name of the file. */
  readonly file: string;
  /** Line of the key or value. */
  readonly line: number;
  /** Column of the key or value. */
  readonly column: number;
}

/** A board file that is no board. `help` says how to mend it. */
export class BoardError extends SyntaxError {
  /** The name of the class. */
  override readonly name = "BoardError";
  /** Where the offending key or value stands. */
  readonly place: BoardPlace;
  /** What to do about it, for the line that follows the message. */
  readonly help: string;
  /** If the file has several problems: all of them, this one first; else empty. */
  readonly errors: readonly BoardError[];

  /** `what` is the message; a lower error travels in `options.cause`. */
  constructor(
    what: string,
    place: BoardPlace,
    help: string,
    options?: ErrorOptions & { readonly errors?: readonly BoardError[] },
  ) {
    super(what, options);
    this.place = place;
    this.help = help;
    this.errors = options?.errors ?? [];
  }
}
