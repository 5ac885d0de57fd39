/**
 * The largest counts that a config may state: some eight times what the largest published decoders
 * have and more, so that a slip such as a unit too many is told before anything is made in its size.
 */
export const MOST = {
  /** Layers; 126 are published. */
  layers: 4096,
  /** Widths, and heads; 65,536 are published. */
  width: 2 ** 20,
  /** Tokens of the vocabulary; 262,208 are published. */
  vocabulary: 2 ** 24,
  /** Experts of a layer; 512 are published. */
  experts: 2 ** 14,
  /** Positions; 10,485,760 are published. */
  positions: 2 ** 30,
} as const;
