import { plena } from "../numerics/mod.ts";
import type { ScalarType, TensorType } from "../boards/mod.ts";
import type { Arena } from "./core_kernel.ts";
import { FaultSignal } from "./fault.ts";

const { castRowToBf16, codeWidth, decodeCodes, encodeFromF32Bits, putCode } = plena;

/** Elements of one page: small beside a program's data, large beside what a page costs. */
const PAGE_ELEMENTS = 16384;

/**
 * The vector SRAM: rows of `rowLength` elements in the type of the settings. Pages of rows are made
 * when first written, so that four million rows cost what is touched.
 *
 * Rows are held as the binary32 values that a read would decode. A write rounds them, so that each
 * is at any time what encoding and decoding it would give; types other than bfloat16 also keep
 * their codes, which their values do not always determine.
 */
export class VectorSram {
  /** Elements of a row. */
  readonly rowLength: number;
  /** Number of rows. */
  readonly rows: number;
  /** Type of an element; of block types the machine uses the element alone. */
  readonly element: ScalarType;
  /** Bytes of a row in dumps and preloads. */
  readonly rowBytes: number;
  readonly #shift: number;
  readonly #mask: number;
  readonly #pages: Float32Array[];
  readonly #pageBits: Uint32Array[];
  /** Row codes as packed bytes; empty for bfloat16. */
  readonly #codes: (Uint8Array | undefined)[];
  readonly #isBf16: boolean;
  readonly #zeros: Float32Array;
  readonly #scratch: Float32Array;
  readonly #scratchBits: Uint32Array;

  readonly #touched: Uint8Array | undefined;
  readonly #touchedShift: number;

