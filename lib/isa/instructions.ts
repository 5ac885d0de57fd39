import type { FieldName } from "./fields.ts";
import type { Operand, OperandKind, OperandRole } from "./operand.ts";

/** The part of the machine that executes an instruction. */
export type Unit = "matrix" | "vector" | "scalar-fp" | "scalar-int" | "memory" | "control";

/** How the public assembler puts a word together: encoder groups of the ISA specification, section 4. */
export type EncoderGroup = "G1" | "G2" | "G3" | "G4" | "G5" | "G6" | "G7" | "G8" | "G9";

/** Name of a latency entry of the settings that an instruction's cost depends on. */
export type LatencyName =
  | "SYSTOLIC_PROCESSING_OVERHEAD"
  | "VECTOR_ADD_CYCLES"
  | "VECTOR_MUL_CYCLES"
  | "VECTOR_EXP_CYCLES"
  | "VECTOR_RECI_CYCLES"
  | "VECTOR_MAX_CYCLES"
  | "VECTOR_SUM_CYCLES"
  | "SCALAR_FP_BASIC_CYCLES"
  | "SCALAR_FP_EXP_CYCLES"
  | "SCALAR_FP_SQRT_CYCLES"
  | "SCALAR_FP_RECI_CYCLES"
  | "SCALAR_INT_BASIC_CYCLES";

/**
 * A summand of an instruction's cost in cycles: a latency entry, a dimension, one cycle, or
 * VECTOR_MAX_CYCLES for each of V_TOPK's 32 or 128 logits.
 */
export type CostTerm = LatencyName | "ONE" | "MLEN" | "VLEN" | "EXPERTS*VECTOR_MAX_CYCLES";

/** One row of the instruction table. */
export interface Instruction {
  /** Bits 0..5 of the word. */
  readonly opcode: number;
  /** Who executes it. */
  readonly unit: Unit;
  /** How the public assembler encodes it. */
  readonly group: EncoderGroup;
  /** The operands, in the order of the text. */
  readonly operands: readonly Operand[];
  /** How many zeros that mean nothing may follow the operands in the text. */
  readonly redundantZeros?: number;
  /** Summands of the cost in cycles; none for memory instructions, which the memory model times. */
  readonly cost: readonly CostTerm[];
  /** The instruction does nothing and costs nothing when its destination is f0. */
  readonly freeWhenRdIsF0?: true;
  /** Whether the machine has it; if not, executing it is an invalid-opcode fault. */
  readonly implemented: boolean;
  /** What it does, in a sentence. */
  readonly semantics: string;
}

type Row<K extends OperandKind, F extends FieldName, R extends OperandRole> = {
  readonly kind: K;
  readonly field: F;
  readonly name: string;
  readonly role: R;
};

function gp<F extends FieldName, R extends OperandRole>(
  field: F,
  name: string,
  role: R,
): Row<"gp", F, R> {
  return { kind: "gp", field, name, role };
}

function fp<F extends FieldName, R extends OperandRole>(
  field: F,
  name: string,
  role: R,
): Row<"f", F, R> {
  return { kind: "f", field, name, role };
}

const ZERO = { kind: "zero", field: "rd", name: "0", role: "option" } as const;
const IMM18 = { kind: "imm18", field: "imm18", name: "imm", role: "offset" } as const;
const IMM18_AT_BIT_10 = { ...IMM18, compatField: "imm22" } as const;
const IMM22 = { kind: "imm22", field: "imm22", name: "imm", role: "value" } as const;
const COUNT = { ...IMM22, name: "count" } as const;
const BASE = { kind: "a", field: "rs2", name: "aBase", role: "hbm-base" } as const;
const STRIDE = { kind: "stride-flag", field: "rs3", name: "stride", role: "option" } as const;
const PREC = { kind: "precision", field: "funct1", name: "precision", role: "option" } as const;
const POLICY = { kind: "policy", field: "rs3", name: "policy", role: "option" } as const;
const ORDER = { kind: "order", field: "funct1", name: "order", role: "option" } as const;
const MASK = { kind: "mask", field: "rs3", name: "mask", role: "option" } as const;
const MASK_OPT = { ...MASK, optional: true } as const;
const MASK_AT_BIT_14 = { ...MASK, compatField: "imm18" } as const;
const MASK_DROPPED = { ...MASK, compatField: null, optional: true } as const;

