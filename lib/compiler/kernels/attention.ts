import type { MachineConfig } from "../../boards/mod.ts";
import { CompileError } from "../compile_error.ts";
import type { CodeBuilder } from "../code/code_builder.ts";
import { at, type Register, ZERO } from "../code/register.ts";
import { roundUp } from "../round_up.ts";
import { unrolledTransfers } from "./budget.ts";
import { attendBlock, type Residence } from "./attention_block.ts";
import { type Attention, HEAD_FIELDS } from "./attention_shape.ts";
import {
  addLayerBase,
  loadMatrixTiles,
  loadTiles,
  openRows,
  tilesPerPrefetch,
} from "./transfers.ts";

/** How the keys and values of a head lie in the matrix SRAM. */
export interface HeadTiles {
  /** Tiles that there are. */
  readonly capacity: number;
  /** Tiles of all keys. */
  readonly keys: number;
  /** Tiles of all values, and those that the last prefetch overruns. */
  readonly values: number;
  /** Blocks of keys that are there together: all, with the values; or as many as fit, 0 for none. */
  readonly chunk: number;
  /** Whether all keys and values are there together. */
  readonly isResident: boolean;
}

/** Lays out the keys and values of a head. */
export function headTiles(
  config: MachineConfig,
  { keyBlocks, headBlocks, valueBlocks }: Pick<
    Attention,
    "keyBlocks" | "headBlocks" | "valueBlocks"
  >,
): HeadTiles {
  const each = tilesPerPrefetch(config);
  const capacity = Math.floor(config.matrixSramRows / config.mlen);
  const keys = headBlocks * keyBlocks;
  const values = (valueBlocks - 1) * keyBlocks + roundUp(keyBlocks, each);
  const isResident = keys + values <= capacity;
  const most = Math.floor(Math.floor(capacity / headBlocks) / each) * each;
  const chunk = isResident ? keyBlocks : values > capacity ? 0 : most;
  return { capacity, keys, values, chunk, isResident };
}

/**
 * Attention, head by head: one loop over key and value heads whose addresses come from a table in the
 * INT SRAM, one over the query heads that share them. A head's keys and values are loaded once if they
 * fit the matrix SRAM together; else keys come in pieces, and all values of a query block after them.
 * The scores of a block of queries with all keys stay in the vector SRAM, so that the softmax needs no
 * rescaling and the weighted sum of values stays in the f32 accumulator.
 *
 * @throws {CompileError} When the values of a head do not fit the matrix SRAM.
 */
export function attention(code: CodeBuilder, config: MachineConfig, given: Attention): void {
  const { mlen } = config;
  const tileArea = mlen * mlen;
  const { keyBlocks, headBlocks, valueBlocks, regionRows = 0, cache, queries, result } = given;
  const each = tilesPerPrefetch(config);
  const whole = (tiles: number): number => roundUp(tiles, each);
  const { capacity, keys: keyTiles, values, chunk, isResident } = headTiles(config, given);
  if (chunk < 1) {
    throw new CompileError(
      `attention over ${keyBlocks * mlen} keys: the values of a head need ${values} tiles, ` +
        `a block of its keys ${headBlocks * each}, the matrix SRAM holds ${capacity}`,
      "choose a shorter sequence, or raise MATRIX_SRAM_SIZE in the settings",
    );
  }
  const opened = openRows(code, mlen, cache);
  const regionBytes = regionRows * opened.rowBytes;
  const tileBytes = mlen * opened.rowBytes;
  const head = code.gp("head table");
  code.set(head, given.tableSlot);
  const field = (name: (typeof HEAD_FIELDS)[number], into: Register): void =>
    code.emit("S_LD_INT", { rd: into, rs1: head, imm18: HEAD_FIELDS.indexOf(name) }, name);
  const load = (name: "keys" | "values", first: number, from: number, to: number): void => {
    const regions = name === "keys" ? headBlocks : valueBlocks;
    const offset = code.gp("offset in HBM");
    if (cache.columns !== undefined) {
      const address = code.gp("address of the head");
      field(name, address);
      addLayerBase(code, address, cache);
      code.emit("C_SET_ADDR_REG", { rd: opened.ha, rs1: ZERO, rs2: address });
      for (let block = 0; block < regions; block++) {
        code.set(offset, from * mlen * opened.pitchBytes + block * opened.rowBytes);
        const tile = at((first + block * (to - from)) * tileArea);
        loadMatrixTiles(code, config, opened, offset, tile, { depth: to - from, blocks: 1 });
      }
      return;
    }
    field(name, offset);
    code.add(offset, offset, from * tileBytes);
    for (let region = 0; region < regions; region++) {
      const tile = at((first + region * (to - from)) * tileArea);
      loadTiles(code, config, opened, offset, tile, to - from, unrolledTransfers(given.budget));
      if (region === regions - 1) continue;
      code.add(offset, offset, regionBytes - whole(to - from) * tileBytes);
    }
  };
  const residence: Residence = isResident
    ? { chunk: keyBlocks, resident: true, load: () => {} }
    : { chunk, resident: false, load: (name, from, to) => load(name, 0, from, to) };
  const query = code.gp("queries");
  const out = code.gp("result");
  code.hold(3, () =>
    code.loop(given.heads, () => {
      if (isResident) {
        load("keys", 0, 0, keyBlocks);
        load("values", keyTiles, 0, keyBlocks);
      }
      field("queries", query);
      field("result", out);
      code.loop(given.ratio, () => {
        for (let block = 0; block * mlen < given.rows; block++) {
          attendBlock(code, config, given, residence, { block, query, out, field });
        }
        code.add(query, query, headBlocks * queries.blockPitch);
        code.add(out, out, valueBlocks * result.blockPitch);
      });
      code.add(head, head, HEAD_FIELDS.length);
    }));
}
