/** FP SRAM entries: the public program's own, and behind them what ours needs besides. */
export const PUBLIC_FP_SLOTS = {
  /** 0. */
  zero: 0,
  /** 1 / √head_dim. */
  scale: 1,
  /** Below every score. */
  lowest: 2,
  /** ε of the norms. */
  epsilon: 3,
  /** 1 / hidden. */
  inverseHidden: 4,
  /** 1. */
  one: 5,
  /** -1. */
  minusOne: 6,
} as const;
