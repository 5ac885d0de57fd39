/** The public emulator's log lines about memory, byte for byte (memory specification, 3.7). */
import type { RegimeLimits } from "./regime_limits.ts";
import type { RegimeModel } from "./regime_mode.ts";

/** How the public emulator spells the capacity regimes at the start. */
const SPELLINGS = {
  "resident": "Resident",
  "kv-swap": "KvSwap",
  "weight-stream": "WeightStream",
} as const;

/** The line about the memory model at the start: whole MiB of capacity, whole MB/s of the link. */
export function regimeStartLine(
  model: RegimeModel,
  { capacityBytes, hostBandwidth }: Pick<RegimeLimits, "capacityBytes" | "hostBandwidth">,
): string {
  const capacity = Math.floor(capacityBytes / 2 ** 20);
  const bandwidth = Math.floor(hostBandwidth / 1e6);
  switch (model) {
    case "layer-swap":
      return `Memory model: layer-swap (DDR3 capacity=${capacity} MB, host bandwidth=${bandwidth} MB/s)`;
    case "host-stream":
      return `Memory model: host-stream (host bandwidth=${bandwidth} MB/s)`;
    default:
      return `Memory model: capacity-aware [${SPELLINGS[model]}] (DDR capacity=${capacity} MB, ` +
        `host bandwidth=${bandwidth} MB/s)`;
  }
}

/**
 * The line about the regime's counters at the end. It takes the counters of either set of rules;
 * what only one of them counts is not in the line.
 */
export function regimeSummaryLine(
  model: RegimeModel,
  counters: Readonly<Record<string, number>>,
): string {
  const count = (...names: string[]): number => {
    for (const name of names) if (counters[name] !== undefined) return counters[name];
    return 0;
  };
  switch (model) {
    case "layer-swap":
      return `Layer-swap memory - swaps: ${count("swaps")} | swapped bytes: ${
        count("swappedBytes")
      } | swap time: ${Math.floor(count("swapNanos"))} ns`;
    case "host-stream": {
      const weights = count("weightReads") || count("streamedBytes") / 64;
      const others = count("activationReads") || count("residentBytes") / 64;
      return `Host-stream memory - weight reads: ${weights} (${weights * 64} bytes) | ` +
        `activation reads: ${others} (${others * 64} bytes)`;
    }
    default:
      return `Capacity model [${model}] - resident bytes: ${count("residentBytes")} | ` +
        `kv swapped bytes: ${count("kvSwappedBytes", "swappedBytes")} (swaps: ${
          count("swaps")
        }) | ` +
        `weight streamed bytes: ${count("weightStreamedBytes", "streamedBytes")}`;
  }
}

/**
 * The line about the bytes that a program read and wrote.
 *
 * @param elapsedPs Simulated time when the program ended, before the memory settles.
 */
export function hbmStatisticsLine(
  bytesRead: number,
  bytesWritten: number,
  elapsedPs: number,
): string {
  const rate = (bytesRead + bytesWritten) / (elapsedPs / 1e12);
  const text = Number.isFinite(rate)
    ? rate.toExponential(2).replace("e+", "e")
    : Number.isNaN(rate)
    ? "NaN"
    : "inf";
  return `HBM Statistics - Bytes read: ${bytesRead} | Bytes written: ${bytesWritten} | ` +
    `Utilization: ${text} bytes/sec`;
}

/**
 * The last line of a run.
 *
 * @param latencyPs Whole picoseconds, after the memory has settled.
 */
export function completionLine(latencyPs: number): string {
  const nanos = Math.floor(latencyPs / 1000);
  return `Simulation completed. Latency ${nanos}.${
    String(latencyPs - nanos * 1000).padStart(3, "0")
  }ns`;
}
