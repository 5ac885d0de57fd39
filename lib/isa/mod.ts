/**
 * The PLENA instruction set: one table, {@linkcode INSTRUCTIONS}, and everything that reads it.
 *
 * * {@linkcode assemble} and {@linkcode disassemble} turn text into words and back, in two encodings:
 *   `fixed` (the default) is strict and puts every field where the machine reads it, `compat` is bit
 *   for bit the public assembler. The text `.word 0x0003FFC0`, a word as such, is fourbit's own and
 *   belongs to `fixed` only.
 * * {@linkcode parseMem} and {@linkcode formatMem} read and write `.mem` files.
 * * {@linkcode programBuilder} makes programs without going through text.
 * * {@linkcode validate} says what is wrong with a program, {@linkcode dynamicCounts} and
 *   {@linkcode programCycles} what it will execute and take.
 * * {@linkcode isaReference} is the manual.
 *
 * ```ts
 * import { assemble, decode, disassemble, programBuilder } from "@fourbit/fourbit/isa";
 * import { assertEquals } from "@std/assert";
 *
 * const words = assemble("S_ADDI_INT gp1, gp0, 5 ; five");
 * assertEquals([...words], [0x00014062]);
 * assertEquals(disassemble(words), "S_ADDI_INT gp1, gp0, 5\n");
 * assertEquals(decode(words[0]!).mnemonic, "S_ADDI_INT");
 * assertEquals(programBuilder().S_ADDI_INT({ rd: 1, rs1: 0, imm18: 5 }).words(), words);
 * ```
 *
 * @module
 */
export { type Field, fieldMaximum, type FieldName, FIELDS, OPCODE_WIDTH } from "./fields.ts";
export { type Operand, OPERAND_MAXIMUM, type OperandKind, type OperandRole } from "./operand.ts";
export {
  BY_OPCODE,
  type CostTerm,
  type EncoderGroup,
  type Instruction,
  INSTRUCTIONS,
  type LatencyName,
  type Mnemonic,
  MNEMONICS,
  type NamedInstruction,
  type Operands,
  type Unit,
} from "./instructions.ts";
export { decode, type DecodedInstruction } from "./decode.ts";
export { type Encoding, syntax } from "./syntax.ts";
export { encode, OperandError } from "./encode.ts";
export {
  assemble,
  type AssembledProgram,
  type AssembleOptions,
  assembleProgram,
} from "./assemble.ts";
export { AssemblyError, AssemblyErrors, type LineError, type TextPlace } from "./assembly_error.ts";
export { disassemble, type DisassembleOptions, DisassemblyError, hexWord } from "./disassemble.ts";
export { formatMem, MemError, parseMem } from "./mem_text.ts";
export { type ProgramBuilder, programBuilder, ProgramWriter } from "./program_builder.ts";
export { findLoops, type Loop, LoopError } from "./loops.ts";
export {
  type CyclesOf,
  type DynamicCounts,
  dynamicCounts,
  type InstructionCounts,
  programCycles,
  staticCounts,
  wordCycles,
} from "./counts.ts";
export { validate } from "./validate.ts";
export type { Machine, MachineDimensions, ValidateOptions } from "./machine_dimensions.ts";
export type { Finding, Rule, Severity } from "./finding.ts";
export { describe, isaReference } from "./reference.ts";
