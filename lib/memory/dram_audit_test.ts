import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { auditCommands } from "./dram_audit.ts";
import { type DramCommandRecord, formatCommandLog } from "./dram_command_log.ts";
import { cyclesOf } from "./dram_cycles.ts";
import { dramMemory } from "./dram_memory.ts";
import type { DramCommand, DramPreset } from "./dram_preset.ts";
import { DDR3_1600K_X16, DDR4_2400R_X8, DRAM_PRESETS, LPDDR4_3200_X16 } from "./dram_presets.ts";
import type { TraceRow } from "./dram_trace.ts";
import { replayTrace } from "./replay_trace.ts";

const PER_BANK: DramPreset = {
  ...LPDDR4_3200_X16,
  name: "lpddr4-3200-x16 per bank",
  refresh: { command: "REFPB", level: "bank", interval: "nREFIpb" },
};
const AUDITED: readonly DramPreset[] = [
  ...DRAM_PRESETS,
  PER_BANK,
  ...[DDR3_1600K_X16, DDR4_2400R_X8, PER_BANK].map((preset): DramPreset => ({
    ...preset,
    name: `${preset.name}, rows closed, in order`,
    pagePolicy: "closed",
    scheduler: "fcfs",
  })),
];

/** Requests for one channel: a run, a row conflict at every step, random ones; a third writes. */
function traffic(preset: DramPreset, count: number): Record<string, TraceRow[]> {
  let seed = 7;
  const random = (below: number): number => (seed = seed * 48271 % 2147483647) % below;
  const lowBits = preset.addressMap.fields.reduce((sum, { bits }) => sum + bits, 0);
  const rowBytes = 2 ** lowBits * preset.requestBytes;
  const trace = (gap: number, address: (i: number) => number): TraceRow[] =>
    Array.from({ length: count }, (_, i) => ({
      address: address(i),
      write: i % 96 >= 64,
      wantCycle: i * gap,
      acceptCycle: -1,
      doneCycle: -1,
    }));
  return {
    streaming: trace(0, (i) => i * preset.requestBytes),
    conflict: trace(0, (i) => i * rowBytes),
    random: trace(0, () => random(2 ** 30)),
    "few rows": trace(0, () => random(4) * rowBytes + random(32) * preset.requestBytes * 64),
    sparse: trace(90, () => random(2 ** 30)),
  };
}

function logOf(rows: TraceRow[], preset: DramPreset): DramCommandRecord[] {
  const log: DramCommandRecord[] = [];
  replayTrace(rows, preset, { onCommand: (record) => void log.push(record) });
  return log;
}

for (const preset of AUDITED) {
  Deno.test(`auditCommands() finds nothing wrong with any traffic on ${preset.name}`, () => {
    for (const [name, rows] of Object.entries(traffic(preset, 1500))) {
      const log = logOf(rows, preset);
      assert(log.length >= 1000, name);
      assertEquals(auditCommands(log, preset), [], name);
    }
  });

  Deno.test(`auditCommands() catches a cycle too few, for every row of ${preset.name}`, () => {
    const logs = Object.values(traffic(preset, 1500)).map((rows) => logOf(rows, preset));
    let inTraffic = 0;
    for (const constraint of preset.constraints) {
      const cycles = cyclesOf(constraint.cycles, preset.timing);
      const window = constraint.window ?? 1;
      for (const after of constraint.after) {
        for (const before of constraint.before) {
          // Alone: the first command, the others of its window at once, and the one that follows.
          const probe = (distance: number): boolean => {
            const commands = Array.from({ length: window }, (_, i) => command(after, 100 + i));
            const log = [...commands, command(before, 100 + distance)];
            return auditCommands(log, preset).some((found) => found.constraint === constraint);
          };
          const name = `${constraint.level} ${after} ${before}`;
          assertEquals([probe(cycles - 1), probe(cycles)], [true, false], name);

          // In traffic: a command that came as early as this row allows.
          for (const log of logs) {
            const tight = firstTight(log, preset, constraint.level, after, before, window, cycles);
            if (tight === undefined) continue;
            const { channel } = log[tight]!;
            const upTo = log.slice(0, tight + 1).filter((other) => other.channel === channel);
            const last = upTo.pop()!;
            upTo.push({ ...last, cycle: last.cycle - 1 });
            const found = auditCommands(upTo, preset).filter((found) =>
              found.constraint === constraint && found.index === upTo.length - 1
            );
            assertEquals(found.length > 0, true, name);
            inTraffic++;
            break;
          }
        }
      }
    }
    assert(inTraffic >= 18, `${inTraffic} rows were met in traffic`);
  });
}

function command(command: DramCommand, cycle: number): DramCommandRecord {
  return { cycle, command, channel: 0, bank: 0, row: 0, column: 0 };
}

