import { type FieldName, FIELDS } from "./fields.ts";
import { type Instruction, INSTRUCTIONS, type Mnemonic, type Operands } from "./instructions.ts";
import { OPERAND_MAXIMUM } from "./operand.ts";
import { expectation } from "./syntax.ts";

/** An operand that an instruction does not take, or a value outside its range. */
export class OperandError extends RangeError {
  /** Name of the class. */
  override readonly name = "OperandError";
  /** How to mend it. */
  readonly help: string;

  /** `what` is the message, `help` the remedy. */
  constructor(what: string, help: string) {
    super(what);
    this.help = help;
  }
}

/**
 * The word of an instruction, every field where the machine reads it.
 *
 * @throws {OperandError} If an operand is missing, unknown, or not an integer in its range.
 */
export function encode<M extends Mnemonic>(mnemonic: M, operands: Operands<M>): number {
  const row: Instruction = INSTRUCTIONS[mnemonic];
  const given = operands as Readonly<Partial<Record<FieldName, number>>>;
  let word = row.opcode;
  for (const operand of row.operands) {
    const { field, kind, optional } = operand;
    const value = given[field] ?? (optional || kind === "zero" ? 0 : undefined);
    if (value === undefined || !(value >= 0 && value <= OPERAND_MAXIMUM[kind] && value % 1 === 0)) {
      throw new OperandError(
        `Cannot encode ${mnemonic}: ${field} must be ${
          expectation(operand)
        }, current value is ${value}`,
        kind === "imm18"
          ? "load a large constant into a register with loadConstant"
          : `give ${field} an integer from 0 to ${OPERAND_MAXIMUM[kind]}`,
      );
    }
    word += value * 2 ** FIELDS[field].lsb;
  }
  for (const field in given) {
    if (!row.operands.some((operand) => operand.field === field)) {
      const takes = row.operands.map((operand) => operand.field).join(", ") || "nothing";
      throw new OperandError(
        `Cannot encode ${mnemonic}: it has no operand ${field}`,
        `${mnemonic} takes ${takes}`,
      );
    }
  }
  return word;
}
