/** An atom, or what it is to be made from, is not in order. */
export class AtomError extends RangeError {
  /** Name of the class. */
  override readonly name: string = "AtomError";

  /** An error that says what is wrong and, in `help`, how to mend it. */
  constructor(message: string, readonly help: string, options?: ErrorOptions) {
    super(message, options);
  }
}
