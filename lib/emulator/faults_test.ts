import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type MachineSettings, SHIPPED_SETTINGS } from "../boards/mod.ts";
import { assemble } from "../isa/mod.ts";
import { idealMemory } from "../memory/mod.ts";
import type { FaultKind } from "./fault.ts";
import { createMachine, type Machine } from "./machine.ts";

type Config = Partial<MachineSettings["config"]>;

/** Rows of 16 in 64 rows and 2 tiles. */
function machineOf(text: string, config: Config = {}, typeScriptOnly = false): Machine {
  const settings: MachineSettings = {
    ...SHIPPED_SETTINGS,
    config: {
      ...SHIPPED_SETTINGS.config,
      mlen: 16,
      vlen: 16,
      blen: 4,
      hlen: 4,
      broadcastAmount: 4,
      hbmMPrefetchRows: 16,
      matrixSramRows: 32,
      vectorSramRows: 64,
      hbmSizeBytes: 65536,
      ...config,
    },
  };
  const program = assemble(text);
  return createMachine({ program, settings, memory: idealMemory(), typeScriptOnly });
}

/** Programs whose last instruction faults: text, kind, part of the reason, time in ns, dimensions. */
const FAULTS: readonly [string, FaultKind, string, number, Config?][] = [
  // SRAM addresses, in the words of section 10.
  ["S_ADDI_INT gp1, gp0, 3\nV_RECI_V gp0, gp1, 0", "misaligned", "address 3 not multiple of 16", 1],
  [
    "S_ADDI_INT gp1, gp0, 1024\nV_RECI_V gp1, gp0, 0",
    "out-of-range",
    "address 1024 out of bounds (cell index 64 >= depth 64)",
    1,
  ],
  [
    "S_ADDI_INT gp1, gp0, 512\nM_MV 0, gp1, gp0",
    "out-of-range",
    "address 512 out of bounds (cell index 2 >= depth 2)",
    1,
  ],
  ["S_ADDI_INT gp1, gp0, 16\nM_TMV 0, gp1, gp0", "misaligned", "address 16 not multiple of 256", 1],
  ["S_ADDI_INT gp1, gp0, 16\nM_MV 0, gp1, gp0", "misaligned", "16", 1],
  ["S_ADDI_INT gp1, gp0, 16\nM_MM 0, gp1, gp0", "misaligned", "column 1", 1],
  ["S_ADDI_INT gp1, gp0, 65\nM_TMM 0, gp0, gp1", "misaligned", "65", 1],
  ["S_ADDI_INT gp1, gp0, 64\nM_BTMM 0, gp1, gp0", "misaligned", "64", 1],
  ["S_ADDI_INT gp1, gp0, 2\nM_BTMV gp1, gp0, gp0", "misaligned", "2", 1],
  ["S_ADDI_INT gp1, gp0, 976\nM_MM 0, gp0, gp1", "out-of-range", "address 1024", 1],
  ["M_BMM_WO gp0, 4", "misaligned", "address 4 not multiple of 16", 0],
  ["M_MM_WO gp0, gp0, 2", "misaligned", "2", 0],
  // A block that does not end with its row is refused, whatever else the row could hold.
  ["M_MM 0, gp0, gp0\nM_MM_WO gp0, gp0, 12", "misaligned", "12 to 23 of 16", 16, { blen: 12 }],
  ["M_MV_WO gp0, 15", "misaligned", "15 to 17 of 16", 0, { blen: 3 }],
  ["S_ADDI_INT gp1, gp0, 15\nM_MV 0, gp1, gp0", "misaligned", "15 to 17 of 16", 1, { blen: 3 }],
  ["S_ADDI_INT gp1, gp0, 240\nM_MM 0, gp1, gp0", "misaligned", "15 to 17 of 16", 1, { blen: 3 }],
  ["M_TMV 0, gp0, gp0", "dimensions", "BLEN", 0, { blen: 32 }],
  ["M_MV 0, gp0, gp0", "misaligned", "0 to 31 of 16", 0, { blen: 32 }],
  ["M_BTMM 0, gp0, gp0", "dimensions", "4 * 8 = 16", 0, { hlen: 8 }],
  ["M_TMM 0, gp0, gp0", "dimensions", "MLEN = VLEN", 0, { vlen: 32 }],
  // Registers and scalar SRAMs.
  [".word 0x00002057", "register", "f8", 0], // S_ADD_FP f1, f8, f0
  [".word 0x0000021F", "register", "f8", 0], // S_ST_FP f8
  [".word 0x0000021E", "register", "f8", 0], // S_LD_FP f8
  [".word 0x00020012", "register", "f8", 0], // V_MUL_VF with f8
  [".word 0x00000215", "register", "f8", 0], // V_RED_SUM f8
  ["S_LD_FP f1, gp0, 1024", "out-of-range", "1024", 0],
  ["S_ST_INT gp1, gp0, 1024", "out-of-range", "1024", 0],
  ["S_MAP_V_FP gp0, gp0, 1009", "out-of-range", "1024", 0],
  // V_TOPK is charged before it writes: 4 cycles for each of 32 or 128 logits.
  ["S_ADDI_INT gp1, gp0, 1021\nV_TOPK gp0, gp0, gp1, 0", "out-of-range", "1024", 129],
  ["S_ADDI_INT gp1, gp0, 1020\nV_TOPK gp1, gp0, gp0, 1", "out-of-range", "1024", 513],
  [".word 0x00080037", "policy", "unsupported V_TOPK rmask policy 2 at pc 0", 0],
  ["S_ADDI_INT gp1, gp0, 912\nV_TOPK gp0, gp1, gp0, 1", "out-of-range", "address 1024", 1],
  // S_MAP_V_FP is charged VLEN before its write and VLEN after.
  ["S_ADDI_INT gp1, gp0, 5\nS_MAP_V_FP gp1, gp0, 0", "misaligned", "address 5", 17],
  // Opcodes and loops.
  [".word 0x00000031", "invalid-opcode", "invalid opcode at pc 0", 0],
  [".word 0x00000038", "invalid-opcode", "invalid opcode at pc 0", 0],
  [".word 0x0000006F", "loop-count", "Iteration count must be greater than 0", 0],
  [
    "C_LOOP_START gp1, 2\nC_BREAK\nC_LOOP_END gp1",
    "loop-nesting",
    "C_LOOP_END: No matching C_LOOP_START found for register 1",
    2,
  ],
  ["C_BREAK", "loop-nesting", "C_BREAK: No active loop to break out of", 0],
  [
    "C_LOOP_START gp1, 2\nS_ADDI_INT gp2, gp0, 1\nS_ADDI_INT gp2, gp0, 1",
    "loop-limit",
    "Loop at PC 0 exceeded max instructions limit (1). Current iteration: 2, Instructions in this iteration: 2",
    2,
    { maxLoopInstructions: 1 },
  ],
];

