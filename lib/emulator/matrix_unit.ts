import { plena } from "../numerics/mod.ts";
import type { MachineConfig } from "../boards/mod.ts";
import { ARENA, type Arena } from "./core_kernel.ts";
import { FaultSignal } from "./fault.ts";
import { matrixProduct } from "./matrix_product.ts";
import type { MatrixSram } from "./matrix_sram.ts";
import type { Registers } from "./registers.ts";
import type { MachineRules } from "./rules.ts";
import type { VectorSram } from "./vector_sram.ts";

const { DEFAULT_NAN_BITS } = plena;

/** Copies of the matrix unit's accumulators, row-major; `undefined` where none was ever used. */
export interface Accumulators {
  /** ACC_M, BLEN x BLEN. */
  readonly block: Float32Array;
  /** ACC_V, BLEN. */
  readonly line: Float32Array;
  /** ACC_HM, BROADCAST_AMOUNT x MLEN x MLEN. */
  readonly headBlocks: Float32Array | undefined;
  /** ACC_HV, BROADCAST_AMOUNT x MLEN. */
  readonly headLines: Float32Array | undefined;
}

/** What batched products are multiplied by. */
const BATCH_SCALE = 0.25;

/**
 * The matrix unit: products of vector rows with a tile into binary32 accumulators, and their
 * write-outs (emulator specification, sections 4.1 to 4.3). Each product is complete before it is
 * added to its accumulator.
 */
export class MatrixUnit {
  readonly #vectors: VectorSram;
  readonly #tiles: MatrixSram;
  readonly #registers: Registers;
  readonly #rules: MachineRules;
  readonly #mlen: number;
  readonly #blen: number;
  readonly #hlen: number;
  readonly #heads: number;
  /** ACC_M, BLEN x BLEN. */
  readonly #block: Float32Array;
  /** ACC_V, BLEN. */
  readonly #line: Float32Array;
  /** ACC_HM, BROADCAST_AMOUNT x MLEN x MLEN; made when first used. */
  #headBlocks: Float32Array | undefined;
  /** ACC_HV, BROADCAST_AMOUNT x MLEN; made when first used. */
  #headLines: Float32Array | undefined;
  readonly #product: Float32Array;
  #headProduct: Float32Array | undefined;
  /** Vector rows that do not lie in one page, one after the other. */
  #gathered: Float32Array | undefined;

  /** A matrix unit between the two SRAMs. */
  constructor(
    vectors: VectorSram,
    tiles: MatrixSram,
    registers: Registers,
    config: MachineConfig,
    rules: MachineRules,
    arena?: Arena,
  ) {
    this.#vectors = vectors;
    this.#tiles = tiles;
    this.#registers = registers;
    this.#rules = rules;
    this.#mlen = config.mlen;
    this.#blen = config.blen;
    this.#hlen = config.hlen;
    this.#heads = config.broadcastAmount;
    this.#block = arena === undefined
      ? new Float32Array(config.blen * config.blen)
      : new Float32Array(arena.buffer, ARENA.block, config.blen * config.blen);
    this.#line = new Float32Array(config.blen);
    this.#product = new Float32Array(config.blen * config.blen);
  }

