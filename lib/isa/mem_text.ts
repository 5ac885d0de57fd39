/** A token of a `.mem` text that is no 32-bit word. */
export class MemError extends SyntaxError {
  /** Name of the class. */
  override readonly name = "MemError";
  /** Where it is; line and column count from 1. */
  readonly place: { readonly file?: string; readonly line: number; readonly column: number };
  /** The token. */
  readonly token: string;
  /** How to mend it. */
  readonly help = "each word is up to eight hexadecimal digits, with or without 0x before them";

  /** The error of a token. */
  constructor(token: string, line: number, column: number, file?: string) {
    const where = `${file === undefined ? "" : `${file}:`}${line}:${column}`;
    super(`"${token}" is no 32-bit word in hexadecimal at ${where}`);
    this.token = token;
    this.place = file === undefined ? { line, column } : { file, line, column };
  }
}

/** Characters of a line: `0x`, eight digits, newline. */
const LINE_LENGTH = 11;

/** The text of a `.mem` file: one word per line as `0x` and eight upper-case hexadecimal digits. */
export function formatMem(words: Uint32Array): string {
  const digits = new TextEncoder().encode("0123456789ABCDEF");
  const text = new Uint8Array(words.length * LINE_LENGTH);
  let at = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    text[at++] = 48; // 0
    text[at++] = 120; // x
    for (let shift = 28; shift >= 0; shift -= 4) text[at++] = digits[(word >>> shift) & 15]!;
    text[at++] = 10; // newline
  }
  return new TextDecoder().decode(text);
}

/**
 * The words of a `.mem` text (emulator specification, section 1.3): hexadecimal tokens of either case
 * between white space, each with any number of `0x` before it. There are no comments.
 *
 * @throws {MemError} If a token is malformed or exceeds 32 bits.
 */
export function parseMem(text: string, options: { readonly file?: string } = {}): Uint32Array {
  let words = new Uint32Array(16 + Math.ceil(text.length / LINE_LENGTH));
  let count = 0;
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < text.length;) {
    const start = at;
    let code = text.charCodeAt(at);
    if (isSpace(code)) {
      at++;
      if (code === 10) {
        line++;
        lineStart = at;
      }
      continue;
    }
    while (code === 48 && text.charCodeAt(at + 1) === 120) {
      at += 2;
      code = text.charCodeAt(at);
    }
    let word = 0;
    let wrong = !(digitOf(code) >= 0);
    while (at < text.length && !isSpace(code)) {
      const digit = digitOf(code);
      if (digit < 0) wrong = true;
      word = word * 16 + digit;
      if (word > 0xffff_ffff) wrong = true;
      code = text.charCodeAt(++at);
    }
    if (wrong) {
      throw new MemError(text.slice(start, at), line, start - lineStart + 1, options.file);
    }
    if (count === words.length) {
      const twice = new Uint32Array(words.length * 2);
      twice.set(words);
      words = twice;
    }
    words[count++] = word;
  }
  return words.slice(0, count);
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0x85 || code === 0xa0;
}

/** The value of a hexadecimal digit, or -1. */
function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
