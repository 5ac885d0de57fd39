import type { LineError } from "./assembly_error.ts";
import { INSTRUCTIONS, type Mnemonic, MNEMONICS } from "./instructions.ts";
import { nearestName } from "../text/mod.ts";
import { type Encoding, syntax } from "./syntax.ts";

/** Says what a word in the mnemonic's place, which begins at `start` (from 0), may have meant. */
export function unknownMnemonic(word: string, start: number, encoding: Encoding): LineError {
  return {
    column: start + 1,
    text: word,
    what: `"${word}" is no instruction`,
    expected: "a mnemonic of the instruction set",
    help: helpFor(word, encoding),
  };
}

function helpFor(word: string, encoding: Encoding): string {
  if (word.startsWith("#")) return "comments begin with ; or //";
  if (word.endsWith(":")) return "there are no labels: C_LOOP_START and C_LOOP_END make loops";
  if (word === ".word") return "the public assembler has no .word; use the fixed encoding";
  if (word === "INVALID_OPCODE") return "write the word itself: .word 0x00000000";
  if (word === "S_MV_FP") return "copy a register with S_ADD_FP fD, fS, f0";
  if (word === "NOP") return "write S_ADDI_INT gp0, gp0, 0";
  const upper = word.toUpperCase().replace(/,$/, "");
  if (Object.hasOwn(INSTRUCTIONS, upper)) {
    return upper === word.toUpperCase()
      ? `mnemonics are upper case: write ${upper}`
      : `no comma after the mnemonic: write ${syntax(upper as Mnemonic)}`;
  }
  const near = nearestName(word, MNEMONICS);
  if (near !== undefined) return `did you mean ${near}? It is written ${syntax(near)}`;
  const also = encoding === "fixed" ? " (or .word 0x and hexadecimal digits)" : "";
  return `a line is a mnemonic and its operands, such as S_ADDI_INT gp1, gp0, 5${also}`;
}
