import { assert, assertEquals } from "@std/assert";
import { SHIPPED_SETTINGS } from "../boards/mod.ts";
import { hbm2Memory } from "../memory/mod.ts";
import { CORE_KERNEL_SOURCE } from "./core_kernel_wasm.ts";
import { ARENA_LOOPS, CoreKernel } from "./core_kernel.ts";
import { createMachine, type Machine } from "./machine.ts";
import { sha256 } from "./_golden_case.ts";
import { run } from "./run.ts";

const SOURCE = new URL("./core_kernel.as", import.meta.url);

Deno.test("core_kernel_wasm.ts was made of core_kernel.as as it is", async () => {
  assertEquals(await sha256(await Deno.readFile(SOURCE)), CORE_KERNEL_SOURCE);
});

Deno.test("CoreKernel.make() leaves to TypeScript what the kernel cannot do", () => {
  const { config, precision } = SHIPPED_SETTINGS;
  assert(CoreKernel.make(SHIPPED_SETTINGS, 1));
  for (const change of [{ blen: 2 }, { vlen: config.mlen * 2 }, { vectorSramRows: 2 ** 24 }]) {
    const settings = { ...SHIPPED_SETTINGS, config: { ...config, ...change } };
    assertEquals(CoreKernel.make(settings, 1), undefined);
    assertEquals(
      run({ program: Uint32Array.of(0x22), settings, memory: hbm2Memory() }).latencyNs,
      1,
    );
  }
  const element = { type: "Fp", sign: true, exponent: 5, mantissa: 10 } as const;
  const half = { ...precision, VECTOR_SRAM_TYPE: { kind: "plain", element } as const };
  assertEquals(CoreKernel.make({ ...SHIPPED_SETTINGS, precision: half }, 1), undefined);
});

Deno.test("Machine opens more loops than the kernel has room for, and closes them again", () => {
  const depth = 2 * ARENA_LOOPS + 5;
  const starts = Array.from({ length: depth }, (_, i) => 0x2f | i % 16 << 6 | 1 << 10);
  const ends = starts.map((_, i) => 0x30 | (depth - 1 - i) % 16 << 6);
  const program = Uint32Array.from([...starts, ...ends, 0x22 | 1 << 6 | 7 << 14]);
  for (const typeScriptOnly of [false, true]) {
    const memory = hbm2Memory();
    const machine = createMachine({ program, settings: SHIPPED_SETTINGS, memory, typeScriptOnly });
    assertEquals(machine.run({ maxInstructions: depth }), "limit");
    assertEquals(machine.openLoops.map(({ startPc }) => startPc), starts.map((_, i) => i));
    assertEquals(machine.run(), "end");
    assertEquals(machine.openLoops, []);
    assertEquals(machine.registers.gp[1], 7);
    assertEquals(machine.instructions, program.length);
  }
});

Deno.test("Machine.step() and Machine.run() by parts do what one run does, in the kernel too", () => {
  // Two nested loops around S_ADDI_INT, V_ADD_VF and S_ADD_FP.
  const program = Uint32Array.of(
    0x2f | 1 << 6 | 5 << 10,
    0x2f | 2 << 6 | 3 << 10,
    0x22 | 3 << 6 | 3 << 10 | 1 << 14,
    0x0e,
    0x17 | 1 << 6 | 1 << 10,
    0x30 | 2 << 6,
    0x30 | 1 << 6,
  );
  const make = (): Machine =>
    createMachine({ program, settings: SHIPPED_SETTINGS, memory: hbm2Memory() });
  const whole = make();
  assertEquals(whole.run(), "end");
  assertEquals(whole.registers.gp[3], 15);
  const stepped = make();
  let steps = 0;
  while (stepped.step()) steps++;
  const parts = make();
  while (parts.run({ maxInstructions: 4 }) === "limit");
  const heard = make();
  let events = 0;
  heard.run({ onInstruction: () => void events++ });
  assertEquals([steps, events], [whole.instructions, whole.instructions]);
  for (const other of [stepped, parts, heard]) {
    assertEquals(other.nowPs, whole.nowPs);
    assertEquals([...other.counters.executed], [...whole.counters.executed]);
    assertEquals([...other.counters.ps], [...whole.counters.ps]);
  }
});
