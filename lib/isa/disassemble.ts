import { compatText } from "./compat_line.ts";
import { FIELDS } from "./fields.ts";
import { BY_OPCODE, type NamedInstruction } from "./instructions.ts";
import { OPERAND_MAXIMUM } from "./operand.ts";
import { type Encoding, expectation, prefixOf } from "./syntax.ts";

/** How to disassemble. */
export interface DisassembleOptions {
  /** The encoding with which the text will assemble to the same words; `fixed` by default. */
  readonly encoding?: Encoding;
  /** Comments to write: for each pc the lines that precede that instruction. */
  readonly comments?: ReadonlyMap<number, readonly string[]>;
}

/** A word that no text of the public assembler's language stands for. */
export class DisassemblyError extends RangeError {
  /** Name of the class. */
  override readonly name = "DisassemblyError";
  /** Index of the word. */
  readonly pc: number;
  /** How to mend it. */
  readonly help = "use the fixed encoding, which writes such a word as .word";

  /** The error of the word at `pc`. */
  constructor(pc: number, word: number) {
    super(`The public assembler has no text for ${hexWord(word)} at pc ${pc}`);
    this.pc = pc;
  }
}

/** `0x` and eight upper-case hexadecimal digits. */
export function hexWord(word: number): string {
  return `0x${word.toString(16).toUpperCase().padStart(8, "0")}`;
}

/**
 * Assembly text, one line per word, that assembles to the same words under the same encoding.
 *
 * In the `fixed` encoding every word has a text. A word that is no instruction, that has bits set
 * which its instruction does not read, or an operand outside its range (`f8`, a stride flag of 2) is
 * written as `.word 0x0003FFC0` with a comment that says why; `.word` is fourbit's own addition to
 * the language.
 *
 * In the `compat` encoding the public assembler's carries are used where an operand is out of
 * range (`gp16` for a register field of 0 and one more in the next field).
 *
 * @throws {DisassemblyError} In the `compat` encoding, for opcodes above 0x37 and for C_BREAK with
 * other bits set: these have no text there.
 */
export function disassemble(words: Uint32Array, options: DisassembleOptions = {}): string {
  const { encoding = "fixed", comments } = options;
  const known = new Map<number, string>();
  let text = "";
  for (let pc = 0; pc < words.length; pc++) {
    const word = words[pc]!;
    for (const comment of comments?.get(pc) ?? []) text += commentLines(comment);
    let line = known.get(word);
    if (line === undefined) {
      line = encoding === "fixed" ? fixedLine(word) : compatLine(word, pc);
      known.set(word, line);
    }
    text += line;
  }
  for (const comment of comments?.get(words.length) ?? []) text += commentLines(comment);
  return text;
}

function commentLines(comment: string): string {
  return comment.split(/\r\n|[\r\n]/).map((line) => line === "" ? ";\n" : `; ${line}\n`).join("");
}

/** One word as a line of the `fixed` encoding, with its newline. */
function fixedLine(word: number): string {
  const row = BY_OPCODE[word & 0x3f];
  const text = row && canonicalText(row, word, "fixed");
  return text === undefined ? `.word ${hexWord(word)} ; ${whyNoText(row, word)}\n` : `${text}\n`;
}

/** One word as a line of the `compat` encoding, with its newline. */
function compatLine(word: number, pc: number): string {
  const row = BY_OPCODE[word & 0x3f];
  const text = (row && canonicalText(row, word, "compat")) ?? compatText(word);
  if (text === undefined) throw new DisassemblyError(pc, word);
  return `${text}\n`;
}

/** The text that a word has when all its operands are in range and all its other bits are zero. */
function canonicalText(
  row: NamedInstruction,
  word: number,
  encoding: Encoding,
): string | undefined {
  let rest = word - row.opcode;
  let text = "";
  for (const operand of row.operands) {
    const { kind, field, compatField } = operand;
    const at = encoding === "fixed" || compatField === undefined ? field : compatField;
    if (at === null) continue;
    const value = (word >>> FIELDS[at].lsb) % 2 ** FIELDS[at].width;
    if (value > OPERAND_MAXIMUM[kind]) return undefined;
    rest -= value * 2 ** FIELDS[at].lsb;
    // The public assembler drops such an operand, so its texts leave it out.
    if (compatField === null && value === 0) continue;
    text += `${text === "" ? " " : ", "}${prefixOf(operand)}${value}`;
  }
  return rest === 0 ? row.mnemonic + text : undefined;
}

/** Why a word has no text. */
function whyNoText(row: NamedInstruction | undefined, word: number): string {
  if (row === undefined) return `opcode ${word & 0x3f} is no instruction`;
  for (const operand of row.operands) {
    const { lsb, width } = FIELDS[operand.field];
    const value = (word >>> lsb) % 2 ** width;
    if (value > OPERAND_MAXIMUM[operand.kind]) {
      return `${row.mnemonic} with ${value} in place of ${expectation(operand)}`;
    }
  }
  return `${row.mnemonic} with bits set that it does not read`;
}
