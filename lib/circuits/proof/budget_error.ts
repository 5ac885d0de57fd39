/** A proof that was given up, because it needs more than it was allowed. */
export class BudgetError extends RangeError {
  /** Name of the class. */
  override readonly name = "BudgetError";
  /** How to go on. */
  readonly help: string = "allow more, or choose another method";

  /** An error that says what was used up. */
  constructor(what: string) {
    super(`undecided after ${what}`);
  }
}
