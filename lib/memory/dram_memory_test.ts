import { assert, assertEquals, assertThrows } from "@std/assert";
import { dramMemory, hbm2Memory } from "./dram_memory.ts";
import { DDR3_1600K_X16, HBM2 } from "./dram_presets.ts";
import { MemoryError } from "./memory_error.ts";
import type { MemoryModel } from "./memory_model.ts";

/** A driver in bytes and nanoseconds, as the tables of the specification are. */
class Driver {
  now = 0;
  constructor(readonly memory: MemoryModel = hbm2Memory()) {}

  idle(ns: number): this {
    this.now += ns;
    return this;
  }

  /** How long a batch of the blocks that contain these addresses takes. */
  read(...addresses: number[]): number {
    const blocks = Float64Array.from(addresses, (address) => Math.floor(address / 64));
    const start = this.now;
    this.now = this.memory.readBatch(blocks, blocks.length, start * 1000) / 1000;
    return this.now - start;
  }

  /** How long the read, and then the write, of a block take. */
  patch(address: number): number {
    const start = this.now;
    this.read(address);
    this.now = this.memory.writeBlock(address / 64, this.now * 1000) / 1000;
    return this.now - start;
  }
}

function rows(
  count: number,
  element: number,
  pitch: number,
  scale: number,
  scalePitch: number,
): number[] {
  return Array.from({ length: count }, (_, i) => [element + pitch * i, scale + scalePitch * i])
    .flat();
}

