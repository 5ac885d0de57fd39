import { assert, assertEquals } from "@std/assert";
import { auditCommands } from "./dram_audit.ts";
import type { DramCommandRecord } from "./dram_command_log.ts";
import type { DramPreset } from "./dram_preset.ts";
import { DRAM_PRESETS, HBM2 } from "./dram_presets.ts";
import { formatTrace, parseTrace, type TraceRow } from "./dram_trace.ts";
import { replayTrace } from "./replay_trace.ts";

/** Traces recorded from the DRAM library that the machine uses; a few come with the sources. */
const FIXTURES = new URL("../../fixtures/dram_traces/", import.meta.url);
const GOLDENS = new URL("../../../shared/goldens/dram_traces/", import.meta.url);

function presetOf(file: string): DramPreset {
  return DRAM_PRESETS.find(({ name }) => file.startsWith(name.replaceAll("-", "_"))) ?? HBM2;
}

function testFolder(folder: URL, what: string): void {
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".csv")
  ).sort();
  assert(files.length >= 6, `${files.length} traces`);
  for (const file of files) {
    const preset = presetOf(file);
    Deno.test(`replayTrace() repeats the ${what} ${file} on ${preset.name}`, () => {
      const text = Deno.readTextFileSync(new URL(file, folder));
      const recorded = parseTrace(text, file);
      const requests = recorded.map((row) => ({ ...row, acceptCycle: -1, doneCycle: -1 }));
      const { rows } = replayTrace(requests, preset);
      for (let i = 0; i < rows.length; i++) assertEquals(rows[i], recorded[i], `line ${i + 2}`);
      assertEquals(formatTrace(rows), text);
      // Watched, it does the same, and breaks no row of the table.
      const log: DramCommandRecord[] = [];
      const onCommand = (record: DramCommandRecord): void => void log.push(record);
      assertEquals(replayTrace(requests, preset, { onCommand }).rows, rows);
      assertEquals(auditCommands(log, preset), []);
    });
  }
}

function exists(folder: URL): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch {
    return false;
  }
}

testFolder(FIXTURES, "fixture");
if (exists(GOLDENS)) testFolder(GOLDENS, "golden");
else {
  Deno.test({
    name: "replayTrace() repeats the goldens (skipped: no ../shared/goldens/dram_traces)",
    ignore: true,
    fn(): void {},
  });
}

const read = (address: number, wantCycle: number): TraceRow => ({
  address,
  write: false,
  wantCycle,
  acceptCycle: -1,
  doneCycle: -1,
});

/** Activate, read, data: what the data sheets say of an idle, closed bank. */
const UNLOADED: Record<string, number> = {
  "hbm2": 7 + 7 + 4,
  "ddr3-1600k-x16": 11 + 11 + 4,
  "ddr4-2400r-x8": 16 + 16 + 4,
  "hbm2e": 23 + 23 + 2, // 14 ns, 14 ns, a burst of 4 at 0.625 ns
  "lpddr4-3200-x16": 29 + 28 + 6 + 8, // 18 ns, RL 28, tDQSCK 3.5 ns, a burst of 16
};

Deno.test("replayTrace() places an address within its transfer, of any preset", () => {
  for (const preset of DRAM_PRESETS) {
    const first = replayTrace([read(0, 0)], preset).rows[0]!;
    const last = replayTrace([read(preset.requestBytes - 1, 0)], preset).rows[0]!;
    assertEquals(last.doneCycle, first.doneCycle);
    assertEquals(first.doneCycle, UNLOADED[preset.name], preset.name);
  }
});

Deno.test("replayTrace() counts hits, misses and conflicts", () => {
  const rowBytes = 2 ** 17;
  const rows = [read(0, 0), read(0, 100), read(rowBytes, 200), read(0, 300)];
  const { statistics } = replayTrace(rows, HBM2);
  assertEquals(statistics, {
    reads: 4,
    writes: 0,
    forwardedReads: 0,
    rowHits: 1,
    rowMisses: 1,
    rowConflicts: 2,
    activations: 3,
    precharges: 2,
    refreshes: 0,
    refusals: 0,
    peakReadQueue: 1,
    peakWriteQueue: 0,
    peakActivatedQueue: 1,
    waitingWrites: 0,
    cycles: 326,
  });
});

Deno.test("replayTrace() refreshes as often as nREFI says, however long the idle time", () => {
  for (const preset of DRAM_PRESETS) {
    const interval = preset.timing.nREFI;
    if (interval === undefined) continue;
    const end = 1000 * interval + 2000;
    const { statistics, rows } = replayTrace([read(0, 0), read(0, end)], preset);
    // Each pseudo-channel of HBM2E has its own.
    assertEquals(statistics.refreshes, preset.name === "hbm2e" ? 32_000 : 1000, preset.name);
    assertEquals(rows[1]!.doneCycle, end + UNLOADED[preset.name]!, "the refresh closed the row");
  }
});
