import type { MatrixForm } from "./linear.ts";
import type { ScoreMask } from "./softmax.ts";
import type { HbmRows } from "./transfers.ts";
import type { VectorTensor } from "./vector_tensor.ts";

/** What the kernel looks up for every key and value head, in this order in the INT SRAM. */
export const HEAD_FIELDS = ["keys", "values", "queries", "mask", "valueTile", "result"] as const;

/** One key and value head with its query heads. */
export type HeadEntry = Readonly<Record<(typeof HEAD_FIELDS)[number], number>>;

/** Keys and values of a range of positions, queries of as many rows. */
export interface Attention {
  /** Query rows. */
  readonly rows: number;
  /** Blocks of MLEN keys. */
  readonly keyBlocks: number;
  /** Whether query block i sees no key block after i. */
  readonly causal: boolean;
  /** Masks of a query block's scores, from its number; the rows are in the vector SRAM. */
  readonly masks: (queryBlock: number) => readonly ScoreMask[];
  /** First key block that a query block sees. */
  readonly firstKeyBlock: (queryBlock: number) => number;
  /** Key and value heads, of all sequences. */
  readonly heads: number;
  /** Query heads of each. */
  readonly ratio: number;
  /** INT SRAM entry of the first head's table. */
  readonly tableSlot: number;
  /** Queries: blocks of a head one after the other, rows MLEN apart. */
  readonly queries: VectorTensor;
  /** Column blocks of a query head; of the first halves, then of the second, where it is split. */
  readonly headBlocks: number;
  /** Whether a query block holds several heads, so that the others have to be masked out. */
  readonly shared: boolean;
  /**
   * Keys and values in HBM: block by block, with offsets in the table of heads; or, with `columns`, a
   * matrix of the keys and one of the values of each head, all alike, with addresses in the table.
   */
  readonly cache: HbmRows;
  /** Positions of a block of the cache, rows from one to the next, where it lies block by block. */
  readonly regionRows?: number;
  /** Column blocks of a value head. */
  readonly valueBlocks: number;
  /** Columns of a value head in a block. */
  readonly valueLanes: number;
  /** Whether a block of values holds several heads. */
  readonly valueShared: boolean;
  /** The result: blocks of a head one after the other. */
  readonly result: VectorTensor;
  /** Room for headBlocks blocks of MLEN masked query rows. */
  readonly masked: number;
  /** Room for the scores: keyBlocks blocks of MLEN rows. */
  readonly scores: number;
  /** FP SRAM entry with a number below every score. */
  readonly lowestSlot: number;
  /** FP SRAM entry with a factor on the scores, if the queries do not have it. */
  readonly scaleSlot?: number | undefined;
  /** Instructions that an unrolled body may have. */
  readonly budget: number;
  /** How products are made. */
  readonly form: MatrixForm;
}
