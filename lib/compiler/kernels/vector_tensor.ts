/**
 * A matrix in the vector SRAM, cut into rows of MLEN elements: row r of column block b lies at
 * `address + r * rowPitch + b * blockPitch`. Products read matrices whose rows are MLEN apart;
 * vector instructions do not care.
 */
export interface VectorTensor {
  /** Its name. */
  readonly name: string;
  /** Element address of row 0, block 0. */
  readonly address: number;
  /** Rows. */
  readonly rows: number;
  /** Column blocks of MLEN elements. */
  readonly blocks: number;
  /** Elements from row to row. */
  readonly rowPitch: number;
  /** Elements from block to block. */
  readonly blockPitch: number;
  /** Whether every block is there twice, its copy right behind it. */
  readonly isTwofold?: boolean;
}
