/**
 * The machine once more, slow and obvious, for tests: codes are encoded and decoded one by one,
 * rows are plain arrays, every open loop counts for itself, and no time passes but the cost table's.
 * It shares the casts and block quantiser of `numerics` with the machine, and no other code.
 */
import { latencyCycles, type LatencyKey, type MachineSettings } from "../boards/mod.ts";
import { f16ToF32, plena } from "../numerics/mod.ts";
import { demand, ReferenceFault, ReferenceLimit } from "./_reference_fault.ts";
import { decodeGroup, transfer } from "./_reference_transfer.ts";

const { decodeToF32Bits, encodeFromF32Bits, f32Bits, f32FromBits, scalarBitsToBf16 } = plena;
const fround = Math.fround;

const scalar = (x: number): number => f32FromBits(scalarBitsToBf16(f32Bits(x)));
const exp = (x: number): number => fround(Math.exp(Math.min(88, Math.max(-88, x))));

/** A machine whose elements and scales have 8, 16 or 32 bits. */
export class ReferenceMachine {
  gp = new Array<number>(16).fill(0);
  fp = new Array<number>(8).fill(0);
  ha = new Array<bigint>(16).fill(0n);
  scale = 0;
  stride = 1;
  vmask = 0;
  fpSram = new Array<number>(1024).fill(0);
  intSram = new Array<number>(1024).fill(0);
  rows: number[][];
  tiles: number[][];
  hbm: Uint8Array;
  loops: { pc: number; register: number; count: number }[] = [];
  accM: number[][];
  accV: number[];
  accHM: number[][][];
  accHV: number[][];
  pc = 0;
  ns = 0;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(
    readonly program: Uint32Array,
    readonly settings: MachineSettings,
    images: { hbm: Uint8Array; fpSram: Uint8Array; vram: Uint8Array; hbmSizeBytes: number },
  ) {
    const c = settings.config;
    const zeros = (n: number): number[] => new Array<number>(n).fill(0);
    this.rows = Array.from({ length: c.vectorSramRows }, () => zeros(c.vlen));
    const tiles = Math.floor(c.matrixSramRows / c.mlen);
    this.tiles = Array.from({ length: tiles }, () => zeros(c.mlen * c.mlen));
    this.hbm = new Uint8Array(images.hbmSizeBytes);
    this.hbm.set(images.hbm);
    this.accM = Array.from({ length: c.blen }, () => zeros(c.blen));
    this.accV = zeros(c.blen);
    const heads = { length: c.broadcastAmount };
    this.accHM = Array.from(heads, () => Array.from({ length: c.mlen }, () => zeros(c.mlen)));
    this.accHV = Array.from(heads, () => zeros(c.mlen));
    const halves = new Uint16Array(images.fpSram.slice().buffer);
    f16ToF32(halves).forEach((x, i) => this.fpSram[i] = scalar(x));
    const { element } = settings.precision.VECTOR_SRAM_TYPE;
    const rowBytes = plena.codeWidth(element) * c.vlen / 8;
    for (let row = 0; row < this.rows.length; row++) {
      const bytes = [...images.vram.subarray(row * rowBytes, (row + 1) * rowBytes)];
      const whole = Math.floor(bytes.length / rowBytes * c.vlen);
      this.writeBits(row * c.vlen, decodeGroup(bytes, element, whole));
    }
  }

  row(address: number): number[] {
    const { vlen } = this.settings.config;
    demand(address % vlen === 0 && address / vlen < this.rows.length, `row ${address}`);
    return this.rows[address / vlen]!;
  }

  write(address: number, values: number[]): void {
    // Which NaN a host makes is its own affair.
    this.writeBits(address, values.map((x) => Number.isNaN(x) ? 0x7fc00000 : f32Bits(x)));
  }

