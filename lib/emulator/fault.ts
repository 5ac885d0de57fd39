/** Why an emulated program stops before its end. */

/** What kind of rule a program broke. */
export type FaultKind =
  /** Refused before it starts: an instruction that must not occur. */
  | "decode"
  /** Refused before it starts: an image or size that does not fit. */
  | "image"
  /** An opcode that the machine does not have. */
  | "invalid-opcode"
  /** An SRAM address that is no multiple of a row or tile, or an offset of no whole block. */
  | "misaligned"
  /** An SRAM row, tile or entry that does not exist. */
  | "out-of-range"
  /** A scalar register that does not exist. */
  | "register"
  /** Dimensions with which the instruction cannot work. */
  | "dimensions"
  /** A tensor type that the transfer cannot handle. */
  | "type"
  /** A store beyond the capacity of the off-chip memory. */
  | "hbm-range"
  /** A loop of no iterations. */
  | "loop-count"
  /** A loop end or break without its loop. */
  | "loop-nesting"
  /** More instructions in one iteration than allowed. */
  | "loop-limit"
  /** A V_TOPK policy other than 0 and 1. */
  | "policy"
  /** An instruction that never works on this machine. */
  | "unsupported";

/** One operand of the instruction that faulted. */
export interface FaultOperand {
  /** What the manual calls it, such as `gpMat`. */
  readonly name: string;
  /** As in assembly text, such as `gp5`. */
  readonly text: string;
  /** The content of that register, or the immediate itself. */
  readonly value: number;
}

/** A program's fault as data. */
export interface EmulatorFault {
  /** What kind of rule was broken. */
  readonly kind: FaultKind;
  /** Index of the refused instruction; `null` if the program was refused before it started. */
  readonly pc: number | null;
  /** The instruction; `null` for an unknown opcode or an image that does not fit. */
  readonly mnemonic: string | null;
  /** Its operands, with what the registers hold. */
  readonly operands: readonly FaultOperand[];
  /** What was wrong, in a sentence with numbers. */
  readonly reason: string;
}

/** What units throw; the machine turns it into an {@linkcode EmulatorFault}. */
export class FaultSignal extends Error {
  override readonly name: string = "FaultSignal";
  /** What the fault is called in the result. */
  readonly kind: FaultKind;

  /** How much of the instruction's cost had been charged before it faulted: 0 to 1. */
  readonly charged: number;

  /** A fault of the instruction that is being executed. */
  constructor(kind: FaultKind, reason: string, charged = 0) {
    super(reason);
    this.kind = kind;
    this.charged = charged;
  }
}