/**
 * The instruction set: one row per mnemonic, opcodes 0x01 to 0x37. Assembler, disassembler, decoder,
 * validator, emulator and manual read it. Opcode 0x00 and those from 0x38 up are invalid.
 */
// deno-fmt-ignore: one instruction, one row
export const INSTRUCTIONS = {
  M_MM:     { opcode: 0x01, unit: "matrix", group: "G9", operands: [ZERO, gp("rs1", "gpMat", "mram"), gp("rs2", "gpVec", "vram")], cost: ["SYSTOLIC_PROCESSING_OVERHEAD", "MLEN"], implemented: true, semantics: "acc += A * B: A is BLEN vector rows from gpVec, B the BLEN columns of the matrix tile that gpMat selects (column c at c * MLEN)." },
  M_TMM:    { opcode: 0x02, unit: "matrix", group: "G9", operands: [ZERO, gp("rs1", "gpVec", "vram"), gp("rs2", "gpMat", "mram")], cost: ["SYSTOLIC_PROCESSING_OVERHEAD", "MLEN"], implemented: true, semantics: "acc += A * transpose(B): A is BLEN vector rows from gpVec, B the BLEN rows of the matrix tile that gpMat selects (row r at r * MLEN); the operands come in the other order than in M_MM." },
  M_BMM:    { opcode: 0x03, unit: "matrix", group: "G9", operands: [ZERO, gp("rs1", "gpMat", "mram"), gp("rs2", "gpVec", "vram")], cost: ["SYSTOLIC_PROCESSING_OVERHEAD", "MLEN"], implemented: true, semantics: "For each head b: hacc[b] += 0.25 * Q_b * K, Q_b the MLEN x HLEN matrix of every BROADCAST_AMOUNT-th element from b of MLEN vector rows, K the HLEN tile rows that gpMat selects." },
  M_BTMM:   { opcode: 0x04, unit: "matrix", group: "G9", operands: [ZERO, gp("rs1", "gpMat", "mram"), gp("rs2", "gpVec", "vram")], cost: ["SYSTOLIC_PROCESSING_OVERHEAD", "MLEN"], implemented: true, semantics: "For each head b: hacc[b] += 0.25 * Q_b * transpose(K), Q_b the b-th HLEN columns of MLEN vector rows, K the HLEN tile columns that gpMat selects." },
  M_BMM_WO: { opcode: 0x05, unit: "matrix", group: "G2", operands: [gp("rd", "gpDst", "vram-out"), IMM18_AT_BIT_10], cost: ["ONE"], implemented: true, semantics: "Writes hacc to BROADCAST_AMOUNT * MLEN vector rows from gpDst + imm, head after head, then clears it." },
  M_MM_WO:  { opcode: 0x06, unit: "matrix", group: "G1", operands: [gp("rd", "gpDst", "vram-out"), gp("rs1", "gpStep", "row-step"), IMM18], cost: ["ONE"], implemented: true, semantics: "Writes acc to BLEN elements of each of BLEN vector rows that are gpStep rows apart (gp0: 1) at gpDst + imm, keeps the other elements, then clears acc." },
  M_MV:     { opcode: 0x07, unit: "matrix", group: "G9", operands: [ZERO, gp("rs1", "gpMat", "mram"), gp("rs2", "gpVec", "vram")], cost: ["MLEN"], implemented: true, semantics: "vacc += x * B: x is the vector row at gpVec, B the BLEN columns of the matrix tile from column gpMat mod MLEN^2." },
  M_TMV:    { opcode: 0x08, unit: "matrix", group: "G9", operands: [ZERO, gp("rs1", "gpMat", "mram"), gp("rs2", "gpVec", "vram")], cost: ["MLEN"], implemented: true, semantics: "vacc += x * transpose(B): x is the vector row at gpVec, B the first BLEN rows of the matrix tile at gpMat; the operands come in the order of M_MV." },
  M_BMV:    { opcode: 0x09, unit: "matrix", group: "G9", operands: [{ ...gp("rd", "gpOff", "offset"), literalZero: true }, gp("rs1", "gpMat", "mram"), gp("rs2", "gpVec", "vram")], cost: ["SYSTOLIC_PROCESSING_OVERHEAD", "ONE"], implemented: true, semantics: "M_BMM for a single vector row, with gpOff added to the matrix address; the public machine always faults here." },
  M_BTMV:   { opcode: 0x0a, unit: "matrix", group: "G9", operands: [{ ...gp("rd", "gpOff", "offset"), literalZero: true }, gp("rs1", "gpMat", "mram"), gp("rs2", "gpVec", "vram")], cost: ["SYSTOLIC_PROCESSING_OVERHEAD", "ONE"], implemented: true, semantics: "M_BTMM for a single vector row into hvacc, with gpOff added to the matrix address." },
  M_MV_WO:  { opcode: 0x0b, unit: "matrix", group: "G2", operands: [gp("rd", "gpDst", "vram-out"), IMM18_AT_BIT_10], cost: ["ONE"], implemented: true, semantics: "Writes vacc to BLEN elements of the vector row at gpDst + imm, keeps the others, then clears vacc." },
  M_BMV_WO: { opcode: 0x0c, unit: "matrix", group: "G2", operands: [gp("rd", "gpDst", "vram-out"), IMM18_AT_BIT_10], cost: ["ONE"], implemented: true, semantics: "Writes hvacc to BROADCAST_AMOUNT vector rows from gpDst + imm, then clears it." },

  V_ADD_VV:  { opcode: 0x0d, unit: "vector", group: "G8", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), gp("rs2", "gpB", "vram"), MASK_OPT], cost: ["VECTOR_ADD_CYCLES"], implemented: true, semantics: "V[gpD] = V[gpA] + V[gpB]." },
  V_ADD_VF:  { opcode: 0x0e, unit: "vector", group: "G8", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), fp("rs2", "fB", "value"), MASK_OPT], cost: ["VECTOR_ADD_CYCLES"], implemented: true, semantics: "V[gpD] = V[gpA] + fB." },
  V_SUB_VV:  { opcode: 0x0f, unit: "vector", group: "G8", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), gp("rs2", "gpB", "vram"), MASK_OPT], cost: ["VECTOR_ADD_CYCLES"], implemented: true, semantics: "V[gpD] = V[gpA] - V[gpB]." },
  V_SUB_VF:  { opcode: 0x10, unit: "vector", group: "G7", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), fp("rs2", "fB", "value"), MASK, ORDER], cost: ["VECTOR_ADD_CYCLES"], implemented: true, semantics: "V[gpD] = V[gpA] - fB, or -(V[gpA] - fB) when order is not 0." },
  V_MUL_VV:  { opcode: 0x11, unit: "vector", group: "G8", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), gp("rs2", "gpB", "vram"), MASK_OPT], cost: ["VECTOR_MUL_CYCLES"], implemented: true, semantics: "V[gpD] = V[gpA] * V[gpB], element by element." },
  V_MUL_VF:  { opcode: 0x12, unit: "vector", group: "G8", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), fp("rs2", "fB", "value"), MASK_OPT], cost: ["VECTOR_MUL_CYCLES"], implemented: true, semantics: "V[gpD] = V[gpA] * fB." },
  V_EXP_V:   { opcode: 0x13, unit: "vector", group: "G1", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), MASK_AT_BIT_14], redundantZeros: 1, cost: ["VECTOR_EXP_CYCLES"], implemented: true, semantics: "V[gpD] = exp(V[gpA] clamped to -88 .. 88)." },
  V_RECI_V:  { opcode: 0x14, unit: "vector", group: "G1", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), MASK_AT_BIT_14], redundantZeros: 1, cost: ["VECTOR_RECI_CYCLES"], implemented: true, semantics: "V[gpD] = 1 / V[gpA]." },
  V_RED_SUM: { opcode: 0x15, unit: "vector", group: "G3", operands: [fp("rd", "fD", "accumulate"), gp("rs1", "gpA", "vram"), MASK_DROPPED], redundantZeros: 1, cost: ["VECTOR_SUM_CYCLES"], freeWhenRdIsF0: true, implemented: true, semantics: "fD = fD + the sum of V[gpA]." },
  V_RED_MAX: { opcode: 0x16, unit: "vector", group: "G1", operands: [fp("rd", "fD", "accumulate"), gp("rs1", "gpA", "vram"), MASK_AT_BIT_14], redundantZeros: 1, cost: ["VECTOR_MAX_CYCLES"], freeWhenRdIsF0: true, implemented: true, semantics: "fD = the maximum of fD and V[gpA]." },

  S_ADD_FP:   { opcode: 0x17, unit: "scalar-fp", group: "G9", operands: [fp("rd", "fD", "result"), fp("rs1", "fA", "value"), fp("rs2", "fB", "value")], cost: ["SCALAR_FP_BASIC_CYCLES"], freeWhenRdIsF0: true, implemented: true, semantics: "fD = fA + fB." },
  S_SUB_FP:   { opcode: 0x18, unit: "scalar-fp", group: "G9", operands: [fp("rd", "fD", "result"), fp("rs1", "fA", "value"), fp("rs2", "fB", "value")], cost: ["SCALAR_FP_BASIC_CYCLES"], freeWhenRdIsF0: true, implemented: true, semantics: "fD = fA - fB." },
  S_MAX_FP:   { opcode: 0x19, unit: "scalar-fp", group: "G9", operands: [fp("rd", "fD", "result"), fp("rs1", "fA", "value"), fp("rs2", "fB", "value")], cost: ["SCALAR_FP_BASIC_CYCLES"], freeWhenRdIsF0: true, implemented: true, semantics: "fD = fB if fB > fA, else fA." },
  S_MUL_FP:   { opcode: 0x1a, unit: "scalar-fp", group: "G9", operands: [fp("rd", "fD", "result"), fp("rs1", "fA", "value"), fp("rs2", "fB", "value")], cost: ["SCALAR_FP_BASIC_CYCLES"], freeWhenRdIsF0: true, implemented: true, semantics: "fD = fA * fB." },
  S_EXP_FP:   { opcode: 0x1b, unit: "scalar-fp", group: "G3", operands: [fp("rd", "fD", "result"), fp("rs1", "fA", "value")], redundantZeros: 1, cost: ["SCALAR_FP_EXP_CYCLES"], freeWhenRdIsF0: true, implemented: true, semantics: "fD = exp(fA clamped to -88 .. 88)." },
  S_RECI_FP:  { opcode: 0x1c, unit: "scalar-fp", group: "G3", operands: [fp("rd", "fD", "result"), fp("rs1", "fA", "value")], redundantZeros: 1, cost: ["SCALAR_FP_RECI_CYCLES"], freeWhenRdIsF0: true, implemented: true, semantics: "fD = 1 / fA." },
  S_SQRT_FP:  { opcode: 0x1d, unit: "scalar-fp", group: "G3", operands: [fp("rd", "fD", "result"), fp("rs1", "fA", "value")], redundantZeros: 1, cost: ["SCALAR_FP_SQRT_CYCLES"], freeWhenRdIsF0: true, implemented: true, semantics: "fD = the square root of fA." },
  S_LD_FP:    { opcode: 0x1e, unit: "scalar-fp", group: "G1", operands: [fp("rd", "fD", "result"), gp("rs1", "gpA", "fp-sram"), IMM18], cost: ["ONE"], implemented: true, semantics: "fD = FP[gpA + imm]; f0 is written too." },
  S_ST_FP:    { opcode: 0x1f, unit: "scalar-fp", group: "G1", operands: [fp("rd", "fS", "value"), gp("rs1", "gpA", "fp-sram"), IMM18], cost: ["ONE"], implemented: true, semantics: "FP[gpA + imm] = fS." },
  S_MAP_V_FP: { opcode: 0x20, unit: "scalar-fp", group: "G1", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "fp-sram"), IMM18], cost: ["VLEN", "VLEN"], implemented: true, semantics: "V[gpD] = the VLEN entries FP[gpA + imm] onwards." },

  S_ADD_INT:  { opcode: 0x21, unit: "scalar-int", group: "G9", operands: [gp("rd", "gpD", "result"), gp("rs1", "gpA", "value"), gp("rs2", "gpB", "value")], cost: ["SCALAR_INT_BASIC_CYCLES"], implemented: true, semantics: "gpD = gpA + gpB mod 2^32." },
  S_ADDI_INT: { opcode: 0x22, unit: "scalar-int", group: "G1", operands: [gp("rd", "gpD", "result"), gp("rs1", "gpA", "value"), { ...IMM18, role: "value" }], cost: ["SCALAR_INT_BASIC_CYCLES"], implemented: true, semantics: "gpD = gpA + imm mod 2^32." },
  S_SUB_INT:  { opcode: 0x23, unit: "scalar-int", group: "G9", operands: [gp("rd", "gpD", "result"), gp("rs1", "gpA", "value"), gp("rs2", "gpB", "value")], cost: ["SCALAR_INT_BASIC_CYCLES"], implemented: true, semantics: "gpD = gpA - gpB mod 2^32." },
  S_MUL_INT:  { opcode: 0x24, unit: "scalar-int", group: "G9", operands: [gp("rd", "gpD", "result"), gp("rs1", "gpA", "value"), gp("rs2", "gpB", "value")], cost: ["SCALAR_INT_BASIC_CYCLES"], implemented: true, semantics: "gpD = gpA * gpB mod 2^32." },
  S_LUI_INT:  { opcode: 0x25, unit: "scalar-int", group: "G2", operands: [gp("rd", "gpD", "result"), IMM22], cost: ["SCALAR_INT_BASIC_CYCLES"], implemented: true, semantics: "gpD = imm * 2^12 mod 2^32." },
  S_LD_INT:   { opcode: 0x26, unit: "scalar-int", group: "G1", operands: [gp("rd", "gpD", "result"), gp("rs1", "gpA", "int-sram"), IMM18], cost: ["SCALAR_INT_BASIC_CYCLES"], implemented: true, semantics: "gpD = INT[gpA + imm]." },
  S_ST_INT:   { opcode: 0x27, unit: "scalar-int", group: "G1", operands: [gp("rd", "gpS", "value"), gp("rs1", "gpA", "int-sram"), IMM18], cost: ["SCALAR_INT_BASIC_CYCLES"], implemented: true, semantics: "INT[gpA + imm] = gpS." },

  H_PREFETCH_M: { opcode: 0x28, unit: "memory", group: "G7", operands: [gp("rd", "gpDst", "mram-out"), gp("rs1", "gpOff", "hbm-offset"), BASE, STRIDE, PREC], redundantZeros: 1, cost: [], implemented: true, semantics: "M[gpDst] = HBM_M_Prefetch_Amount rows of MLEN elements from HBM[aBase + gpOff]." },
  H_PREFETCH_V: { opcode: 0x29, unit: "memory", group: "G7", operands: [gp("rd", "gpDst", "vram-out"), gp("rs1", "gpOff", "hbm-offset"), BASE, STRIDE, PREC], redundantZeros: 1, cost: [], implemented: true, semantics: "V[gpDst] = HBM_V_Prefetch_Amount rows of VLEN elements from HBM[aBase + gpOff]." },
  H_STORE_V:    { opcode: 0x2a, unit: "memory", group: "G7", operands: [gp("rd", "gpSrc", "vram"), gp("rs1", "gpOff", "hbm-offset"), BASE, STRIDE, PREC], redundantZeros: 1, cost: [], implemented: true, semantics: "HBM[aBase + gpOff] = HBM_V_Writeback_Amount rows of VLEN elements from V[gpSrc]." },

  C_SET_ADDR_REG:   { opcode: 0x2b, unit: "control", group: "G9", operands: [{ kind: "a", field: "rd", name: "aD", role: "result" }, gp("rs1", "gpHi", "value"), gp("rs2", "gpLo", "value")], cost: ["ONE"], implemented: true, semantics: "aD = gpHi * 2^32 + gpLo." },
  C_SET_SCALE_REG:  { opcode: 0x2c, unit: "control", group: "G5", operands: [gp("rd", "gpS", "value")], cost: ["ONE"], implemented: true, semantics: "SCALE = gpS: bytes from a tensor's first element to its first scale." },
  C_SET_STRIDE_REG: { opcode: 0x2d, unit: "control", group: "G5", operands: [gp("rd", "gpS", "value")], cost: ["ONE"], implemented: true, semantics: "STRIDE = gpS: bytes from one row of a tensor to the next." },
  C_SET_V_MASK_REG: { opcode: 0x2e, unit: "control", group: "G5", operands: [gp("rd", "gpS", "value")], cost: ["ONE"], implemented: true, semantics: "MASK = gpS: bit h selects head slot h in masked vector instructions." },
  C_LOOP_START:     { opcode: 0x2f, unit: "control", group: "G6", operands: [gp("rd", "gpCnt", "counter"), COUNT], cost: ["ONE"], implemented: true, semantics: "gpCnt = count and opens a loop; count must be at least 1." },
  C_LOOP_END:       { opcode: 0x30, unit: "control", group: "G5", operands: [gp("rd", "gpCnt", "counter")], redundantZeros: 1, cost: ["ONE"], implemented: true, semantics: "If gpCnt > 1: gpCnt -= 1 and back to after the innermost C_LOOP_START of that register, else gpCnt = 0 and on." },
  V_PS_V:           { opcode: 0x31, unit: "vector", group: "G9", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), gp("rs2", "gpB", "value")], cost: [], implemented: false, semantics: "Prefix scan; the machine does not have it." },
  V_SHFT_V:         { opcode: 0x32, unit: "vector", group: "G9", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), gp("rs2", "gpShift", "value")], cost: ["VECTOR_MUL_CYCLES"], implemented: true, semantics: "V[gpD] = V[gpA] shifted gpShift places towards higher indices, zeros moving in." },
  C_HADAMARD_TRANSFORM: { opcode: 0x33, unit: "control", group: "G9", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), gp("rs2", "gpB", "value")], cost: [], implemented: false, semantics: "Hadamard transform; the machine does not have it." },
  C_BREAK:          { opcode: 0x34, unit: "control", group: "G4", operands: [], redundantZeros: 3, cost: ["ONE"], implemented: true, semantics: "Closes the innermost loop and sets its register to 0; execution goes on with the next instruction." },
  V_MAX_VF:         { opcode: 0x35, unit: "vector", group: "G8", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), fp("rs2", "fB", "value"), MASK_OPT], cost: ["VECTOR_MAX_CYCLES"], implemented: true, semantics: "V[gpD] = max(V[gpA], fB)." },
  V_MIN_VF:         { opcode: 0x36, unit: "vector", group: "G8", operands: [gp("rd", "gpD", "vram-out"), gp("rs1", "gpA", "vram"), fp("rs2", "fB", "value"), MASK_OPT], cost: ["VECTOR_MAX_CYCLES"], implemented: true, semantics: "V[gpD] = min(V[gpA], fB)." },
  V_TOPK:           { opcode: 0x37, unit: "vector", group: "G8", operands: [gp("rd", "gpFp", "fp-sram"), gp("rs1", "gpLogits", "vram"), gp("rs2", "gpInt", "int-sram"), { ...POLICY, optional: true }], cost: ["EXPERTS*VECTOR_MAX_CYCLES"], implemented: true, semantics: "INT[gpInt..] = indices of the best of 32 or 128 logits from V[gpLogits], best first, FP[gpFp..] = the softmax over those." },
} as const satisfies Record<string, Instruction>;

