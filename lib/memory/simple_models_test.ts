import { assertEquals, assertThrows } from "@std/assert";
import { fixedLatencyMemory } from "./fixed_latency_memory.ts";
import { idealMemory } from "./ideal_memory.ts";
import { MemoryError } from "./memory_error.ts";

const blocks = Float64Array.of(0, 5, 5, 2 ** 52);

Deno.test("idealMemory() ends every access when it starts", () => {
  const memory = idealMemory();
  assertEquals(memory.readBatch(blocks, 4, 1234), 1234);
  assertEquals(memory.writeBlock(7, 5678), 5678);
  assertEquals(memory.statistics(), { blockReads: 4, blockWrites: 1 });
});

Deno.test("fixedLatencyMemory() takes a latency once and a transfer per further block", () => {
  const memory = fixedLatencyMemory({ readNs: 100, writeNs: 2.5, bytesPerNs: 12.8 });
  assertEquals(memory.readBatch(blocks, 1, 1000), 101_000);
  assertEquals(memory.readBatch(blocks, 4, 1000), 1000 + 100_000 + 3 * 5000);
  assertEquals(memory.readBatch(blocks, 0, 1000), 1000);
  assertEquals(memory.writeBlock(0, 7), 2507);
  assertEquals(fixedLatencyMemory({ readNs: 3, writeNs: 0 }).readBatch(blocks, 4, 0), 3000);
});

Deno.test("fixedLatencyMemory() refuses negative times and rates that are not above 0", () => {
  assertThrows(() => fixedLatencyMemory({ readNs: -1, writeNs: 0 }), MemoryError, "-1 ns");
  assertThrows(() => fixedLatencyMemory({ readNs: 1, writeNs: NaN }), MemoryError, "NaN ns");
  assertThrows(() => fixedLatencyMemory({ readNs: 1, writeNs: 1, bytesPerNs: 0 }), MemoryError);
});
