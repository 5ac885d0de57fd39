/** What one program computes. */
export interface DecoderRun {
  /** Tokens that it takes, of each sequence. */
  readonly rows: number;
  /** Whether they go on from cached positions: then there is one token. */
  readonly decode: boolean;
  /** Blocks of MLEN positions that attention looks at. */
  readonly keyBlocks: number;
  /** For which rows there are logits. */
  readonly logits: "all" | "last";
  /** Instructions that an unrolled body may have. */
  readonly budget: number;
}
