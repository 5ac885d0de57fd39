/**
 * The instruction loop of machine.ts for what needs nothing but registers and bfloat16 SRAMs, in
 * AssemblyScript. It stops before an instruction that it leaves to machine.ts: every transfer, every
 * fault, masks, NaN. core_kernel.ts lays the memory out.
 */

// Registers and counts.
const GP: usize = 0;
const FP: usize = 64;
const ADDRESS_HIGH: usize = 128;
const ADDRESS_LOW: usize = 192;
const CONTROL: usize = 256;
const NOW: usize = 272;
const LOOP_COUNT: usize = 280;
const LOOP_ALLOWED: usize = 288;
const LOOP_LIMIT: usize = 296;
const LOOP_DEPTH: usize = 304;
const PERFORMED: usize = 308;
// What the machine is like.
const ROW_LENGTH: usize = 312;
const ROWS: usize = 316;
const MLEN: usize = 320;
const BLEN: usize = 324;
const TILES: usize = 328;
const VECTORS: usize = 332;
const TILE_VALUES: usize = 336;
const TILE_RANGES: usize = 340;
const TOUCHED: usize = 344;
const TOUCHED_SHIFT: usize = 348;
const WORDS: usize = 352;
const LENGTH: usize = 356;
const EXPONENTIALS: usize = 360;
const COST: usize = 512;
const COST_RULE: usize = 1024;
const EXECUTED: usize = 1536;
const PS: usize = 2048;
const LOOPS: usize = 2560; // start, register, count when its iteration began
const LOOP_CAPACITY: u32 = 64;
const FP_SRAM: usize = 4096;
const INT_SRAM: usize = 8192;
const SCRATCH: usize = 12288; // a row of at most 1024 elements
const BLOCK: usize = 16384; // ACC_M

const COST_PLAIN: u32 = 0;
const COST_FREE_F0: u32 = 1;
const SRAM_ENTRIES: u32 = 1024;
const NO_ROW: usize = 0;

// A range of exponent fields: the least, the greatest from bit 8 on, and whether it is known.
const RANGE_KNOWN: u32 = 1 << 16;
const RANGE_INEXACT: u32 = 1 << 17;

/** The machine's exponential, which is the host's. */
// @ts-ignore: decorator
@external("env", "exponential")
declare function exponential(value: f64): f64;

// @ts-ignore: decorator
@inline
function gp(index: u32): u32 {
  return load<u32>(GP + (index << 2));
}

// @ts-ignore: decorator
@inline
function setGp(index: u32, value: u32): void {
  store<u32>(GP + (index << 2), value);
}

// @ts-ignore: decorator
@inline
function fp(index: u32): f32 {
  return load<f32>(FP + (index << 2));
}

