import { assertEquals } from "@std/assert";
import { DramMemory } from "./dram_memory.ts";
import { DRAM_PRESETS, HBM2 } from "./dram_presets.ts";
import { BLOCK_BYTES } from "./memory_model.ts";
import { ReferenceDram } from "./_reference_dram.ts";

// Divide the requests in a group's name by its time: requests per second. Read, then write, makes
// twice as many.
const BLOCKS = 2 ** 14;
const BATCH = 64;
const run = Float64Array.from({ length: BLOCKS }, (_, i) => i);
let seed = 1;
const random = Float64Array.from(
  { length: BLOCKS },
  () => (seed = seed * 48271 % 2147483647) % 2 ** 26,
);
const rows = Float64Array.from({ length: BLOCKS }, (_, i) => (i % 8) * 2048 + i * 8);

function read(memory: DramMemory, blocks: Float64Array): number {
  let now = 0;
  for (let i = 0; i < BLOCKS; i += BATCH) {
    now = memory.readBatch(blocks.subarray(i, i + BATCH), BATCH, now);
  }
  return now;
}

function patch(memory: DramMemory, blocks: Float64Array): number {
  let now = 0;
  for (let i = 0; i < BLOCKS; i++) {
    now = memory.writeBlock(blocks[i]!, memory.readBatch(blocks.subarray(i, i + 1), 1, now));
  }
  return now;
}

// Never time two different answers.
for (const blocks of [run, rows, random]) {
  const reference = new ReferenceDram(HBM2);
  const memory = new DramMemory(HBM2, "");
  let now = 0;
  for (let i = 0; i < 4 * BATCH; i += BATCH) {
    const batch = blocks.subarray(i, i + BATCH);
    const endPs = memory.readBatch(batch, BATCH, now * 1000);
    now = reference.readBatch([...batch], now);
    assertEquals(endPs, now * 1000);
  }
}

for (const preset of DRAM_PRESETS) {
  const requests = BLOCKS * BLOCK_BYTES / preset.requestBytes;
  const group = `${preset.name}: ${requests} requests`;
  const bench = (name: string, blocks: Float64Array, move: typeof read): void => {
    Deno.bench(
      `${name}, ${preset.name}`,
      { group },
      () => void move(new DramMemory(preset, ""), blocks),
    );
  };
  bench("reads in a run, 64 blocks a batch", run, read);
  bench("reads of tile rows, 64 blocks a batch", rows, read);
  bench("random reads, 64 blocks a batch", random, read);
  bench("read, then write, each block of a run", run, patch);
  bench("read, then write, random blocks", random, patch);
}

{
  const group = "hbm2: 1024 requests";
  const batch = [...random.subarray(0, 256)];
  Deno.bench("one random batch, event by event", { group, baseline: true }, () => {
    new DramMemory(HBM2, "").readBatch(random, 256, 0);
  });
  Deno.bench("one random batch, cycle by cycle", { group }, () => {
    new ReferenceDram(HBM2).readBatch(batch, 0);
  });
}

Deno.bench("10 s of idle time between two reads, DDR4 with refresh", () => {
  const memory = new DramMemory(DRAM_PRESETS[2]!, "");
  memory.readBatch(run, 1, 0);
  memory.readBatch(run, 1, 10e12);
});
