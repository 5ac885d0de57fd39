/** How the public regimes differ from what their words promise. */

/** Public results with all their oddities, or what the words promise. */
export const REGIME_RULES = ["plena", "right"] as const;

/** One of {@linkcode REGIME_RULES}. */
export type RegimeRules = (typeof REGIME_RULES)[number];

/** One difference between the two sets of rules. */
export interface RegimeDifference {
  /** Short name. */
  readonly name: string;
  /** What the public emulator does. */
  readonly plena: string;
  /** What the rules `right` do. */
  readonly right: string;
}

/** Every difference between the two sets of rules. */
// deno-fmt-ignore: one difference, one row
export const REGIME_DIFFERENCES: readonly RegimeDifference[] = [
  { name: "replacement", plena: "what came first goes first, though it is called LRU", right: "the least recently used goes first" },
  { name: "write-back", plena: "changed regions are dropped for free", right: "changed regions return to the host before their room is used" },
  { name: "store-miss", plena: "a store to what is with the host goes to the DDR", right: "a store loads its region first, and counts as a use" },
  { name: "swap-in-flight", plena: "a region counts as there once its transfer begins", right: "accesses wait until the transfer has ended" },
  { name: "host-link", plena: "swaps overlap as if each had a link of its own", right: "all transfers share one link, first come, first served" },
  { name: "streamed-weight", plena: "a streamed block is read from the DDR as well, and the link waits for it", right: "a streamed block goes from the link to the SRAM; the DDR works meanwhile" },
  { name: "streamed-store", plena: "a store to streamed weights goes to the DDR", right: "a store to streamed weights goes through the link" },
  { name: "stream-kind", plena: "host-stream takes every region above the ceiling for weights", right: "host-stream streams the regions of kind weight" },
  { name: "transfer-time", plena: "whole nanoseconds, rounded down: above 64 GB/s a block is free", right: "whole picoseconds, rounded up" },
  { name: "capacity", plena: "the manifest's capacity beats an explicit one; layer-swap knows only the explicit one", right: "an explicit capacity beats the manifest's, in every mode" },
  { name: "oversize-warning", plena: "announces a reload on every access, which does not happen", right: "says what happens: loaded alone, and again after any other load" },
];
