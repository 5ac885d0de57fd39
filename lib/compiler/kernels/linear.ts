import type { MachineConfig } from "../../boards/mod.ts";
import { CompileError } from "../compile_error.ts";
import type { CodeBuilder } from "../code/code_builder.ts";
import { at, type Register, ZERO } from "../code/register.ts";
import { roundUp } from "../round_up.ts";
import { unrolledTransfers } from "./budget.ts";
import { broadcastProduct } from "./broadcast_product.ts";
import { hasPairRegisters, pairBudget, pairedProduct } from "./paired_product.ts";
import { largestDivisor, product } from "./product.ts";
import { addRows, walk } from "./rows.ts";
import {
  type HbmRows,
  loadMatrixTiles,
  loadTiles,
  openRows,
  tilesPerPrefetch,
} from "./transfers.ts";
import type { VectorTensor } from "./vector_tensor.ts";

/** Whether products are made of BLEN × BLEN blocks (M_MM) or of whole tiles (M_BMM). */
export type MatrixForm = "blocks" | "broadcast";

/** A run of a weight matrix's rows of tiles that fits the matrix SRAM. */
export interface WeightPart {
  /** First row of tiles. */
  readonly firstDepth: number;
  /** Rows of tiles. */
  readonly depth: number;
  /** Column blocks that are resident together. */
  readonly chunkBlocks: number;
  /** Tiles of a chunk as they lie in HBM, rounded up to whole prefetches. */
  readonly chunkTiles: number;
  /** First tile of the part in HBM. */
  readonly firstTile: number;
}

/** How a weight matrix is cut into tiles, and in which order they lie in HBM. */
export interface WeightTiling {
  /** Rows of tiles. */
  readonly depth: number;
  /** Column blocks. */
  readonly blocks: number;
  /** The parts; more than one only when the contraction does not fit the matrix SRAM. */
  readonly parts: readonly WeightPart[];
  /** Tiles in HBM. */
  readonly tiles: number;
}

/** Contractions longer than this leave no registers for a loop over resident column blocks. */
export const LONG_CONTRACTION = 8;

/**
 * Cuts a weight matrix. Tiles lie in HBM in the order in which they are fetched: part, chunk of
 * column blocks, row of tiles, column block. For products in pairs a chunk has two column blocks.
 */
export function tileWeights(
  name: string,
  depth: number,
  blocks: number,
  config: MachineConfig,
  form: MatrixForm,
  isPaired = false,
): WeightTiling {
  const capacity = Math.floor(config.matrixSramRows / config.mlen);
  const each = tilesPerPrefetch(config);
  const usable = Math.floor(capacity / each) * each;
  if (usable < 1) {
    throw new CompileError(
      `${name}: a prefetch fetches ${each} tiles, the matrix SRAM holds ${capacity}`,
      "raise MATRIX_SRAM_SIZE or lower HBM_M_Prefetch_Amount in the settings",
    );
  }
  const count = Math.ceil(depth / usable);
  const parts: WeightPart[] = [];
  let firstTile = 0;
  for (let part = 0; part < count; part++) {
    const firstDepth = Math.floor(part * depth / count);
    const partDepth = Math.floor((part + 1) * depth / count) - firstDepth;
    let most = Math.floor(usable / partDepth);
    if (isPaired && blocks % 2 === 0) most = Math.min(2, most);
    if (form === "blocks" && partDepth > LONG_CONTRACTION) most = 1;
    const chunkBlocks = largestDivisor(blocks, most);
    const chunkTiles = roundUp(partDepth * chunkBlocks, each);
    parts.push({ firstDepth, depth: partDepth, chunkBlocks, chunkTiles, firstTile });
    firstTile += blocks / chunkBlocks * chunkTiles;
  }
  return { depth, blocks, parts, tiles: firstTile };
}

/** Where a tile lies among those of its matrix: the `t`-th of a part, of a column block. */
export function tileIndex(part: WeightPart, block: number, t: number): number {
  const { chunkBlocks, chunkTiles, firstTile } = part;
  return firstTile + Math.floor(block / chunkBlocks) * chunkTiles + t * chunkBlocks +
    block % chunkBlocks;
}

/** A projection: activations times weights. */
export interface Linear {
  /** The weights' tiles in HBM, in the order of the tiling; or the matrix, row by row. */
  readonly weights: HbmRows;
  /** Their order. */
  readonly tiling: WeightTiling;
  /** Rows that count; activations and result have room for whole row groups. */
  readonly rows: number;
  /** Activations, rows MLEN apart. */
  readonly input: VectorTensor;
  /** The result. */
  readonly output: VectorTensor;
  /** As large as the result; needed when the contraction is in parts. */
  readonly partial?: VectorTensor | undefined;
  /** Instructions that the unrolled body may have. */
  readonly budget: number;
  /** INT SRAM entry in which a long contraction keeps its offset in HBM. */
  readonly spillSlot: number;
  /** How products are made. */
  readonly form: MatrixForm;
}

