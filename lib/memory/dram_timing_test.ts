import { assert, assertEquals, assertThrows } from "@std/assert";
import { cyclesOf, cyclesWithin, jedecCycles } from "./dram_cycles.ts";
import type { DramCommand, DramPreset } from "./dram_preset.ts";
import {
  DDR3_1600K_X16,
  DDR4_2400R_X8,
  DRAM_PRESET_NAMES,
  DRAM_PRESETS,
  dramPreset,
  HBM2,
  HBM2E,
  LPDDR4_3200_X16,
} from "./dram_presets.ts";
import { COMMANDS, dramTables } from "./dram_tables.ts";
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

// deno-fmt-ignore: a table
const HBM2E_DISTANCES: Record<string, [number, number, number]> = {
  //             same bank, bank group, pseudo-channel; in cycles of 0.625 ns
  "ACT ACT": [77, 10, 7], "ACT PRE": [55, 2, 2], "ACT RD": [23, 0, 0], "ACT WR": [23, 0, 0],
  "PRE ACT": [23, 0, 0], "RD RD": [4, 4, 2], "RD WR": [20, 20, 20], "RD PRE": [10, 0, 0],
  "WR WR": [4, 4, 2], "WR RD": [22, 22, 19], "WR PRE": [35, 0, 0],
  "RD PREA": [10, 10, 10], "WR PREA": [35, 35, 35], "ACT PREA": [55, 55, 55],
  "PREA ACT": [23, 23, 23], "ACT REF": [77, 77, 77], "PRE REF": [23, 23, 23],
  "PREA REF": [23, 23, 23], "REF ACT": [560, 560, 560], "REF PREA": [560, 560, 560],
  "REF REF": [560, 560, 560],
};
// deno-fmt-ignore: a table
const LPDDR4_DISTANCES: Record<string, [number, number]> = {
  //             same bank, rank; ACT, RD and WR take four cycles of the command bus, others two
  "ACT ACT": [97, 16], "ACT RD": [29, 4], "ACT WR": [29, 4], "ACT PRE": [68, 4],
  "ACT PREA": [68, 68], "ACT REF": [97, 97], "ACT REFPB": [97, 16],
  "RD ACT": [4, 4], "RD RD": [8, 8], "RD WR": [30, 30], "RD PRE": [12, 4],
  "RD PREA": [12, 12], "RD REF": [4, 4], "RD REFPB": [4, 4],
  "WR ACT": [4, 4], "WR RD": [39, 39], "WR WR": [8, 8], "WR PRE": [52, 4],
  "WR PREA": [52, 52], "WR REF": [4, 4], "WR REFPB": [4, 4],
  "PRE ACT": [29, 2], "PRE RD": [2, 2], "PRE WR": [2, 2], "PRE PRE": [4, 4],
  "PRE PREA": [4, 4], "PRE REF": [29, 29], "PRE REFPB": [29, 2],
  "PREA ACT": [34, 34], "PREA RD": [2, 2], "PREA WR": [2, 2], "PREA PRE": [4, 4],
  "PREA PREA": [4, 4], "PREA REF": [34, 34], "PREA REFPB": [34, 34],
  "REF ACT": [448, 448], "REF RD": [2, 2], "REF WR": [2, 2], "REF PRE": [2, 2],
  "REF PREA": [448, 448], "REF REF": [448, 448], "REF REFPB": [448, 448],
  "REFPB ACT": [224, 16], "REFPB RD": [2, 2], "REFPB WR": [2, 2], "REFPB PRE": [2, 2],
  "REFPB PREA": [2, 2], "REFPB REF": [224, 224], "REFPB REFPB": [224, 224],
};

for (
  const [preset, table, neighbours] of [
    [HBM2, HBM2_DISTANCES, [0, 1, 4, 16]],
    [DDR3_1600K_X16, DDR3_DISTANCES, [0, 1]],
    [DDR4_2400R_X8, DDR4_DISTANCES, [0, 1, 4]],
    [HBM2E, HBM2E_DISTANCES, [0, 1, 4]],
    [LPDDR4_3200_X16, LPDDR4_DISTANCES, [0, 1]],
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

Deno.test("cyclesWithin() rounds a longest time down", () => {
  assertEquals([cyclesWithin(3_904_000, 625), cyclesWithin(488_000, 625)], [6246, 780]);
  assertEquals(cyclesWithin(3_900_000, 625), 6240);
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
  assertEquals(error.help, `choose one of ${DRAM_PRESET_NAMES.join(", ")}`);
  assertEquals(DRAM_PRESET_NAMES, [
    "hbm2",
    "ddr3-1600k-x16",
    "ddr4-2400r-x8",
    "hbm2e",
    "lpddr4-3200-x16",
  ]);
});
