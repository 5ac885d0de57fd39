import { disassemble, type DisassembleOptions } from "./disassemble.ts";
import { encode, OperandError } from "./encode.ts";
import { type Mnemonic, MNEMONICS, type Operands } from "./instructions.ts";
import { OPERAND_MAXIMUM } from "./operand.ts";

/** Constants from here up need two instructions (ISA specification, section 7). */
const IMM18_BOUND = OPERAND_MAXIMUM.imm18 + 1;

/** A growing list of words with comments: what a {@linkcode ProgramBuilder} can do besides single instructions. */
export class ProgramWriter {
  #words = new Uint32Array(256);
  #length = 0;
  readonly #comments = new Map<number, string[]>();
  readonly #openCounters: number[] = [];

  /** Index of the next instruction. */
  get pc(): number {
    return this.#length;
  }

  /**
   * Appends an instruction, with a comment on the line before it.
   *
   * @throws {OperandError} If an operand is missing, unknown or out of range.
   */
  emit<M extends Mnemonic>(mnemonic: M, operands: Operands<M>, comment?: string): this {
    return this.word(encode(mnemonic, operands), comment);
  }

  /** Appends a word as it is. */
  word(word: number, comment?: string): this {
    if (comment !== undefined) this.comment(comment);
    if (this.#length === this.#words.length) {
      const twice = new Uint32Array(this.#length * 2);
      twice.set(this.#words);
      this.#words = twice;
    }
    this.#words[this.#length++] = word;
    return this;
  }

  /** Appends the words of another program. */
  append(words: Iterable<number>): this {
    for (const word of words) this.word(word);
    return this;
  }

  /** Writes a comment before the next instruction of the text. */
  comment(comment: string): this {
    const comments = this.#comments.get(this.#length);
    if (comments === undefined) this.#comments.set(this.#length, [comment]);
    else comments.push(comment);
    return this;
  }

  /**
   * gp(register) = value, in one instruction below 2^18, else in one or two.
   *
   * @throws {OperandError} If the register is not 0 to 15 or the value not an unsigned 32-bit integer.
   */
  loadConstant(register: number, value: number, comment?: string): this {
    checkConstant(value);
    if (comment !== undefined) this.comment(comment);
    if (value < IMM18_BOUND) return this.emit("S_ADDI_INT", { rd: register, rs1: 0, imm18: value });
    this.emit("S_LUI_INT", { rd: register, imm22: Math.floor(value / 4096) });
    const low = value % 4096;
    if (low !== 0) this.emit("S_ADDI_INT", { rd: register, rs1: register, imm18: low });
    return this;
  }

  /**
   * gp(destination) = gp(source) + value. A value of 2^18 or more is loaded into `temporary` if one
   * is given that is not the source, else it is added in pieces of at most 2^18 - 1.
   *
   * @throws {OperandError} If a register is not 0 to 15 or the value not an unsigned 32-bit integer.
   */
  addConstant(destination: number, source: number, value: number, temporary?: number): this {
    checkConstant(value);
    if (value >= IMM18_BOUND && temporary !== undefined && temporary !== source) {
      this.loadConstant(temporary, value);
      return this.emit("S_ADD_INT", { rd: destination, rs1: source, rs2: temporary });
    }
    let rest = value;
    let from = source;
    do {
      const imm18 = Math.min(rest, OPERAND_MAXIMUM.imm18);
      this.emit("S_ADDI_INT", { rd: destination, rs1: from, imm18 });
      rest -= imm18;
      from = destination;
    } while (rest > 0);
    return this;
  }

  /**
   * A hardware loop: `body` appends the instructions that run `count` times, while gp(register)
   * counts down from `count` to 1.
   *
   * @throws {OperandError} If `count` is not 1 to 2^22 - 1, or the register is not 0 to 15 or
   * already counts a loop around this one.
   */
  loop(count: number, register: number, body: (program: this) => void): this {
    if (count === 0) {
      throw new OperandError(
        "A loop must run at least once, current count is 0",
        "leave the loop out when there is nothing to repeat",
      );
    }
    if (this.#openCounters.includes(register)) {
      throw new OperandError(
        `gp${register} already counts a loop around this one`,
        "give each nested loop a register of its own",
      );
    }
    this.emit("C_LOOP_START", { rd: register, imm22: count });
    this.#openCounters.push(register);
    body(this);
    this.#openCounters.pop();
    return this.emit("C_LOOP_END", { rd: register });
  }

  /** A copy of the words so far, every field where the machine reads it. */
  words(): Uint32Array {
    return this.#words.slice(0, this.#length);
  }

  /** The program as assembly text with its comments. */
  text(options: Omit<DisassembleOptions, "comments"> = {}): string {
    const words = this.#words.subarray(0, this.#length);
    return disassemble(words, { ...options, comments: this.#comments });
  }
}

function checkConstant(value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return;
  throw new OperandError(
    `A constant must be an integer from 0 to 4294967295, current value is ${value}`,
    value < 0 ? "immediates are unsigned: subtract with S_SUB_INT" : "registers have 32 bits",
  );
}

for (const mnemonic of MNEMONICS) {
  Object.defineProperty(ProgramWriter.prototype, mnemonic, {
    value(
      this: ProgramWriter,
      operands: Operands<typeof mnemonic>,
      comment?: string,
    ): ProgramWriter {
      return this.emit(mnemonic, operands, comment);
    },
  });
}

/**
 * A program under construction: words, never text. Each instruction is a method that takes its
 * operands by field and an optional comment, and returns the builder:
 * `program.S_ADDI_INT({ rd: 1, rs1: 0, imm18: 5 }, "five")`.
 */
export type ProgramBuilder =
  & ProgramWriter
  & {
    readonly [M in Mnemonic]: (operands: Operands<M>, comment?: string) => ProgramBuilder;
  };

/**
 * An empty program to build.
 *
 * ```ts
 * import { programBuilder } from "@fourbit/fourbit/isa";
 * import { assertEquals } from "@std/assert";
 *
 * const program = programBuilder().loadConstant(1, 300000);
 * program.loop(3, 2, (body) => body.S_ADDI_INT({ rd: 1, rs1: 1, imm18: 64 }, "next row"));
 * assertEquals(program.words().length, 5);
 * ```
 */
export function programBuilder(): ProgramBuilder {
  // The methods of the mapped type were defined from the instruction table above.
  return new ProgramWriter() as ProgramBuilder;
}
