import { assert, assertEquals, assertThrows } from "@std/assert";
import { type DramCommand, type DramPreset, jedecCycles } from "./dram_preset.ts";
import { DDR3_1600K_X16, DDR4_2400R_X8, DRAM_PRESETS, dramPreset, HBM2 } from "./dram_presets.ts";
import { COMMANDS, cyclesOf, dramTables } from "./dram_tables.ts";
import { DramTiming } from "./dram_timing.ts";
import { MemoryError } from "./memory_error.ts";

/** The distance that a command on one bank forces upon a command on another, blocked and legal. */
function distance(
  preset: DramPreset,
  after: string,
  from: number,
  before: string,
  to: number,
): number {
  const timing = new DramTiming(dramTables(preset));
  const cycle = 1000;
  timing.issue(COMMANDS.indexOf(after as DramCommand), from, 0, cycle);
  const earliest = timing.earliest(COMMANDS.indexOf(before as DramCommand), to);
  return earliest === 0 ? 0 : earliest - cycle;
}

/** Distances by the lowest node that two banks share: 7.3 of the emulator's specification. */
// deno-fmt-ignore: a table
const HBM2_DISTANCES: Record<string, [number, number, number, number]> = {
  //             same bank, bank group, pseudo-channel, channel
  "ACT ACT": [19,  3,  2, 2],
  "ACT PRE": [17,  2,  2, 2],
  "ACT RD":  [ 7,  0,  0, 0],
  "ACT WR":  [ 7,  0,  0, 0],
  "PRE ACT": [ 7,  0,  0, 0],
  "RD RD":   [ 2,  2,  2, 0],
  "RD WR":   [11, 11, 11, 0],
  "RD PRE":  [ 3,  0,  0, 0],
  "WR WR":   [ 2,  2,  2, 0],
  "WR RD":   [10, 10,  9, 0],
  "WR PRE":  [14,  0,  0, 0],
};
// deno-fmt-ignore: a table
const DDR3_DISTANCES: Record<string, [number, number]> = {
  //             same bank, rank
  "ACT ACT": [39,  6], "ACT PRE":  [28, 0], "ACT RD": [11,  0], "ACT WR": [11,  0],
  "PRE ACT": [11,  0], "RD RD":    [ 4, 4], "RD WR":  [ 8,  8], "RD PRE": [ 6,  0],
  "WR WR":   [ 4,  4], "WR RD":    [19, 19], "WR PRE": [25, 0],
  "RD PREA": [ 6,  6], "WR PREA": [25, 25], "ACT PREA": [28, 28], "PREA ACT": [11, 11],
  "ACT REF": [39, 39], "PRE REF": [11, 11], "PREA REF": [11, 11], "REF ACT": [208, 208],
};
// deno-fmt-ignore: a table
const DDR4_DISTANCES: Record<string, [number, number, number]> = {
  //             same bank, bank group, rank
  "ACT ACT": [55, 6, 4], "ACT PRE": [39, 0, 0], "ACT RD": [16, 0, 0], "ACT WR": [16, 0, 0],
  "PRE ACT": [16, 0, 0], "RD RD": [6, 6, 4], "RD WR": [10, 10, 10], "RD PRE": [9, 0, 0],
  "WR WR": [6, 6, 4], "WR RD": [25, 25, 19], "WR PRE": [34, 0, 0],
  "RD PREA": [9, 9, 9], "WR PREA": [34, 34, 34], "ACT PREA": [39, 39, 39], "PREA ACT": [16, 16, 16],
  "ACT REF": [55, 55, 55], "PRE REF": [16, 16, 16], "PREA REF": [16, 16, 16],
  "REF ACT": [433, 433, 433], "REF PREA": [433, 433, 433],
};

