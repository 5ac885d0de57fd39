/** Where a foreign circuit cannot be read. Lines and columns count from 1, bytes from 0. */
export interface FormatPlace {
  /** Name of the file. */
  readonly file: string;
  /** Line, in text. */
  readonly line?: number;
  /** Column, in text. */
  readonly column?: number;
  /** Byte, in what is not text. */
  readonly offset?: number;
}

/** Text or bytes that are no circuit of the format, or one that a combinational tool cannot take. */
export class FormatError extends SyntaxError {
  /** Name of the class. */
  override readonly name = "FormatError";

  /** An error that names the wire or word and, in `help`, says how to mend it. */
  constructor(message: string, readonly help: string, readonly place: FormatPlace) {
    super(place.offset === undefined ? message : `${message}, at byte ${place.offset}`);
  }
}

/** How a foreign circuit is read. */
export interface ReadOptions {
  /** Name of the file, for messages; the circuit is called so if it has no name of its own. */
  readonly file?: string;
}
