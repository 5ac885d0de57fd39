import { assertEquals, assertThrows } from "@std/assert";
import { SHIPPED_SETTINGS } from "../boards/mod.ts";
import { assemble } from "../isa/mod.ts";
import { fixedLatencyMemory, idealMemory } from "../memory/mod.ts";
import { createMachine } from "./machine.ts";
import { run } from "./run.ts";

const PROGRAM = assemble(`
C_LOOP_START gp1, 7
S_ADDI_INT gp2, gp0, 64
V_ADD_VV gp2, gp0, gp0, 0
V_EXP_V gp2, gp0, 0
C_LOOP_END gp1
M_MM 0, gp0, gp0
`);
const TRANSFER = assemble("H_PREFETCH_V gp0, gp0, a0, 0, 0");

for (const typeScriptOnly of [false, true]) {
  const path = typeScriptOnly ? "TypeScript" : "WebAssembly";

  Deno.test(`createMachine() computes in cycles of its clock, in ${path}`, () => {
    const options = { program: PROGRAM, settings: SHIPPED_SETTINGS, typeScriptOnly };
    const { latencyPs } = run({ ...options, memory: idealMemory() });
    const cycles = latencyPs / 1000;
    for (const [clockMhz, cyclePs] of [[1000, 1000], [100, 10_000], [400, 2500], [300, 3333]]) {
      const result = run({ ...options, memory: idealMemory(), clockMhz: clockMhz! });
      assertEquals(result.latencyPs, cycles * cyclePs!, `${clockMhz} MHz`);
    }
  });

  Deno.test(`createMachine() leaves the memory its own time, in ${path}`, () => {
    const latency = (program: Uint32Array, clockMhz: number): number => {
      const memory = fixedLatencyMemory({ readNs: 50, writeNs: 50, bytesPerNs: 16 });
      return run({ program, settings: SHIPPED_SETTINGS, memory, typeScriptOnly, clockMhz })
        .latencyPs;
    };
    assertEquals(latency(TRANSFER, 100), latency(TRANSFER, 1000));
    const both = Uint32Array.of(...TRANSFER, ...PROGRAM);
    assertEquals(latency(both, 100) - latency(TRANSFER, 100), latency(PROGRAM, 100));
  });
}

Deno.test("createMachine() refuses a clock that does not tick", () => {
  for (const clockMhz of [0, -1, NaN, Infinity]) {
    assertThrows(
      () =>
        createMachine({
          program: PROGRAM,
          settings: SHIPPED_SETTINGS,
          memory: idealMemory(),
          clockMhz,
        }),
      RangeError,
      "clock",
    );
  }
});