/** The first command of a log that came in the very cycle that a row allows. */
function firstTight(
  log: readonly DramCommandRecord[],
  preset: DramPreset,
  level: string,
  after: DramCommand,
  before: DramCommand,
  window: number,
  cycles: number,
): number | undefined {
  const number = preset.levels.findIndex(({ name }) => name === level);
  const size = preset.levels.slice(number + 1).reduce((product, { count }) => product * count, 1);
  const past = new Map<string, number[]>();
  for (const [i, { cycle, command, channel, bank }] of log.entries()) {
    const node = `${channel}.${Math.floor(bank / size)}`;
    if (command === before && cycle === (past.get(node)?.at(-window) ?? NaN) + cycles) return i;
    if (command === after) past.set(node, [...past.get(node)?.slice(-3) ?? [], cycle]);
  }
  return undefined;
}

const rulesOf = (log: DramCommandRecord[], preset: DramPreset): string =>
  auditCommands(log, preset).map(({ rule }) => rule).join("\n");

Deno.test("auditCommands() follows rows, and knows which commands need them open or closed", () => {
  const log = logOf(traffic(DDR4_2400R_X8, 1500)["few rows"]!, DDR4_2400R_X8);
  const place = (name: DramCommand, from = 0): number =>
    log.findIndex(({ command }, i) => i >= from && command === name);
  const without = (i: number): DramCommandRecord[] => log.filter((_, j) => j !== i);
  assertStringIncludes(rulesOf(without(place("ACT")), DDR4_2400R_X8), "which is closed");
  assertStringIncludes(rulesOf(without(place("PRE")), DDR4_2400R_X8), "is open");
  assertStringIncludes(rulesOf(without(place("PREA")), DDR4_2400R_X8), "REF while bank");
  const moved = log.with(place("RD"), { ...log[place("RD")]!, row: 99 });
  assertStringIncludes(rulesOf(moved, DDR4_2400R_X8), "RD of row 99 in bank");
  const twice = log.with(5, { ...log[5]!, cycle: log[4]!.cycle });
  assertStringIncludes(rulesOf(twice, DDR4_2400R_X8), "a command in cycle");
});

Deno.test("auditCommands() follows the data bus where the table says nothing of it", () => {
  const preset = { ...DDR3_1600K_X16, constraints: DDR3_1600K_X16.constraints.slice(12) };
  const read = (cycle: number): DramCommandRecord => command("RD", cycle);
  const write = (cycle: number): DramCommandRecord => command("WR", cycle);
  const open = command("ACT", 1);
  assertEquals(rulesOf([open, read(100), read(104)], preset), "");
  assertStringIncludes(rulesOf([open, read(100), read(103)], preset), "hold the bus from 111");
  // Read data from 111 to 115, write data from nCWL = 9 cycles after the command on.
  assertEquals(rulesOf([open, read(100), write(106)], preset), "");
  assertStringIncludes(rulesOf([open, read(100), write(105)], preset), "data from 114 on");
});

Deno.test("auditCommands() counts refreshes, and lets eight be postponed", () => {
  for (const preset of [DDR3_1600K_X16, PER_BANK]) {
    const log: DramCommandRecord[] = [];
    const memory = dramMemory(preset, "", { onCommand: (record) => void log.push(record) });
    const end = cyclesOf(preset.refresh!.interval, preset.timing) * 320 * preset.tickPs;
    memory.readBatch(Float64Array.of(0), 1, 0);
    memory.readBatch(Float64Array.of(0), 1, end);
    assertEquals(rulesOf(log, preset), "");
    const isRefresh = ({ command, bank }: DramCommandRecord): boolean =>
      command.startsWith("REF") && bank === 0;
    const count = log.filter(isRefresh).length;
    const turns = preset === PER_BANK ? 8 : 1;
    assertEquals(count, 320 / turns);
    /** Leaves out some refreshes of bank 0, every `step`-th from the sixth on. */
    const less = (missing: number, step: number): string => {
      let seen = 0;
      const kept = log.filter((record) => {
        if (!isRefresh(record)) return true;
        seen++;
        return seen < 6 || (seen - 6) % step !== 0 || (seen - 6) / step >= missing;
      });
      return rulesOf(kept, preset);
    };
    assertEquals([less(8, 1), less(8, 2)], ["", ""]);
    assertStringIncludes(less(9, 1), "after");
    assertStringIncludes(less(9, 2), "was refreshed");
  }
});

Deno.test("formatCommandLog() writes a column per level", () => {
  const log = logOf([
    { address: 64 * 4 * 5, write: false, wantCycle: 0, acceptCycle: -1, doneCycle: -1 },
  ], DDR4_2400R_X8);
  assertEquals(
    formatCommandLog(log, DDR4_2400R_X8),
    "cycle,command,channel,rank,bankgroup,bank,row,column\n" +
      "1,ACT,0,0,1,1,0,\n17,RD,0,0,1,1,0,0\n",
  );
});
