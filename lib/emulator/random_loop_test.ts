import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SHIPPED_SETTINGS } from "../boards/mod.ts";
import { idealMemory } from "../memory/mod.ts";
import { ReferenceFault } from "./_reference_fault.ts";
import { ReferenceMachine } from "./_reference_machine.ts";
import { createMachine } from "./machine.ts";

const SETTINGS = {
  ...SHIPPED_SETTINGS,
  config: {
    ...SHIPPED_SETTINGS.config,
    mlen: 16,
    vlen: 16,
    vectorSramRows: 4,
    matrixSramRows: 16,
    maxLoopInstructions: 40,
  },
};

/** Some loops never end. */
const MAX_STEPS = 1500;

const register = fc.integer({ min: 1, max: 3 });
const start = fc.tuple(register, fc.nat(4)).map(([rd, n]) => (0x2f | rd << 6 | n << 10) >>> 0);
const end = register.map((rd) => 0x30 | rd << 6);
const add = fc.tuple(register, register, fc.nat(2)).map(([rd, rs1, n]) =>
  (0x22 | rd << 6 | rs1 << 10 | n << 14) >>> 0
);
const word = fc.oneof(
  { weight: 4, arbitrary: start },
  { weight: 5, arbitrary: end },
  { weight: 1, arbitrary: fc.constant(0x34) },
  { weight: 1, arbitrary: add },
  { weight: 5, arbitrary: fc.constant(0x22) },
);

Deno.test("Machine.run() goes through random loops, guards and breaks as the slow machine does", () => {
  const reasons = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(word, { minLength: 4, maxLength: 24 }), (words) => {
      const program = Uint32Array.from(words);
      const none = new Uint8Array(0);
      const slow = new ReferenceMachine(program, SETTINGS, {
        hbm: none,
        fpSram: none,
        vram: none,
        hbmSizeBytes: 64,
      });
      let stopped = "";
      try {
        slow.run(MAX_STEPS);
        stopped = slow.pc < program.length ? "limit" : "end";
      } catch (error) {
        if (!(error instanceof ReferenceFault)) throw error;
        stopped = "fault";
      }
      for (const typeScriptOnly of [false, true]) {
        const memory = idealMemory();
        const machine = createMachine({ program, settings: SETTINGS, memory, typeScriptOnly });
        assertEquals(machine.run({ maxInstructions: MAX_STEPS }), stopped);
        assertEquals([machine.pc, machine.nowPs], [slow.pc, slow.ns * 1000]);
        assertEquals([...machine.registers.gp], slow.gp);
        assertEquals(
          machine.openLoops,
          slow.loops.map(({ pc, register }) => ({ startPc: pc, register })),
        );
        const kind = machine.fault?.kind ?? stopped;
        reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
      }
    }),
    { numRuns: 3000, seed: 5 },
  );
  // Every way to stop was among them.
  for (const kind of ["end", "limit", "loop-count", "loop-nesting", "loop-limit"]) {
    assert((reasons.get(kind) ?? 0) > 4, `${kind}: ${reasons.get(kind)}`);
  }
});