  /** An SRAM of zeros; in an arena, where all of it is one page, if there is one. */
  constructor(rows: number, rowLength: number, type: TensorType, arena?: Arena) {
    this.rows = rows;
    this.rowLength = rowLength;
    const element = type.element;
    this.element = element;
    this.#isBf16 = element.type === "Fp" && element.sign && element.exponent === 8 &&
      element.mantissa === 7;
    this.rowBytes = Math.ceil(codeWidth(element) * rowLength / 8);
    this.#codes = [];
    this.#scratch = new Float32Array(rowLength);
    this.#scratchBits = new Uint32Array(this.#scratch.buffer);
    this.#touchedShift = Math.log2(PAGE_ELEMENTS);
    if (arena !== undefined) {
      this.#shift = 31;
      this.#mask = 0x7fffffff;
      this.#zeros = new Float32Array(0);
      this.#pages = [new Float32Array(arena.buffer, arena.vectors, rows * rowLength)];
      this.#pageBits = [new Uint32Array(arena.buffer, arena.vectors, rows * rowLength)];
      const pages = Math.ceil(rows * rowLength / PAGE_ELEMENTS);
      this.#touched = new Uint8Array(arena.buffer, arena.touched, pages);
      return;
    }
    this.#shift = Math.max(0, Math.floor(Math.log2(PAGE_ELEMENTS / rowLength)));
    this.#mask = 2 ** this.#shift - 1;
    // Addresses have 32 bits, so that no more rows can be reached.
    const reachable = Math.min(rows, Math.ceil(2 ** 32 / rowLength));
    const pageCount = Math.ceil(reachable / 2 ** this.#shift);
    this.#zeros = new Float32Array(2 ** this.#shift * rowLength);
    const zeroBits = new Uint32Array(this.#zeros.buffer);
    this.#pages = new Array<Float32Array>(pageCount).fill(this.#zeros);
    this.#pageBits = new Array<Uint32Array>(pageCount).fill(zeroBits);
  }

  /**
   * The row of an element address; `charged` is how much of its cost the instruction has paid already.
   *
   * @throws {FaultSignal} If the address is not that of a row.
   */
  row(address: number, charged = 0): number {
    const row = Math.floor(address / this.rowLength);
    if (row * this.rowLength !== address) {
      throw new FaultSignal(
        "misaligned",
        `vector SRAM address ${address} not multiple of ${this.rowLength}`,
        charged,
      );
    }
    if (row >= this.rows) {
      throw new FaultSignal(
        "out-of-range",
        `vector SRAM address ${address} out of bounds (cell index ${row} >= depth ${this.rows})`,
        charged,
      );
    }
    return row;
  }

  /** The values among which the row lies; to be read only. */
  page(row: number): Float32Array {
    return this.#pages[row >>> this.#shift]!;
  }

  /** The same memory as bits. */
  pageBits(row: number): Uint32Array {
    return this.#pageBits[row >>> this.#shift]!;
  }

  /** Where in its page a row starts. */
  offset(row: number): number {
    return (row & this.#mask) * this.rowLength;
  }

  /** Whether `count` rows from `row` on lie in one page, one after the other. */
  inOnePage(row: number, count: number): boolean {
    return (row & this.#mask) + count <= this.#mask + 1;
  }

  /** Pages that exist, in bytes. */
  get touchedBytes(): number {
    let bytes = 0;
    if (this.#touched !== undefined) {
      for (const flag of this.#touched) bytes += flag * PAGE_ELEMENTS * 4;
      return bytes;
    }
    for (const page of this.#pages) if (page !== this.#zeros) bytes += page.byteLength;
    return bytes;
  }

  #writable(row: number): Uint32Array {
    if (this.#touched !== undefined) {
      this.#touched[(row * this.rowLength) >>> this.#touchedShift] = 1;
      return this.#pageBits[0]!;
    }
    const number = row >>> this.#shift;
    if (this.#pages[number] === this.#zeros) {
      const page = new Float32Array(this.#zeros.length);
      this.#pages[number] = page;
      this.#pageBits[number] = new Uint32Array(page.buffer);
      if (!this.#isBf16) this.#codes[number] = new Uint8Array((this.#mask + 1) * this.rowBytes);
    }
    return this.#pageBits[number]!;
  }

  /** Writes a whole row of binary32 bits; the SRAM's type rounds them. */
  write(row: number, bits: Uint32Array, from: number): void {
    const target = this.#writable(row);
    const offset = (row & this.#mask) * this.rowLength;
    const length = this.rowLength;
    if (this.#isBf16) castRowToBf16(bits, from, target, offset, length);
    else this.#encode(row, bits, from, target, offset);
  }

  /** Writes a few elements of a row and keeps, but writes again, the others. */
  patch(row: number, column: number, bits: Uint32Array, from: number, count: number): void {
    const target = this.#writable(row);
    const offset = (row & this.#mask) * this.rowLength;
    if (this.#isBf16) {
      castRowToBf16(bits, from, target, offset + column, count);
      return;
    }
    for (let i = 0; i < this.rowLength; i++) this.#scratchBits[i] = target[offset + i]!;
    for (let i = 0; i < count; i++) this.#scratchBits[column + i] = bits[from + i]!;
    this.#encode(row, this.#scratchBits, 0, target, offset);
  }

  #encode(
    row: number,
    bits: Uint32Array,
    from: number,
    target: Uint32Array,
    offset: number,
  ): void {
    const codes = this.#codes[row >>> this.#shift]!;
    const start = (row & this.#mask) * this.rowBytes;
    const width = codeWidth(this.element);
    for (let i = 0; i < this.rowLength; i++) {
      putCode(codes, start, width, i, encodeFromF32Bits(bits[from + i]!, this.element));
    }
    decodeCodes(codes, start, this.element, target, offset, this.rowLength);
  }

  /** Loads rows of codes from row 0 on (emulator specification, section 1.7). */
  load(image: Uint8Array): void {
    const width = codeWidth(this.element);
    const elements = Math.floor(image.length * 8 / width);
    const count = Math.min(Math.ceil(elements / this.rowLength), this.rows);
    const bits = this.#scratchBits;
    for (let row = 0; row < count; row++) {
      bits.fill(0);
      const inRow = Math.min(this.rowLength, elements - row * this.rowLength);
      decodeCodes(image, row * this.rowBytes, this.element, bits, 0, inRow);
      if (bits.some((value) => value !== 0)) this.write(row, bits, 0);
    }
  }

  /** Writes the codes of `count` rows into `out`, row after row, as in the public dump. */
  encodeRows(first: number, count: number, out: Uint8Array): void {
    for (let i = 0; i < count; i++) {
      const row = first + i;
      const at = i * this.rowBytes;
      const number = row >>> this.#shift;
      const page = this.#pages[number];
      if (page === undefined || page === this.#zeros) {
        out.fill(0, at, at + this.rowBytes);
      } else if (this.#isBf16) {
        const bits = this.#pageBits[number]!;
        const offset = this.offset(row);
        for (let j = 0; j < this.rowLength; j++) {
          const code = bits[offset + j]! >>> 16;
          out[at + 2 * j] = code & 0xff;
          out[at + 2 * j + 1] = code >>> 8;
        }
      } else {
        const start = (row & this.#mask) * this.rowBytes;
        out.set(this.#codes[number]!.subarray(start, start + this.rowBytes), at);
      }
    }
  }

  /** The number of rows up to the last one on a page that exists. */
  get touchedRows(): number {
    if (this.#touched !== undefined) {
      const pages = this.#touched.lastIndexOf(1) + 1;
      // A row may go on in the page after the one in which it starts.
      return Math.min(this.rows, Math.ceil(pages * PAGE_ELEMENTS / this.rowLength) + 1);
    }
    for (let number = this.#pages.length - 1; number >= 0; number--) {
      if (this.#pages[number] !== this.#zeros) {
        return Math.min(this.rows, (number + 1) * (this.#mask + 1));
      }
    }
    return 0;
  }
}
