/** Which file of the machine a register belongs to: integers, scalars, or HBM addresses. */
export type RegisterFile = "gp" | "f" | "a";

/** A register that has no number yet; register allocation gives it one. */
export interface Register {
  /** The file it will lie in. */
  readonly file: RegisterFile;
  /** What it holds, for messages. */
  readonly name: string;
}

/** A value in an operand field: a number as it is encoded, or a register to be allocated. */
export type OperandValue = number | Register;

/** The first constant that does not fit an immediate of 18 bits. */
export const IMM18_END = 2 ** 18;

/** gp0 and f0, which hold zero by convention. */
export const ZERO = 0;

/** An address: a constant, or a constant beyond what a register holds. */
export interface Address {
  /** The register, if the address is not a constant. */
  readonly register?: Register | undefined;
  /** The constant. */
  readonly offset: number;
}

/** A constant address. */
export function at(offset: number): Address {
  return { offset };
}

/** An address `delta` further on. */
export function beyond({ register, offset }: Address, delta: number): Address {
  return { register, offset: offset + delta };
}
