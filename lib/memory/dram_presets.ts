/** The DRAMs that come with fourbit. */
import { cyclesWithin, jedecCycles } from "./dram_cycles.ts";
import type { DramPreset, TimingConstraint } from "./dram_preset.ts";
import { MemoryError } from "./memory_error.ts";

/** Lists that accept an entry while they hold 32 or fewer; drain at 80 % and 20 % of 32. */
const GENERIC_CONTROLLER = {
  queues: { read: 33, write: 33, activated: 33 },
  writeDrain: { start: 26, stop: 6 },
  scheduler: "fr-fcfs",
  pagePolicy: "open",
} as const;

/**
 * HBM2, 8 Gb, 2 Gbps, 8 channels of two pseudo-channels: the memory of the recorded machine.
 *
 * `nBurst`, how long a burst holds the data bus, is half of the burst length, as in that machine,
 * and there is no refresh: its refresh manager asks for a level that HBM2 does not have.
 */
// deno-fmt-ignore: one row, one line
export const HBM2: DramPreset = {
  name: "hbm2",
  title: "HBM2, 8 Gb, 2 Gbps, 8 channels",
  source: "the recorded machine (emulator.md, section 7); the standard is JEDEC JESD235",
  tickPs: 1000,
  requestBytes: 16,
  levels: [
    { name: "channel", count: 8 },
    { name: "pseudochannel", count: 2 },
    { name: "bankgroup", count: 4 },
    { name: "bank", count: 4 },
  ],
  // All of them as recorded.
  timing: {
    nBL: 4, nBurst: 2, nCL: 7, nCWL: 2, nRCD: 7, nRP: 7, nRAS: 17, nRC: 19, nWR: 8, nRTP: 3,
    nCCDL: 2, nRRDS: 2, nRRDL: 3, nWTRS: 3, nWTRL: 4, nFAW: 15,
  },
  constraints: [
    // An activation takes two cycles of the row command bus.
    { level: "channel", after: ["ACT"], before: ["ACT", "PRE"], cycles: "2" },
    { level: "pseudochannel", after: ["RD"], before: ["RD"], cycles: "nBurst" },
    { level: "pseudochannel", after: ["WR"], before: ["WR"], cycles: "nBurst" },
    { level: "pseudochannel", after: ["RD"], before: ["WR"], cycles: "nCL + nBL + 2 - nCWL" },
    { level: "pseudochannel", after: ["WR"], before: ["RD"], cycles: "nCWL + nBL + nWTRS" },
    { level: "pseudochannel", after: ["ACT"], before: ["ACT"], cycles: "nRRDS" },
    { level: "pseudochannel", after: ["ACT"], before: ["ACT"], cycles: "nFAW", window: 4 },
    { level: "bankgroup", after: ["RD"], before: ["RD"], cycles: "nCCDL" },
    { level: "bankgroup", after: ["WR"], before: ["WR"], cycles: "nCCDL" },
    { level: "bankgroup", after: ["WR"], before: ["RD"], cycles: "nCWL + nBL + nWTRL" },
    { level: "bankgroup", after: ["ACT"], before: ["ACT"], cycles: "nRRDL" },
    { level: "bank", after: ["ACT"], before: ["ACT"], cycles: "nRC" },
    { level: "bank", after: ["ACT"], before: ["RD", "WR"], cycles: "nRCD" },
    { level: "bank", after: ["ACT"], before: ["PRE"], cycles: "nRAS" },
    { level: "bank", after: ["PRE"], before: ["ACT"], cycles: "nRP" },
    { level: "bank", after: ["RD"], before: ["PRE"], cycles: "nRTP" },
    { level: "bank", after: ["WR"], before: ["PRE"], cycles: "nCWL + nBL + nWR" },
  ],
  readLatency: "nCL + nBL",
  dataBus: { level: "pseudochannel", bits: 64, read: "nCL", write: "nCWL", cycles: "nBurst" },
  addressMap: {
    fields: [
      { field: "column", bits: 2 },
      { field: "channel", bits: 3 },
      { field: "pseudochannel", bits: 1 },
      { field: "bankgroup", bits: 2 },
      { field: "bank", bits: 2 },
      { field: "column", bits: 3 },
    ],
    xor: [
      { into: "channel", shift: 0 },
      { into: "pseudochannel", shift: 3 },
      { into: "bankgroup", shift: 4 },
    ],
  },
  ...GENERIC_CONTROLLER,
  refresh: null,
};

