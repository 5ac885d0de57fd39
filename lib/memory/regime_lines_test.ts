import { assertEquals } from "@std/assert";
import {
  completionLine,
  hbmStatisticsLine,
  regimeStartLine,
  regimeSummaryLine,
} from "./regime_lines.ts";

Deno.test("regimeStartLine() writes whole MiB and MB/s as the public emulator does", () => {
  const limits = { capacityBytes: 536_870_912, hostBandwidth: 60_000_000 };
  assertEquals(
    regimeStartLine("layer-swap", limits),
    "Memory model: layer-swap (DDR3 capacity=512 MB, host bandwidth=60 MB/s)",
  );
  assertEquals(
    regimeStartLine("host-stream", limits),
    "Memory model: host-stream (host bandwidth=60 MB/s)",
  );
  assertEquals(
    regimeStartLine("kv-swap", { capacityBytes: 2 ** 20 - 1, hostBandwidth: 4_750_000 }),
    "Memory model: capacity-aware [KvSwap] (DDR capacity=0 MB, host bandwidth=4 MB/s)",
  );
});

Deno.test("regimeSummaryLine() reads the counters of either rules", () => {
  const line = "Capacity model [kv-swap] - resident bytes: 1 | kv swapped bytes: 2 (swaps: 3) | " +
    "weight streamed bytes: 4";
  const plena = { residentBytes: 1, kvSwappedBytes: 2, swaps: 3, weightStreamedBytes: 4 };
  const right = { residentBytes: 1, swappedBytes: 2, swaps: 3, streamedBytes: 4 };
  assertEquals(regimeSummaryLine("kv-swap", plena), line);
  assertEquals(regimeSummaryLine("kv-swap", right), line);
  const streams =
    "Host-stream memory - weight reads: 2 (128 bytes) | activation reads: 1 (64 bytes)";
  assertEquals(regimeSummaryLine("host-stream", { weightReads: 2, activationReads: 1 }), streams);
  assertEquals(
    regimeSummaryLine("host-stream", { streamedBytes: 128, residentBytes: 64 }),
    streams,
  );
  assertEquals(
    regimeSummaryLine("layer-swap", { swaps: 1, swappedBytes: 10, swapNanos: 6.66 }),
    "Layer-swap memory - swaps: 1 | swapped bytes: 10 | swap time: 6 ns",
  );
});

Deno.test("hbmStatisticsLine() and completionLine() write the published numbers", () => {
  // The published regression program: 49152 bytes in 9410 ns.
  assertEquals(
    hbmStatisticsLine(49152, 0, 9_410_000),
    "HBM Statistics - Bytes read: 49152 | Bytes written: 0 | Utilization: 5.22e9 bytes/sec",
  );
  assertEquals(completionLine(9_410_000), "Simulation completed. Latency 9410.000ns");
  assertEquals(completionLine(40_817), "Simulation completed. Latency 40.817ns");
  assertEquals(
    hbmStatisticsLine(0, 0, 0),
    "HBM Statistics - Bytes read: 0 | Bytes written: 0 | Utilization: NaN bytes/sec",
  );
});