for (
  const [preset, table, neighbours] of [
    [HBM2, HBM2_DISTANCES, [0, 1, 4, 16]],
    [DDR3_1600K_X16, DDR3_DISTANCES, [0, 1]],
    [DDR4_2400R_X8, DDR4_DISTANCES, [0, 1, 4]],
  ] as const
) {
  Deno.test(`DramTiming keeps the distances of ${preset.name}, and no others`, () => {
    for (const after of COMMANDS) {
      for (const before of COMMANDS) {
        const expected = (table as Record<string, readonly number[]>)[`${after} ${before}`];
        neighbours.forEach((bank, i) => {
          assertEquals(
            distance(preset, after, 0, before, bank),
            expected?.[i] ?? 0,
            `${after} on bank 0, ${before} on bank ${bank}`,
          );
        });
      }
    }
  });

  Deno.test(`DramTiming blocks each row of ${preset.name} until its cycle, alone`, () => {
    for (const row of preset.constraints) {
      const window = row.window ?? 1;
      const cycles = cyclesOf(row.cycles, preset.timing);
      assert(cycles > 0, row.cycles);
      const level = preset.levels.findIndex(({ name }) => name === row.level);
      for (const after of row.after) {
        for (const before of row.before) {
          const timing = new DramTiming(dramTables({ ...preset, constraints: [row] }));
          const banksOfNode = preset.levels.slice(level + 1).reduce((n, l) => n * l.count, 1);
          for (let i = 0; i < window; i++) {
            const command = COMMANDS.indexOf(before);
            assertEquals(timing.earliest(command, banksOfNode - 1), 0, "not yet");
            timing.issue(COMMANDS.indexOf(after), i % banksOfNode, 0, 500 + i);
          }
          for (let bank = 0; bank < timing.banks; bank++) {
            const earliest = timing.earliest(COMMANDS.indexOf(before), bank);
            const inNode = bank < banksOfNode;
            const name = `${row.level} ${after} ${before}, bank ${bank}`;
            assertEquals(earliest <= 500 + cycles - 1, !inNode, `${name} a cycle early`);
            assertEquals(earliest <= 500 + cycles, true, `${name} in its cycle`);
          }
        }
      }
    }
  });

  Deno.test(`DramTiming opens a fifth row of ${preset.name} nFAW after the first of four`, () => {
    const timing = new DramTiming(dramTables(preset));
    const act = COMMANDS.indexOf("ACT");
    let cycle = 100;
    const cycles: number[] = [];
    for (const bank of [0, 2, 4, 6, 7, 5].map((b) => b < timing.banks ? b : b % timing.banks)) {
      cycle = Math.max(cycle, timing.earliest(act, bank));
      cycles.push(cycle);
      timing.issue(act, bank, 0, cycle);
    }
    const faw = preset.timing.nFAW!;
    assert(cycles[3]! - cycles[0]! < faw);
    assertEquals(cycles[4]! - cycles[0]!, faw);
    assert(cycles[5]! - cycles[1]! >= faw);
  });
}

Deno.test("jedecCycles() rounds up, unless the excess is below 0.026 of a cycle", () => {
  assertEquals([jedecCycles(260_000, 1250), jedecCycles(7_800_000, 1250)], [208, 6240]);
  assertEquals([jedecCycles(360_000, 833), jedecCycles(7_800_000, 833)], [433, 9364]);
  assertEquals([jedecCycles(10_025, 1000), jedecCycles(10_026, 1000)], [10, 11]);
});

Deno.test("cyclesOf() adds and subtracts parameters and integers", () => {
  assertEquals(cyclesOf("nCL + nBL + 2 - nCWL", { nCL: 7, nBL: 4, nCWL: 2 }), 11);
  const error = assertThrows(() => cyclesOf("nCL + nXY", { nCL: 7 }), MemoryError, '"nXY"');
  assertEquals(error.help.includes("nCL"), true);
});

Deno.test("dramTables() refuses rows for levels that are not there, or below the refreshed one", () => {
  const row = { level: "rank", after: ["RD"], before: ["RD"], cycles: "2" } as const;
  assertThrows(
    () => dramTables({ ...HBM2, constraints: [row] }),
    MemoryError,
    'no level "rank"',
  );
  const deep = { level: "bank", after: ["REF"], before: ["ACT"], cycles: "2" } as const;
  assertThrows(() => dramTables({ ...DDR4_2400R_X8, constraints: [deep] }), MemoryError);
});

Deno.test("dramPreset() finds every preset by its name, and lists them for any other", () => {
  for (const preset of DRAM_PRESETS) assertEquals(dramPreset(preset.name), preset);
  const error = assertThrows(() => dramPreset("hbm4"), MemoryError, "hbm4");
  assertEquals(error.help, "choose one of hbm2, ddr3-1600k-x16, ddr4-2400r-x8");
});