  writeBits(address: number, bits: readonly number[]): void {
    const row = this.row(address);
    const { element } = this.settings.precision.VECTOR_SRAM_TYPE;
    let seen = 0;
    bits.forEach((x, i) => {
      const code = encodeFromF32Bits(x, element);
      seen = plena.codeWidth(element) === 32 ? (seen | code) >>> 0 : code;
      row[i] = f32FromBits(decodeToF32Bits(seen, element));
      if (Number.isNaN(row[i]) && plena.codeWidth(element) === 32) throw new ReferenceLimit();
    });
  }

  tile(address: number): number[] {
    const size = this.settings.config.mlen ** 2;
    demand(Math.floor(address / size) < this.tiles.length, `tile ${address}`);
    return this.tiles[Math.floor(address / size)]!;
  }

  f(index: number): number {
    demand(index < 8, `f${index}`);
    return this.fp[index]!;
  }

  run(maxSteps = Infinity): void {
    for (let steps = 0; this.pc < this.program.length && steps < maxSteps; steps++) {
      for (const loop of this.loops) {
        loop.count++;
        demand(loop.count <= this.settings.config.maxLoopInstructions, "loop limit");
      }
      this.pc = this.step(this.program[this.pc]!);
    }
  }

  cost(key: LatencyKey): void {
    this.ns += latencyCycles(this.settings, key);
  }