/**
 * A whole projection in one loop nest over chunks of column blocks. Every tile is loaded once; sums
 * stay in the f32 accumulator over the whole contraction, or over each part of it.
 */
export function linear(code: CodeBuilder, config: MachineConfig, given: Linear): void {
  const { mlen, blen } = config;
  const { input, output, tiling, form } = given;
  const opened = openRows(code, mlen, given.weights);
  const isMatrix = given.weights.columns !== undefined;
  const tileBytes = mlen * opened.rowBytes;
  const depthBytes = mlen * opened.pitchBytes;
  tiling.parts.forEach((part, index) => {
    const target = index === 0 ? output : given.partial;
    if (target === undefined) throw new RangeError(`${given.weights.name}: no partial sums`);
    const { chunkBlocks, depth } = part;
    const rows = input.address + part.firstDepth * input.blockPitch;
    const chunks = tiling.blocks / chunkBlocks;
    const isPaired = canPair(code, config, given, part, target);
    if (isPaired) code.notes.push(`${given.weights.name} in pairs`);
    const isLong = form === "blocks" && depth > LONG_CONTRACTION;
    const spills = chunks > 1 && (isPaired || isLong);
    const tiles = at(isPaired ? rows : 0);
    const offset = code.gp("offset in HBM");
    const out = code.gp("result");
    code.set(offset, isMatrix ? part.firstDepth * depthBytes : part.firstTile * tileBytes);
    code.set(out, target.address);
    const common = {
      depth,
      rows: at(rows),
      rowsPitch: input.blockPitch,
      tiles,
      tilePitch: chunkBlocks * mlen * mlen,
      transposed: false,
      blocks: chunkBlocks,
      tileBlock: mlen * mlen,
      out,
      outBlock: target.blockPitch,
      outRow: target.rowPitch,
      budget: given.budget,
    };
    const multiply = (): number => {
      if (isPaired) return pairedProduct(code, config, { ...common, address: rows });
      if (form === "broadcast") {
        return broadcastProduct(code, mlen, { ...common, rowBlocks: Math.ceil(given.rows / mlen) });
      }
      return product(code, config, {
        ...common,
        rowGroups: Math.ceil(given.rows / blen),
        groups: mlen / blen,
      });
    };
    const load = (from: Register): void => {
      if (!isMatrix) {
        const most = unrolledTransfers(given.budget);
        loadTiles(code, config, opened, from, tiles, depth * chunkBlocks, most);
        return;
      }
      loadMatrixTiles(code, config, opened, from, tiles, { depth, blocks: chunkBlocks });
      code.add(from, from, chunkBlocks * opened.rowBytes - depth * depthBytes);
    };
    const slot = { rs1: ZERO, imm18: given.spillSlot };
    if (spills) code.emit("S_ST_INT", { rd: offset, ...slot });
    code.loop(chunks, () => {
      const here = spills ? code.gp("offset in HBM") : offset;
      if (spills) code.emit("S_LD_INT", { rd: here, ...slot });
      load(here);
      if (spills) code.emit("S_ST_INT", { rd: here, ...slot });
      code.hold(chunks > 1 && !spills ? 1 : 0, () => {
        const moved = multiply();
        if (chunks > 1) code.add(out, out, chunkBlocks * target.blockPitch - moved);
      });
    });
    if (index > 0) addRows(code, given.rows, tiling.blocks, walk(output), walk(target));
  });
}

/** Whether a part can be multiplied in pairs: rows and tiles lie alike, and pointers are left. */
function canPair(
  code: CodeBuilder,
  { mlen, matrixSramRows }: MachineConfig,
  { form, input, rows, budget }: Linear,
  { chunkBlocks, chunkTiles, depth, firstDepth }: WeightPart,
  target: VectorTensor,
): boolean {
  const area = mlen * mlen;
  const firstTile = input.address / area + 2 * firstDepth;
  const isOneTile = input.isTwofold === true && rows === mlen && input.blockPitch === 2 * area;
  const fits = Number.isInteger(firstTile) && (firstTile + chunkTiles) * mlen <= matrixSramRows;
  return form === "blocks" && chunkBlocks === 2 && isOneTile && fits &&
    target.rowPitch === mlen && budget >= pairBudget(depth) && hasPairRegisters(code, mlen, depth);
}
