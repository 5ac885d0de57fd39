import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type MachineSettings, SHIPPED_SETTINGS, type TensorType } from "../boards/mod.ts";
import { hbm2Memory, idealMemory, SparseMemory } from "../memory/mod.ts";
import { createMachine } from "./machine.ts";
import type { MachineOptions } from "./machine_options.ts";
import { EXTENDED_RULES, PLENA_RULES } from "./rules.ts";
import { run } from "./run.ts";

const R = (rd: number, rs1 = 0, rs2 = 0, rs3 = 0, funct1 = 0): number =>
  (rd << 6 | rs1 << 10 | rs2 << 14 | rs3 << 18 | funct1 << 22) >>> 0;
const I = (rd: number, rs1: number, immediate: number): number =>
  (rd << 6 | rs1 << 10 | immediate << 14) >>> 0;
const addi = (rd: number, immediate: number): number => 0x22 | I(rd, 15, immediate);
const start = (rd: number, count: number): number => (0x2f | rd << 6 | count << 10) >>> 0;
const end = (rd: number): number => 0x30 | R(rd);
const BREAK = 0x34;

/** Shipped settings with small dimensions: rows of 16, heads of 4. */
function small(changes: Partial<MachineSettings["config"]> = {}): MachineSettings {
  return {
    ...SHIPPED_SETTINGS,
    config: {
      ...SHIPPED_SETTINGS.config,
      mlen: 16,
      vlen: 16,
      blen: 4,
      hlen: 4,
      broadcastAmount: 4,
      hbmMPrefetchRows: 16,
      matrixSramRows: 64,
      vectorSramRows: 64,
      hbmSizeBytes: 65536,
      ...changes,
    },
  };
}

function machineOf(
  words: number[],
  more: Partial<MachineOptions> = {},
): ReturnType<typeof createMachine> {
  return createMachine({
    program: Uint32Array.from(words, (word) => word >>> 0),
    settings: small(),
    memory: idealMemory(),
    ...more,
  });
}

Deno.test("run() starts the instructions of the specification's example at its times", () => {
  const prefetch = (flag: number, kv: number): number => 0x29 | R(3, 4, 0, flag, kv);
  // deno-fmt-ignore: as printed in section 7.8
  const program = [
    addi(1, 1024), 0x2c | R(1), addi(2, 16), 0x2d | R(2), addi(5, 0), addi(3, 0), addi(4, 0), prefetch(0, 0),
    addi(3, 64), addi(4, 64), prefetch(1, 0), addi(2, 48), 0x2d | R(2), addi(3, 128), addi(4, 16), prefetch(1, 0),
    addi(2, 8), 0x2d | R(2), addi(3, 192), addi(4, 8), prefetch(1, 1), addi(3, 256), addi(4, 24), prefetch(0, 1),
  ];
  const starts: number[] = [];
  const { latencyNs, hbm, attribution } = run({
    program: Uint32Array.from(program, (word) => word >>> 0),
    settings: small(),
    memory: hbm2Memory(),
    onInstruction: (instruction) => void starts.push(instruction.startPs / 1000),
  });
  // deno-fmt-ignore: as printed in section 7.8
  assertEquals(starts, [0, 1, 2, 3, 4, 5, 6, 7, 39, 40, 41, 66, 67, 68, 69, 70, 95, 96, 97, 98, 99, 124, 125, 126]);
  assertEquals(latencyNs, 153);
  assertEquals(hbm, { bytesRead: 2624, bytesWritten: 0 });
  assertEquals(attribution, { computePs: 19_000, dramPs: 134_000, hostPs: 0, waitPs: 0 });
});

Deno.test("run() counts instructions, time and bytes by opcode and by unit", () => {
  const { perOpcode, perUnit, latencyPs } = run({
    program: Uint32Array.of(addi(1, 16), addi(2, 32), 0x0d | R(2, 1, 1), 0x29 | R(2, 0)),
    settings: small(),
    memory: idealMemory(),
  });
  // deno-fmt-ignore: row by row
  assertEquals(perOpcode, [
    { mnemonic: "V_ADD_VV", unit: "vector", executed: 1, ps: 1000, bytesRead: 0, bytesWritten: 0 },
    { mnemonic: "S_ADDI_INT", unit: "scalar-int", executed: 2, ps: 2000, bytesRead: 0, bytesWritten: 0 },
    { mnemonic: "H_PREFETCH_V", unit: "memory", executed: 1, ps: 0, bytesRead: 512, bytesWritten: 0 },
  ]);
  assertEquals(perUnit.map((row) => row.unit), ["vector", "scalar-int", "memory"]);
  assertEquals(latencyPs, 3000);
});

