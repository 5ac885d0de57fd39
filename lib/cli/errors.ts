/** Where something is wrong: a file with a line and column, or with a path into its JSON. */
export interface Place {
  /** Name of the file. */
  readonly file?: string | undefined;
  /** Line, from 1. */
  readonly line?: number | undefined;
  /** Column, from 1. */
  readonly column?: number | undefined;
  /** Path of a value inside the file, such as `data.atoms[0].name`. */
  readonly path?: string | undefined;
}

/** The command line cannot be understood. */
export class UsageError extends Error {
  /** Name of the class. */
  override readonly name = "UsageError";

  /** An error that says what is wrong and, in `help`, how to mend it. */
  constructor(message: string, readonly help: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Something that the user gave, a file or a value, cannot be used. */
export class InputError extends Error {
  /** Name of the class. */
  override readonly name = "InputError";

  /** An error that says what is wrong and where and, in `help`, how to mend it. */
  constructor(
    message: string,
    readonly help: string,
    readonly place?: Place,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An error for the user: it says how to mend what is wrong. Rooms need not import this one. */
export interface UserError extends Error {
  /** How to mend it. */
  readonly help: string;
  /** Where it is. */
  readonly place?: Place;
}

/** Whether an error is meant for the user rather than a bug. */
export function isUserError(error: unknown): error is UserError {
  return error instanceof Error && typeof (error as { help?: unknown }).help === "string";
}

/**
 * Does something with what was read from a file: an error for the user that names no place gets the
 * file as its place.
 */
export function inFile<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isUserError(error) || error.place !== undefined) throw error;
    throw new InputError(error.message, error.help, { file }, { cause: error });
  }
}

/** `file:line:column` or `file#path`, or an empty string. */
export function formatPlace(place: Place | undefined): string {
  if (place === undefined) return "";
  const position = [place.file, place.line, place.column].filter((part) => part !== undefined);
  const path = place.path === undefined || place.path === "" ? "" : `#${place.path}`;
  return position.join(":") + path;
}
