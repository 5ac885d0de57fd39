import { BY_OPCODE, type Mnemonic } from "./instructions.ts";

/** The fields of an instruction word; those that the instruction does not use are bits without meaning. */
export interface DecodedInstruction {
  /** Bits 0..5. */
  readonly opcode: number;
  /** The instruction of that opcode; `undefined` where the table has none. */
  readonly mnemonic: Mnemonic | undefined;
  /** Bits 6..9. */
  readonly rd: number;
  /** Bits 10..13. */
  readonly rs1: number;
  /** Bits 14..17. */
  readonly rs2: number;
  /** Bits 18..21. */
  readonly rs3: number;
  /** Bits 22..25. */
  readonly funct1: number;
  /** Bits 14..31, unsigned. */
  readonly imm18: number;
  /** Bits 10..31, unsigned. */
  readonly imm22: number;
}

/** Splits a 32-bit word into its fields; every word can be split. */
export function decode(word: number): DecodedInstruction {
  const opcode = word & 0x3f;
  return {
    opcode,
    mnemonic: BY_OPCODE[opcode]?.mnemonic,
    rd: (word >>> 6) & 0xf,
    rs1: (word >>> 10) & 0xf,
    rs2: (word >>> 14) & 0xf,
    rs3: (word >>> 18) & 0xf,
    funct1: (word >>> 22) & 0xf,
    imm18: word >>> 14,
    imm22: word >>> 10,
  };
}
