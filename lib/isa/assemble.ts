import { AssemblyError, AssemblyErrors, type LineError } from "./assembly_error.ts";
import { assembleCompatLine } from "./compat_line.ts";
import { FIELDS } from "./fields.ts";
import { BY_OPCODE } from "./instructions.ts";
import {
  HASH_FACTOR,
  HASH_SHIFT,
  MNEMONIC_CODES,
  MNEMONIC_LENGTHS,
  MNEMONIC_STRIDE,
  OPCODE_BY_SLOT,
} from "./mnemonic_table.ts";
import { OPERAND_MAXIMUM, type OperandKind } from "./operand.ts";
import { assembleStrictLine } from "./strict_line.ts";
import type { Encoding } from "./syntax.ts";

/** How to assemble. */
export interface AssembleOptions {
  /**
   * `fixed` (the default) is strict and puts every field where the machine reads it. `compat` is bit
   * for bit the public assembler: what it takes, where it puts it, and what it refuses.
   */
  readonly encoding?: Encoding;
  /** Name of the file, for messages. */
  readonly file?: string;
}

/** An assembled text. */
export interface AssembledProgram {
  /** The instruction words. */
  readonly words: Uint32Array;
  /** For each word the line that it came from, from 1. */
  readonly lines: Uint32Array;
}

/** How an operand begins: what {@linkcode planFor} writes for each kind. */
const GP = 1;
const F = 2;
const A = 3;
const NUMBER = 4;
const GP_OR_ZERO = 5;
const PREFIX: Readonly<Partial<Record<OperandKind, number>>> = { gp: GP, f: F, a: A };

/** Places per opcode in the tables of a plan. */
const STRIDE = 8;
/** Marks an operand that is read but not encoded. */
const DROPPED = 255;

/** The instruction table as the scanner reads it: {@linkcode STRIDE} operands per opcode. */
interface Plan {
  readonly fewest: Uint8Array;
  readonly most: Uint8Array;
  readonly prefix: Uint8Array;
  readonly maximum: Uint32Array;
  readonly lsb: Uint8Array;
}

function planFor(encoding: Encoding): Plan {
  const plan: Plan = {
    fewest: new Uint8Array(64),
    most: new Uint8Array(64),
    prefix: new Uint8Array(64 * STRIDE).fill(NUMBER),
    maximum: new Uint32Array(64 * STRIDE),
    lsb: new Uint8Array(64 * STRIDE).fill(DROPPED),
  };
  for (const [opcode, row] of BY_OPCODE.entries()) {
    if (row === undefined) continue;
    plan.fewest[opcode] = row.operands.filter(({ optional }) => !optional).length;
    plan.most[opcode] = row.operands.length + (row.redundantZeros ?? 0);
    for (const [index, operand] of row.operands.entries()) {
      const { kind, field, compatField } = operand;
      const at = encoding === "fixed" || compatField === undefined ? field : compatField;
      const slot = opcode * STRIDE + index;
      plan.prefix[slot] = operand.literalZero ? GP_OR_ZERO : PREFIX[kind] ?? NUMBER;
      plan.maximum[slot] = OPERAND_MAXIMUM[kind];
      plan.lsb[slot] = at === null ? DROPPED : FIELDS[at].lsb;
    }
  }
  return plan;
}

const PLANS: Readonly<Record<Encoding, Plan>> = {
  fixed: planFor("fixed"),
  compat: planFor("compat"),
};

const TAB = 9;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const COMMA = 44;
const SLASH = 47;
const ZERO = 48;
const SEMICOLON = 59;
const LETTER_A = 97;
const LETTER_F = 102;
const LETTER_G = 103;
const LETTER_P = 112;

/**
 * The instruction words of an assembly text (ISA specification, sections 2 to 4).
 *
 * @throws {AssemblyErrors} If any line is wrong; it holds one error per bad line.
 */
export function assemble(text: string, options: AssembleOptions = {}): Uint32Array {
  return assembleProgram(text, options).words;
}

/**
 * Like {@linkcode assemble}, and says which line each word came from.
 *
 * How it is fast: one pass over the character codes recognises lines as programs write them,
 * without making strings; anything else goes to a slower reader of single lines, which also
 * explains what is wrong.
 *
 * @throws {AssemblyErrors} If any line is wrong; it holds one error per bad line.
 */