/** What holds for every DDR generation: rank and bank, with all-bank refresh of a rank. */
// deno-fmt-ignore: one row, one line
const DDR_CONSTRAINTS: readonly TimingConstraint[] = [
  { level: "channel", after: ["RD"], before: ["RD"], cycles: "nBL" },
  { level: "channel", after: ["WR"], before: ["WR"], cycles: "nBL" },
  { level: "rank", after: ["RD"], before: ["RD"], cycles: "nCCDS" },
  { level: "rank", after: ["WR"], before: ["WR"], cycles: "nCCDS" },
  { level: "rank", after: ["RD"], before: ["WR"], cycles: "nCL + nBL + 2 - nCWL" },
  { level: "rank", after: ["WR"], before: ["RD"], cycles: "nCWL + nBL + nWTRS" },
  { level: "rank", after: ["RD"], before: ["PREA"], cycles: "nRTP" },
  { level: "rank", after: ["WR"], before: ["PREA"], cycles: "nCWL + nBL + nWR" },
  { level: "rank", after: ["ACT"], before: ["PREA"], cycles: "nRAS" },
  { level: "rank", after: ["ACT"], before: ["ACT"], cycles: "nRRDS" },
  { level: "rank", after: ["ACT"], before: ["ACT"], cycles: "nFAW", window: 4 },
  { level: "rank", after: ["PREA"], before: ["ACT"], cycles: "nRP" },
  { level: "rank", after: ["ACT"], before: ["REF"], cycles: "nRC" },
  { level: "rank", after: ["PRE", "PREA"], before: ["REF"], cycles: "nRP" },
  { level: "rank", after: ["REF"], before: ["ACT"], cycles: "nRFC" },
  { level: "bank", after: ["ACT"], before: ["ACT"], cycles: "nRC" },
  { level: "bank", after: ["ACT"], before: ["RD", "WR"], cycles: "nRCD" },
  { level: "bank", after: ["ACT"], before: ["PRE"], cycles: "nRAS" },
  { level: "bank", after: ["PRE"], before: ["ACT"], cycles: "nRP" },
  { level: "bank", after: ["RD"], before: ["PRE"], cycles: "nRTP" },
  { level: "bank", after: ["WR"], before: ["PRE"], cycles: "nCWL + nBL + nWR" },
];

/** What bank groups add in DDR4, and its refresh that also delays the next closing of a rank. */
// deno-fmt-ignore: one row, one line
const DDR4_CONSTRAINTS: readonly TimingConstraint[] = [
  { level: "rank", after: ["REF"], before: ["PREA"], cycles: "nRFC" },
  { level: "bankgroup", after: ["RD"], before: ["RD"], cycles: "nCCDL" },
  { level: "bankgroup", after: ["WR"], before: ["WR"], cycles: "nCCDL" },
  { level: "bankgroup", after: ["WR"], before: ["RD"], cycles: "nCWL + nBL + nWTRL" },
  { level: "bankgroup", after: ["ACT"], before: ["ACT"], cycles: "nRRDL" },
];

