import { plena } from "../numerics/mod.ts";
import { clampedExp, EXP_LIMIT } from "./clamped_exp.ts";
import { FaultSignal } from "./fault.ts";
import { checkEntries, checkFpRegister, type Registers, VMASK } from "./registers.ts";
import { rowSum } from "./row_sum.ts";
import { topK } from "./top_k.ts";
import type { VectorSram } from "./vector_sram.ts";

const { DEFAULT_NAN_BITS, f32Bits, nanOf, scalarBitsToBf16 } = plena;

/** Binary32 exponentials of bfloat16 codes, filled when first asked. */
const exponentials = new Float32Array(0x10000);

/**
 * The vector unit: one operation on one row of the vector SRAM per instruction, in binary32, rounded
 * by the write (emulator specification, section 4.4).
 *
 * Results gather in one row and go to the SRAM as bits. A NaN is made of its operands' bits, so that
 * no host decides what it looks like.
 */
export class VectorUnit {
  readonly #sram: VectorSram;
  readonly #registers: Registers;
  readonly #length: number;
  readonly #headLength: number;
  readonly #row: Float32Array;
  readonly #rowBits: Uint32Array;

  /** A vector unit on an SRAM. */
  constructor(sram: VectorSram, registers: Registers, headLength: number) {
    this.#sram = sram;
    this.#registers = registers;
    this.#length = sram.rowLength;
    this.#headLength = headLength;
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
        if (this.#selected(i)) continue;
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
    const row = this.#sram.row(gp[rd]!);
    this.#sram.write(row, fpSramBits, start);
  }

  /** V_RED_SUM for rd other than 0. */
  reduceSum(rd: number, rs1: number, mask: number): void {
    const sram = this.#sram;
    const registers = this.#registers;
    const rowA = sram.row(registers.gp[rs1]!);
    checkFpRegister(rd);
    const n = this.#length;
    let sum: number;
    if (mask === 0) {
      sum = rowSum(sram.page(rowA), sram.offset(rowA), n);
    } else {
      // A selected head counts as its sum, once for each of its elements.
      this.#copy(rowA);
      const length = this.#headLength;
      const heads = this.#heads();
      for (let head = 0; head < heads; head++) {
        if (!this.#headSelected(head)) continue;
        this.#row.fill(
          rowSum(this.#row, head * length, length),
          head * length,
          (head + 1) * length,
        );
      }
      sum = rowSum(this.#row, 0, n);
    }
    const total = registers.fp[rd]! + sum;
    if (total === total) registers.fpBits[rd] = scalarBitsToBf16(f32Bits(total));
    else {
      const sumBits = sum === sum ? f32Bits(sum) : this.#firstNan(rowA);
      registers.fpBits[rd] = scalarBitsToBf16(nanOf(registers.fpBits[rd]!, sumBits));
    }
  }

  /** V_RED_MAX for rd other than 0; a mask makes no difference to a maximum. */
  reduceMax(rd: number, rs1: number): void {
    const sram = this.#sram;
    const registers = this.#registers;
    const rowA = sram.row(registers.gp[rs1]!);
    checkFpRegister(rd);
    const a = sram.page(rowA);
    const at = sram.offset(rowA);
    let largest = -Infinity;
    for (let i = 0; i < this.#length; i++) {
      const value = a[at + i]!;
      if (!(value <= largest)) largest = value; // a NaN is taken, and then stays
      if (largest !== largest) return; // NaN in the row: the register's value remains
    }
    const old = registers.fp[rd]!;
    if (!(old >= largest)) registers.fpBits[rd] = scalarBitsToBf16(f32Bits(largest));
  }

  /** V_TOPK; the policy has been checked. */
  selectTop(rd: number, rs1: number, rs2: number, policy: number): void {
    const registers = this.#registers;
    const sram = this.#sram;
    const experts = policy === 0 ? 32 : 128;
    const count = policy === 0 ? 4 : 8;
    const logits = new Float32Array(experts);
    const n = this.#length;
    for (let first = 0; first < experts; first += n) {
      const row = sram.row((registers.gp[rs1]! + first) >>> 0);
      const page = sram.page(row);
      const at = sram.offset(row);
      for (let i = 0; i < n && first + i < experts; i++) logits[first + i] = page[at + i]!;
    }
    const { indices, weights } = topK(logits, count);
    for (let rank = 0; rank < count; rank++) {
      const intIndex = registers.gp[rs2]! + rank;
      const fpIndex = registers.gp[rd]! + rank;
      checkEntries("INT", intIndex);
      registers.intSram[intIndex] = indices[rank]!;
      checkEntries("FP", fpIndex);
      registers.fpSramBits[fpIndex] = scalarBitsToBf16(f32Bits(weights[rank]!));
    }
  }

  #heads(): number {
    if (this.#headLength === 0) {
      throw new FaultSignal("dimensions", "a masked operation needs HLEN of at least 1");
    }
    return Math.floor(this.#length / this.#headLength);
  }

  /** Bit `head mod 32` of VMASK: what a 32-bit shift does with head numbers of 32 and above. */
  #headSelected(head: number): boolean {
    return ((this.#registers.control[VMASK]! >>> (head & 31)) & 1) !== 0;
  }

  #selected(element: number): boolean {
    const heads = this.#heads();
    const head = Math.floor(element / this.#headLength);
    return head < heads && this.#headSelected(head);
  }

  #copy(row: number): void {
    const bits = this.#sram.pageBits(row);
    const at = this.#sram.offset(row);
    for (let i = 0; i < this.#length; i++) this.#rowBits[i] = bits[at + i]!;
  }

  /** Puts back the first operand where the mask selects nothing, then writes the row. */
  #finish(rd: number, rowA: number, mask: number): void {
    if (mask !== 0) {
      const bits = this.#sram.pageBits(rowA);
      const at = this.#sram.offset(rowA);
      for (let i = 0; i < this.#length; i++) {
        if (!this.#selected(i)) this.#rowBits[i] = bits[at + i]!;
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

  #firstNan(row: number): number {
    const bits = this.#sram.pageBits(row);
    const at = this.#sram.offset(row);
    for (let i = 0; i < this.#length; i++) {
      if ((bits[at + i]! & 0x7fffffff) > 0x7f800000) return (bits[at + i]! | 0x00400000) >>> 0;
    }
    return DEFAULT_NAN_BITS;
  }
}
