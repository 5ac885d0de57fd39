/** No attempt gave an exact atom, or there is no such atom or method. */
export class TrainingError extends Error {
  /** Name of the class. */
  override readonly name: string = "TrainingError";

  /** An error that says what failed and, in `help`, what to try. */
  constructor(message: string, readonly help: string) {
    super(message);
  }
}

/** A number format that cannot hold an atom, with the reason in the message. */
export class IncompatibleFormatError extends TrainingError {
  /** Name of the class. */
  override readonly name = "IncompatibleFormatError";
}
