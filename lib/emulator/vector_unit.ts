import { plena } from "../numerics/mod.ts";
import { clampedExp, EXP_LIMIT } from "./clamped_exp.ts";
import type { HeadMask } from "./head_mask.ts";
import { checkEntries, checkFpRegister, type Registers } from "./registers.ts";
import type { VectorSram } from "./vector_sram.ts";

const { nanOf } = plena;

/** Binary32 exponentials of bfloat16 codes, filled when first asked. */
const exponentials = new Float32Array(0x10000);

/**
 * The vector unit: one operation on one row of the vector SRAM per instruction, in binary32, rounded
 * by the write (emulator specification, section 4.4). What gives no row is in vector_reductions.ts.
 *
 * Results gather in one row and go to the SRAM as bits. A NaN is made of its operands' bits, so that
 * no host decides what it looks like.
 */
export class VectorUnit {
  readonly #sram: VectorSram;
  readonly #registers: Registers;
  readonly #length: number;
  readonly #mask: HeadMask;
  readonly #row: Float32Array;
  readonly #rowBits: Uint32Array;

  /** A vector unit on an SRAM. */
  constructor(sram: VectorSram, registers: Registers, mask: HeadMask) {
    this.#sram = sram;
    this.#registers = registers;
    this.#length = sram.rowLength;
    this.#mask = mask;
    this.#row = new Float32Array(this.#length);
    this.#rowBits = new Uint32Array(this.#row.buffer);
  }

  /** V_ADD_VV. */
  add(rd: number, rs1: number, rs2: number, mask: number): void {
    const gp = this.#registers.gp;
    const sram = this.#sram;
    const rowA = sram.row(gp[rs1]!);
    const rowB = sram.row(gp[rs2]!);
    const a = sram.page(rowA);
    const atA = sram.offset(rowA);
    const b = sram.page(rowB);
    const atB = sram.offset(rowB);
    const out = this.#row;
    const n = this.#length;
    let invalid = false;
    for (let i = 0; i < n; i++) {
      const value = a[atA + i]! + b[atB + i]!;
      out[i] = value;
      if (value !== value) invalid = true;
    }
    if (invalid) this.#nanRows(rowA, rowB);
    this.#finish(rd, rowA, mask);
  }

  /** V_SUB_VV. */
  subtract(rd: number, rs1: number, rs2: number, mask: number): void {
    const gp = this.#registers.gp;
    const sram = this.#sram;
    const rowA = sram.row(gp[rs1]!);
    const rowB = sram.row(gp[rs2]!);
    const a = sram.page(rowA);
    const atA = sram.offset(rowA);
    const b = sram.page(rowB);
    const atB = sram.offset(rowB);
    const out = this.#row;
    const n = this.#length;
    let invalid = false;
    for (let i = 0; i < n; i++) {
      const value = a[atA + i]! - b[atB + i]!;
      out[i] = value;
      if (value !== value) invalid = true;
    }
    if (invalid) this.#nanRows(rowA, rowB);
    this.#finish(rd, rowA, mask);
  }

  /** V_MUL_VV. */
  multiply(rd: number, rs1: number, rs2: number, mask: number): void {
    const gp = this.#registers.gp;
    const sram = this.#sram;
    const rowA = sram.row(gp[rs1]!);
    const rowB = sram.row(gp[rs2]!);
    const a = sram.page(rowA);
    const atA = sram.offset(rowA);
    const b = sram.page(rowB);
    const atB = sram.offset(rowB);
    const out = this.#row;
    const n = this.#length;
    let invalid = false;
    for (let i = 0; i < n; i++) {
      const value = a[atA + i]! * b[atB + i]!;
      out[i] = value;
      if (value !== value) invalid = true;
    }
    if (invalid) this.#nanRows(rowA, rowB);
    this.#finish(rd, rowA, mask);
  }

