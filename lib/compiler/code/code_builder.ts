import type { Mnemonic } from "../../isa/mod.ts";
import { CompileError } from "../compile_error.ts";
import type { CodeNode } from "./code_tree.ts";
import { type Address, IMM18_END, type OperandValue, type Register, ZERO } from "./register.ts";

/** gp1 to gp15. */
const GP_REGISTERS = 15;

/**
 * Collects instructions into a tree of loops and stages. What a kernel writes with it is data:
 * nothing is encoded and no register has a number before the passes after it.
 */
export class CodeBuilder {
  /** What a kernel decided, a line each. */
  readonly notes: string[] = [];
  #nodes: CodeNode[] = [];
  #held = 0;

  /** What was written so far. */
  get nodes(): readonly CodeNode[] {
    return this.#nodes;
  }

  /** How many integer registers a kernel may use here besides those held around it. */
  get spareRegisters(): number {
    return GP_REGISTERS - this.#held;
  }

  /** A new integer register. */
  gp(name: string): Register {
    return { file: "gp", name };
  }

  /** A new scalar register. */
  fp(name: string): Register {
    return { file: "f", name };
  }

  /** A new HBM address register. */
  ha(name: string): Register {
    return { file: "a", name };
  }

  /** Appends an instruction. */
  emit(
    mnemonic: Mnemonic,
    operands: Readonly<Record<string, OperandValue>> = {},
    comment?: string,
  ): void {
    this.#nodes.push({ kind: "instruction", mnemonic, operands, comment });
  }

  /** Runs `body` while `count` more registers are known to be taken. */
  hold(count: number, body: () => void): void {
    this.#held += count;
    body();
    this.#held -= count;
  }

  /** A named part of the program. */
  stage(name: string, body: () => void): void {
    this.#nodes.push({ kind: "stage", name, body: this.#collect(body) });
  }

  /** A hardware loop; no loop at all for a count of 1 or 0. */
  loop(count: number, body: () => void): void {
    if (count === 0) return;
    if (count === 1) return body();
    if (!(count > 1 && count < 2 ** 22 && count % 1 === 0)) {
      throw new CompileError(
        `a loop of ${count} iterations: a count is 1 to ${2 ** 22 - 1}`,
        "choose a shorter sequence or a larger MLEN",
      );
    }
    const counter = this.gp("counter");
    this.#held++;
    this.#nodes.push({ kind: "loop", count, counter, body: this.#collect(body) });
    this.#held--;
  }

  /** register = value. */
  set(register: Register, value: number, comment?: string): void {
    const whole = value >>> 0;
    if (whole !== value) throw new RangeError(`${register.name} = ${value} has no 32 bits`);
    if (whole < IMM18_END) {
      this.emit("S_ADDI_INT", { rd: register, rs1: ZERO, imm18: whole }, comment);
      return;
    }
    this.emit("S_LUI_INT", { rd: register, imm22: whole >>> 12 }, comment);
    const low = whole & 4095;
    if (low !== 0) this.emit("S_ADDI_INT", { rd: register, rs1: register, imm18: low });
  }

  /** target = source + delta, for a delta of either sign. */
  add(target: Register, source: Register, delta: number, comment?: string): void {
    if (delta >= 0 && delta < IMM18_END) {
      if (delta === 0 && target === source) return;
      this.emit("S_ADDI_INT", { rd: target, rs1: source, imm18: delta }, comment);
      return;
    }
    const step = this.gp("step");
    this.set(step, Math.abs(delta));
    const mnemonic = delta < 0 ? "S_SUB_INT" : "S_ADD_INT";
    this.emit(mnemonic, { rd: target, rs1: source, rs2: step }, comment);
  }

  /** target = address. */
  point(target: Register, address: Address, comment?: string): void {
    if (address.register === undefined) this.set(target, address.offset, comment);
    else this.add(target, address.register, address.offset, comment);
  }

  #collect(body: () => void): CodeNode[] {
    const around = this.#nodes;
    this.#nodes = [];
    try {
      body();
      return this.#nodes;
    } finally {
      this.#nodes = around;
    }
  }
}
