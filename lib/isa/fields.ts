/** Where a field lies in the instruction word. */
export interface Field {
  /** Number of the field's lowest bit; bit 0 is the lowest of the word. */
  readonly lsb: number;
  /** Width, bits. */
  readonly width: number;
}

/**
 * Where each operand field lies in the 32-bit word (emulator specification, section 3); the opcode
 * is bits 0..5. `rs3` holds the mask of vector instructions, the policy of V_TOPK and the stride
 * flag of memory instructions; the immediates overlap the register fields above `rs1` or `rd`.
 */
export const FIELDS = {
  rd: { lsb: 6, width: 4 },
  rs1: { lsb: 10, width: 4 },
  rs2: { lsb: 14, width: 4 },
  rs3: { lsb: 18, width: 4 },
  funct1: { lsb: 22, width: 4 },
  imm18: { lsb: 14, width: 18 },
  imm22: { lsb: 10, width: 22 },
} as const satisfies Record<string, Field>;

/** Name of an operand field of the instruction word. */
export type FieldName = keyof typeof FIELDS;

/** Width of the opcode, bits; it starts at bit 0. */
export const OPCODE_WIDTH = 6;

/** The largest value that a field can hold. */
export function fieldMaximum(field: FieldName): number {
  return 2 ** FIELDS[field].width - 1;
}
