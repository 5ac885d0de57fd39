import { plena } from "../numerics/mod.ts";
import { clampedExp } from "./clamped_exp.ts";
import { checkEntries, checkFpRegister, type Registers } from "./registers.ts";

const { f32Bits, nanOf, scalarBitsToBf16 } = plena;

/**
 * The scalar floating-point unit: bfloat16 registers, one binary32 operation, rounded back (emulator
 * specification, section 4.5). Instructions with destination f0 never come here.
 */
export class ScalarUnit {
  readonly #registers: Registers;

  /** A scalar unit on registers. */
  constructor(registers: Registers) {
    this.#registers = registers;
  }

  #set(rd: number, value: number, rs1: number, rs2: number): void {
    const bits = this.#registers.fpBits;
    bits[rd] = scalarBitsToBf16(value === value ? f32Bits(value) : nanOf(bits[rs1]!, bits[rs2]!));
  }

  /** S_ADD_FP. */
  add(rd: number, rs1: number, rs2: number): void {
    const fp = this.#registers.fp;
    checkFpRegister(rd, rs1, rs2);
    this.#set(rd, fp[rs1]! + fp[rs2]!, rs1, rs2);
  }

  /** S_SUB_FP. */
  subtract(rd: number, rs1: number, rs2: number): void {
    const fp = this.#registers.fp;
    checkFpRegister(rd, rs1, rs2);
    this.#set(rd, fp[rs1]! - fp[rs2]!, rs1, rs2);
  }

  /** S_MUL_FP. */
  multiply(rd: number, rs1: number, rs2: number): void {
    const fp = this.#registers.fp;
    checkFpRegister(rd, rs1, rs2);
    this.#set(rd, fp[rs1]! * fp[rs2]!, rs1, rs2);
  }

  /** S_MAX_FP: copies bits; the first operand on ties and NaN. */
  maximum(rd: number, rs1: number, rs2: number): void {
    const { fp, fpBits } = this.#registers;
    checkFpRegister(rd, rs1, rs2);
    fpBits[rd] = fp[rs2]! > fp[rs1]! ? fpBits[rs2]! : fpBits[rs1]!;
  }

  /** S_EXP_FP. */
  exponential(rd: number, rs1: number): void {
    checkFpRegister(rd, rs1);
    this.#set(rd, clampedExp(this.#registers.fp[rs1]!), rs1, rs1);
  }

  /** S_RECI_FP. */
  reciprocal(rd: number, rs1: number): void {
    checkFpRegister(rd, rs1);
    this.#set(rd, 1 / this.#registers.fp[rs1]!, rs1, rs1);
  }

  /** S_SQRT_FP. */
  squareRoot(rd: number, rs1: number): void {
    checkFpRegister(rd, rs1);
    this.#set(rd, Math.sqrt(this.#registers.fp[rs1]!), rs1, rs1);
  }

  /** S_LD_FP; f0 can be written. */
  load(rd: number, rs1: number, immediate: number): void {
    const { gp, fpBits, fpSramBits } = this.#registers;
    const index = (gp[rs1]! + immediate) >>> 0;
    checkEntries("FP", index);
    checkFpRegister(rd);
    fpBits[rd] = fpSramBits[index]!;
  }

  /** S_ST_FP. */
  store(rd: number, rs1: number, immediate: number): void {
    const { gp, fpBits, fpSramBits } = this.#registers;
    const index = (gp[rs1]! + immediate) >>> 0;
    checkEntries("FP", index);
    checkFpRegister(rd);
    fpSramBits[index] = fpBits[rd]!;
  }

  /** S_LD_INT. */
  loadInteger(rd: number, rs1: number, immediate: number): void {
    const { gp, intSram } = this.#registers;
    const index = (gp[rs1]! + immediate) >>> 0;
    checkEntries("INT", index);
    gp[rd] = intSram[index]!;
  }

  /** S_ST_INT. */
  storeInteger(rd: number, rs1: number, immediate: number): void {
    const { gp, intSram } = this.#registers;
    const index = (gp[rs1]! + immediate) >>> 0;
    checkEntries("INT", index);
    intSram[index] = gp[rd]!;
  }
}