  step(word: number): number {
    const field = (lsb: number, width: number): number => (word >>> lsb) % 2 ** width;
    const [op, rd, rs1, rs2, rs3] = [
      field(0, 6),
      field(6, 4),
      field(10, 4),
      field(14, 4),
      field(18, 4),
    ];
    const imm = word >>> 14;
    const { gp, pc } = this;
    const c = this.settings.config;
    const u32 = (x: number): number => Number(BigInt.asUintN(32, BigInt(x)));
    const a = gp[rs1]!;
    const b = gp[rs2]!;
    if ([0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d].includes(op) && rd === 0) {
      return pc + 1;
    }
    switch (op) {
      case 0x01:
      case 0x02:
        this.multiply(op === 0x02, op === 0x01 ? a : b, op === 0x01 ? b : a);
        this.ns += latencyCycles(this.settings, "SYSTOLIC_PROCESSING_OVERHEAD") + c.mlen;
        break;
      case 0x03:
      case 0x04: {
        const result = this.heads(op === 0x04, a, b, c.mlen);
        this.accHM = this.accHM.map((m, h) =>
          m.map((line, i) => line.map((x, j) => fround(x + result[h]![i]![j]!)))
        );
        this.ns += latencyCycles(this.settings, "SYSTOLIC_PROCESSING_OVERHEAD") + c.mlen;
        break;
      }
      case 0x0a: {
        const result = this.heads(true, u32(a + gp[rd]!), b, 1);
        this.accHV = this.accHV.map((line, h) =>
          line.map((x, j) => fround(x + result[h]![0]![j]!))
        );
        this.ns += latencyCycles(this.settings, "SYSTOLIC_PROCESSING_OVERHEAD") + 1;
        break;
      }
      case 0x05:
        this.accHM.flat().forEach((line, i) => this.write(u32(gp[rd]! + imm) + i * c.mlen, line));
        this.accHM.forEach((m) => m.forEach((line) => line.fill(0)));
        this.ns++;
        break;
      case 0x0c:
        this.accHV.forEach((line, i) => this.write(u32(gp[rd]! + imm) + i * c.mlen, line));
        this.accHV.forEach((line) => line.fill(0));
        this.ns++;
        break;
      case 0x06:
      case 0x0b: {
        const to = u32(gp[rd]! + imm);
        const offset = to % c.mlen;
        demand(offset % c.blen === 0 && offset + c.blen <= c.mlen, "write-out offset");
        const lines = op === 0x06 ? this.accM : [this.accV];
        const step = op === 0x06 && rs1 !== 0 ? a : 1;
        lines.forEach((line, i) => {
          const address = u32(to - offset + i * c.mlen * step);
          const row = [...this.row(address)];
          line.forEach((x, j) => row[offset + j] = x);
          this.write(address, row);
        });
        lines.forEach((line) => line.fill(0));
        this.ns++;
        break;
      }
      case 0x07:
      case 0x08: {
        const tile = this.tile(a);
        const column = a % c.mlen ** 2;
        if (op === 0x07) demand(column % c.blen === 0 && column + c.blen <= c.mlen, "M_MV offset");
        else demand(column === 0, "M_TMV offset");
        const x = this.row(b);
        this.accV = this.accV.map((old, j) => {
          let sum = 0;
          for (let k = 0; k < c.mlen; k++) {
            const w = op === 0x07 ? tile[k * c.mlen + column + j]! : tile[j * c.mlen + k]!;
            sum = fround(sum + x[k]! * w);
          }
          return fround(old + sum);
        });
        this.ns += c.mlen;
        break;
      }
      case 0x0d:
      case 0x0f:
      case 0x11: {
        const y = this.row(b);
        const operation = op === 0x0d
          ? (p: number, q: number): number => p + q
          : op === 0x0f
          ? (p: number, q: number): number => p - q
          : (p: number, q: number): number => p * q;
        this.vector(rd, a, rs3, (x, i) => operation(x, y[i]!));
        this.cost(op === 0x11 ? "VECTOR_MUL_CYCLES" : "VECTOR_ADD_CYCLES");
        break;
      }
      case 0x0e:
      case 0x10:
      case 0x12:
      case 0x35:
      case 0x36: {
        const f = this.f(rs2);
        this.vector(rd, a, rs3, (x) => {
          if (op === 0x0e) return x + f;
          if (op === 0x10) return field(22, 4) === 0 ? x - f : -fround(x - f);
          if (op === 0x12) return x * f;
          if (Number.isNaN(f)) return f;
          return (op === 0x35 ? x < f : x > f) ? f : x;
        });
        this.cost(
          op === 0x12
            ? "VECTOR_MUL_CYCLES"
            : op >= 0x35
            ? "VECTOR_MAX_CYCLES"
            : "VECTOR_ADD_CYCLES",
        );
        break;
      }
      case 0x13: {
        const clamped = this.row(a).map((x) => Math.min(88, Math.max(-88, x)));
        this.write(gp[rd]!, clamped.map((x, i) => this.selected(rs3, i) ? exp(x) : x));
        this.cost("VECTOR_EXP_CYCLES");
        break;
      }
      case 0x14:
        this.vector(rd, a, rs3, (x) => 1 / x);
        this.cost("VECTOR_RECI_CYCLES");
        break;
      case 0x15: {
        const old = this.f(rd);
        let x = [...this.row(a)];
        if (rs3 !== 0) {
          x = x.map((value, i) => {
            const from = i - i % c.hlen;
            return this.selected(rs3, i) ? this.sum(x.slice(from, from + c.hlen)) : value;
          });
        }
        this.fp[rd] = scalar(fround(old + this.sum(x)));
        this.cost("VECTOR_SUM_CYCLES");
        break;
      }
      case 0x16: {
        const old = this.f(rd);
        const row = this.row(a);
        const m = Math.max(...row);
        this.fp[rd] = Number.isNaN(m) || old >= m ? old : scalar(m);
        this.cost("VECTOR_MAX_CYCLES");
        break;
      }
      case 0x17:
      case 0x18:
      case 0x19:
      case 0x1a: {
        const [x, y] = [this.f(rs1), this.f(rs2)];
        this.f(rd);
        this.fp[rd] = op === 0x17
          ? scalar(x + y)
          : op === 0x18
          ? scalar(x - y)
          : op === 0x19
          ? (y > x ? y : x)
          : scalar(x * y);
        this.cost("SCALAR_FP_BASIC_CYCLES");
        break;
      }
      case 0x1b:
        this.f(rd);
        this.fp[rd] = scalar(exp(this.f(rs1)));
        this.cost("SCALAR_FP_EXP_CYCLES");
        break;
      case 0x1c:
        this.f(rd);
        this.fp[rd] = scalar(1 / this.f(rs1));
        this.cost("SCALAR_FP_RECI_CYCLES");
        break;
      case 0x1d:
        this.f(rd);
        this.fp[rd] = scalar(Math.sqrt(this.f(rs1)));
        this.cost("SCALAR_FP_SQRT_CYCLES");
        break;
      case 0x1e:
        demand(rd < 8 && u32(a + imm) < 1024, "S_LD_FP");
        this.fp[rd] = this.fpSram[u32(a + imm)]!;
        this.ns++;
        break;
      case 0x1f:
        demand(u32(a + imm) < 1024, "S_ST_FP");
        this.fpSram[u32(a + imm)] = this.f(rd);
        this.ns++;
        break;
      case 0x20: {
        const from = u32(a + imm);
        demand(from + c.vlen <= 1024, "S_MAP_V_FP");
        this.write(gp[rd]!, this.fpSram.slice(from, from + c.vlen));
        this.ns += 2 * c.vlen;
        break;
      }
      case 0x21:
      case 0x22:
      case 0x23:
      case 0x24:
      case 0x25:
        gp[rd] = op === 0x24
          ? Number(BigInt.asUintN(32, BigInt(a) * BigInt(b)))
          : op === 0x25
          ? u32((word >>> 10) * 4096)
          : u32(op === 0x21 ? a + b : op === 0x22 ? a + imm : a - b);
        this.cost("SCALAR_INT_BASIC_CYCLES");
        break;
      case 0x26:
      case 0x27:
        demand(u32(a + imm) < 1024, "INT SRAM");
        if (op === 0x26) gp[rd] = this.intSram[u32(a + imm)]!;
        else this.intSram[u32(a + imm)] = gp[rd]!;
        this.cost("SCALAR_INT_BASIC_CYCLES");
        break;
      case 0x28:
      case 0x29:
      case 0x2a:
        transfer(this, op, gp[rd]!, a, this.ha[rs2]!, rs3, field(22, 4));
        break;
      case 0x2b:
        this.ha[rd] = BigInt(a) * 2n ** 32n + BigInt(b);
        this.ns++;
        break;
      case 0x2c:
      case 0x2d:
      case 0x2e:
        this[op === 0x2c ? "scale" : op === 0x2d ? "stride" : "vmask"] = gp[rd]!;
        this.ns++;
        break;
      case 0x2f:
        demand(word >>> 10 > 0, "loop count");
        gp[rd] = word >>> 10;
        this.loops.push({ pc, register: rd, count: 0 });
        this.ns++;
        break;
      case 0x30: {
        const loop = this.loops.findLast((entry) => entry.register === rd);
        demand(loop !== undefined, "loop end");
        this.ns++;
        if (gp[rd]! > 1) {
          gp[rd]!--;
          loop!.count = 0;
          return loop!.pc + 1;
        }
        gp[rd] = 0;
        this.loops = this.loops.filter((entry) => entry !== loop);
        break;
      }
      case 0x32: {
        const x = this.row(a);
        this.write(gp[rd]!, x.map((_, i) => i < b ? 0 : x[i - b]!));
        this.cost("VECTOR_MUL_CYCLES");
        break;
      }
      case 0x37: {
        demand(rs3 < 2, "policy");
        const [experts, best] = rs3 === 0 ? [32, 4] as const : [128, 8] as const;
        const logits: number[] = [];
        for (let at = a; logits.length < experts; at += c.vlen) logits.push(...this.row(at));
        const clean = logits.slice(0, experts).map((x) => Number.isNaN(x) ? -Infinity : x);
        const above = (x: number, y: number): boolean =>
          x > y || (Object.is(x, 0) && Object.is(y, -0));
        const chosen: number[] = [];
        while (chosen.length < best) {
          let next = -1;
          clean.forEach((x, i) => {
            if (!chosen.includes(i) && (next < 0 || above(x, clean[next]!))) next = i;
          });
          chosen.push(next);
        }
        const e = chosen.map((i) => fround(Math.exp(fround(clean[i]! - clean[chosen[0]!]!))));
        const sum = e.reduce((r, x) => fround(r + x), 0);
        this.ns += latencyCycles(this.settings, "VECTOR_MAX_CYCLES") * experts;
        chosen.forEach((index, rank) => {
          demand(b + rank < 1024 && gp[rd]! + rank < 1024, "V_TOPK result");
          this.intSram[b + rank] = index;
          this.fpSram[gp[rd]! + rank] = sum > 0 && sum < Infinity
            ? scalar(fround(e[rank]! / sum))
            : 0;
        });
        break;
      }
      case 0x34: {
        const loop = this.loops.pop();
        demand(loop !== undefined, "break");
        gp[loop!.register] = 0;
        this.ns++;
        break;
      }
      default:
        throw new ReferenceFault(`opcode ${op}`);
    }
    return pc + 1;
  }

