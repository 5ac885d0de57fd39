import { assertEquals } from "@std/assert";
import { continuedMemory } from "./continued_memory.ts";
import { DDR3_1600K_X16 } from "./dram_presets.ts";
import { dramMemory } from "./dram_memory.ts";

Deno.test("continuedMemory() takes two programs as one that goes on, refresh included", () => {
  const blocks = Float64Array.from({ length: 8 }, (_, i) => 37 * i % 8);
  const whole = dramMemory(DDR3_1600K_X16);
  const parted = dramMemory(DDR3_1600K_X16);
  let nowPs = 0;
  let startPs = 0;
  for (let program = 0; program < 20; program++) {
    const part = continuedMemory(parted, startPs);
    for (let access = 0; access < 5; access++) {
      const expected = access % 2 === 0
        ? whole.readBatch(blocks, blocks.length, nowPs)
        : whole.writeBlock(program, nowPs);
      const local = access % 2 === 0
        ? part.readBatch(blocks, blocks.length, nowPs - startPs)
        : part.writeBlock(program, nowPs - startPs);
      assertEquals(startPs + local, expected);
      nowPs = expected + 900_000;
    }
    startPs = nowPs;
  }
  assertEquals(parted.statistics(), whole.statistics());
});
