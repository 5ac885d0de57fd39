import type { MachineConfig } from "../../boards/mod.ts";
import { CompileError } from "../compile_error.ts";
import type { CodeBuilder } from "../code/code_builder.ts";
import { at, ZERO } from "../code/register.ts";
import { broadcastProduct } from "./broadcast_product.ts";
import { largestDivisor, product } from "./product.ts";
import { addRows, walk } from "./rows.ts";
import { type HbmRows, loadTiles, openRows, tilesPerPrefetch } from "./transfers.ts";
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
const LONG_CONTRACTION = 8;

/**
 * Cuts a weight matrix. Tiles lie in HBM in the order in which they are fetched: part, chunk of
 * column blocks, row of tiles, column block.
 */
export function tileWeights(
  name: string,
  depth: number,
  blocks: number,
  config: MachineConfig,
  form: MatrixForm,
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
    const limit = form === "blocks" && partDepth > LONG_CONTRACTION
      ? 1
      : Math.floor(usable / partDepth);
    const chunkBlocks = largestDivisor(blocks, limit);
    const chunkTiles = Math.ceil(partDepth * chunkBlocks / each) * each;
    parts.push({ firstDepth, depth: partDepth, chunkBlocks, chunkTiles, firstTile });
    firstTile += blocks / chunkBlocks * chunkTiles;
  }
  return { depth, blocks, parts, tiles: firstTile };
}

/** A projection: activations times weights. */
export interface Linear {
  /** The weights' tiles in HBM. */
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
  const tileBytes = mlen * opened.rowBytes;
  tiling.parts.forEach((part, index) => {
    const target = index === 0 ? output : given.partial;
    if (target === undefined) throw new RangeError(`${given.weights.name}: no partial sums`);
    const { chunkBlocks, depth } = part;
    const offset = code.gp("offset in HBM");
    const out = code.gp("result");
    code.set(offset, part.firstTile * tileBytes);
    code.set(out, target.address);
    const common = {
      depth,
      rows: at(input.address + part.firstDepth * input.blockPitch),
      rowsPitch: input.blockPitch,
      tiles: at(0),
      tilePitch: chunkBlocks * mlen * mlen,
      transposed: false,
      blocks: chunkBlocks,
      tileBlock: mlen * mlen,
      out,
      outBlock: target.blockPitch,
    };
    const chunks = tiling.blocks / chunkBlocks;
    const spills = form === "blocks" && chunks > 1 && depth > LONG_CONTRACTION;
    const slot = { rs1: ZERO, imm18: given.spillSlot };
    if (spills) code.emit("S_ST_INT", { rd: offset, ...slot });
    code.loop(chunks, () => {
      const here = spills ? code.gp("offset in HBM") : offset;
      if (spills) code.emit("S_LD_INT", { rd: here, ...slot });
      loadTiles(code, config, opened, here, at(0), depth * chunkBlocks, given.budget < 64 ? 1 : 4);
      if (spills) code.emit("S_ST_INT", { rd: here, ...slot });
      code.hold(chunks > 1 && !spills ? 1 : 0, () => {
        const moved = form === "broadcast"
          ? broadcastProduct(code, mlen, {
            ...common,
            rowBlocks: Math.ceil(given.rows / mlen),
          })
          : product(code, config, {
            ...common,
            rowGroups: Math.ceil(given.rows / blen),
            groups: mlen / blen,
            outRow: target.rowPitch,
            budget: given.budget,
          });
        if (chunks > 1) code.add(out, out, chunkBlocks * target.blockPitch - moved);
      });
    });
    if (index > 0) addRows(code, given.rows, tiling.blocks, walk(output), walk(target));
  });
}