/** Bits of a bfloat16 value, rounded to nearest and ties to even; not for NaN. */
// @ts-ignore: decorator
@inline
function rounded(value: f32): u32 {
  const bits = reinterpret<u32>(value);
  return (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000;
}

// @ts-ignore: decorator
@inline
function rounded4(value: v128): v128 {
  const odd = v128.and(i32x4.shr_u(value, 16), i32x4.splat(1));
  return v128.and(i32x4.add(i32x4.add(value, i32x4.splat(0x7fff)), odd), i32x4.splat(0xffff0000));
}

/** Executes from an instruction on, at most `limit` of them, and returns where it stopped. */
export function run(start: u32, limit: u32): u32 {
  let pc = start;
  let now = load<f64>(NOW);
  let seen = load<f64>(LOOP_COUNT);
  let performed: u32 = 0;
  const words: usize = load<u32>(WORDS);
  const length = load<u32>(LENGTH);
  while (pc < length && performed < limit) {
    if (seen + 1 > load<f64>(LOOP_ALLOWED)) break;
    const word = load<u32>(words + (pc << 2));
    const kind = word & 0x3f;
    const rule: u32 = load<u8>(COST_RULE + kind);
    const d = (word >> 6) & 15;
    let cost = load<f64>(COST + (kind << 3));
    let next = pc + 1;
    if (rule == COST_FREE_F0 && d == 0) cost = 0;
    else if (kind == 0x22) setGp(d, gp((word >> 10) & 15) + (word >> 14)); // S_ADDI_INT
    else if (kind == 0x30) { // C_LOOP_END
      const to = loopEnd(pc, d, seen + 1);
      if (to < 0) break;
      next = to;
    } else if (rule > COST_FREE_F0 || !compute(word, kind, pc, seen + 1)) break;
    seen += 1;
    performed++;
    now += cost;
    store<f64>(EXECUTED + (kind << 3), load<f64>(EXECUTED + (kind << 3)) + 1);
    store<f64>(PS + (kind << 3), load<f64>(PS + (kind << 3)) + cost);
    pc = next;
  }
  store<f64>(NOW, now);
  store<f64>(LOOP_COUNT, seen);
  store<u32>(PERFORMED, performed);
  return pc;
}

/** Executes an instruction, or says without doing anything that it is not one for here. */
function compute(word: u32, kind: u32, pc: u32, seen: f64): bool {
  const d = (word >> 6) & 15;
  const a = (word >> 10) & 15;
  const b = (word >> 14) & 15;
  const immediate = word >> 14;
  switch (kind) {
    case 0x01: return multiply(false, gp(a), gp(b)); // M_MM
    case 0x02: return multiply(true, gp(b), gp(a)); // M_TMM
    case 0x06: return writeBlock(gp(d) + immediate, a == 0 ? 1 : gp(a)); // M_MM_WO
    case 0x0d: // V_ADD_VV
    case 0x0f: // V_SUB_VV
    case 0x11: return rowsToRow(kind, word, gp(d), gp(a), gp(b)); // V_MUL_VV
    case 0x0e: // V_ADD_VF
    case 0x10: // V_SUB_VF
    case 0x12: // V_MUL_VF
    case 0x14: return b < 8 && rowToRow(kind, word, gp(d), gp(a), fp(b)); // V_RECI_V
    case 0x13: return rowExponential(word, gp(d), gp(a)); // V_EXP_V
    case 0x15: return ((word >> 18) & 15) == 0 && d < 8 && reduceSum(d, rowAt(gp(a))); // V_RED_SUM
    case 0x16: return d < 8 && reduceMax(d, rowAt(gp(a))); // V_RED_MAX
    case 0x17: return setFp(d, a | b, fp(a) + fp(b)); // S_ADD_FP
    case 0x18: return setFp(d, a | b, fp(a) - fp(b)); // S_SUB_FP
    case 0x19: { // S_MAX_FP
      if ((d | a | b) >= 8) return false;
      store<u32>(FP + (d << 2), fp(b) > fp(a) ? load<u32>(FP + (b << 2)) : load<u32>(FP + (a << 2)));
      return true;
    }
    case 0x1a: return setFp(d, a | b, fp(a) * fp(b)); // S_MUL_FP
    case 0x1b: return fp(a) == fp(a) && setFp(d, a, <f32>exponential(fp(a))); // S_EXP_FP
    case 0x1c: return setFp(d, a, <f32>1 / fp(a)); // S_RECI_FP
    case 0x1d: return setFp(d, a, sqrt<f32>(fp(a))); // S_SQRT_FP
    case 0x1e: { // S_LD_FP
      const index = gp(a) + immediate;
      if (index >= SRAM_ENTRIES || d >= 8) return false;
      store<u32>(FP + (d << 2), load<u32>(FP_SRAM + (index << 2)));
      return true;
    }
    case 0x1f: { // S_ST_FP
      const index = gp(a) + immediate;
      if (index >= SRAM_ENTRIES || d >= 8) return false;
      store<u32>(FP_SRAM + (index << 2), load<u32>(FP + (d << 2)));
      return true;
    }
    case 0x21: setGp(d, gp(a) + gp(b)); return true; // S_ADD_INT
    case 0x23: setGp(d, gp(a) - gp(b)); return true; // S_SUB_INT
    case 0x24: setGp(d, gp(a) * gp(b)); return true; // S_MUL_INT
    case 0x25: setGp(d, (word >> 10) << 12); return true; // S_LUI_INT
    case 0x26: { // S_LD_INT
      const index = gp(a) + immediate;
      if (index >= SRAM_ENTRIES) return false;
      setGp(d, load<u32>(INT_SRAM + (index << 2)));
      return true;
    }
    case 0x27: { // S_ST_INT
      const index = gp(a) + immediate;
      if (index >= SRAM_ENTRIES) return false;
      store<u32>(INT_SRAM + (index << 2), gp(d));
      return true;
    }
    case 0x2b: { // C_SET_ADDR_REG
      store<u32>(ADDRESS_HIGH + (d << 2), gp(a));
      store<u32>(ADDRESS_LOW + (d << 2), gp(b));
      return true;
    }
    case 0x2c: // C_SET_SCALE_REG
    case 0x2d: // C_SET_STRIDE_REG
    case 0x2e: store<u32>(CONTROL + ((kind - 0x2c) << 2), gp(d)); return true; // C_SET_V_MASK_REG
    case 0x2f: return loopStart(pc, d, word >> 10, seen); // C_LOOP_START
    default: return false;
  }
}

function setFp(d: u32, operands: u32, value: f32): bool {
  if ((d | operands) >= 8 || value != value) return false;
  store<u32>(FP + (d << 2), rounded(value));
  return true;
}

function loopStart(pc: u32, register: u32, iterations: u32, seen: f64): bool {
  const depth = load<u32>(LOOP_DEPTH);
  if (iterations == 0 || depth == LOOP_CAPACITY) return false;
  setGp(register, iterations);
  const loop = LOOPS + (<usize>depth << 4);
  store<u32>(loop, pc);
  store<u32>(loop, register, 4);
  store<f64>(loop, seen, 8);
  store<u32>(LOOP_DEPTH, depth + 1);
  updateAllowed();
  return true;
}

/** Where to go on, or -1 if no loop of the register is open. */
function loopEnd(pc: u32, register: u32, seen: f64): i32 {
  const depth: i32 = load<u32>(LOOP_DEPTH);
  let at = depth - 1;
  while (at >= 0 && load<u32>(LOOPS + (<usize>at << 4), 4) != register) at--;
  if (at < 0) return -1;
  const loop = LOOPS + (<usize>at << 4);
  const left = gp(register);
  let next = pc + 1;
  if (left > 1) {
    setGp(register, left - 1);
    store<f64>(loop, seen, 8);
    next = load<u32>(loop) + 1;
  } else {
    setGp(register, 0);
    memory.copy(loop, loop + 16, (depth - 1 - at) << 4);
    store<u32>(LOOP_DEPTH, depth - 1);
  }
  updateAllowed();
  return next;
}

function updateAllowed(): void {
  let allowed: f64 = Infinity;
  const depth = load<u32>(LOOP_DEPTH);
  for (let i: u32 = 0; i < depth; i++) {
    allowed = min(allowed, load<f64>(LOOPS + (i << 4), 8) + load<f64>(LOOP_LIMIT));
  }
  store<f64>(LOOP_ALLOWED, allowed);
}

/** The place of the row of an element address, or `NO_ROW` if it has none. */
function rowAt(address: u32): usize {
  const rowLength = load<u32>(ROW_LENGTH);
  const row = address / rowLength;
  if (row * rowLength != address || row >= load<u32>(ROWS)) return NO_ROW;
  return load<u32>(VECTORS) + (<usize>address << 2);
}

// @ts-ignore: decorator
@inline
function touch(address: u32): void {
  store<u8>(load<u32>(TOUCHED) + (address >> load<u32>(TOUCHED_SHIFT)), 1);
}

/** Writes the row that has been gathered. */
// @ts-ignore: decorator
@inline
function writeRow(target: usize, address: u32, n: u32): void {
  for (let i: u32 = 0; i < n; i += 16) v128.store(target + i, rounded4(v128.load(SCRATCH + i)));
  touch(address);
}

function rowsToRow(kind: u32, word: u32, to: u32, addressA: u32, addressB: u32): bool {
  const a = rowAt(addressA);
  const b = rowAt(addressB);
  const target = rowAt(to);
  if (((word >> 18) & 15) != 0 || a == NO_ROW || b == NO_ROW || target == NO_ROW) return false;
  const n = load<u32>(ROW_LENGTH) << 2;
  let wrong = i32x4.splat(0);
  for (let i: u32 = 0; i < n; i += 16) {
    const x = v128.load(a + i);
    const y = v128.load(b + i);
    const value = kind == 0x0d ? f32x4.add(x, y) : kind == 0x0f ? f32x4.sub(x, y) : f32x4.mul(x, y);
    wrong = v128.or(wrong, f32x4.ne(value, value));
    v128.store(SCRATCH + i, value);
  }
  if (v128.any_true(wrong)) return false;
  writeRow(target, to, n);
  return true;
}

function rowToRow(kind: u32, word: u32, to: u32, addressA: u32, f: f32): bool {
  const a = rowAt(addressA);
  const target = rowAt(to);
  if (((word >> 18) & 15) != 0 || a == NO_ROW || target == NO_ROW) return false;
  const n = load<u32>(ROW_LENGTH) << 2;
  const y = f32x4.splat(f);
  const one = f32x4.splat(1);
  const reversed = kind == 0x10 && ((word >> 22) & 15) != 0;
  let wrong = i32x4.splat(0);
  for (let i: u32 = 0; i < n; i += 16) {
    const x = v128.load(a + i);
    let value: v128;
    if (kind == 0x0e) value = f32x4.add(x, y);
    else if (kind == 0x10) value = f32x4.sub(x, y);
    else if (kind == 0x12) value = f32x4.mul(x, y);
    else value = f32x4.div(one, x);
    wrong = v128.or(wrong, f32x4.ne(value, value));
    v128.store(SCRATCH + i, reversed ? f32x4.neg(value) : value);
  }
  if (v128.any_true(wrong)) return false;
  writeRow(target, to, n);
  return true;
}

function rowExponential(word: u32, to: u32, addressA: u32): bool {
  const a = rowAt(addressA);
  const target = rowAt(to);
  if (((word >> 18) & 15) != 0 || a == NO_ROW || target == NO_ROW) return false;
  const n = load<u32>(ROW_LENGTH) << 2;
  const table: usize = load<u32>(EXPONENTIALS);
  for (let i: u32 = 0; i < n; i += 4) {
    const value = load<f32>(a + i);
    if (value != value) return false;
    const entry = table + ((reinterpret<u32>(value) >> 16) << 2);
    let result = load<f32>(entry);
    if (result == 0) { // not computed yet: no clamped exponential is 0
      result = <f32>exponential(value);
      store<f32>(entry, result);
    }
    store<f32>(SCRATCH + i, result);
  }
  writeRow(target, to, n);
  return true;
}

/** The sum of row_sum.ts for fewer than 512 elements. */
function reduceSum(d: u32, row: usize): bool {
  const n = load<u32>(ROW_LENGTH);
  if (row == NO_ROW || n >= 512) return false;
  const vectors = n >> 3;
  const groups = vectors >> 2;
  for (let at: u32 = 0; at < 128; at += 16) {
    let sum = f32x4.splat(0);
    for (let i: u32 = 0; i < groups; i++) sum = f32x4.add(sum, v128.load(row + at + (i << 7)));
    v128.store(SCRATCH + at, sum);
  }
  let low = v128.load(SCRATCH);
  let high = v128.load(SCRATCH, 16);
  for (let t = groups << 2; t < vectors; t++) {
    low = f32x4.add(low, v128.load(row + (t << 5)));
    high = f32x4.add(high, v128.load(row + (t << 5), 16));
  }
  for (let j: u32 = 32; j < 128; j += 32) {
    low = f32x4.add(low, v128.load(SCRATCH + j));
    high = f32x4.add(high, v128.load(SCRATCH + j, 16));
  }
  v128.store(SCRATCH, low);
  v128.store(SCRATCH, high, 16);
  let sum: f32 = 0;
  for (let i = vectors << 3; i < n; i++) sum += load<f32>(row + (i << 2));
  for (let lane: u32 = 0; lane < 32; lane += 4) sum += load<f32>(SCRATCH + lane);
  return setFp(d, 0, fp(d) + sum);
}

function reduceMax(d: u32, row: usize): bool {
  if (row == NO_ROW) return false;
  const n = load<u32>(ROW_LENGTH) << 2;
  let largest: f32 = -Infinity;
  for (let i: u32 = 0; i < n; i += 4) {
    const value = load<f32>(row + i);
    if (value != value) return false;
    if (value > largest) largest = value;
  }
  if (fp(d) >= largest) return true;
  return setFp(d, 0, largest);
}

/** The range of exponent fields in `count` bytes of elements; zeros do not count. */
function rangeOf(pointer: usize, count: u32): u32 {
  let least = i32x4.splat(0x7f000000);
  let greatest = i32x4.splat(0);
  let low = i32x4.splat(0);
  for (let i: u32 = 0; i < count; i += 16) {
    const bits = v128.load(pointer + i);
    const field = v128.and(bits, i32x4.splat(0x7f800000));
    const zero = i32x4.eq(v128.and(bits, i32x4.splat(0x7fffffff)), i32x4.splat(0));
    least = i32x4.min_u(least, v128.bitselect(i32x4.splat(0x7f000000), field, zero));
    greatest = i32x4.max_u(greatest, field);
    low = v128.or(low, bits);
  }
  v128.store(SCRATCH, least);
  v128.store(SCRATCH, greatest, 16);
  v128.store(SCRATCH, low, 32);
  let min: u32 = 0x7f000000;
  let max: u32 = 0;
  let all: u32 = 0;
  for (let lane: u32 = 0; lane < 16; lane += 4) {
    const a = load<u32>(SCRATCH + lane);
    if (a < min) min = a;
    const b = load<u32>(SCRATCH + lane, 16);
    if (b > max) max = b;
    all |= load<u32>(SCRATCH + lane, 32);
  }
  const inexact = (all & 0xff) != 0 || max == 0x7f800000;
  return (min >> 23) | ((max >> 23) << 8) | RANGE_KNOWN | (inexact ? RANGE_INEXACT : 0);
}

/** M_MM and M_TMM. */
function multiply(transposed: bool, matrixAddress: u32, vectorAddress: u32): bool {
  const n = load<u32>(MLEN);
  const blen = load<u32>(BLEN);
  const perTile = n * n;
  const number = matrixAddress / perTile;
  const offset = matrixAddress - number * perTile;
  const column = offset / n;
  if (number >= load<u32>(TILES) || column * n != offset || column % blen != 0 || column + blen > n) return false;
  const x = rowAt(vectorAddress);
  if (x == NO_ROW || vectorAddress / n + blen > load<u32>(ROWS)) return false;
  const tile: usize = load<u32>(TILE_VALUES) + <usize>number * (perTile << 2);
  if (transposed) multiplyWide(x, tile + ((column * n) << 2), 4, n << 2, n, blen);
  else if (isExact(number, tile, x, n, blen)) multiplyNarrow(x, tile + (column << 2), n, blen);
  else multiplyWide(x, tile + (column << 2), n << 2, 4, n, blen);
  return true;
}

/**
 * Whether binary32 holds each product of vector rows and a tile. Vector elements have 8 significant
 * bits and those of the tile at most 16, so that all bits of a product fit; the ranges of the
 * exponents say that none is too small or too large.
 */
function isExact(number: u32, tile: usize, x: usize, n: u32, blen: u32): bool {
  const rangeAt: usize = load<u32>(TILE_RANGES) + (number << 2);
  let range = load<u32>(rangeAt);
  if (range == 0) {
    range = rangeOf(tile, (n * n) << 2);
    store<u32>(rangeAt, range);
  }
  const other = rangeOf(x, (blen * n) << 2);
  return ((range | other) & RANGE_INEXACT) == 0 && (range & 0xff) + (other & 0xff) >= 127 &&
    ((range >> 8) & 0xff) + ((other >> 8) & 0xff) <= 380;
}

/**
 * The product of matrix_product.ts, added to ACC_M: product and sum in binary64, then rounded.
 * Element (k, j) of the right operand lies at `tile + k * step + j * column`.
 */
function multiplyWide(x: usize, tile: usize, step: u32, column: u32, n: u32, blen: u32): void {
  for (let i: u32 = 0; i < blen; i++) {
    for (let j: u32 = 0; j < blen; j += 4) {
      let w = tile + j * column;
      let s0: f32 = 0;
      let s1: f32 = 0;
      let s2: f32 = 0;
      let s3: f32 = 0;
      for (let k: u32 = 0; k < n; k++) {
        const a = <f64>load<f32>(x + ((i * n + k) << 2));
        s0 = <f32>(<f64>s0 + a * <f64>load<f32>(w));
        s1 = <f32>(<f64>s1 + a * <f64>load<f32>(w + column));
        s2 = <f32>(<f64>s2 + a * <f64>load<f32>(w + 2 * column));
        s3 = <f32>(<f64>s3 + a * <f64>load<f32>(w + 3 * column));
        w += step;
      }
      const out = BLOCK + ((i * blen + j) << 2);
      store<f32>(out, load<f32>(out) + s0);
      store<f32>(out, load<f32>(out, 4) + s1, 4);
      store<f32>(out, load<f32>(out, 8) + s2, 8);
      store<f32>(out, load<f32>(out, 12) + s3, 12);
    }
  }
}

/** The same where {@linkcode isExact}: a sum in binary64 that is then rounded is one in binary32. */
function multiplyNarrow(x: usize, tile: usize, n: u32, blen: u32): void {
  const rowBytes = n << 2;
  for (let i: u32 = 0; i < blen; i += 4) {
    for (let j: u32 = 0; j < blen; j += 4) {
      let w = tile + (j << 2);
      let x0 = x + i * rowBytes;
      const end = x0 + rowBytes;
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      while (x0 < end) {
        const weights = v128.load(w);
        s0 = f32x4.add(s0, f32x4.mul(v128.load_splat<f32>(x0), weights));
        s1 = f32x4.add(s1, f32x4.mul(v128.load_splat<f32>(x0 + rowBytes), weights));
        s2 = f32x4.add(s2, f32x4.mul(v128.load_splat<f32>(x0 + 2 * rowBytes), weights));
        s3 = f32x4.add(s3, f32x4.mul(v128.load_splat<f32>(x0 + 3 * rowBytes), weights));
        x0 += 4;
        w += rowBytes;
      }
      const step: usize = blen << 2;
      const out = BLOCK + i * step + (j << 2);
      v128.store(out, f32x4.add(v128.load(out), s0));
      v128.store(out + step, f32x4.add(v128.load(out + step), s1));
      v128.store(out + 2 * step, f32x4.add(v128.load(out + 2 * step), s2));
      v128.store(out + 3 * step, f32x4.add(v128.load(out + 3 * step), s3));
    }
  }
}

/** M_MM_WO, unless there is a NaN or a row that does not exist. */
function writeBlock(address: u32, step: u32): bool {
  const n = load<u32>(MLEN);
  const blen = load<u32>(BLEN);
  const column = address % n;
  if (column % blen != 0 || column + blen > n) return false;
  for (let i: u32 = 0; i < blen; i++) {
    if (rowAt(address - column + i * n * step) == NO_ROW) return false;
  }
  const bytes = blen << 2;
  const all = blen * bytes;
  let wrong = i32x4.splat(0);
  for (let i: u32 = 0; i < all; i += 16) {
    const value = v128.load(BLOCK + i);
    wrong = v128.or(wrong, f32x4.ne(value, value));
  }
  if (v128.any_true(wrong)) return false;
  for (let i: u32 = 0; i < blen; i++) {
    const to = address - column + i * n * step;
    const target = rowAt(to) + (column << 2);
    for (let j: u32 = 0; j < bytes; j += 16) v128.store(target + j, rounded4(v128.load(BLOCK + i * bytes + j)));
    touch(to);
  }
  memory.fill(BLOCK, 0, all);
  return true;
}

/**
 * Decodes elements of 8 bits with a table of 256 values, and multiplies each block by its scale of 8
 * bits, whose values follow in the table. Says whether there was no NaN; if there was, the result is
 * not that of the machine.
 */
export function decode(codes: usize, count: u32, table: usize, scales: usize, scaleCount: u32, block: u32, out: usize): bool {
  let wrong = false;
  const scaled = scaleCount * block;
  for (let i: u32 = 0; i < scaled; i += block) {
    const scale = load<f32>(table + (<usize>load<u8>(scales++) << 2), 1024);
    for (let j = i; j < i + block; j++) {
      const value = load<f32>(table + (<usize>load<u8>(codes + j) << 2)) * scale;
      if (value != value) wrong = true;
      store<f32>(out + (j << 2), value);
    }
  }
  for (let j = scaled; j < count; j++) {
    const value = load<f32>(table + (<usize>load<u8>(codes + j) << 2));
    if (value != value) wrong = true;
    store<f32>(out + (j << 2), value);
  }
  return !wrong;
}

/** The same for a row of the vector SRAM, which it writes if there was no NaN. */
export function decodeRow(codes: usize, table: usize, scales: usize, scaleCount: u32, block: u32, address: u32): bool {
  const n = load<u32>(ROW_LENGTH);
  if (!decode(codes, n, table, scales, scaleCount, block, SCRATCH)) return false;
  writeRow(load<u32>(VECTORS) + (<usize>address << 2), address, n << 2);
  return true;
}
