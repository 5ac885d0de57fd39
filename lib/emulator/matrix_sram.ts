import { plena } from "../numerics/mod.ts";
import type { ScalarType, TensorType } from "../boards/mod.ts";
import type { Arena } from "./core_kernel.ts";
import { FaultSignal } from "./fault.ts";

const { codeWidth, encodeFromF32Bits, putCode } = plena;

/**
 * The matrix SRAM: tiles of `edge` by `edge` elements, row-major. Tiles are made when first written.
 * Values are binary32 and are not rounded to the SRAM's type, which shows only in dumps.
 */
export class MatrixSram {
  /** Edge of a tile, elements. */
  readonly edge: number;
  /** Number of tiles. */
  readonly tiles: number;
  /** Elements of a tile. */
  readonly tileElements: number;
  /** Type of an element in dumps. */
  readonly element: ScalarType;
  /** Bytes of a tile in dumps. */
  readonly tileBytes: number;
  readonly #tiles: (Float32Array | undefined)[] = [];
  #zeros: Float32Array | undefined;
  readonly #arena: Arena | undefined;
  readonly #ranges: Uint32Array | undefined;

  /** An SRAM of `rows` rows of `edge` elements: as many whole tiles as fit; in an arena or its own. */
  constructor(rows: number, edge: number, type: TensorType, arena?: Arena) {
    this.edge = edge;
    this.tiles = Math.floor(rows / edge);
    this.tileElements = edge * edge;
    this.element = type.element;
    this.#arena = arena;
    if (arena) this.#ranges = new Uint32Array(arena.buffer, arena.tileRanges, this.tiles);
    this.tileBytes = Math.ceil(codeWidth(type.element) * this.tileElements / 8);
  }

  /**
   * The tile that starts at an element address.
   *
   * @throws {FaultSignal} If the address is not that of a tile.
   */
  tileAt(address: number): number {
    const tile = Math.floor(address / this.tileElements);
    if (tile * this.tileElements !== address) {
      throw new FaultSignal(
        "misaligned",
        `matrix SRAM address ${address} not multiple of ${this.tileElements}`,
      );
    }
    return this.checked(tile);
  }

  /** A tile number that exists. */
  checked(tile: number): number {
    if (tile >= this.tiles) {
      throw new FaultSignal(
        "out-of-range",
        `matrix SRAM address ${
          tile * this.tileElements
        } out of bounds (cell index ${tile} >= depth ${this.tiles})`,
      );
    }
    return tile;
  }

  /** The values of a tile; to be read only. */
  read(tile: number): Float32Array {
    return this.#tiles[tile] ?? (this.#zeros ??= new Float32Array(this.tileElements));
  }

  /** The values of a tile, to be overwritten before the next instruction. */
  writable(tile: number): Float32Array {
    if (this.#ranges !== undefined) this.#ranges[tile] = 0;
    return this.#tiles[tile] ??= this.#arena === undefined
      ? new Float32Array(this.tileElements)
      : new Float32Array(
        this.#arena.buffer,
        this.#arena.tiles + tile * this.tileElements * 4,
        this.tileElements,
      );
  }

  /** Tiles that exist, in bytes. */
  get touchedBytes(): number {
    let bytes = 0;
    for (const tile of this.#tiles) bytes += tile?.byteLength ?? 0;
    return bytes;
  }

  /** The number of tiles up to the last one that exists. */
  get touchedTiles(): number {
    return this.#tiles.length;
  }

  /** Writes the codes of a tile into `out`, as in the public dump. */
  encodeTile(tile: number, out: Uint8Array): void {
    const values = this.#tiles[tile];
    out.fill(0);
    if (values === undefined) return;
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const width = codeWidth(this.element);
    for (let i = 0; i < bits.length; i++) {
      putCode(out, 0, width, i, encodeFromF32Bits(bits[i]!, this.element));
    }
  }
}
