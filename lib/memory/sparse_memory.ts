/** The contents of a large memory of which little is touched. */
import { CapacityError, MemoryError } from "./memory_error.ts";
import { BLOCK_BYTES } from "./memory_model.ts";

/** 16 KiB: small beside a tensor, large beside what the map costs per page. */
const PAGE_BYTES = 2 ** 14;

/**
 * A byte store that costs what is written: pages are made by the first write that puts a byte other
 * than zero into them, so that a memory of 16 GiB, or of far more, starts empty. It holds contents
 * only; time is the business of a `MemoryModel`.
 *
 * Addresses are bytes. Any range below the capacity can be read and written; the machine reads and
 * writes aligned blocks of 64 bytes, and the capacity is a whole number of them. Addresses above
 * 2^53, which a double rounds, lie beyond every capacity.
 */
export class SparseMemory {
  /** What the memory holds, in bytes. */
  readonly capacityBytes: number;
  readonly #pages = new Map<number, Uint8Array<ArrayBuffer>>();
  /** The page used last: most accesses follow a neighbour. */
  #lastNumber = -1;
  #lastPage: Uint8Array<ArrayBuffer> | undefined;

  /**
   * Makes a memory of zeros.
   *
   * @throws {MemoryError} Unless the capacity is a multiple of 64 that a double holds exactly.
   */
  constructor(capacityBytes: number) {
    if (!Number.isSafeInteger(capacityBytes) || capacityBytes < 0 || capacityBytes % BLOCK_BYTES) {
      throw new MemoryError(
        `A memory cannot hold ${capacityBytes} bytes`,
        `give a multiple of ${BLOCK_BYTES} below 2^53`,
      );
    }
    this.capacityBytes = capacityBytes;
  }

  /** Bytes of the pages that exist: what the contents cost. */
  get touchedBytes(): number {
    return this.#pages.size * PAGE_BYTES;
  }

  /**
   * Reads `length` bytes at `address` into the start of `out`, or into a new array. Bytes that were
   * never written, and bytes at or beyond the capacity, are zero.
   *
   * @returns `out`, whole, if it was given.
   * @throws {MemoryError} If `address` is negative or not whole, or `out` is too short.
   */
  read(address: number, length: number, out?: Uint8Array): Uint8Array {
    const into = out ?? new Uint8Array(length);
    checkAddress(address);
    if (into.length < length) {
      throw new MemoryError(
        `${length} bytes do not fit into an array of ${into.length}`,
        "pass an array at least as long as the read",
      );
    }
    const inside = Math.max(0, Math.min(length, this.capacityBytes - address));
    for (let done = 0; done < inside;) {
      const offset = (address + done) % PAGE_BYTES;
      const count = Math.min(inside - done, PAGE_BYTES - offset);
      const page = this.#page((address + done - offset) / PAGE_BYTES);
      if (page === undefined) into.fill(0, done, done + count);
      else if (count <= BLOCK_BYTES) {
        // A loop is quicker than a view of the page for the accesses of the machine.
        for (let i = 0; i < count; i++) into[done + i] = page[offset + i]!;
      } else into.set(page.subarray(offset, offset + count), done);
      done += count;
    }
    if (inside < length) into.fill(0, inside, length);
    return into;
  }

  /**
   * Reads a few bytes at `address` into `out` from `at` on: what {@linkcode SparseMemory.read} gives,
   * without a view or a copy between. The caller has seen that the address is whole and that there is
   * room.
   */
  copyTo(address: number, length: number, out: Uint8Array, at: number): void {
    const offset = address % PAGE_BYTES;
    if (offset + length > PAGE_BYTES || address + length > this.capacityBytes) {
      out.set(this.read(address, length), at);
      return;
    }
    const page = this.#page((address - offset) / PAGE_BYTES);
    if (page === undefined) out.fill(0, at, at + length);
    else for (let i = 0; i < length; i++) out[at + i] = page[offset + i]!;
  }

  /**
   * Writes all of `bytes` at `address`, or nothing.
   *
   * @throws {CapacityError} If a byte would lie at or beyond the capacity.
   * @throws {MemoryError} If `address` is negative or not whole.
   */
  write(address: number, bytes: Uint8Array): void {
    checkAddress(address);
    const length = bytes.length;
    if (address + length > this.capacityBytes) {
      throw new CapacityError(address, length, this.capacityBytes);
    }
    for (let done = 0; done < length;) {
      const offset = (address + done) % PAGE_BYTES;
      const count = Math.min(length - done, PAGE_BYTES - offset);
      const number = (address + done - offset) / PAGE_BYTES;
      const page = this.#page(number) ?? this.#newPage(number, bytes, done, done + count);
      if (page === undefined) {
        // Only zeros for a page that is all zeros already.
      } else if (count <= BLOCK_BYTES) {
        for (let i = 0; i < count; i++) page[offset + i] = bytes[done + i]!;
      } else page.set(bytes.subarray(done, done + count), offset);
      done += count;
    }
  }

  /**
   * Writes an image from address 0 on; what lies after it stays as it is.
   *
   * @throws {CapacityError} If the image is larger than the memory.
   */
  load(bytes: Uint8Array): void {
    this.write(0, bytes);
  }

  /**
   * The contents from address 0 on: all of them, or with `trimmed` without the zeros at the end.
   *
   * @throws {MemoryError} If they are more than one array can hold.
   */
  toBytes(trimmed = false): Uint8Array<ArrayBuffer> {
    const length = trimmed ? this.usedBytes : this.capacityBytes;
    let out: Uint8Array<ArrayBuffer>;
    try {
      out = new Uint8Array(length);
    } catch (cause) {
      throw new MemoryError(
        `An image of ${length} bytes does not fit into one array`,
        trimmed ? "read it in parts" : "ask for the trimmed image, or read it in parts",
        { cause },
      );
    }
    for (const [number, page] of this.#pages) {
      const start = number * PAGE_BYTES;
      if (start < length) out.set(page.subarray(0, Math.min(PAGE_BYTES, length - start)), start);
    }
    return out;
  }

  #page(number: number): Uint8Array<ArrayBuffer> | undefined {
    if (number !== this.#lastNumber) {
      this.#lastPage = this.#pages.get(number);
      this.#lastNumber = number;
    }
    return this.#lastPage;
  }

  /** Makes the page unless it would hold zeros only. */
  #newPage(
    number: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    let i = from;
    while (i < to && bytes[i] === 0) i++;
    if (i === to) return undefined;
    const page = new Uint8Array(PAGE_BYTES);
    this.#pages.set(number, page);
    this.#lastNumber = number;
    this.#lastPage = page;
    return page;
  }

  /** The address after the last byte that is not zero: the length of the trimmed contents. */
  get usedBytes(): number {
    let used = 0;
    for (const [number, page] of this.#pages) {
      const start = number * PAGE_BYTES;
      if (start + PAGE_BYTES <= used) continue;
      let end = PAGE_BYTES;
      while (end > 0 && page[end - 1] === 0) end--;
      if (end > 0) used = Math.max(used, start + end);
    }
    return used;
  }
}

function checkAddress(address: number): void {
  if (!(address >= 0 && Number.isInteger(address))) {
    throw new MemoryError(`${address} is not an address`, "addresses are whole bytes from 0 on");
  }
}
