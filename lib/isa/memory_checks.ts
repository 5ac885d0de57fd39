import type { Findings } from "./finding.ts";
import type { Mnemonic } from "./instructions.ts";
import type { MachineDimensions } from "./machine_dimensions.ts";
import { WrittenRows } from "./written_rows.ts";

/** An address or an index; `undefined` when it is unknown. */
export type Address = number | undefined;

/** Checks the on-chip addresses of a run, and remembers which rows and tiles have been written. */
export class MemoryChecks {
  readonly #vram: WrittenRows;
  readonly #mram = new WrittenRows();
  readonly #tiles: number;
  readonly #prefetchedTiles: number;

  /** Nothing is written but the first `preloadedVramRows` vector rows. */
  constructor(
    readonly dimensions: MachineDimensions,
    readonly findings: Findings,
    preloadedVramRows?: number,
  ) {
    const { mlen, matrixSramRows, hbmMPrefetchRows } = dimensions;
    this.#vram = new WrittenRows(preloadedVramRows);
    this.#tiles = Math.floor(matrixSramRows / mlen);
    this.#prefetchedTiles = Math.max(1, Math.ceil(hbmMPrefetchRows / mlen));
  }

  /** The first of `count` vector rows at an element address, or `undefined` if they do not exist. */
  #rows(pc: number, mnemonic: Mnemonic, address: Address, count: number): Address {
    if (address === undefined) return undefined;
    const { vlen, vectorSramRows } = this.dimensions;
    const first = address / vlen;
    if (address % vlen !== 0) {
      const what = `${mnemonic}: vector address ${address} is not a multiple of VLEN ${vlen}`;
      const help = "vector rows begin at multiples of VLEN";
      this.findings.add(pc, "error", "vram-address", what, help);
      return undefined;
    }
    if (first + count > vectorSramRows) {
      const last = first + count - 1;
      const what = `${mnemonic}: vector rows ${first} to ${last} exceed the ${vectorSramRows} rows`;
      const help = "use lower addresses or a machine with more rows";
      this.findings.add(pc, "error", "vram-address", what, help);
      return undefined;
    }
    return first;
  }

  /** Reads `count` vector rows; `anyContent` if it does not matter what is in them. */
  readRows(
    pc: number,
    mnemonic: Mnemonic,
    address: Address,
    count: number,
    anyContent = false,
  ): void {
    const first = this.#rows(pc, mnemonic, address, count);
    if (first === undefined || anyContent) return;
    const row = this.#vram.firstUnwritten(first, count);
    if (row < 0) return;
    const what = `${mnemonic} reads vector row ${row} (address ${row * this.dimensions.vlen}), ` +
      "which nothing has written";
    const help = "write it first, or say how many rows are preloaded";
    this.findings.add(pc, "warning", "vram-unwritten", what, help);
  }

  /** Writes `count` whole vector rows. */
  writeRows(pc: number, mnemonic: Mnemonic, address: Address, count: number): void {
    const first = this.#rows(pc, mnemonic, address, count);
    if (first !== undefined) this.#vram.write(first, count);
    else if (address === undefined) this.#vram.writeAnywhere();
  }

  /** H_PREFETCH_V. Rows behind the last one are dropped by the machine, so only the first must exist. */
  prefetchRows(pc: number, mnemonic: Mnemonic, address: Address): void {
    const { hbmVPrefetchRows, vectorSramRows } = this.dimensions;
    const first = this.#rows(pc, mnemonic, address, 1);
    if (first === undefined) {
      if (address === undefined) this.#vram.writeAnywhere();
      return;
    }
    const count = Math.min(hbmVPrefetchRows, vectorSramRows - first);
    this.#vram.write(first, count);
    if (count === hbmVPrefetchRows) return;
    const what = `${mnemonic}: ${hbmVPrefetchRows - count} of ${hbmVPrefetchRows} rows ` +
      `lie behind the last of ${vectorSramRows} vector rows and are lost`;
    this.findings.add(pc, "warning", "vram-address", what, "use a lower address");
  }

  /** Output of a block: elements of `count` rows `step` apart, the others of each row being kept. */
  writeBlock(
    pc: number,
    mnemonic: Mnemonic,
    address: Address,
    count: number,
    step: Address,
  ): void {
    const { mlen, blen } = this.dimensions;
    if (address === undefined || step === undefined) return this.#vram.writeAnywhere();
    const offset = address % mlen;
    if (offset % blen !== 0) {
      const what = `${mnemonic}: element ${offset} of the row is not a multiple of BLEN ${blen}`;
      const help = "output blocks begin at multiples of BLEN inside a row";
      this.findings.add(pc, "error", "vram-address", what, help);
    }
    if (offset + blen > mlen) {
      const what = `${mnemonic}: elements ${offset} to ${
        offset + blen - 1
      } exceed a row of ${mlen}`;
      this.findings.add(pc, "error", "vram-address", what, "use a lower address");
    }
    for (let i = 0; i < count; i++) {
      this.writeRows(pc, mnemonic, (address - offset + i * mlen * step) % 2 ** 32, 1);
    }
  }

  /** The tile and the rest of a matrix address; checks that the tile exists and is loaded. */
  #tile(pc: number, mnemonic: Mnemonic, address: number): number {
    const { mlen } = this.dimensions;
    const tile = Math.floor(address / (mlen * mlen));
    if (tile >= this.#tiles) {
      const what = `${mnemonic}: matrix address ${address} is in tile ${tile}, ` +
        `but there are ${this.#tiles} tiles`;
      this.findings.add(pc, "error", "mram-address", what, "use a lower address");
    } else if (this.#mram.firstUnwritten(tile, 1) >= 0) {
      const what = `${mnemonic} reads matrix tile ${tile} (address ${tile * mlen * mlen}), ` +
        "which nothing has loaded";
      this.findings.add(pc, "warning", "mram-unwritten", what, "load it by H_PREFETCH_M");
    }
    return address % (mlen * mlen);
  }

  #matrixError(pc: number, mnemonic: Mnemonic, address: number, what: string, help: string): void {
    const text = `${mnemonic}: matrix address ${address} ${what}`;
    this.findings.add(pc, "error", "mram-address", text, help);
  }

  /** M_MM and M_TMM: column c of a tile is at c * MLEN. */
  matrixBlock(pc: number, mnemonic: Mnemonic, address: Address): void {
    if (address === undefined) return;
    const { mlen, blen } = this.dimensions;
    const inner = this.#tile(pc, mnemonic, address);
    if (inner % (mlen * blen) === 0) return this.#wholeBlock(pc, mnemonic, address, inner / mlen);
    const what = `is ${inner} into its tile, which is not a multiple of BLEN * MLEN ${blen * mlen}`;
    this.#matrixError(pc, mnemonic, address, what, "the next BLEN columns are BLEN * MLEN further");
  }

  /** BLEN columns from one on must lie in the tile: a BLEN that does not divide MLEN can miss that. */
  #wholeBlock(pc: number, mnemonic: Mnemonic, address: number, column: number): void {
    const { mlen, blen } = this.dimensions;
    if (column + blen <= mlen) return;
    const what = `selects columns ${column} to ${column + blen - 1} of ${mlen}`;
    this.#matrixError(pc, mnemonic, address, what, "use a BLEN that divides MLEN");
  }

  /** Batched instructions: a tile and a head slot in it. */
  matrixHead(pc: number, mnemonic: Mnemonic, address: Address): void {
    if (address === undefined) return;
    const { mlen, hlen } = this.dimensions;
    const inner = this.#tile(pc, mnemonic, address);
    if (inner < mlen && inner % hlen === 0) return;
    const what = `is ${inner} into its tile, which is not a multiple of HLEN ${hlen} below MLEN`;
    this.#matrixError(pc, mnemonic, address, what, "give a tile plus the offset of a head slot");
  }

  /** M_MV: column c of a tile is at c; M_TMV (`limit` 1): the tile itself. */
  matrixColumns(pc: number, mnemonic: Mnemonic, address: Address, limit: number): void {
    if (address === undefined) return;
    const { blen } = this.dimensions;
    const inner = this.#tile(pc, mnemonic, address);
    if (inner < limit && inner % blen === 0) {
      return this.#wholeBlock(pc, mnemonic, address, inner);
    }
    const what = limit === 1
      ? `is ${inner} into its tile, but must be the tile's beginning`
      : `is ${inner} into its tile, which is not a multiple of BLEN ${blen} below MLEN`;
    this.#matrixError(pc, mnemonic, address, what, "the next BLEN columns are BLEN further");
  }

  /** H_PREFETCH_M. */
  writeTiles(pc: number, mnemonic: Mnemonic, address: Address): void {
    if (address === undefined) return this.#mram.writeAnywhere();
    const { mlen } = this.dimensions;
    const tile = address / (mlen * mlen);
    const count = this.#prefetchedTiles;
    if (!Number.isInteger(tile)) {
      const what = `is not a multiple of MLEN * MLEN ${mlen * mlen}`;
      this.#matrixError(pc, mnemonic, address, what, "tiles begin at multiples of MLEN * MLEN");
    } else if (tile + count > this.#tiles) {
      const what = `and the ${count} tiles from there exceed the ${this.#tiles} tiles`;
      this.#matrixError(pc, mnemonic, address, what, "use a lower address");
    } else this.#mram.write(tile, count);
  }

  /** An entry of a scalar memory with `count` entries from there; `undefined` if they do not exist. */
  index(
    pc: number,
    mnemonic: Mnemonic,
    memory: string,
    index: Address,
    count: number,
    entries: number,
  ): Address {
    if (index === undefined || index + count <= entries) return index;
    const what = `${mnemonic}: ${memory} index ${index + count - 1} exceeds ${entries - 1}`;
    this.findings.add(pc, "error", "sram-index", what, `there are ${entries} entries`);
    return undefined;
  }
}
