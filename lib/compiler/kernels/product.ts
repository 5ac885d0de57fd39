import type { CodeBuilder } from "../code/code_builder.ts";
import { type Address, IMM18_END, type Register, ZERO } from "../code/register.ts";

/** The edges of the matrix unit. */
export interface ProductMachine {
  /** Edge of a tile. */
  readonly mlen: number;
  /** Edge of the block that one instruction computes. */
  readonly blen: number;
}

/** A product of rows in the vector SRAM with tiles in the matrix SRAM. */
export interface Product {
  /** Rows, in groups of BLEN. */
  readonly rowGroups: number;
  /** Tiles along the contraction; their products are summed in the f32 accumulator. */
  readonly depth: number;
  /** The first row of the first tile's activations; rows are MLEN apart. */
  readonly rows: Address;
  /** From the activations of a tile to those of the next. */
  readonly rowsPitch: number;
  /** The first tile, at its first column to be used. */
  readonly tiles: Address;
  /** From tile to tile along the contraction. */
  readonly tilePitch: number;
  /** Whether the rows of a tile, and not its columns, are the columns of the result (M_TMM). */
  readonly transposed: boolean;
  /** Groups of BLEN columns in each column block. */
  readonly groups: number;
  /** Column blocks. */
  readonly blocks: number;
  /** From column block to column block in the matrix SRAM. */
  readonly tileBlock: number;
  /** Where the result goes; a register of the caller's is moved on. */
  readonly out: Address | Register;
  /** From column block to column block of the result. */
  readonly outBlock: number;
  /** From row to row of the result. */
  readonly outRow: number;
  /** Instructions that the unrolled body may have. */
  readonly budget: number;
}

/**
 * A whole product as one loop nest: row groups, column blocks, column groups, and inside them the
 * unrolled contraction. The addresses of the activations stay in registers, as far as there are
 * any; those of the tiles are one addition each, so that an output block takes little more than two
 * instructions per M_MM.
 *
 * @returns How far the pointer to the result has moved.
 */
export function product(code: CodeBuilder, machine: ProductMachine, given: Product): number {
  const { mlen, blen } = machine;
  const groupPitch = blen * mlen;
  let { groups, blocks, tileBlock, outBlock } = given;
  if (tileBlock === groups * groupPitch && outBlock === groups * blen) {
    groups *= blocks;
    blocks = 1;
    tileBlock = groups * groupPitch;
    outBlock = groups * blen;
  }
  const { depth, rowsPitch, tilePitch } = given;
  const unroll = largestDivisor(groups, Math.max(1, Math.floor(given.budget / (2 * depth + 1))));
  const loops = Number(given.rowGroups > 1) + Number(blocks > 1) + Number(groups > unroll);
  const strided = given.outRow !== mlen;
  const large = Number(tilePitch * depth >= IMM18_END || rowsPitch >= IMM18_END);
  // The tile, its successor, the result; then what is left holds activations.
  const spare = code.spareRegisters - loops - 3 - Number(strided) - large;
  const held = Math.max(1, depth <= spare ? depth : spare - 1);

  const acts = Array.from(
    { length: Math.min(held, depth) },
    (_, t) => code.gp(`rows of tile ${t}`),
  );
  const tile = code.gp("tile");
  const out = "offset" in given.out ? code.gp("result") : given.out;
  let step: Register | number = ZERO;
  if (strided) {
    step = code.gp("row step");
    code.set(step, given.outRow / mlen);
  }
  code.point(acts[0]!, given.rows);
  if ("offset" in given.out) code.point(out, given.out);
  const walksTiles = blocks > 1 || groups > unroll;
  if (!walksTiles) code.point(tile, given.tiles);
  const consumed = blocks > 1 ? blocks * outBlock : groups > unroll ? groups * blen : 0;
  code.loop(given.rowGroups, () => {
    for (let t = 1; t < acts.length; t++) code.add(acts[t]!, acts[t - 1]!, rowsPitch);
    if (walksTiles) code.point(tile, given.tiles);
    const advance = (tiles: number, result: number): void => {
      code.add(tile, tile, tiles);
      code.add(out, out, result);
    };
    code.loop(blocks, () => {
      code.loop(groups / unroll, () => {
        for (let group = 0; group < unroll; group++) {
          outputBlock(code, given, { acts, tile, out, step }, group * groupPitch, group * blen);
        }
        if (groups > unroll) advance(unroll * groupPitch, unroll * blen);
      });
      if (blocks === 1) return;
      const done = groups > unroll ? groups : 0;
      advance(tileBlock - done * groupPitch, outBlock - done * blen);
    });
    if (given.rowGroups === 1) return;
    code.add(acts[0]!, acts[0]!, groupPitch);
    code.add(out, out, blen * given.outRow - consumed);
  });
  return given.rowGroups === 1 ? consumed : given.rowGroups * blen * given.outRow;
}

interface ProductRegisters {
  readonly acts: readonly Register[];
  readonly tile: Register;
  readonly out: Register;
  readonly step: Register | number;
}

/** The contraction of one block of the result, and its write-out. */
function outputBlock(
  code: CodeBuilder,
  { depth, rowsPitch, tilePitch, transposed }: Product,
  { acts, tile, out, step }: ProductRegisters,
  tileOffset: number,
  outOffset: number,
): void {
  const nextTile = code.gp("next tile");
  const nextRows = code.gp("next rows");
  for (let t = 0; t < depth; t++) {
    const offset = tileOffset + t * tilePitch;
    let tiles = nextTile;
    if (offset === 0) tiles = tile;
    else if (offset < IMM18_END || t === 0) code.add(nextTile, tile, offset);
    else code.add(nextTile, t === 1 && tileOffset === 0 ? tile : nextTile, tilePitch);
    let rows = acts[t];
    if (rows === undefined) {
      code.add(nextRows, t === acts.length ? acts[t - 1]! : nextRows, rowsPitch);
      rows = nextRows;
    }
    if (transposed) code.emit("M_TMM", { rs1: rows, rs2: tiles });
    else code.emit("M_MM", { rs1: tiles, rs2: rows });
  }
  code.emit("M_MM_WO", { rd: out, rs1: step, imm18: outOffset });
}

/** The largest divisor of `value` that is at most `limit`. */
export function largestDivisor(value: number, limit: number): number {
  let divisor = Math.min(value, limit);
  while (value % divisor !== 0) divisor--;
  return divisor;
}