/** DDR3-1600K, 4 Gb ×16, one 16-bit channel: the part on the Artix boards, with refresh. */
// deno-fmt-ignore: one row, one line
export const DDR3_1600K_X16: DramPreset = {
  name: "ddr3-1600k-x16",
  title: "DDR3-1600K, 4 Gb x16, one 16-bit channel",
  source: "dram-presets.md; JEDEC JESD79-3",
  tickPs: 1250,
  requestBytes: 16,
  levels: [
    { name: "channel", count: 1 },
    { name: "rank", count: 1 },
    { name: "bank", count: 8 },
  ],
  timing: {
    nBL: 4, // burst of 8
    nCL: 11, nRCD: 11, nRP: 11, // speed bin 1600K: 13.75 ns
    nCWL: 9, // as recorded; JESD79-3 has 8
    nRAS: 28, nRC: 39, // speed bin 1600K: 35 ns, 48.75 ns
    nWR: 12, // 15 ns
    nRTP: 6, nWTRS: 6, // max(4 nCK, 7.5 ns)
    nCCDS: 4, // 4 nCK
    nRRDS: 6, nFAW: 32, // page of 2 KB: max(4 nCK, 7.5 ns), 40 ns
    nRFC: jedecCycles(260_000, 1250), // 4 Gb
    nREFI: jedecCycles(7_800_000, 1250), // up to 85 °C
  },
  constraints: DDR_CONSTRAINTS,
  readLatency: "nCL + nBL",
  dataBus: { level: "channel", bits: 16, read: "nCL", write: "nCWL", cycles: "nBL" },
  addressMap: {
    fields: [
      { field: "column", bits: 7 },
      { field: "bank", bits: 3 },
    ],
    xor: [],
  },
  ...GENERIC_CONTROLLER,
  refresh: { command: "REF", level: "rank", interval: "nREFI" },
};

/** DDR4-2400R, 8 Gb ×8, one 64-bit channel, with refresh. */
// deno-fmt-ignore: one row, one line
export const DDR4_2400R_X8: DramPreset = {
  name: "ddr4-2400r-x8",
  title: "DDR4-2400R, 8 Gb x8, one 64-bit channel",
  source: "dram-presets.md; JEDEC JESD79-4",
  tickPs: 833,
  requestBytes: 64,
  levels: [
    { name: "channel", count: 1 },
    { name: "rank", count: 1 },
    { name: "bankgroup", count: 4 },
    { name: "bank", count: 4 },
  ],
  timing: {
    nBL: 4, // burst of 8
    nCL: 16, nRCD: 16, nRP: 16, // speed bin 2400R: 13.32 ns
    nCWL: 12, // the first set for 2400
    nRAS: 39, nRC: 55, // speed bin 2400R: 32 ns, 45.32 ns
    nWR: 18, // 15 ns
    nRTP: 9, // max(4 nCK, 7.5 ns)
    nCCDS: 4, nCCDL: 6, // 4 nCK, max(5 nCK, 5 ns)
    nRRDS: 4, nRRDL: 6, nFAW: 26, // page of 1 KB: max(4 nCK, 3.3 ns), max(4 nCK, 4.9 ns), 21 ns
    nWTRS: 3, nWTRL: 9, // max(2 nCK, 2.5 ns), max(4 nCK, 7.5 ns)
    nRFC: jedecCycles(360_000, 833), // as recorded; JESD79-4 has 350 ns for 8 Gb
    nREFI: jedecCycles(7_800_000, 833), // up to 85 °C; as recorded, rounded up
  },
  constraints: [...DDR_CONSTRAINTS, ...DDR4_CONSTRAINTS],
  readLatency: "nCL + nBL",
  dataBus: { level: "channel", bits: 64, read: "nCL", write: "nCWL", cycles: "nBL" },
  addressMap: {
    fields: [
      { field: "column", bits: 2 },
      { field: "bankgroup", bits: 2 },
      { field: "bank", bits: 2 },
      { field: "column", bits: 5 },
    ],
    xor: [
      { into: "bankgroup", shift: 0 },
      { into: "bank", shift: 2 },
      { into: "row", shift: 4 },
    ],
  },
  ...GENERIC_CONTROLLER,
  refresh: { command: "REF", level: "rank", interval: "nREFI" },
};

/**
 * HBM2E of the Versal V80: two stacks of eight channels, in pseudo-channel mode 32 of 64 bits at
 * 3200 MT/s, which is 819.2 GB/s.
 *
 * A pseudo-channel has a controller of its own here, with one command a cycle. The real ones share
 * a row and a column command bus by two, which is as many commands. Of the stack IDs, the first is
 * modelled; the others count as further rows. JESD235 sets the burst, tCCD and the refresh interval;
 * the other times are the vendors'. Theirs are not public: the ones below are of the 8 Gb HBM2
 * of DRAMsim3 (configs/HBM2_8Gb_x128.ini), as nanoseconds.
 */
