/** A number, code, format or option that the numerics room cannot take. `help` says how to mend it. */
export class NumericsError extends RangeError {
  /** Always `NumericsError`. */
  override readonly name = "NumericsError";
  /** What to do about it, for the line that follows the message. */
  readonly help: string;

  /** `what` is the message, `help` the remedy; a lower error travels in `options.cause`. */
  constructor(what: string, help: string, options?: ErrorOptions) {
    super(what, options);
    this.help = help;
  }
}
