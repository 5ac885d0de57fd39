import { plena } from "../numerics/mod.ts";
import type { HeadMask } from "./head_mask.ts";
import { checkEntries, checkFpRegister, type Registers } from "./registers.ts";
import { rowSum } from "./row_sum.ts";
import { topK } from "./top_k.ts";
import type { VectorSram } from "./vector_sram.ts";

const { DEFAULT_NAN_BITS, f32Bits, nanOf, scalarBitsToBf16 } = plena;

/** The vector instructions whose results go to scalar registers and SRAMs (section 4.4). */
export class VectorReductions {
  readonly #sram: VectorSram;
  readonly #registers: Registers;
  readonly #mask: HeadMask;
  readonly #length: number;

  /** Reductions of the rows of an SRAM. */
  constructor(sram: VectorSram, registers: Registers, mask: HeadMask) {
    this.#sram = sram;
    this.#registers = registers;
    this.#mask = mask;
    this.#length = sram.rowLength;
  }

  /** V_RED_SUM for rd other than 0. */
  sum(rd: number, rs1: number, mask: number): void {
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
      const at = sram.offset(rowA);
      const row = sram.page(rowA).slice(at, at + n);
      const { heads, headLength } = this.#mask;
      for (let head = 0; head < heads; head++) {
        if (!this.#mask.selectsHead(head)) continue;
        const from = head * headLength;
        row.fill(rowSum(row, from, headLength), from, from + headLength);
      }
      sum = rowSum(row, 0, n);
    }
    const total = registers.fp[rd]! + sum;
    if (total === total) registers.fpBits[rd] = scalarBitsToBf16(f32Bits(total));
    else {
      const sumBits = sum === sum ? f32Bits(sum) : this.#firstNan(rowA);
      registers.fpBits[rd] = scalarBitsToBf16(nanOf(registers.fpBits[rd]!, sumBits));
    }
  }

  /** V_RED_MAX for rd other than 0; a mask makes no difference to a maximum. */
  maximum(rd: number, rs1: number): void {
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
    // Here the cost is charged: a fault below has been paid for.
    const { indices, weights } = topK(logits, count);
    for (let rank = 0; rank < count; rank++) {
      const intIndex = registers.gp[rs2]! + rank;
      const fpIndex = registers.gp[rd]! + rank;
      checkEntries("INT", intIndex, 1, 1);
      registers.intSram[intIndex] = indices[rank]!;
      checkEntries("FP", fpIndex, 1, 1);
      registers.fpSramBits[fpIndex] = scalarBitsToBf16(f32Bits(weights[rank]!));
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
