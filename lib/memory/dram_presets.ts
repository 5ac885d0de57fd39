/** The DRAMs that come with fourbit. */
import { type DramPreset, jedecCycles, type TimingConstraint } from "./dram_preset.ts";
import { MemoryError } from "./memory_error.ts";

/** Lists that accept an entry while they hold 32 or fewer; drain at 80 % and 20 % of 32. */
const GENERIC_CONTROLLER = {
  queues: { read: 33, write: 33, activated: 33 },
  writeDrain: { start: 26, stop: 6 },
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
    nBL: 4, nCL: 11, nCWL: 9, nRCD: 11, nRP: 11, nRAS: 28, nRC: 39, nWR: 12, nRTP: 6,
    nCCDS: 4, nRRDS: 6, nWTRS: 6, nFAW: 32,
    nRFC: jedecCycles(260_000, 1250), nREFI: jedecCycles(7_800_000, 1250),
  },
  constraints: DDR_CONSTRAINTS,
  readLatency: "nCL + nBL",
  addressMap: {
    fields: [
      { field: "column", bits: 7 },
      { field: "bank", bits: 3 },
    ],
    xor: [],
  },
  ...GENERIC_CONTROLLER,
  refresh: { level: "rank", interval: "nREFI" },
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
    nBL: 4, nCL: 16, nCWL: 12, nRCD: 16, nRP: 16, nRAS: 39, nRC: 55, nWR: 18, nRTP: 9,
    nCCDS: 4, nCCDL: 6, nRRDS: 4, nRRDL: 6, nWTRS: 3, nWTRL: 9, nFAW: 26,
    nRFC: jedecCycles(360_000, 833), nREFI: jedecCycles(7_800_000, 833),
  },
  constraints: [...DDR_CONSTRAINTS, ...DDR4_CONSTRAINTS],
  readLatency: "nCL + nBL",
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
  refresh: { level: "rank", interval: "nREFI" },
};

/** All presets. */
export const DRAM_PRESETS: readonly DramPreset[] = [HBM2, DDR3_1600K_X16, DDR4_2400R_X8];

/**
 * The preset of a name.
 *
 * @throws {MemoryError} If there is none; its help lists the names.
 */
export function dramPreset(name: string): DramPreset {
  const preset = DRAM_PRESETS.find((preset) => preset.name === name);
  if (preset !== undefined) return preset;
  const names = DRAM_PRESETS.map((preset) => preset.name).join(", ");
  throw new MemoryError(`There is no DRAM preset "${name}"`, `choose one of ${names}`);
}
