/** Where in a specification an error is; lines and columns count from 1. */
export interface CircuitPlace {
  /** Name of the file. */
  readonly file: string;
  /** Line. */
  readonly line: number;
  /** Column. */
  readonly column: number;
}

/** A circuit that cannot be built: an unknown specification, a wrong netlist, a missing atom. */
export class CircuitError extends Error {
  /** Name of the class. */
  override readonly name = "CircuitError";

  /** An error that names the wire, instance or word and, in `help`, says how to mend it. */
  constructor(message: string, readonly help: string, readonly place?: CircuitPlace) {
    super(message);
  }
}
