/** What a DRAM is to its controller: an organisation, a timing table, queues and an address map. */

/**
 * What a controller tells a DRAM: open a row, close a bank, read, write, close all banks of a
 * rank, refresh a rank, refresh one bank.
 */
export type DramCommand = "ACT" | "PRE" | "RD" | "WR" | "PREA" | "REF" | "REFPB";

/** One level of the hierarchy, and how many of it lie in one node of the level above. */
export interface DramLevel {
  /** Such as `channel`, `rank`, `pseudochannel`, `bankgroup`, `bank`. */
  readonly name: string;
  /** How many there are in a node of the level above; channels: in all. */
  readonly count: number;
}

/**
 * One row of the timing table: after a command of `after` on a node of `level`, no command of
 * `before` on the same node for so many cycles.
 */
export interface TimingConstraint {
  /** The level whose nodes the row is about. */
  readonly level: string;
  /** Preceding commands. */
  readonly after: readonly DramCommand[];
  /** Following commands. */
  readonly before: readonly DramCommand[];
  /** Cycles between them: a sum of timing parameters and integers, such as `nCL + nBL + 2 - nCWL`. */
  readonly cycles: string;
  /**
   * Counts from the preceding command that many back, not from the last; 4 makes the four-activate
   * window. 1 if left out.
   */
  readonly window?: number;
}

/** How a request number is taken apart: fields from its low end, the last of them unbounded. */
export interface DramAddressMap {
  /**
   * A field is a level or `column`, with its bits; the bits that are left are the row. A field may
   * come in pieces, the low piece first.
   */
  readonly fields: readonly { readonly field: string; readonly bits: number }[];
  /** Then each `into` (a level, or `row`) is XORed with the column shifted right by `shift`. */
  readonly xor: readonly { readonly into: string; readonly shift: number }[];
}

/** The wires that read and written data share, and when a command holds them. */
export interface DramDataBus {
  /** Each node of this level has a bus of its own. */
  readonly level: string;
  /** Its width, in bits. */
  readonly bits: number;
  /** From a read command to its first data: a sum like those of the constraints. */
  readonly read: string;
  /** From a write command to its first data. */
  readonly write: string;
  /** How long the data of a command hold the bus. */
  readonly cycles: string;
}

/**
 * How a DRAM is refreshed. `REF` refreshes every node of `level` at the end of each interval;
 * `REFPB` refreshes one bank of the channel, each in its turn. Either waits until what it refreshes
 * is closed, and holds back all that has not opened its row.
 */
export interface DramRefresh {
  /** All banks of a node at once, or bank by bank. */
  readonly command: "REF" | "REFPB";
  /** What one command refreshes: such as `rank`; for `REFPB` the lowest level, `bank`. */
  readonly level: string;
  /** Cycles from one to the next: a sum like those of the constraints. */
  readonly interval: string;
}

/**
 * Which request of a list is served: the oldest whose next command is ready (first-ready,
 * first-come), or the oldest and no other.
 */
export type DramScheduler = "fr-fcfs" | "fcfs";

/**
 * When a row is closed: when another row of its bank is asked for, or also as soon as no waiting
 * request asks for it and the channel has nothing else to do.
 */
export type DramPagePolicy = "open" | "closed";

/** A DRAM with its controller, as data. Cycles are cycles of `tickPs`. */
export interface DramPreset {
  /** As typed in a command line. */
  readonly name: string;
  /** What it is, in words. */
  readonly title: string;
  /** Where the values come from. */
  readonly source: string;
  /** One cycle of the controller, in picoseconds. */
  readonly tickPs: number;
  /** What one read or write command moves; a block of 64 bytes is 64 / requestBytes requests. */
  readonly requestBytes: number;
  /** From channel to bank; the nodes of the first level have a controller each. */
  readonly levels: readonly DramLevel[];
  /** The timing parameters, in cycles. */
  readonly timing: Readonly<Record<string, number>>;
  /** The timing table. */
  readonly constraints: readonly TimingConstraint[];
  /** From a read command to its data: a sum like those of the constraints. */
  readonly readLatency: string;
  /** The data bus. */
  readonly dataBus: DramDataBus;
  /** From a request to its place. */
  readonly addressMap: DramAddressMap;
  /** How many entries each list of a channel can hold. */
  readonly queues: { readonly read: number; readonly write: number; readonly activated: number };
  /** Writes are drained from `start` waiting writes on, until `stop` are left and a read waits. */
  readonly writeDrain: { readonly start: number; readonly stop: number };
  /** Which request is served. */
  readonly scheduler: DramScheduler;
  /** When a row is closed. */
  readonly pagePolicy: DramPagePolicy;
  /** How it is refreshed; `null` for a memory without refresh. */
  readonly refresh: DramRefresh | null;
}
