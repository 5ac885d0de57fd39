/** An artifact that cannot be read or written. */
export class ArtifactError extends Error {
  /** Name of the class. */
  override readonly name = "ArtifactError";

  /**
   * An error with its place and its remedy.
   *
   * @param message What was found and what was expected.
   * @param place The file, and the path of the value inside it.
   * @param help How to mend it.
   */
  constructor(
    message: string,
    readonly place: { readonly file: string; readonly path?: string },
    readonly help: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