Deno.test("Machine.step() executes one instruction and says whether there was one", () => {
  const machine = machineOf([addi(1, 7), addi(2, 9)]);
  assertEquals(machine.step(), true);
  assertEquals([machine.pc, machine.nowPs, machine.registers.gp[1]], [1, 1000, 7]);
  assertEquals(machine.step(), true);
  assertEquals(machine.halted, true);
  assertEquals(machine.step(), false);
  assertEquals(machine.instructions, 2);
});

Deno.test("Machine.step() is false for the instruction that faults, and ever after", () => {
  const machine = machineOf([addi(1, 7), 0x00]);
  assertEquals([machine.step(), machine.step(), machine.step()], [true, false, false]);
  assertEquals(machine.fault?.pc, 1);
  assertEquals(machine.instructions, 1);
});

Deno.test("Machine.run() stops at a pc, a breakpoint, a limit, and goes on from there", () => {
  const machine = machineOf([start(1, 3), addi(2, 1), end(1), addi(3, 1)]);
  machine.breakpoints.add(2);
  assertEquals(machine.run({ maxInstructions: 1 }), "limit");
  assertEquals(machine.run(), "breakpoint");
  assertEquals([machine.pc, machine.registers.gp[1]], [2, 3]);
  assertEquals(machine.openLoops.length, 1);
  assertEquals(machine.run(), "breakpoint");
  assertEquals([machine.pc, machine.registers.gp[1]], [2, 2]);
  machine.breakpoints.clear();
  assertEquals(machine.run({ untilPc: 3 }), "pc");
  assertEquals(machine.registers.gp[1], 0);
  assertEquals(machine.run(), "end");
  assertEquals(machine.instructions, 8);
});

Deno.test("Machine.watch() stops after the instruction that changes the state, until it is ended", () => {
  const machine = machineOf([addi(1, 16), addi(2, 3), 0x20 | I(1, 0, 0), addi(2, 3), addi(2, 4)], {
    fpSram: Uint8Array.of(0x00, 0x3c), // 1.0
  });
  const watches = [
    { kind: "gp", index: 2 },
    { kind: "row", row: 1 },
    { kind: "hbm", address: 0, bytes: 4 },
  ] as const;
  const [unwatch] = watches.map((watch) => machine.watch(watch));
  assertEquals(machine.run(), "watchpoint");
  assertEquals([machine.pc, machine.changed], [2, [watches[0]]]);
  assertEquals(machine.run(), "watchpoint");
  assertEquals([machine.pc, machine.changed], [3, [watches[1]]]);
  assertEquals(machine.readRow(1)[0], 1);
  unwatch!();
  assertEquals(machine.run(), "end");
});

Deno.test("Machine state can be set between instructions, rounded as the machine rounds", () => {
  const machine = machineOf([0x0d | R(1, 0, 0)]);
  machine.registers.gp[1] = 32;
  machine.writeRow(0, [1, 2.001]);
  machine.run();
  assertEquals([...machine.readRow(2)].slice(0, 3), [2, 4, 0]);
  machine.writeTile(1, [1.0000001]);
  assertEquals(machine.readTile(1)[0], Math.fround(1.0000001)); // the matrix SRAM does not round
});

Deno.test("createMachine() refuses images that do not fit, with pc null", () => {
  const cases: [Partial<MachineOptions>, string][] = [
    [{ hbm: new Uint8Array(65537) }, "HBM image of 65537 bytes"],
    [{ hbmSizeBytes: 100 }, "no multiple of 64"],
    [{ fpSram: new Uint8Array(2050) }, "FP SRAM image has 1025"],
    [{ intSram: new Uint8Array(4100) }, "INT SRAM image has 1025"],
  ];
  for (const [options, reason] of cases) {
    const machine = machineOf([addi(1, 1)], options);
    assertEquals([machine.fault?.kind, machine.fault?.pc], ["image", null]);
    assertStringIncludes(machine.fault?.reason ?? "", reason);
    assertEquals(machine.run(), "fault");
    assertEquals(machine.instructions, 0);
  }
});

Deno.test("createMachine() takes a SparseMemory, which the program then changes", () => {
  const hbm = new SparseMemory(2 ** 40);
  // V_ADD_VF writes ones to row 0; the store puts them beyond 4 GiB.
  const program = [
    0x1e | I(1, 0, 0),
    0x0e | R(0, 0, 1),
    addi(2, 1),
    0x2b | R(1, 2, 0),
    addi(3, 64),
    0x2c | R(3),
    0x2a | R(0, 0, 1),
  ];
  const machine = machineOf(program, { hbm, fpSram: Uint8Array.of(0x00, 0x3c) });
  assertEquals(machine.run(), "end");
  assertEquals(hbm.read(2 ** 32, 2), Uint8Array.of(0x38, 0x38));
  assertEquals(hbm.read(2 ** 32 + 64, 2), Uint8Array.of(0x7f, 0x7f));
  assert(hbm.touchedBytes < 2 ** 16);
});

