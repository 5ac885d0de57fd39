/** What a board can do with what does not fit; `auto` picks one of the last three. */
export const REGIME_MODES = [
  "layer-swap",
  "host-stream",
  "auto",
  "resident",
  "kv-swap",
  "weight-stream",
] as const;

/** One of {@linkcode REGIME_MODES}. */
export type RegimeMode = (typeof REGIME_MODES)[number];

/** A mode after `auto` has picked. */
export type RegimeModel = Exclude<RegimeMode, "auto">;
