import { type Instruction, INSTRUCTIONS, type Mnemonic } from "./instructions.ts";
import { type Operand, OPERAND_MAXIMUM } from "./operand.ts";

/** Which bits the operands go to: where the machine reads them, or where the public assembler puts them. */
export type Encoding = "fixed" | "compat";

/** How an operand begins in assembly text: `gp`, `f`, `a`, or nothing for a number. */
export function prefixOf({ kind }: Pick<Operand, "kind">): "gp" | "f" | "a" | "" {
  return kind === "gp" || kind === "f" || kind === "a" ? kind : "";
}

/** The assembly text of an instruction, operands by name: `V_RED_SUM fD, gpA [, mask]`. */
export function syntax(mnemonic: Mnemonic): string {
  const { operands }: Instruction = INSTRUCTIONS[mnemonic];
  let text = "";
  for (const { name, optional } of operands) {
    const item = text === "" ? name : `, ${name}`;
    text += optional ? ` [${item}]` : item;
  }
  return text === "" ? mnemonic : `${mnemonic} ${text}`;
}

/** What may stand in an operand's place, for a message: `gpD (gp0 to gp15)`. */
export function expectation(operand: Operand): string {
  const { kind, name, literalZero } = operand;
  if (kind === "zero") return "the literal 0";
  const prefix = prefixOf(operand);
  const range = `${prefix}0 to ${prefix}${OPERAND_MAXIMUM[kind]}`;
  return `${name} (${range}${literalZero ? ", or the literal 0" : ""})`;
}