Deno.test("A machine with four million vector rows costs what is touched", () => {
  const machine = createMachine({
    program: Uint32Array.of(0x25 | 1 << 6 | 0xffff << 10, 0x0d | R(1, 1, 1)),
    settings: SHIPPED_SETTINGS,
    memory: idealMemory(),
  });
  assertEquals(machine.run(), "end");
  assertEquals(machine.vectorSram.rows, 4_194_304);
  assert(machine.vectorSram.touchedBytes < 2 ** 20);
  assertEquals(machine.hbm.touchedBytes, 0);
});

Deno.test("H_PREFETCH_V reads 0 from addresses near 2^64, and counts the blocks", () => {
  const program = [
    0x23 | R(1, 0, 2), // gp1 = 0 - gp2
    0x2b | R(1, 1, 1), // a1 = 0xffffffff_ffffffff
    0x29 | R(0, 0, 1),
  ];
  const machine = machineOf([addi(2, 1), ...program]);
  machine.writeRow(0, [3]);
  assertEquals(machine.run(), "end");
  // Row 0 begins at the last byte of the address space and goes on at byte 0.
  assertEquals(machine.readRow(0)[0], 0);
  assertEquals(machine.hbmTraffic.bytesRead % 64, 0);
});

Deno.test("C_BREAK goes on to the next instruction, or with breakJumps behind its loop", () => {
  const program = [
    start(1, 3),
    addi(2, 5),
    BREAK,
    addi(3, 6),
    start(1, 2),
    end(1),
    end(1),
    addi(4, 7),
  ];
  const plena = machineOf(program);
  assertEquals(plena.run(), "fault");
  assertEquals(plena.fault?.pc, 6);
  const repaired = machineOf(program, { rules: { breakJumps: true } });
  assertEquals(repaired.run(), "end");
  assertEquals([...repaired.registers.gp.subarray(0, 5)], [0, 0, 5, 0, 7]);
});

Deno.test("M_BMV adds to the accumulator only with rule bmv", () => {
  const program = [0x09 | R(0, 0, 0), addi(1, 64), 0x0c | R(1)];
  const make = (rules: MachineOptions["rules"]): ReturnType<typeof createMachine> => {
    const machine = machineOf(program, rules ? { rules } : {});
    machine.writeRow(0, Array.from({ length: 16 }, (_, i) => i + 1));
    machine.writeTile(0, Array.from({ length: 256 }, (_, i) => i % 17 === 0 ? 1 : 0));
    machine.run();
    return machine;
  };
  const plena = make(undefined);
  assertEquals([plena.fault?.kind, plena.nowPs], ["unsupported", 1000]);
  const repaired = make({ bmv: true });
  // Head b is elements b, b + 4, b + 8, b + 12; W is the unit matrix; 0.25 scales.
  for (let b = 0; b < 4; b++) {
    const expected = [1, 5, 9, 13].map((x) => (x + b) * 0.25);
    assertEquals([...repaired.readRow(4 + b)].slice(0, 4), expected);
  }
});

Deno.test("Batched products are scaled by FP SRAM entry 1023 with rule bmmScale, if it is not 0", () => {
  const scaled = (rules: Partial<typeof PLENA_RULES>, entry: number): number => {
    const machine = machineOf([0x0a | R(0, 0, 0), addi(1, 64), 0x0c | R(1)], { rules });
    machine.writeRow(0, [8]);
    machine.writeTile(0, [1]);
    machine.registers.fpSram[1023] = entry;
    machine.run();
    return machine.readRow(4)[0]!;
  };
  assertEquals(scaled({}, 0.5), 2);
  assertEquals(scaled({ bmmScale: true }, 0.5), 4);
  assertEquals(scaled({ bmmScale: true }, 0), 2);
});

/** Shipped settings whose activations and weights have other elements. */
function withTypes(
  type: TensorType,
  config: Partial<MachineSettings["config"]> = {},
): MachineSettings {
  const settings = small(config);
  return {
    ...settings,
    precision: { ...settings.precision, HBM_V_ACT_TYPE: type, HBM_M_WEIGHT_TYPE: type },
  };
}