const times = (count: number, f: (i: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => f(i));

Deno.test("hbm2Memory() goes through the sequence of the specification", () => {
  const d = new Driver();
  const log: [number, number][] = [];
  const step = (duration: number): void => void log.push([duration, d.now]);
  step(d.read(0));
  step(d.idle(10).read(0));
  step(d.idle(1).read(...rows(64, 16384, 64, 20480, 8)));
  step(d.idle(65).read(...rows(64, 32768, 64, 36864, 8)));
  step(d.idle(65).read(...rows(64, 1048576, 512, 1310720, 64)));
  step(
    d.idle(100).read(...times(4, (i) => 4194304 + 64 * i).flatMap((a, i) => [a, 5242880 + 8 * i])),
  );
  step(d.patch(8388608));
  const durations = [8454144, 8388672, 8454144, 8388736, 8454144, 8388800, 8454144]
    .map((address) => d.patch(address));
  assertEquals([durations, d.now], [[29, 12, 21, 21, 21, 21, 21], 903]);
  step(d.idle(1).read(8388608));
  assertEquals(log, [
    [18, 18],
    [11, 39],
    [122, 162],
    [110, 337],
    [174, 576],
    [55, 731],
    [26, 757],
    [20, 924],
  ]);
});

Deno.test("hbm2Memory() reads runs of blocks as fast as the specification says", () => {
  const table = [
    [1, 18, 11],
    [2, 20, 13],
    [4, 24, 17],
    [8, 24, 17],
    [16, 26, 18],
    [32, 34, 26],
    [64, 58, 42],
    [128, 99, 74],
    [256, 176, 138],
    [512, 302, 266],
    [1024, 558, 522],
  ] as const;
  for (const [count, cold, hot] of table) {
    const d = new Driver();
    const run = times(count, (i) => 64 * i);
    assertEquals([d.read(...run), d.idle(20).read(...run)], [cold, hot], `${count} blocks`);
  }
});

Deno.test("hbm2Memory() reads the same block again and again, and conflicts, as specified", () => {
  for (const [count, ns] of [[2, 20], [4, 24], [8, 32], [16, 48], [64, 144]] as const) {
    assertEquals(new Driver().read(...times(count, () => 0)), ns, `${count} times`);
  }
  const d = new Driver();
  d.read(0);
  assertEquals(d.idle(100).read(131072), 25);
  d.idle(100).patch(0);
  assertEquals(d.idle(1).read(0), 0, "forwarded from the write queue");
  assertEquals(d.memory.statistics().forwardedReads, 4);
});

Deno.test("hbm2Memory() loads a 64 x 64 MXFP8 tile of a square matrix as specified", () => {
  const table = [[128, 100], [256, 114], [512, 155], [576, 127], [1024, 178], [2048, 220], [
    4096,
    216,
  ]];
  for (const [hidden, ns] of table) {
    // Elements row by row, one byte each; the scales, one for eight, after all of them.
    const tile = rows(64, 0, hidden!, hidden! * hidden!, hidden! / 8);
    assertEquals(new Driver().read(...tile), ns, `hidden ${hidden}`);
  }
});

Deno.test("hbm2Memory() serves the five prefetches of the example program as specified", () => {
  const d = new Driver();
  let blocks = 0;
  // Four rows of 16 element bytes and 2 scale bytes; the scales begin at 1024.
  const prefetch = (start: number, offset: number, pitch: number, end: number): void => {
    const addresses: number[] = [];
    for (let row = 0; row < 4; row++) {
      const first = offset + row * pitch;
      addresses.push(first);
      if (first % 64 > 48) addresses.push(first + 15);
      addresses.push(1024 + first / 8);
    }
    d.now = start;
    d.read(...addresses);
    blocks += addresses.length;
    assertEquals(d.now, end, `at ${start}`);
  };
  prefetch(7, 0, 16, 39);
  prefetch(41, 64, 16, 66);
  prefetch(70, 16, 48, 95);
  prefetch(99, 8, 8, 124);
  prefetch(126, 24, 16, 153);
  assertEquals(blocks, 41);
});

Deno.test("hbm2Memory() repeats itself, and counts what it did", () => {
  const run = (): Record<string, number> => {
    const d = new Driver();
    d.read(...times(200, (i) => 64 * i));
    for (let i = 0; i < 200; i++) d.patch(131072 * i);
    return d.memory.statistics();
  };
  const s = run();
  assertEquals(run(), s);
  assertEquals([s.blockReads, s.blockWrites, s.reads, s.writes], [400, 200, 1600, 800]);
  assert(s.peakReadQueue! <= 33 && s.peakWriteQueue! <= 33);
});

Deno.test("hbm2Memory() holds back a write whose queue is full", () => {
  const d = new Driver();
  let delayed = 0;
  for (let i = 0; i < 100; i++) {
    const before = d.now;
    d.now = d.memory.writeBlock(i * 2048, d.now * 1000) / 1000;
    if (i < 33) assertEquals(d.now, 0, `write ${i}`);
    delayed += d.now - before;
  }
  assert(delayed > 0);
  assertEquals(d.memory.statistics().peakWriteQueue, 33);
});

Deno.test("dramMemory() takes block numbers up to the last exact one and beyond", () => {
  const d = new Driver();
  const last = 2 ** 53 - 1;
  assertEquals(d.read(last * 64), 18);
  assertEquals(d.idle(50).read(last * 64), 11, "the same row");
  assertEquals(d.idle(50).read((last - 2048) * 64), 25, "the row before");
  assertEquals(d.idle(50).read(2 ** 63), 18, "a bank that was closed");
  assertEquals(d.idle(50).read(2 ** 64 - 2 ** 20), 25, "another row of it");
});

Deno.test("dramMemory() starts between two cycles at the next one, and never ends early", () => {
  const memory = dramMemory(DDR3_1600K_X16);
  assertEquals(memory.name, "ddr3-1600k-x16");
  const block = Float64Array.of(0);
  // Activate 11, read 11, data 4, and three more transfers of 4 cycles: 64 bytes are four bursts.
  assertEquals(memory.readBatch(block, 1, 0), (26 + 3 * 4) * 1250);
  assertEquals(
    memory.readBatch(block, 1, 1_000_001),
    1_001_250 + (15 + 3 * 4) * 1250,
  );
  assertEquals(memory.readBatch(block, 0, 7), 7);
  assertEquals(memory.writeBlock(0, 3_000_001), 3_000_001);
});

Deno.test("dramMemory() refuses requests larger than a block", () => {
  assertThrows(() => dramMemory({ ...HBM2, requestBytes: 128 }), MemoryError, "requests of 128");
});