  /** M_MM: ACC_M += X W, with `blen` columns of the tile; the offset counts rows. */
  multiply(matrixAddress: number, vectorAddress: number): void {
    const column = this.#columnOf(matrixAddress);
    const tile = this.#tileUnder(matrixAddress);
    const blen = this.#blen;
    const x = this.#vectorRows(vectorAddress, blen);
    const n = this.#mlen;
    // deno-fmt-ignore: operand by operand
    matrixProduct(x, this.#first, n, 1, tile, column, n, 1, n, blen, blen, this.#product);
    accumulate(this.#block, this.#product, 0);
  }

  /** M_TMM: ACC_M += X Wᵀ, with `blen` rows of the tile. */
  multiplyTransposed(matrixAddress: number, vectorAddress: number): void {
    const column = this.#columnOf(matrixAddress);
    const tile = this.#tileUnder(matrixAddress);
    const blen = this.#blen;
    const x = this.#vectorRows(vectorAddress, blen);
    const n = this.#mlen;
    // deno-fmt-ignore: operand by operand
    matrixProduct(x, this.#first, n, 1, tile, column * n, 1, n, n, blen, blen, this.#product);
    accumulate(this.#block, this.#product, 0);
  }

  /** M_MV: ACC_V += x W; here the offset counts elements. */
  multiplyVector(matrixAddress: number, vectorAddress: number): void {
    const tileElements = this.#tiles.tileElements;
    const column = matrixAddress % tileElements;
    if (column % this.#blen !== 0 || column >= this.#mlen) {
      throw new FaultSignal(
        "misaligned",
        `matrix offset ${column} of M_MV not a multiple of ${this.#blen} below ${this.#mlen}`,
      );
    }
    this.#checkBlock(column, `matrix address ${matrixAddress}`);
    const tile = this.#tileUnder(matrixAddress);
    const x = this.#vectorRows(vectorAddress, 1);
    const n = this.#mlen;
    const blen = this.#blen;
    matrixProduct(x, this.#first, n, 1, tile, column, n, 1, n, 1, blen, this.#product);
    for (let j = 0; j < blen; j++) this.#line[j]! += this.#product[j]!;
  }

  /** M_TMV: ACC_V += x Wᵀ, with the first `blen` rows of the tile. */
  multiplyVectorTransposed(matrixAddress: number, vectorAddress: number): void {
    const tile = this.#tiles.read(this.#tiles.tileAt(matrixAddress));
    this.#checkDimensions();
    if (this.#blen > this.#mlen) {
      throw new FaultSignal(
        "dimensions",
        `M_TMV needs BLEN rows of a tile, but BLEN is ${this.#blen} and MLEN ${this.#mlen}`,
      );
    }
    const x = this.#vectorRows(vectorAddress, 1);
    const n = this.#mlen;
    const blen = this.#blen;
    matrixProduct(x, this.#first, n, 1, tile, 0, 1, n, n, 1, blen, this.#product);
    for (let j = 0; j < blen; j++) this.#line[j]! += this.#product[j]!;
  }

  /** M_BMM (heads interleaved) and M_BTMM (heads contiguous): ACC_HM += scaled products. */
  multiplyHeads(transposed: boolean, matrixAddress: number, vectorAddress: number): void {
    const n = this.#mlen;
    this.#headBlocks ??= new Float32Array(this.#heads * n * n);
    this.#multiplyHeads(transposed, matrixAddress, vectorAddress, n, this.#headBlocks);
  }

  /** M_BMV and M_BTMV: the same for one vector row, into ACC_HV. */
  multiplyHeadsVector(transposed: boolean, matrixAddress: number, vectorAddress: number): void {
    this.#headLines ??= new Float32Array(this.#heads * this.#mlen);
    this.#multiplyHeads(transposed, matrixAddress, vectorAddress, 1, this.#headLines);
  }

  #multiplyHeads(
    transposed: boolean,
    matrixAddress: number,
    vectorAddress: number,
    rows: number,
    sums: Float32Array,
  ): void {
    const n = this.#mlen;
    const hlen = this.#hlen;
    const heads = this.#heads;
    if (heads * hlen !== n) {
      throw new FaultSignal(
        "dimensions",
        `batched products need BROADCAST_AMOUNT * HLEN = MLEN, not ${heads} * ${hlen} = ${n}`,
      );
    }
    const offset = matrixAddress % this.#tiles.tileElements;
    if (offset >= n || offset % hlen !== 0) {
      throw new FaultSignal(
        "misaligned",
        `matrix offset ${offset} of a batched product not a multiple of ${hlen} below ${n}`,
      );
    }
    const tile = this.#tileUnder(matrixAddress);
    const x = this.#vectorRows(vectorAddress, rows);
    const product = this.#headProduct ??= new Float32Array(n * n);
    const scale = this.#batchScale();
    for (let b = 0; b < heads; b++) {
      if (transposed) {
        const from = this.#first + b * hlen;
        matrixProduct(x, from, n, 1, tile, offset, 1, n, hlen, rows, n, product);
      } else {
        const from = this.#first + b;
        matrixProduct(x, from, n, heads, tile, offset * n, n, 1, hlen, rows, n, product);
      }
      const count = rows * n;
      for (let i = 0; i < count; i++) product[i]! *= scale;
      const at = b * count;
      for (let i = 0; i < count; i++) sums[at + i]! += product[i]!;
    }
  }

  #batchScale(): number {
    if (!this.#rules.bmmScale) return BATCH_SCALE;
    const entry = this.#registers.fpSram[this.#registers.fpSram.length - 1]!;
    return entry === 0 ? BATCH_SCALE : entry;
  }

  /** M_MM_WO: ACC_M into `blen` elements of `blen` rows that are `step` rows apart. */
  writeBlock(address: number, step: number): void {
    const n = this.#mlen;
    const blen = this.#blen;
    const column = this.#writeColumn(address);
    const bits = canonicalBits(this.#block);
    for (let i = 0; i < blen; i++) {
      const row = this.#vectors.row((address - column + i * n * step) >>> 0);
      this.#vectors.patch(row, column, bits, i * blen, blen);
    }
    this.#block.fill(0);
  }

  /** M_MV_WO: ACC_V into `blen` elements of one row. */
  writeLine(address: number): void {
    const column = this.#writeColumn(address);
    const row = this.#vectors.row(address - column);
    this.#vectors.patch(row, column, canonicalBits(this.#line), 0, this.#blen);
    this.#line.fill(0);
  }

  /** M_BMM_WO: ACC_HM into whole rows, head after head. */
  writeHeadBlocks(address: number): void {
    this.#writeRows(address, this.#heads * this.#mlen, this.#headBlocks);
  }

  /** M_BMV_WO: ACC_HV into whole rows, one per head. */
  writeHeadLines(address: number): void {
    this.#writeRows(address, this.#heads, this.#headLines);
  }

  #writeRows(address: number, count: number, sums: Float32Array | undefined): void {
    this.#checkDimensions();
    const n = this.#mlen;
    const bits = sums === undefined ? new Uint32Array(n) : canonicalBits(sums);
    for (let i = 0; i < count; i++) {
      const row = this.#vectors.row((address + i * n) >>> 0);
      this.#vectors.write(row, bits, sums === undefined ? 0 : i * n);
    }
    sums?.fill(0);
  }

  #writeColumn(address: number): number {
    this.#checkDimensions();
    const column = address % this.#mlen;
    if (column % this.#blen !== 0) {
      throw new FaultSignal(
        "misaligned",
        `column ${column} of write-out address ${address} not multiple of ${this.#blen}`,
      );
    }
    this.#checkBlock(column, `write-out address ${address}`);
    return column;
  }

  /** A block of BLEN columns must end with its row: a BLEN that does not divide MLEN can miss that. */
  #checkBlock(column: number, what: string): void {
    const last = column + this.#blen - 1;
    if (last < this.#mlen) return;
    throw new FaultSignal(
      "misaligned",
      `${what} selects columns ${column} to ${last} of ${this.#mlen}`,
    );
  }

  /** The column that a row-granular matrix address selects. */
  #columnOf(address: number): number {
    const offset = address % this.#tiles.tileElements;
    const column = offset / this.#mlen;
    if (!Number.isInteger(column)) {
      throw new FaultSignal(
        "misaligned",
        `matrix address ${address} has offset ${offset}, not multiple of ${this.#mlen}`,
      );
    }
    if (column % this.#blen !== 0) {
      throw new FaultSignal(
        "misaligned",
        `matrix address ${address} selects column ${column}, not multiple of ${this.#blen}`,
      );
    }
    this.#checkBlock(column, `matrix address ${address}`);
    return column;
  }

  #tileUnder(address: number): Float32Array {
    this.#checkDimensions();
    return this.#tiles.read(this.#tiles.checked(Math.floor(address / this.#tiles.tileElements)));
  }

  #checkDimensions(): void {
    if (this.#vectors.rowLength !== this.#mlen) {
      throw new FaultSignal(
        "dimensions",
        `matrix instructions need MLEN = VLEN, not ${this.#mlen} and ${this.#vectors.rowLength}`,
      );
    }
  }

  /** Where {@linkcode MatrixUnit.#vectorRows} found the first row. */
  #first = 0;

  /** Consecutive vector rows: their page and, in `#first`, their place in it. */
  #vectorRows(address: number, count: number): Float32Array {
    const vectors = this.#vectors;
    const first = vectors.row(address);
    const n = this.#mlen;
    // Faults name the first row that does not exist.
    if (first + count > vectors.rows || address + count * n > 2 ** 32) {
      for (let i = 0; i < count; i++) vectors.row((address + i * n) >>> 0);
    }
    if (vectors.inOnePage(first, count)) {
      this.#first = vectors.offset(first);
      return vectors.page(first);
    }
    const gathered = this.#gathered ??= new Float32Array(Math.max(this.#blen, n) * n);
    for (let i = 0; i < count; i++) {
      const row = vectors.row((address + i * n) >>> 0);
      const page = vectors.page(row);
      const from = vectors.offset(row);
      for (let k = 0; k < n; k++) gathered[i * n + k] = page[from + k]!;
    }
    this.#first = 0;
    return gathered;
  }

  /** Copies of the accumulators, for inspection. */
  accumulators(): Accumulators {
    return {
      block: this.#block.slice(),
      line: this.#line.slice(),
      headBlocks: this.#headBlocks?.slice(),
      headLines: this.#headLines?.slice(),
    };
  }
}

function accumulate(sums: Float32Array, product: Float32Array, at: number): void {
  for (let i = 0; i < product.length; i++) sums[at + i]! += product[i]!;
}

/** The bits of accumulators, in which every NaN is the default one, whatever made it. */
function canonicalBits(sums: Float32Array): Uint32Array {
  const bits = new Uint32Array(sums.buffer, sums.byteOffset, sums.length);
  for (let i = 0; i < sums.length; i++) {
    if ((bits[i]! & 0x7fffffff) > 0x7f800000) bits[i] = DEFAULT_NAN_BITS;
  }
  return bits;
}