const MXFP4: TensorType = {
  kind: "mx",
  block: 8,
  element: { type: "Fp", sign: true, exponent: 2, mantissa: 1 },
  scale: { type: "Fp", sign: false, exponent: 8, mantissa: 0 },
};

Deno.test("4-bit elements fault in the recorded machine and are OCP FP4 with rule hbm4bit", () => {
  const program = [addi(1, 1024), 0x2c | R(1), 0x29 | R(0, 0), 0x28 | R(0, 0)];
  const hbm = new Uint8Array(2048);
  for (let i = 0; i < 128; i++) hbm[i] = 0x10 + 0x22 * (i % 8); // codes 0 to 15, low nibble first
  hbm.fill(127, 1024);
  const settings = withTypes(MXFP4);
  assertEquals(machineOf(program, { hbm, settings }).run(), "fault");
  const machine = machineOf(program, { hbm, settings, rules: { hbm4bit: true } });
  assertEquals(machine.run(), "end");
  // deno-fmt-ignore: the FP4 table
  const table = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
  assertEquals([...machine.readRow(0)], table);
  assertEquals([...machine.readRow(3)], table);
  assertEquals([...machine.readTile(0)].slice(240), table);
  // Sixteen elements are 8 bytes: half of what 8-bit elements are.
  assertEquals(machine.hbmTraffic.bytesRead, 64 * 2 * (4 + 16));
});

Deno.test("H_STORE_V with rule hbm4bit gives back what H_PREFETCH_V reads", () => {
  const settings = withTypes(MXFP4);
  const program = [addi(1, 1024), 0x2c | R(1), 0x2a | R(0, 0), addi(2, 256), 0x29 | R(2, 0)];
  const machine = machineOf(program, { settings, rules: { hbm4bit: true } });
  // deno-fmt-ignore: two blocks of values that FP4 has
  const values = [0, 0.5, 1, 1.5, 2, 3, 4, -6, 24, -16, 12, 8, 6, 4, 2, 0];
  for (let row = 0; row < 4; row++) machine.writeRow(row, values.map((x) => x * 2 ** row));
  assertEquals(machine.run(), "end");
  for (let row = 0; row < 4; row++) {
    assertEquals([...machine.readRow(16 + row)], values.map((x) => x * 2 ** row));
  }
});

Deno.test("A prefetch loses scales beyond their first block, unless scalesAcrossBlocks", () => {
  const hbm = new Uint8Array(4096).fill(0x38); // ones
  hbm.fill(127, 2048);
  const program = [addi(1, 2048 + 63), 0x2c | R(1), 0x29 | R(0, 0)];
  const plena = machineOf(program, { hbm });
  plena.run();
  // The second scale of the first row lies in the next block of 64 bytes.
  assertEquals([plena.readRow(0)[7], plena.readRow(0)[8]], [1, 0]);
  const repaired = machineOf(program, { hbm, rules: { scalesAcrossBlocks: true } });
  repaired.run();
  assertEquals([repaired.readRow(0)[7], repaired.readRow(0)[8]], [1, 1]);
  assertEquals(repaired.hbmTraffic.bytesRead, plena.hbmTraffic.bytesRead + 64);
});

Deno.test("Rule ocpE4m3 reads exponent 15 as finite and full subnormals", () => {
  const hbm = new Uint8Array(2048);
  hbm.set([0x7e, 0x78, 0xfe, 0x01]);
  hbm.fill(127, 1024);
  const program = [
    addi(1, 1024),
    0x2c | R(1),
    0x29 | R(0, 0),
    addi(2, 1),
    addi(3, 512),
    0x2a | R(0, 3),
  ];
  const machine = machineOf(program, { hbm, rules: { ocpE4m3: true } });
  assertEquals(machine.run(), "end");
  assertEquals([...machine.readRow(0)].slice(0, 4), [448, 256, -448, 2 ** -9]);
  // Stored again with the scale of OCP, 448 = 1.75 * 2^8 keeps its code.
  assertEquals(machine.hbm.read(512, 3), Uint8Array.of(0x7e, 0x78, 0xfe));
  const plena = machineOf(program.slice(0, 3), { hbm });
  plena.run();
  assert(Number.isNaN(plena.readRow(0)[0]));
  assertEquals([plena.readRow(0)[1], plena.readRow(0)[3]], [Infinity, 2 ** -10]);
});

Deno.test("EXTENDED_RULES turns every repair on and PLENA_RULES none", () => {
  assertEquals(new Set(Object.values(PLENA_RULES)), new Set([false]));
  assertEquals(new Set(Object.values(EXTENDED_RULES)), new Set([true]));
});