  selected(mask: number, element: number): boolean {
    const { vlen, hlen } = this.settings.config;
    if (mask === 0) return true;
    const head = Math.floor(element / hlen);
    return head < Math.floor(vlen / hlen) && (this.vmask >>> (head % 32)) % 2 === 1;
  }

  vector(rd: number, a: number, mask: number, f: (x: number, i: number) => number): void {
    const row = this.row(a);
    this.write(this.gp[rd]!, row.map((x, i) => this.selected(mask, i) ? fround(f(x, i)) : x));
  }

  /** For fewer than 512 values: four partial sums of eight lanes. */
  sum(x: number[]): number {
    const vectors = Math.floor(x.length / 8);
    const groups = Math.floor(vectors / 4);
    const add = (p: number[], q: number[]): number[] => p.map((v, i) => fround(v + q[i]!));
    const at = (t: number): number[] => x.slice(8 * t, 8 * t + 8);
    const zero = new Array<number>(8).fill(0);
    const p = [0, 1, 2, 3].map((j) => {
      let lanes = zero;
      for (let i = 0; i < groups; i++) lanes = add(lanes, at(4 * i + j));
      return lanes;
    });
    for (let t = 4 * groups; t < vectors; t++) p[0] = add(p[0]!, at(t));
    const lanes = add(add(add(p[0]!, p[1]!), p[2]!), p[3]!);
    return [...x.slice(8 * vectors), ...lanes].reduce((r, v) => fround(r + v), 0);
  }

