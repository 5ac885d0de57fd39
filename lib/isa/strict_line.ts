import type { LineError } from "./assembly_error.ts";
import { FIELDS } from "./fields.ts";
import { type Instruction, INSTRUCTIONS, type Mnemonic } from "./instructions.ts";
import { type Operand, OPERAND_MAXIMUM } from "./operand.ts";
import { expectation, prefixOf, syntax } from "./syntax.ts";
import { unknownMnemonic } from "./unknown_mnemonic.ts";

/** A piece of a line and where it begins, from 0. */
interface Token {
  readonly text: string;
  readonly start: number;
}

function tokenAt(line: string, start: number, end: number): Token {
  const piece = line.slice(start, end);
  return { text: piece.trim(), start: start + piece.length - piece.trimStart().length };
}

/** The line up to its comment. */
function withoutComment(line: string): string {
  const ends = [line.indexOf("//"), line.indexOf(";")].filter((end) => end >= 0);
  return ends.length === 0 ? line : line.slice(0, Math.min(...ends));
}

/**
 * One line, strictly: every operand in its register file and range, plain decimal numbers, nothing
 * missing and nothing too many, fields where the machine reads them. Also takes `.word 0x…`, a
 * word as such, which the public assembler does not have. Returns the word, `undefined` for a line
 * without an instruction, or what is wrong.
 */
export function assembleStrictLine(line: string): number | undefined | LineError {
  const code = withoutComment(line);
  const { text, start } = tokenAt(code, 0, code.length);
  if (text === "") return undefined;
  const mnemonic = /^\S+/.exec(text)![0];
  const operandsStart = start + mnemonic.length;
  if (mnemonic === ".word") return rawWord(tokenAt(code, operandsStart, code.length));
  if (!Object.hasOwn(INSTRUCTIONS, mnemonic)) return unknownMnemonic(mnemonic, start, "fixed");

  const tokens: Token[] = [];
  if (text.length > mnemonic.length) {
    for (let from = operandsStart; from <= code.length;) {
      const comma = code.indexOf(",", from);
      const to = comma < 0 ? code.length : comma;
      tokens.push(tokenAt(code, from, to));
      from = to + 1;
    }
  }
  const row: Instruction = INSTRUCTIONS[mnemonic as Mnemonic];
  const form = syntax(mnemonic as Mnemonic);
  const required = row.operands.filter(({ optional }) => !optional).length;
  const most = row.operands.length + (row.redundantZeros ?? 0);
  let word = row.opcode;
  for (const [index, token] of tokens.entries()) {
    const operand = row.operands[index];
    if (operand === undefined) {
      if (index < most && token.text === "0") continue;
      return {
        column: token.start + 1,
        text: token.text,
        what: token.text === ""
          ? `${mnemonic}: nothing follows the last comma`
          : `${mnemonic}: "${token.text}" is one operand too many`,
        expected: form,
        help: `write ${form}`,
      };
    }
    const value = operandValue(mnemonic, operand, token);
    if (typeof value !== "number") return value;
    word += value * 2 ** FIELDS[operand.field].lsb;
  }
  if (tokens.length < required) {
    const missing = expectation(row.operands[tokens.length]!);
    return {
      column: start + text.length + 1,
      text: "",
      what: `${mnemonic}: ${missing} is missing`,
      expected: missing,
      help: `write ${form}`,
    };
  }
  return word;
}

function operandValue(mnemonic: string, operand: Operand, token: Token): number | LineError {
  const { text } = token;
  const prefix = prefixOf(operand);
  if (operand.literalZero && text === "0") return 0;
  if (text.startsWith(prefix) && /^(0|[1-9][0-9]*)$/.test(text.slice(prefix.length))) {
    const value = Number(text.slice(prefix.length));
    if (value <= OPERAND_MAXIMUM[operand.kind]) return value;
  }
  const expected = expectation(operand);
  const found = text === "" ? "nothing" : `"${text}"`;
  return {
    column: token.start + 1,
    text,
    what: `${mnemonic}: found ${found} in place of ${expected}`,
    expected,
    help: operandHelp(operand, text, expected),
  };
}

function operandHelp(operand: Operand, text: string, expected: string): string {
  if (text === "") return "a comma needs an operand before and after it";
  if (/\s/.test(text)) return "separate operands by commas";
  const register = /^(gp|f|a)[0-9]+$/.exec(text)?.[1];
  const prefix = prefixOf(operand);
  if (register !== undefined && register !== prefix) {
    const wanted = prefix === "" ? "a number" : `a register of the ${prefix} file`;
    return `${text} is a register of the ${register} file; this operand is ${wanted}`;
  }
  if (/^-[0-9_]+$/.test(text)) return "numbers are unsigned: subtract with S_SUB_INT";
  if (/^0[xbo]/i.test(text) && Number.isInteger(Number(text))) {
    return `numbers are decimal: write ${Number(text)}`;
  }
  const plain = /^[+]?[0-9][0-9_]*$/.test(text) ? Number(text.replaceAll("_", "")) : NaN;
  if (!Number.isNaN(plain) && prefix === "" && String(plain) !== text) {
    return `numbers are plain decimal: write ${plain}`;
  }
  if (operand.kind === "imm18" && plain > OPERAND_MAXIMUM.imm18) {
    return "load a large constant with S_LUI_INT and S_ADDI_INT first, then use a register";
  }
  if (operand.kind === "stride-flag") {
    return "1 means rows STRIDE bytes apart, 0 dense rows; set the distance by C_SET_STRIDE_REG";
  }
  return `write ${expected}`;
}

function rawWord({ text, start }: Token): number | LineError {
  if (/^0x[0-9a-fA-F]{1,8}$/.test(text)) return Number(text);
  return {
    column: start + 1,
    text,
    what: `.word: "${text}" is no 32-bit word`,
    expected: "0x and one to eight hexadecimal digits",
    help: "write .word 0x0000C841",
  };
}
