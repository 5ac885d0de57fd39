import type { LineError } from "./assembly_error.ts";
import { BY_OPCODE, type EncoderGroup, INSTRUCTIONS, type Mnemonic } from "./instructions.ts";
import { syntax } from "./syntax.ts";
import { unknownMnemonic } from "./unknown_mnemonic.ts";

/** What the public assembler's parser binds; `null` is "absent". */
interface Bound {
  rd: number | null;
  rs1: number | null;
  rs2: number | null;
  rstride: number | null;
  funct1: number | null;
  imm: number | null;
}

/** The fields of a group's word with their lowest bits (ISA specification, section 4). */
const GROUP_FIELDS: Readonly<Record<EncoderGroup, readonly (readonly [keyof Bound, number])[]>> = {
  G1: [["imm", 14], ["rs1", 10], ["rd", 6]],
  G2: [["imm", 10], ["rd", 6]],
  G3: [["rs1", 10], ["rd", 6]],
  G4: [],
  G5: [["rd", 6]],
  G6: [["imm", 10], ["rd", 6]],
  G7: [["funct1", 22], ["rstride", 18], ["rs2", 14], ["rs1", 10], ["rd", 6]],
  G8: [["rstride", 18], ["rs2", 14], ["rs1", 10], ["rd", 6]],
  G9: [["rs2", 14], ["rs1", 10], ["rd", 6]],
};

/** An error inside a line, with the offending text and where it begins, from 0. */
function failure(
  start: number,
  text: string,
  what: string,
  expected: string,
  help: string,
): LineError {
  return { column: start + 1, text, what, expected, help };
}

/** The public assembler's integer: decimal with sign, leading zeros and single underscores. */
function permissiveInteger(text: string): number | null {
  const digits = text.trim();
  return /^[+-]?[0-9]+(_[0-9]+)*$/.test(digits) ? Number(digits.replaceAll("_", "")) : null;
}

/**
 * One line as the public assembler takes it (ISA specification, sections 2 to 4 and 8): operands are
 * bound by position, registers carry only their number, fields are added without masking. Returns
 * the word, `undefined` for a line without an instruction, or what is wrong.
 *
 * A negative word, which the public assembler writes as `0x-0003F9E` and no machine reads, is wrong
 * here.
 */
export function assembleCompatLine(line: string): number | undefined | LineError {
  const code = line.split("//", 1)[0]!.split(";", 1)[0]!;
  const indent = code.length - code.trimStart().length;
  const trimmed = code.trim();
  if (trimmed === "") return undefined;
  const mnemonic = trimmed.split(/\s/, 1)[0]!;
  const group: EncoderGroup | undefined = mnemonic === "INVALID_OPCODE"
    ? "G9"
    : Object.hasOwn(INSTRUCTIONS, mnemonic)
    ? INSTRUCTIONS[mnemonic as Mnemonic].group
    : undefined;
  if (group === undefined) return unknownMnemonic(mnemonic, indent, "compat");
  const opcode = mnemonic === "INVALID_OPCODE" ? 0 : INSTRUCTIONS[mnemonic as Mnemonic].opcode;
  const expected = opcode === 0 ? "INVALID_OPCODE gp, gp, gp" : syntax(mnemonic as Mnemonic);

  const rest = trimmed.slice(mnemonic.length);
  const values: (number | null)[] = [];
  const isRegister: boolean[] = [];
  if (rest.trim() !== "") {
    let start = indent + mnemonic.length;
    for (const part of rest.split(",")) {
      const text = part.trim();
      const prefix = /^(gp|f|a)/.exec(text)?.[0];
      const number = permissiveInteger(text.slice(prefix?.length ?? 0));
      if (prefix !== undefined && number === null) {
        const help = /\s/.test(text)
          ? "separate operands by commas"
          : `write ${prefix} and a decimal number`;
        const at = start + part.length - part.trimStart().length;
        return failure(at, text, `"${text}" is no register`, expected, help);
      }
      isRegister.push(prefix !== undefined);
      values.push(number);
      start += part.length + 1;
    }
  }
  if (values.length > 6) {
    const what = `${mnemonic} has ${values.length} operands`;
    return failure(indent, trimmed, what, expected, "at most six operands are taken");
  }

  const bound: Bound = { rd: null, rs1: null, rs2: null, rstride: null, funct1: null, imm: null };
  bound.rd = values[0] ?? null;
  for (const [index, register] of [[1, "rs1"], [2, "rs2"]] as const) {
    if (index >= values.length) break;
    if (isRegister[index]) bound[register] = values[index]!;
    else bound.imm = values[index]!;
  }
  if (values.length > 3 && !isRegister[3]) bound.rstride = values[3]!;
  if (values.length > 4) bound.funct1 = values[4]!;
  if (group === "G8") bound.rstride ??= 0;

  let word = opcode;
  for (const [field, lsb] of GROUP_FIELDS[group]) {
    const value = bound[field];
    if (value === null) {
      const name = field === "rstride" ? "rs3" : field;
      const what = `${mnemonic} has no ${name} operand that can be read`;
      return failure(indent, trimmed, what, expected, `write ${expected}`);
    }
    word += value * 2 ** lsb;
  }
  if (word > 0xffff_ffff) {
    const what = `${mnemonic} does not fit 32 bits`;
    const help = "load a large constant with S_LUI_INT and S_ADDI_INT first";
    return failure(indent, trimmed, what, expected, help);
  }
  if (word < 0) {
    const what = `${mnemonic} becomes the negative number ${word}`;
    return failure(indent, trimmed, what, expected, "immediates are unsigned");
  }
  return word;
}

/**
 * A text that the public assembler turns into this word, in the group's field order with the top
 * field widened to the end of the word; `undefined` where there is none.
 */
export function compatText(word: number): string | undefined {
  const opcode = word & 0x3f;
  const row = BY_OPCODE[opcode];
  if (row === undefined && opcode !== 0) return undefined;
  const fields = GROUP_FIELDS[row?.group ?? "G9"].toReversed();
  if (fields.length === 0) return word === opcode ? row?.mnemonic : undefined;
  const operands = fields.map(([, lsb], index) => {
    const next = fields[index + 1]?.[1] ?? 32;
    const value = Math.floor(word / 2 ** lsb) % 2 ** (next - lsb);
    const kind = row === undefined ? "gp" : row.operands[index]!.kind;
    return (kind === "gp" || kind === "f" || kind === "a" ? kind : "") + value;
  });
  return `${row?.mnemonic ?? "INVALID_OPCODE"} ${operands.join(", ")}`;
}
