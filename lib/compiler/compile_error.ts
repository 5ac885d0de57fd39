/** Something that cannot be compiled for the machine at hand. */
export class CompileError extends Error {
  /** Name of the class. */
  override readonly name = "CompileError";

  /** An error that names the limit that was hit and, in `help`, says what to change. */
  constructor(message: string, readonly help: string) {
    super(message);
  }
}
