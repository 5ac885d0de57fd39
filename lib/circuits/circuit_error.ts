/** A circuit that cannot be built: an unknown specification, a wrong netlist, a missing atom. */
export class CircuitError extends Error {
  /** Name of the class. */
  override readonly name = "CircuitError";

  /** An error that names the wire, instance or word and, in `help`, says how to mend it. */
  constructor(message: string, readonly help: string) {
    super(message);
  }
}