/** The name of an instruction, as in assembly text. */
export type Mnemonic = keyof typeof INSTRUCTIONS;

/** The mnemonics in the order of their opcodes. */
export const MNEMONICS: readonly Mnemonic[] = Object.keys(INSTRUCTIONS) as Mnemonic[];

/** A row of the table with its mnemonic. */
export interface NamedInstruction extends Instruction {
  /** The name in assembly text. */
  readonly mnemonic: Mnemonic;
}

/** The rows by opcode, 64 entries; `undefined` where there is no instruction. */
export const BY_OPCODE: readonly (NamedInstruction | undefined)[] = Array.from(
  { length: 64 },
  (_, opcode) => {
    const mnemonic = MNEMONICS.find((name) => INSTRUCTIONS[name].opcode === opcode);
    return mnemonic && { mnemonic, ...INSTRUCTIONS[mnemonic] };
  },
);

/**
 * What an instruction takes: `Operands<"M_MM">` is `{ rs1: number; rs2: number }`. Optional operands
 * are optional here, operands that must be 0 are left out.
 */
export type Operands<M extends Mnemonic> =
  & Readonly<
    Record<
      Exclude<
        (typeof INSTRUCTIONS)[M]["operands"][number],
        { readonly kind: "zero" } | { readonly optional: true }
      >["field"],
      number
    >
  >
  & Readonly<
    Partial<
      Record<
        Extract<
          (typeof INSTRUCTIONS)[M]["operands"][number],
          { readonly optional: true }
        >["field"],
        number
      >
    >
  >;