  multiply(transposed: boolean, matrix: number, vector: number): void {
    const { mlen, blen } = this.settings.config;
    const offset = matrix % mlen ** 2;
    const column = offset / mlen;
    demand(offset % mlen === 0 && column % blen === 0 && column + blen <= mlen, "M_MM offset");
    const tile = this.tile(matrix);
    const x = Array.from({ length: blen }, (_, i) => this.row(vector + i * mlen));
    for (let i = 0; i < blen; i++) {
      for (let j = 0; j < blen; j++) {
        let sum = 0;
        for (let k = 0; k < mlen; k++) {
          const w = transposed ? tile[(column + j) * mlen + k]! : tile[k * mlen + column + j]!;
          sum = fround(sum + x[i]![k]! * w);
        }
        this.accM[i]![j] = fround(this.accM[i]![j]! + sum);
      }
    }
  }

  heads(transposed: boolean, matrix: number, vector: number, n: number): number[][][] {
    const { mlen, hlen, broadcastAmount: heads } = this.settings.config;
    const h = matrix % mlen ** 2;
    demand(heads * hlen === mlen && h < mlen && h % hlen === 0, "batched offset");
    const tile = this.tile(matrix);
    const x = Array.from({ length: n }, (_, i) => this.row(vector + i * mlen));
    return Array.from(
      { length: heads },
      (_, b) =>
        x.map((row) =>
          Array.from({ length: mlen }, (_, j) => {
            let sum = 0;
            for (let d = 0; d < hlen; d++) {
              const left = transposed ? row[b * hlen + d]! : row[d * heads + b]!;
              const right = transposed ? tile[j * mlen + h + d]! : tile[(h + d) * mlen + j]!;
              sum = fround(sum + left * right);
            }
            return fround(sum * 0.25);
          })
        ),
    );
  }
}
