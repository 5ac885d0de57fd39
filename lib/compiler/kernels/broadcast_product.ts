import type { CodeBuilder } from "../code/code_builder.ts";
import type { Address, Register } from "../code/register.ts";

/**
 * A product by whole tiles: M_BMM or M_BTMM multiply MLEN rows by a tile at once, on a machine whose
 * one head slot is as wide as a tile. The machine scales these products by 1/4: who calls makes up
 * for that with a factor 4 in one of the operands.
 */
export interface BroadcastProduct {
  /** Rows, in blocks of MLEN. */
  readonly rowBlocks: number;
  /** Tiles along the contraction. */
  readonly depth: number;
  /** First row of the activations; rows are MLEN apart. */
  readonly rows: Address;
  /** From the activations of a tile to those of the next. */
  readonly rowsPitch: number;
  /** The first tile. */
  readonly tiles: Address;
  /** From tile to tile along the contraction. */
  readonly tilePitch: number;
  /** Whether the tiles are transposed (M_BTMM). */
  readonly transposed: boolean;
  /** Column blocks. */
  readonly blocks: number;
  /** From column block to column block in the matrix SRAM. */
  readonly tileBlock: number;
  /** Where the result goes, its rows MLEN apart; a register of the caller's is moved on. */
  readonly out: Address | Register;
  /** From column block to column block of the result. */
  readonly outBlock: number;
}

/**
 * Emits the loop nest: row blocks, column blocks, contraction.
 *
 * @returns How far the pointer to the result has moved.
 */
export function broadcastProduct(
  code: CodeBuilder,
  mlen: number,
  given: BroadcastProduct,
): number {
  const { depth, blocks, rowsPitch, tilePitch } = given;
  const tileArea = mlen * mlen;
  const first = code.gp("rows");
  const column = code.gp("column of tiles");
  const out = "offset" in given.out ? code.gp("result") : given.out;
  const consumed = blocks > 1 ? blocks * given.outBlock : 0;
  code.point(first, given.rows);
  if ("offset" in given.out) code.point(out, given.out);
  code.loop(given.rowBlocks, () => {
    code.point(column, given.tiles);
    code.loop(blocks, () => {
      const rows = code.gp("rows of a tile");
      const tile = code.gp("tile");
      code.add(rows, first, 0);
      code.add(tile, column, 0);
      code.loop(depth, () => {
        const operands = { rs1: tile, rs2: rows };
        code.emit(given.transposed ? "M_BTMM" : "M_BMM", operands);
        code.add(rows, rows, rowsPitch);
        code.add(tile, tile, tilePitch);
      });
      code.emit("M_BMM_WO", { rd: out, imm18: 0 });
      if (blocks > 1) {
        code.add(out, out, given.outBlock);
        code.add(column, column, given.tileBlock);
      }
    });
    if (given.rowBlocks === 1) return;
    code.add(first, first, tileArea);
    code.add(out, out, tileArea - consumed);
  });
  return given.rowBlocks === 1 ? consumed : given.rowBlocks * tileArea;
}
