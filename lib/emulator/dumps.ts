import type { Machine } from "./machine.ts";

/** A memory that can be dumped. */
export type DumpName = "vram" | "mram" | "fpsram" | "intsram" | "hbm";

/** Every memory that can be dumped. */
export const DUMP_NAMES: readonly DumpName[] = ["vram", "mram", "fpsram", "intsram", "hbm"];

/** Bytes that one chunk of a dump has at most, unless a tile is larger. */
const CHUNK_BYTES = 2 ** 20;

/** Bytes of a whole dump. */
export function dumpBytes(machine: Machine, name: DumpName): number {
  const { vectorSram, matrixSram, registers, hbm } = machine;
  switch (name) {
    case "vram":
      return vectorSram.rows * vectorSram.rowBytes;
    case "mram":
      return matrixSram.tiles * matrixSram.tileBytes;
    case "fpsram":
      return registers.fpSram.length * 2;
    case "intsram":
      return registers.intSram.length * 4;
    case "hbm":
      return hbm.capacityBytes;
  }
}

/**
 * A dump in the public layout, piece by piece, so that half a gigabyte of vector SRAM needs no half
 * gigabyte here (emulator specification, section 1.8). Vector rows and tiles are in their memories'
 * types, the FP SRAM in bfloat16, all little-endian. Each piece is a new array.
 *
 * @param trimmed Leave out the zeros at the end, also whole pieces of them.
 */
export function* dumpChunks(
  machine: Machine,
  name: DumpName,
  trimmed = false,
): Generator<Uint8Array<ArrayBuffer>> {
  let zeros = 0;
  for (const chunk of fullChunks(machine, name, trimmed)) {
    if (!trimmed) {
      yield chunk;
      continue;
    }
    let used = chunk.length;
    while (used > 0 && chunk[used - 1] === 0) used--;
    if (used > 0) {
      for (; zeros > 0; zeros -= Math.min(zeros, CHUNK_BYTES)) {
        yield new Uint8Array(Math.min(zeros, CHUNK_BYTES));
      }
      yield chunk.subarray(0, used);
    }
    zeros += chunk.length - used;
  }
}

/** All chunks; with `touchedOnly` without the zeros after the last page that was ever written. */
function* fullChunks(
  machine: Machine,
  name: DumpName,
  touchedOnly: boolean,
): Generator<Uint8Array<ArrayBuffer>> {
  const { vectorSram, matrixSram, registers, hbm } = machine;
  switch (name) {
    case "vram": {
      const rows = touchedOnly ? vectorSram.touchedRows : vectorSram.rows;
      const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / vectorSram.rowBytes));
      for (let row = 0; row < rows; row += perChunk) {
        const count = Math.min(perChunk, rows - row);
        const chunk = new Uint8Array(count * vectorSram.rowBytes);
        vectorSram.encodeRows(row, count, chunk);
        yield chunk;
      }
      return;
    }
    case "mram": {
      const tiles = touchedOnly ? matrixSram.touchedTiles : matrixSram.tiles;
      for (let tile = 0; tile < tiles; tile++) {
        const chunk = new Uint8Array(matrixSram.tileBytes);
        matrixSram.encodeTile(tile, chunk);
        yield chunk;
      }
      return;
    }
    case "fpsram": {
      const chunk = new Uint8Array(registers.fpSramBits.length * 2);
      const view = new DataView(chunk.buffer);
      registers.fpSramBits.forEach((bits, i) => view.setUint16(2 * i, bits >>> 16, true));
      yield chunk;
      return;
    }
    case "intsram": {
      const chunk = new Uint8Array(registers.intSram.length * 4);
      const view = new DataView(chunk.buffer);
      registers.intSram.forEach((value, i) => view.setUint32(4 * i, value, true));
      yield chunk;
      return;
    }
    case "hbm": {
      const end = touchedOnly ? hbm.usedBytes : hbm.capacityBytes;
      for (let at = 0; at < end; at += CHUNK_BYTES) {
        yield hbm.read(at, Math.min(CHUNK_BYTES, end - at)) as Uint8Array<ArrayBuffer>;
      }
      return;
    }
  }
}

/**
 * A dump in one array: `dump(machine, "vram", true)` is the vector SRAM without the zeros at its end.
 *
 * @throws {RangeError} If it is larger than an array can be; use {@linkcode dumpChunks} then.
 */
export function dump(machine: Machine, name: DumpName, trimmed = false): Uint8Array<ArrayBuffer> {
  const chunks = [...dumpChunks(machine, name, trimmed)];
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