Deno.test("Machine faults at the last instruction of each program, for the reason of the specification", () => {
  for (const [text, kind, reason, ns, config] of FAULTS) {
    for (const typeScriptOnly of [false, true]) {
      const machine = machineOf(text, config, typeScriptOnly);
      assertEquals(machine.run(), "fault", text);
      assertEquals(machine.fault?.kind, kind, text);
      assertStringIncludes(machine.fault!.reason, reason);
      assertEquals(machine.fault?.pc, machine.program.length - 1, text);
      assertEquals(machine.instructions, machine.program.length - 1, text);
      assertEquals(machine.nowPs, ns * 1000, text);
    }
  }
});

Deno.test("createMachine() refuses M_BMM and M_BTMM with rd, even where they are never reached", () => {
  for (const [word, name] of [[0x43, "M_BMM"], [0x44, "M_BTMM"]] as const) {
    const machine = machineOf(`.word 0x00000000\n.word 0x${word.toString(16)}`);
    assertEquals([machine.fault?.kind, machine.fault?.pc], ["decode", null]);
    assertEquals(machine.fault?.mnemonic, name);
    assertStringIncludes(machine.fault!.reason, `${name} rd must be 0`);
  }
});

Deno.test("Arithmetic into f0 is free and cannot fault, but S_LD_FP writes f0", () => {
  // V_RED_SUM f0 of a misaligned row, S_MUL_FP f0 of f9 and f10; then S_LD_FP f0, S_ADD_FP f1, f0, f0.
  const machine = machineOf(
    "S_ADDI_INT gp1, gp0, 3\nV_RED_SUM f0, gp1\n.word 0x0002A41A\nS_LD_FP f0, gp0, 7\nS_ADD_FP f1, f0, f0",
  );
  machine.registers.fpSram[7] = 3;
  assertEquals(machine.run(), "end");
  assertEquals(machine.nowPs, 3000);
  assertEquals([machine.registers.fp[0], machine.registers.fp[1]], [3, 6]);
});

Deno.test("Machine.readRow() and Machine.readTile() refuse what does not exist", () => {
  for (const typeScriptOnly of [false, true]) {
    const machine = machineOf("", {}, typeScriptOnly);
    assertEquals(machine.readRow(63).length, 16);
    for (const row of [64, -1, 0.5]) assertThrows(() => machine.readRow(row), RangeError, `${row}`);
    for (const tile of [2, -1]) assertThrows(() => machine.readTile(tile), RangeError, `${tile}`);
    assertThrows(() => machine.writeRow(64, [1]), RangeError);
    assertThrows(() => machine.writeTile(2, [1]), RangeError);
    assertThrows(() => machine.watch({ kind: "row", row: 64 }), RangeError);
    assertThrows(() => machine.watch({ kind: "gp", index: 16 }), RangeError);
    assert(machine.halted);
  }
});
