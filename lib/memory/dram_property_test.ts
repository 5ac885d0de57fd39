import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DramAddress } from "./dram_address.ts";
import { dramKernelMemory } from "./dram_kernel.ts";
import { DramMemory, dramMemory } from "./dram_memory.ts";
import type { DramPreset } from "./dram_preset.ts";
import {
  DDR3_1600K_X16,
  DDR4_2400R_X8,
  DRAM_PRESETS,
  HBM2,
  LPDDR4_3200_X16,
} from "./dram_presets.ts";
import { COMMANDS } from "./dram_tables.ts";
import type { TraceRow } from "./dram_trace.ts";
import {
  type IssuedCommand,
  ReferenceDram,
  referencePlace,
  TimingAuditor,
} from "./_reference_dram.ts";
import { replayTrace } from "./replay_trace.ts";

const LPDDR4_PER_BANK: DramPreset = {
  ...LPDDR4_3200_X16,
  name: "lpddr4-3200-x16 per bank",
  refresh: { command: "REFPB", level: "bank", interval: "nREFIpb" },
};

type Step = { readonly gap: number; readonly blocks: number[]; readonly write: boolean };

/** Traffic that meets itself: a few rows of a few banks, runs, strides, repeats, idle time. */
function traffic(preset: DramPreset): fc.Arbitrary<Step[]> {
  const blocksPerRow = 2 ** new DramAddress(preset).lowBits * preset.requestBytes / 64;
  const base = fc.oneof(
    fc.nat(63),
    fc.nat(blocksPerRow * 4 - 1),
    fc.nat(3).map((row) => row * blocksPerRow),
    fc.nat(2 ** 30),
  );
  const blocks = fc.oneof(
    fc.array(base, { minLength: 1, maxLength: 80, size: "max" }),
    fc.tuple(base, fc.constantFrom(0, 1, 8, blocksPerRow), fc.integer({ min: 1, max: 120 }))
      .map(([from, stride, count]) => Array.from({ length: count }, (_, i) => from + i * stride)),
  );
  const gap = fc.oneof(fc.nat(3), fc.nat(60), fc.nat(3000));
  return fc.array(fc.record({ gap, blocks, write: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
    size: "max",
  });
}

function sorted(log: IssuedCommand[]): IssuedCommand[] {
  return log.toSorted((a, b) => a.cycle - b.cycle || a.channel - b.channel);
}

/** Single requests, reads and writes mixed, in bursts that fill the queues. */
function trace(preset: DramPreset): fc.Arbitrary<TraceRow[]> {
  const rowBytes = 2 ** new DramAddress(preset).lowBits * preset.requestBytes;
  const address = fc.oneof(
    fc.nat(4 * rowBytes),
    fc.tuple(fc.nat(3), fc.nat(7)).map(([row, i]) => row * rowBytes + i * preset.requestBytes),
  );
  const burst = fc.record({
    gap: fc.oneof(fc.nat(3), fc.nat(40), fc.nat(400)),
    start: address,
    stride: fc.constantFrom(0, preset.requestBytes, rowBytes / 64, rowBytes),
    requests: fc.array(fc.tuple(fc.boolean(), fc.option(address)), {
      minLength: 1,
      maxLength: 60,
      size: "max",
    }),
  });
  return fc.array(burst, { minLength: 1, maxLength: 6, size: "max" }).map((bursts) => {
    let wantCycle = 0;
    return bursts.flatMap(({ gap, start, stride, requests }) => {
      wantCycle += gap;
      return requests.map(([write, other], i) => ({
        address: other ?? start + i * stride,
        write,
        wantCycle,
        acceptCycle: -1,
        doneCycle: -1,
      }));
    });
  });
}

/** Runs the steps on both, and compares times and every command. */
function compare(preset: DramPreset, steps: readonly Step[], startCycle: number): void {
  const memory = new DramMemory(preset, "fast");
  const reference = new ReferenceDram(preset);
  const log: IssuedCommand[] = [];
  memory.system.listen((record) => log.push(record));
  let now = startCycle;
  for (const { gap, blocks, write } of steps) {
    now += gap;
    if (write) {
      for (const block of blocks) {
        const fast = memory.writeBlock(block, now * preset.tickPs) / preset.tickPs;
        now = reference.writeBlock(block, now);
        assertEquals(fast, now, "write");
      }
    } else {
      const list = Float64Array.from(blocks);
      const fast = memory.readBatch(list, list.length, now * preset.tickPs) / preset.tickPs;
      now = reference.readBatch(blocks, now);
      assertEquals(fast, now, "batch");
    }
  }
  // The state that is left shows in a read of one more block, much later.
  now += 20_000;
  const fast = memory.readBatch(Float64Array.of(0), 1, now * preset.tickPs) / preset.tickPs;
  assertEquals(fast, reference.readBatch([0], now), "last read");
  const { rowHits, rowMisses, rowConflicts, reads, writes, forwardedReads } = memory.statistics();
  assertEquals(rowHits! + rowMisses! + rowConflicts! + forwardedReads!, reads! + writes!);
  assertEquals(log.length, reference.log.length);
  assertEquals(sorted(log), sorted(reference.log));
}

/** What the presets do not use: closed rows, strict order, no refresh, refresh bank by bank. */
const VARIANTS: DramPreset[] = [
  ...[HBM2, DDR3_1600K_X16, DDR4_2400R_X8].map((preset): DramPreset => ({
    ...preset,
    name: `${preset.name} closed`,
    pagePolicy: "closed",
  })),
  { ...HBM2, name: "hbm2 in order", scheduler: "fcfs" },
  { ...DDR3_1600K_X16, name: "ddr3-1600k-x16 in order", scheduler: "fcfs", pagePolicy: "closed" },
  { ...LPDDR4_3200_X16, name: "lpddr4-3200-x16 without refresh", refresh: null },
  LPDDR4_PER_BANK,
  { ...LPDDR4_PER_BANK, name: "lpddr4-3200-x16 per bank, closed", pagePolicy: "closed" },
  { ...LPDDR4_PER_BANK, name: "lpddr4-3200-x16 per bank, in order", scheduler: "fcfs" },
];

for (const preset of [...DRAM_PRESETS, ...VARIANTS]) {
  // The reference performs every cycle of every channel.
  const runs = DRAM_PRESETS.includes(preset) ? 40 : 12;
  Deno.test(`DramMemory issues for ${preset.name} what the cycle-by-cycle reference issues`, () => {
    const check = fc.property(
      traffic(preset),
      fc.nat(9000),
      (steps, start) => compare(preset, steps, start),
    );
    fc.assert(check, { numRuns: runs / 4, endOnFailure: true });
  });

  Deno.test(`dramMemory() of ${preset.name} is the same with and without WebAssembly`, () => {
    const check = fc.property(traffic(preset), fc.nat(9000), (steps, start) => {
      const [a, b] = [dramMemory(preset), dramMemory(preset, undefined, { typeScriptOnly: true })];
      let now = start * preset.tickPs;
      for (const { gap, blocks, write } of steps) {
        now += gap * preset.tickPs;
        const list = Float64Array.from(blocks);
        const [endA, endB] = [a, b].map((memory) =>
          write
            ? blocks.reduce((at, block) => memory.writeBlock(block, at), now)
            : memory.readBatch(list, list.length, now)
        );
        assertEquals(endA, endB);
        now = endA!;
      }
      assertEquals(a.statistics(), b.statistics());
    });
    fc.assert(check, { numRuns: runs, endOnFailure: true });
  });

  Deno.test(`replayTrace() accepts and ends ${preset.name} requests as the reference does`, () => {
    const check = fc.property(trace(preset), (rows) => {
      assertEquals(replayTrace(rows, preset).rows, new ReferenceDram(preset).replay(rows));
    });
    fc.assert(check, { numRuns: runs, endOnFailure: true });
  });

  Deno.test(`DramMemory breaks no row of the ${preset.name} table under heavy traffic`, () => {
    const memory = new DramMemory(preset, "fast");
    const logs = memory.system.channels.map((channel) => {
      const log: { cycle: number; command: number; bank: number }[] = [];
      channel.listener = (cycle, command, bank): void => void log.push({ cycle, command, bank });
      return log;
    });
    let seed = 1;
    const next = (): number => seed = seed * 48271 % 2147483647;
    let now = 0;
    for (let batch = 0; batch < 100; batch++) {
      const blocks = Float64Array.from({ length: 64 }, () => next() % 2 ** 24);
      now = memory.readBatch(blocks, 64, now);
      for (let i = 0; i < 40; i++) now = memory.writeBlock(next() % 2 ** 24, now);
    }
    let commands = 0;
    for (const log of logs) {
      const auditor = new TimingAuditor(preset);
      let last = 0;
      for (const { cycle, command, bank } of log) {
        assertEquals(auditor.offences(COMMANDS[command]!, bank, cycle), []);
        auditor.note(COMMANDS[command]!, bank, cycle);
        assert(cycle > last, "one command per cycle");
        last = cycle;
      }
      commands += log.length;
    }
    assert(commands > 10_000, `${commands} commands`);
  });

  Deno.test(`DramMemory of ${preset.name} passes idle time at once as it does step by step`, () => {
    const run = (watched: boolean): (number | Record<string, number>)[] => {
      const memory = new DramMemory(preset, "fast");
      // A channel that is listened to performs every command.
      for (const channel of memory.system.channels) if (watched) channel.listener = (): void => {};
      const blocks = Float64Array.from({ length: 70 }, (_, i) => i * 37);
      const result: (number | Record<string, number>)[] = [];
      let now = 0;
      const interval = preset.timing.nREFI ?? 1000;
      for (const [intervals, cycles] of [[1, 0], [9, 3], [99, 0], [300, 1], [500, 9], [999, 100]]) {
        const at = (intervals! * interval + cycles!) * preset.tickPs;
        assert(now < at);
        now = memory.writeBlock(5, at);
        now = memory.readBatch(blocks, 70, now);
        result.push(now, memory.statistics());
      }
      return result;
    };
    assertEquals(run(false), run(true));
  });

  Deno.test(`DramAddress places ${preset.name} requests as the formulas do`, () => {
    const address = new DramAddress(preset);
    const size = 2 ** address.lowBits;
    const places = new Set<string>();
    for (const high of [0, 1, 5, 65_535, 2 ** 20 + 3, 2 ** 37 + 1]) {
      for (let low = 0; low < size; low++) {
        const place = {
          channel: address.channel[low]!,
          bank: address.bank[low]!,
          row: address.row(high, low),
          column: address.column[low]!,
        };
        assertEquals(place, referencePlace(preset.name, BigInt(high) * BigInt(size) + BigInt(low)));
        places.add(Object.values(place).join());
      }
    }
    // Within aligned groups of rows the map is one to one (1 and 5 are alone in theirs).
    assertEquals(places.size, 6 * size);
  });
}

Deno.test("dramKernelMemory() takes what keeps rows open and serves the first ready", () => {
  for (const preset of [...DRAM_PRESETS, ...VARIANTS]) {
    const isTaken = preset.pagePolicy === "open" && preset.scheduler === "fr-fcfs";
    assertEquals(dramKernelMemory(preset, "") !== undefined, isTaken, preset.name);
  }
});

Deno.test("DramMemory issues what the reference issues where a rule shows only in a rare case", () => {
  const times = (count: number, block: number): number[] =>
    Array.from({ length: count }, () => block);
  const open = { gap: 0, blocks: [0, 8], write: false };
  // Idle time ends in write mode, which a few writes offered with reads then keep.
  compare(HBM2, [{ gap: 50, blocks: times(20, 2048), write: true }, open], 0);
  // A queue fills with requests for a closed bank; the first cycle makes room, but the next offer,
  // a hit, only follows the second.
  compare(HBM2, [open, { gap: 50, blocks: [...times(33, 16), ...times(5, 8)], write: false }], 0);
  // The same right after a batch, when the DRAM is a cycle ahead.
  compare(HBM2, [open, { gap: 0, blocks: [...times(33, 16), ...times(5, 8)], write: false }], 0);
});
