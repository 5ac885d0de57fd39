/** What a DRAM channel counts. */

/** Counters of a channel. */
export interface ChannelCounters {
  /** Requests that were accepted. */
  reads: number;
  /** Requests that were accepted. */
  writes: number;
  /** Reads that found their data in the write queue. */
  forwardedReads: number;
  /** Requests whose row was open when their first command was issued. */
  rowHits: number;
  /** Requests whose bank was closed. */
  rowMisses: number;
  /** Requests whose bank had another row open. */
  rowConflicts: number;
  /** ACT commands. */
  activations: number;
  /** PRE and PREA commands. */
  precharges: number;
  /** REF commands. */
  refreshes: number;
  /** Requests that found their queue full. */
  refusals: number;
  /** Most requests that waited at once. */
  peakReadQueue: number;
  /** Most requests that waited at once. */
  peakWriteQueue: number;
  /** Most requests that waited at once with their row opened for them. */
  peakActivatedQueue: number;
}

/** Counters at zero. */
export function newCounters(): ChannelCounters {
  return {
    reads: 0,
    writes: 0,
    forwardedReads: 0,
    rowHits: 0,
    rowMisses: 0,
    rowConflicts: 0,
    activations: 0,
    precharges: 0,
    refreshes: 0,
    refusals: 0,
    peakReadQueue: 0,
    peakWriteQueue: 0,
    peakActivatedQueue: 0,
  };
}