// deno-fmt-ignore: one row, one line
export const HBM2E: DramPreset = {
  name: "hbm2e",
  title: "HBM2E, 3200 MT/s, 32 pseudo-channels of 64 bits",
  source: "AMD PG313 (organisation, rate); JEDEC JESD235D; DRAMsim3 (times that are the vendors')",
  tickPs: 625, // 1600 MHz: PG313
  requestBytes: 32, // 64 bits, burst of 4: JESD235
  levels: [
    { name: "pseudochannel", count: 32 },
    { name: "bankgroup", count: 4 },
    { name: "bank", count: 4 },
  ],
  timing: {
    nBL: 2, // burst of 4: JESD235
    nCCDL: 4, // JESD235: 2 to 4 by data rate; nCCDS is nBL
    nCL: jedecCycles(14_000, 625), // vendor, and set in MR2: DRAMsim3
    nCWL: jedecCycles(4_000, 625), // vendor, and set in MR2: DRAMsim3
    nRCD: jedecCycles(14_000, 625), // vendor: DRAMsim3, for reads and writes
    nRP: jedecCycles(14_000, 625), // vendor: DRAMsim3
    nRAS: jedecCycles(34_000, 625), // vendor: DRAMsim3
    nRC: jedecCycles(48_000, 625), // tRAS + tRP
    nWR: jedecCycles(16_000, 625), // vendor: DRAMsim3
    nRTP: jedecCycles(6_000, 625), // vendor: DRAMsim3, the long one
    nRRDS: jedecCycles(4_000, 625), // vendor: DRAMsim3
    nRRDL: jedecCycles(6_000, 625), // vendor: DRAMsim3
    nWTRS: jedecCycles(6_000, 625), // vendor: DRAMsim3
    nWTRL: jedecCycles(8_000, 625), // vendor: DRAMsim3
    nFAW: jedecCycles(30_000, 625), // vendor: DRAMsim3
    nRFC: jedecCycles(350_000, 625), // by density, and vendor: 350 ns from 8 Gb a channel on
    nREFI: cyclesWithin(3_900_000, 625), // JESD235: 3.9 µs
  },
  constraints: [
    // An activation takes two cycles of the row command bus.
    { level: "pseudochannel", after: ["ACT"], before: ["ACT", "PRE", "PREA", "REF"], cycles: "2" },
    { level: "pseudochannel", after: ["RD"], before: ["RD"], cycles: "nBL" },
    { level: "pseudochannel", after: ["WR"], before: ["WR"], cycles: "nBL" },
    { level: "pseudochannel", after: ["RD"], before: ["WR"], cycles: "nCL + nBL + 2 - nCWL" },
    { level: "pseudochannel", after: ["WR"], before: ["RD"], cycles: "nCWL + nBL + nWTRS" },
    { level: "pseudochannel", after: ["RD"], before: ["PREA"], cycles: "nRTP" },
    { level: "pseudochannel", after: ["WR"], before: ["PREA"], cycles: "nCWL + nBL + nWR" },
    { level: "pseudochannel", after: ["ACT"], before: ["PREA"], cycles: "nRAS" },
    { level: "pseudochannel", after: ["ACT"], before: ["ACT"], cycles: "nRRDS" },
    { level: "pseudochannel", after: ["ACT"], before: ["ACT"], cycles: "nFAW", window: 4 },
    { level: "pseudochannel", after: ["PREA"], before: ["ACT"], cycles: "nRP" },
    { level: "pseudochannel", after: ["ACT"], before: ["REF"], cycles: "nRC" },
    { level: "pseudochannel", after: ["PRE", "PREA"], before: ["REF"], cycles: "nRP" },
    { level: "pseudochannel", after: ["REF"], before: ["ACT", "PREA", "REF"], cycles: "nRFC" },
    { level: "bankgroup", after: ["RD"], before: ["RD"], cycles: "nCCDL" },
    { level: "bankgroup", after: ["WR"], before: ["WR"], cycles: "nCCDL" },
    { level: "bankgroup", after: ["WR"], before: ["RD"], cycles: "nCWL + nBL + nWTRL" },
    { level: "bankgroup", after: ["ACT"], before: ["ACT"], cycles: "nRRDL" },
    { level: "bank", after: ["ACT"], before: ["ACT"], cycles: "nRC" },
    { level: "bank", after: ["ACT"], before: ["RD", "WR"], cycles: "nRCD" },
    { level: "bank", after: ["ACT"], before: ["PRE"], cycles: "nRAS" },
    { level: "bank", after: ["PRE"], before: ["ACT"], cycles: "nRP" },
    { level: "bank", after: ["RD"], before: ["PRE"], cycles: "nRTP" },
    { level: "bank", after: ["WR"], before: ["PRE"], cycles: "nCWL + nBL + nWR" },
  ],
  readLatency: "nCL + nBL",
  dataBus: { level: "pseudochannel", bits: 64, read: "nCL", write: "nCWL", cycles: "nBL" },
  addressMap: {
    // A block of 64 bytes is two bursts of one bank; a row has 1 KB. A run goes through a row of each
    // bank group before it opens others, so that nFAW does not hold it up.
    fields: [
      { field: "column", bits: 1 },
      { field: "pseudochannel", bits: 5 },
      { field: "bankgroup", bits: 2 },
      { field: "column", bits: 4 },
      { field: "bank", bits: 2 },
    ],
    xor: [{ into: "pseudochannel", shift: 1 }],
  },
  ...GENERIC_CONTROLLER,
  refresh: { command: "REF", level: "pseudochannel", interval: "nREFI" },
};

