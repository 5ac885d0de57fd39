/** A size, address, option or preset that the memory room cannot take. `help` says how to mend it. */
export class MemoryError extends RangeError {
  /** The class. */
  override readonly name: string = "MemoryError";
  /** What to do about it, for the line that follows the message. */
  readonly help: string;

  /** `what` is the message, `help` the remedy; a lower error travels in `options.cause`. */
  constructor(what: string, help: string, options?: ErrorOptions) {
    super(what, options);
    this.help = help;
  }
}

/** A write that would touch a byte at or beyond the capacity of the memory. */
export class CapacityError extends MemoryError {
  /** The class. */
  override readonly name = "CapacityError";

  /** Says what was refused, and why. */
  constructor(
    /** First byte of the refused write. */
    readonly address: number,
    /** Bytes of the refused write. */
    readonly length: number,
    /** What the memory holds, in bytes. */
    readonly capacityBytes: number,
  ) {
    super(
      `A write of ${length} bytes at ${address} passes the capacity of ${capacityBytes} bytes`,
      "give the memory a larger capacity, or correct the address",
    );
  }
}
