/** The contract between a memory regime and the device below it. */

/** How one access goes: to the device at once; after data from the host has arrived; through the
 * one host link, which it holds until the device has answered; from or to the host alone. */
export const ROUTES = { device: 0, afterHost: 1, holdingLink: 2, hostOnly: 3 } as const;

/** One of the numbers of {@linkcode ROUTES}. */
export type Route = (typeof ROUTES)[keyof typeof ROUTES];

/**
 * What a regime decides about accesses. It is asked once per access, in the order in which accesses
 * begin, and remembers what it has moved.
 */
export interface RegimePolicy {
  /** How long the host takes in the last decided access, in picoseconds; 0 without the host. */
  readonly hostPs: number;
  /** Decides the read of a block at a time. */
  routeRead(block: number, nowPs: number): Route;
  /** Decides the write of a block at a time. */
  routeWrite(block: number, nowPs: number): Route;
  /** The counters, as {@linkcode MemoryModel.statistics} gives them. */
  statistics(): Record<string, number>;
  /** What a user should be told, in the order in which it came up. */
  readonly warnings: readonly string[];
}