export function assembleProgram(text: string, options: AssembleOptions = {}): AssembledProgram {
  const { encoding = "fixed", file } = options;
  const { fewest, most, prefix, maximum, lsb } = PLANS[encoding];
  const assembleLine: (line: string) => number | undefined | LineError = encoding === "fixed"
    ? assembleStrictLine
    : assembleCompatLine;
  const errors: AssemblyError[] = [];
  let words = new Uint32Array(16 + (text.length >>> 4));
  let lines = new Uint32Array(words.length);
  let count = 0;

  // The final newline ends every loop below.
  const source = text.endsWith("\n") ? text : text + "\n";
  const length = source.length;
  let at = 0;
  for (let line = 1; at < length; line++) {
    const lineStart = at;
    let code = source.charCodeAt(at);
    while (code === SPACE || code === TAB || code === CARRIAGE_RETURN) {
      code = source.charCodeAt(++at);
    }
    if (code === NEWLINE) {
      at++;
      continue;
    }
    if (code === SEMICOLON || (code === SLASH && source.charCodeAt(at + 1) === SLASH)) {
      at = source.indexOf("\n", at) + 1;
      continue;
    }

    let word = -1;
    scan: {
      const start = at;
      let hash = 0;
      while (code > SPACE && code !== SEMICOLON) {
        hash = Math.imul(hash + code, HASH_FACTOR);
        code = source.charCodeAt(++at);
      }
      const opcode = OPCODE_BY_SLOT[hash >>> HASH_SHIFT]!;
      const size = at - start;
      if (size !== MNEMONIC_LENGTHS[opcode]! || size === 0) break scan;
      const letters = opcode * MNEMONIC_STRIDE - start;
      for (let i = start; i < at; i++) {
        if (source.charCodeAt(i) !== MNEMONIC_CODES[letters + i]!) break scan;
      }

      let bits = opcode;
      let seen = 0;
      const limit = most[opcode]!;
      while (code === SPACE || code === TAB || code === CARRIAGE_RETURN) {
        code = source.charCodeAt(++at);
      }
      if (code !== NEWLINE && code !== SEMICOLON && code !== SLASH) {
        for (let slot = opcode * STRIDE;; slot++) {
          if (seen === limit) break scan;
          let wanted = prefix[slot]!;
          if (wanted === GP_OR_ZERO) wanted = code === ZERO ? NUMBER : GP;
          if (wanted === GP) {
            if (code !== LETTER_G || source.charCodeAt(at + 1) !== LETTER_P) break scan;
            at += 2;
            code = source.charCodeAt(at);
          } else if (wanted === F) {
            if (code !== LETTER_F) break scan;
            code = source.charCodeAt(++at);
          } else if (wanted === A) {
            if (code !== LETTER_A) break scan;
            code = source.charCodeAt(++at);
          }
          let value = code - ZERO;
          if (value < 0 || value > 9) break scan;
          code = source.charCodeAt(++at);
          if (value !== 0) {
            for (let digit = code - ZERO; digit >= 0 && digit <= 9; digit = code - ZERO) {
              value = value * 10 + digit;
              if (value > 0x3fffff) break scan;
              code = source.charCodeAt(++at);
            }
          }
          if (value > maximum[slot]!) break scan;
          const shift = lsb[slot]!;
          if (shift !== DROPPED) bits |= value << shift;
          seen++;
          while (code === SPACE || code === TAB || code === CARRIAGE_RETURN) {
            code = source.charCodeAt(++at);
          }
          if (code !== COMMA) break;
          code = source.charCodeAt(++at);
          while (code === SPACE || code === TAB) code = source.charCodeAt(++at);
        }
      }
      if (seen < fewest[opcode]!) break scan;
      if (code === NEWLINE) at++;
      else if (code === SEMICOLON || (code === SLASH && source.charCodeAt(at + 1) === SLASH)) {
        at = source.indexOf("\n", at) + 1;
      } else break scan;
      word = bits >>> 0;
    }

    if (word < 0) {
      const lineEnd = source.indexOf("\n", lineStart);
      at = lineEnd + 1;
      const result = assembleLine(source.slice(lineStart, lineEnd));
      if (result === undefined) continue;
      if (typeof result !== "number") {
        errors.push(new AssemblyError(result, line, file));
        continue;
      }
      word = result;
    }
    if (count === words.length) {
      words = grown(words);
      lines = grown(lines);
    }
    words[count] = word;
    lines[count] = line;
    count++;
  }
  const [first, ...others] = errors;
  if (first !== undefined) throw new AssemblyErrors([first, ...others]);
  return { words: words.slice(0, count), lines: lines.slice(0, count) };
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const twice = new Uint32Array(array.length * 2);
  twice.set(array);
  return twice;
}