  /** V_ADD_VF. */
  addScalar(rd: number, rs1: number, rs2: number, mask: number): void {
    const sram = this.#sram;
    const rowA = sram.row(this.#registers.gp[rs1]!);
    checkFpRegister(rs2);
    const f = this.#registers.fp[rs2]!;
    const a = sram.page(rowA);
    const atA = sram.offset(rowA);
    const out = this.#row;
    const n = this.#length;
    let invalid = false;
    for (let i = 0; i < n; i++) {
      const value = a[atA + i]! + f;
      out[i] = value;
      if (value !== value) invalid = true;
    }
    if (invalid) this.#nanScalar(rowA, rs2);
    this.#finish(rd, rowA, mask);
  }

  /** V_SUB_VF; the other order negates the difference, so equal operands give -0. */
  subtractScalar(rd: number, rs1: number, rs2: number, mask: number, order: number): void {
    const sram = this.#sram;
    const rowA = sram.row(this.#registers.gp[rs1]!);
    checkFpRegister(rs2);
    const f = this.#registers.fp[rs2]!;
    const a = sram.page(rowA);
    const atA = sram.offset(rowA);
    const out = this.#row;
    const n = this.#length;
    let invalid = false;
    for (let i = 0; i < n; i++) {
      const value = a[atA + i]! - f;
      out[i] = value;
      if (value !== value) invalid = true;
    }
    if (invalid) this.#nanScalar(rowA, rs2);
    if (order !== 0) {
      const bits = this.#rowBits;
      for (let i = 0; i < n; i++) bits[i] = bits[i]! ^ 0x80000000;
    }
    this.#finish(rd, rowA, mask);
  }

  /** V_MUL_VF. */
  multiplyScalar(rd: number, rs1: number, rs2: number, mask: number): void {
    const sram = this.#sram;
    const rowA = sram.row(this.#registers.gp[rs1]!);
    checkFpRegister(rs2);
    const f = this.#registers.fp[rs2]!;
    const a = sram.page(rowA);
    const atA = sram.offset(rowA);
    const out = this.#row;
    const n = this.#length;
    let invalid = false;
    for (let i = 0; i < n; i++) {
      const value = a[atA + i]! * f;
      out[i] = value;
      if (value !== value) invalid = true;
    }
    if (invalid) this.#nanScalar(rowA, rs2);
    this.#finish(rd, rowA, mask);
  }

  /** V_MAX_VF (`sign` 1) and V_MIN_VF (`sign` -1): the row's element on ties, NaN wins. */
  limit(rd: number, rs1: number, rs2: number, mask: number, sign: 1 | -1): void {
    const sram = this.#sram;
    const rowA = sram.row(this.#registers.gp[rs1]!);
    checkFpRegister(rs2);
    const f = this.#registers.fp[rs2]! * sign;
    const fBits = this.#registers.fpBits[rs2]!;
    const a = sram.page(rowA);
    const aBits = sram.pageBits(rowA);
    const at = sram.offset(rowA);
    const out = this.#rowBits;
    const n = this.#length;
    if (f !== f) out.fill(fBits);
    else for (let i = 0; i < n; i++) out[i] = a[at + i]! * sign < f ? fBits : aBits[at + i]!;
    this.#finish(rd, rowA, mask);
  }

  /** V_EXP_V: heads that the mask leaves out receive the clamped operand. */
  exponential(rd: number, rs1: number, mask: number): void {
    const sram = this.#sram;
    const rowA = sram.row(this.#registers.gp[rs1]!);
    const a = sram.page(rowA);
    const aBits = sram.pageBits(rowA);
    const at = sram.offset(rowA);
    const out = this.#row;
    const outBits = this.#rowBits;
    const n = this.#length;
    for (let i = 0; i < n; i++) {
      const bits = aBits[at + i]!;
      const value = a[at + i]!;
      if (value !== value) outBits[i] = bits | 0x00400000;
      else if ((bits & 0xffff) !== 0) out[i] = clampedExp(value);
      else {
        // No clamped exponential is 0, so that 0 says: not computed yet.
        let result = exponentials[bits >>> 16]!;
        if (result === 0) {
          exponentials[bits >>> 16] = clampedExp(value);
          result = exponentials[bits >>> 16]!;
        }
        out[i] = result;
      }
    }
    if (mask !== 0) {
      for (let i = 0; i < n; i++) {
        if (this.#mask.selects(i)) continue;
        const value = a[at + i]!;
        if (value > EXP_LIMIT) out[i] = EXP_LIMIT;
        else if (value < -EXP_LIMIT) out[i] = -EXP_LIMIT;
        else outBits[i] = aBits[at + i]!;
      }
    }
    this.#finish(rd, rowA, 0);
  }

  /** V_RECI_V. */
  reciprocal(rd: number, rs1: number, mask: number): void {
    const sram = this.#sram;
    const rowA = sram.row(this.#registers.gp[rs1]!);
    const a = sram.page(rowA);
    const at = sram.offset(rowA);
    const out = this.#row;
    const n = this.#length;
    let invalid = false;
    for (let i = 0; i < n; i++) {
      const value = 1 / a[at + i]!;
      out[i] = value;
      if (value !== value) invalid = true;
    }
    if (invalid) this.#nanRows(rowA, rowA);
    this.#finish(rd, rowA, mask);
  }

  /** V_SHFT_V: toward higher indices, zeros move in. */
  shift(rd: number, rs1: number, rs2: number): void {
    const gp = this.#registers.gp;
    const sram = this.#sram;
    const rowA = sram.row(gp[rs1]!);
    const n = this.#length;
    const by = Math.min(gp[rs2]!, n);
    const aBits = sram.pageBits(rowA);
    const at = sram.offset(rowA);
    const out = this.#rowBits;
    for (let i = 0; i < by; i++) out[i] = 0;
    for (let i = by; i < n; i++) out[i] = aBits[at + i - by]!;
    this.#finish(rd, rowA, 0);
  }

  /** S_MAP_V_FP: a row from the FP SRAM. */
  mapFromFpSram(rd: number, rs1: number, immediate: number): void {
    const { gp, fpSramBits } = this.#registers;
    const start = (gp[rs1]! + immediate) >>> 0;
    const n = this.#length;
    checkEntries("FP", start, n);
    // Half of the cost is charged before the write, half after it.
    const row = this.#sram.row(gp[rd]!, 0.5);
    this.#sram.write(row, fpSramBits, start);
  }

  /** Puts back the first operand where the mask selects nothing, then writes the row. */
  #finish(rd: number, rowA: number, mask: number): void {
    if (mask !== 0) {
      const bits = this.#sram.pageBits(rowA);
      const at = this.#sram.offset(rowA);
      for (let i = 0; i < this.#length; i++) {
        if (!this.#mask.selects(i)) this.#rowBits[i] = bits[at + i]!;
      }
    }
    this.#sram.write(this.#sram.row(this.#registers.gp[rd]!), this.#rowBits, 0);
  }

  #nanRows(rowA: number, rowB: number): void {
    const a = this.#sram.pageBits(rowA);
    const atA = this.#sram.offset(rowA);
    const b = this.#sram.pageBits(rowB);
    const atB = this.#sram.offset(rowB);
    for (let i = 0; i < this.#length; i++) {
      if (this.#row[i]! !== this.#row[i]!) this.#rowBits[i] = nanOf(a[atA + i]!, b[atB + i]!);
    }
  }

  #nanScalar(rowA: number, f: number): void {
    const a = this.#sram.pageBits(rowA);
    const atA = this.#sram.offset(rowA);
    const fBits = this.#registers.fpBits[f]!;
    for (let i = 0; i < this.#length; i++) {
      if (this.#row[i]! !== this.#row[i]!) this.#rowBits[i] = nanOf(a[atA + i]!, fBits);
    }
  }
}