/**
 * LPDDR4-3200, 8 Gb, one 16-bit channel. A command takes two or four cycles of the command bus.
 * The table holds both refreshes: `refresh: { command: "REFPB", level: "bank", interval:
 * "nREFIpb" }` makes it refresh bank by bank.
 */
// deno-fmt-ignore: one row, one line
export const LPDDR4_3200_X16: DramPreset = {
  name: "lpddr4-3200-x16",
  title: "LPDDR4-3200, 8 Gb, one 16-bit channel",
  source: "JEDEC JESD209-4 (core timing table, refresh by density, latencies at 3200 Mb/s, set A)",
  tickPs: 625,
  requestBytes: 32, // 16 bits, burst of 16
  levels: [
    { name: "channel", count: 1 },
    { name: "rank", count: 1 },
    { name: "bank", count: 8 },
  ],
  timing: {
    nBL: 8, // burst of 16
    nCCD: 8, // BL/2
    nRL: 28, // 1600 MHz without DBI; Micron MT53B128M32 (-062) says the same
    nWL: 14, // 1600 MHz, set A; the same
    nDQSCK: jedecCycles(3_500, 625), // 1.5 to 3.5 ns, by vendor and temperature: the longest
    nDQSS: 1, // 0.75 to 1.25 cycles
    nRCD: jedecCycles(18_000, 625), // max(18 ns, 4 nCK)
    nRPpb: jedecCycles(18_000, 625), // max(18 ns, 4 nCK)
    nRPab: jedecCycles(21_000, 625), // max(21 ns, 4 nCK)
    nRAS: jedecCycles(42_000, 625), // max(42 ns, 3 nCK)
    nRC: jedecCycles(42_000, 625) + jedecCycles(18_000, 625), // tRAS + tRPpb
    nWR: jedecCycles(18_000, 625), // max(18 ns, 6 nCK)
    nRTP: jedecCycles(7_500, 625), // max(7.5 ns, 8 nCK)
    nWTR: jedecCycles(10_000, 625), // max(10 ns, 8 nCK)
    nRRD: jedecCycles(10_000, 625), // max(10 ns, 4 nCK)
    nFAW: jedecCycles(40_000, 625), // 40 ns
    nPPD: 4, // between two PRE
    nRFCab: jedecCycles(280_000, 625), // 8 Gb a channel
    nRFCpb: jedecCycles(140_000, 625), // 8 Gb a channel
    nREFI: cyclesWithin(3_904_000, 625), // 3.904 µs
    nREFIpb: cyclesWithin(488_000, 625), // an eighth of it
  },
  constraints: [
    // Two cycles of the command bus for a command, four for one of two parts.
    { level: "channel", after: ["ACT", "RD", "WR"], before: ["ACT", "RD", "WR", "PRE", "PREA", "REF", "REFPB"], cycles: "4" },
    { level: "channel", after: ["PRE", "PREA", "REF", "REFPB"], before: ["ACT", "RD", "WR", "PRE", "PREA", "REF", "REFPB"], cycles: "2" },
    { level: "rank", after: ["RD"], before: ["RD"], cycles: "nCCD" },
    { level: "rank", after: ["WR"], before: ["WR"], cycles: "nCCD" },
    // Two cycles of write preamble.
    { level: "rank", after: ["RD"], before: ["WR"], cycles: "nRL + nDQSCK + nBL + 2 - nWL" },
    { level: "rank", after: ["WR"], before: ["RD"], cycles: "nWL + nDQSS + nBL + nWTR" },
    { level: "rank", after: ["RD"], before: ["PREA"], cycles: "nBL + nRTP - 8" },
    { level: "rank", after: ["WR"], before: ["PREA"], cycles: "nWL + nDQSS + nBL + nWR" },
    { level: "rank", after: ["ACT"], before: ["PREA"], cycles: "nRAS" },
    { level: "rank", after: ["ACT"], before: ["ACT", "REFPB"], cycles: "nRRD" },
    { level: "rank", after: ["ACT"], before: ["ACT"], cycles: "nFAW", window: 4 },
    { level: "rank", after: ["PRE", "PREA"], before: ["PRE", "PREA"], cycles: "nPPD" },
    { level: "rank", after: ["PREA"], before: ["ACT", "REF", "REFPB"], cycles: "nRPab" },
    { level: "rank", after: ["PRE"], before: ["REF"], cycles: "nRPpb" },
    { level: "rank", after: ["ACT"], before: ["REF"], cycles: "nRC" },
    { level: "rank", after: ["REF"], before: ["ACT", "PREA", "REF", "REFPB"], cycles: "nRFCab" },
    { level: "rank", after: ["REFPB"], before: ["REF", "REFPB"], cycles: "nRFCpb" },
    { level: "rank", after: ["REFPB"], before: ["ACT"], cycles: "nRRD" },
    { level: "bank", after: ["ACT"], before: ["ACT", "REFPB"], cycles: "nRC" },
    { level: "bank", after: ["ACT"], before: ["RD", "WR"], cycles: "nRCD" },
    { level: "bank", after: ["ACT"], before: ["PRE"], cycles: "nRAS" },
    { level: "bank", after: ["PRE"], before: ["ACT", "REFPB"], cycles: "nRPpb" },
    { level: "bank", after: ["RD"], before: ["PRE"], cycles: "nBL + nRTP - 8" },
    { level: "bank", after: ["WR"], before: ["PRE"], cycles: "nWL + nDQSS + nBL + nWR" },
    { level: "bank", after: ["REFPB"], before: ["ACT"], cycles: "nRFCpb" },
  ],
  readLatency: "nRL + nDQSCK + nBL",
  dataBus: { level: "channel", bits: 16, read: "nRL + nDQSCK", write: "nWL + nDQSS", cycles: "nBL" },
  addressMap: {
    fields: [ // a row has 2 KB
      { field: "column", bits: 6 },
      { field: "bank", bits: 3 },
    ],
    xor: [],
  },
  ...GENERIC_CONTROLLER,
  refresh: { command: "REF", level: "rank", interval: "nREFI" },
};

/** All presets. */
export const DRAM_PRESETS: readonly DramPreset[] = [
  HBM2,
  DDR3_1600K_X16,
  DDR4_2400R_X8,
  HBM2E,
  LPDDR4_3200_X16,
];

/** The names of all presets. */
export const DRAM_PRESET_NAMES: readonly string[] = DRAM_PRESETS.map(({ name }) => name);

/**
 * The preset of a name.
 *
 * @throws {MemoryError} If there is none; its help lists the names.
 */
export function dramPreset(name: string): DramPreset {
  const preset = DRAM_PRESETS.find((preset) => preset.name === name);
  if (preset !== undefined) return preset;
  const names = DRAM_PRESET_NAMES.join(", ");
  throw new MemoryError(`There is no DRAM preset "${name}"`, `choose one of ${names}`);
}
