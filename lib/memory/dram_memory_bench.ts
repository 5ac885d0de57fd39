import { assertEquals } from "@std/assert";
import { DramMemory, dramMemory } from "./dram_memory.ts";
import type { MemoryModel } from "./memory_model.ts";
import { DRAM_PRESETS, HBM2 } from "./dram_presets.ts";
import { BLOCK_BYTES } from "./memory_model.ts";
import { ReferenceDram } from "./_reference_dram.ts";

// Divide the number in a group's name by its time: transfers of 16 bytes per second. Read, then
// write, makes twice as many.
const BLOCKS = 2 ** 14;
const BATCH = 64;
const run = Float64Array.from({ length: BLOCKS }, (_, i) => i);
let seed = 1;
const random = Float64Array.from(
  { length: BLOCKS },
  () => (seed = seed * 48271 % 2147483647) % 2 ** 26,
);
const tileRows = Float64Array.from({ length: BLOCKS }, (_, i) => (i % 8) * 2048 + i * 8);

function read(memory: MemoryModel, blocks: Float64Array): number {
  let now = 0;
  for (let i = 0; i < BLOCKS; i += BATCH) {
    now = memory.readBatch(blocks.subarray(i, i + BATCH), BATCH, now);
  }
  return now;
}

function patch(memory: MemoryModel, blocks: Float64Array): number {
  let now = 0;
  for (let i = 0; i < BLOCKS; i++) {
    now = memory.writeBlock(blocks[i]!, memory.readBatch(blocks.subarray(i, i + 1), 1, now));
  }
  return now;
}

for (const preset of DRAM_PRESETS) {
  const lowBits = preset.addressMap.fields.reduce((sum, { bits }) => sum + bits, 0);
  const blocksPerRow = 2 ** lowBits * preset.requestBytes / BLOCK_BYTES;
  const conflicts = run.map((i) => i * blocksPerRow);

  // Never time two different answers.
  for (const blocks of [run, tileRows, random, conflicts]) {
    const reference = new ReferenceDram(preset);
    let now = 0;
    let endPs = 0;
    const memory = dramMemory(preset);
    for (let i = 0; i < 2 * BATCH; i += BATCH) {
      const batch = blocks.subarray(i, i + BATCH);
      endPs = memory.readBatch(batch, BATCH, endPs);
      now = reference.readBatch([...batch], now);
      assertEquals(endPs, now * preset.tickPs);
    }
  }

  const group = `${preset.name}: ${BLOCKS * BLOCK_BYTES / 16} transfers of 16 bytes`;
  const bench = (name: string, blocks: Float64Array, move: typeof read): void => {
    Deno.bench(`${name}, ${preset.name}`, { group }, () => void move(dramMemory(preset), blocks));
  };
  bench("reads in a run, 64 blocks a batch", run, read);
  bench("reads of tile rows, 64 blocks a batch", tileRows, read);
  bench("random reads, 64 blocks a batch", random, read);
  bench("reads of one bank, each in another row", conflicts, read);
  bench("read, then write, each block of a run", run, patch);
  bench("read, then write, random blocks", random, patch);
  Deno.bench(
    `random reads in TypeScript, ${preset.name}`,
    { group },
    () => void read(new DramMemory(preset, ""), random),
  );
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
  const memory = dramMemory(DRAM_PRESETS[2]!);
  memory.readBatch(run, 1, 0);
  memory.readBatch(run, 1, 10e12);
});
