import { assertEquals, assertThrows } from "@std/assert";
import {
  type Board,
  boardCapacityBytes,
  boardMemoryType,
  hostBandwidthBytesPerSecond,
  memoryBandwidthBytesPerSecond,
  type TileHint,
} from "./board.ts";
import { parseBoard } from "./parse_board.ts";

// The tables of section 1 of the memory regimes specification.

const hint = (
  mlen: number,
  blen: number,
  batch_size: number,
  status: TileHint["status"],
): TileHint => ({ mlen, vlen: mlen, blen, batch_size, status });

const ON_CHIP = {
  matrix_sram_tiles: 4096,
  vector_sram_depth: 4_194_304,
  hbm_m_prefetch_amount: 64,
  hbm_v_prefetch_amount: 4,
  hbm_v_writeback_amount: 4,
};
const BF16 = { sign: true, exponent_bits: 8, mantissa_bits: 7 };
const MXFP8 = { exponent_bits: 4, mantissa_bits: 3, scale_exponent_bits: 8, block: 8 };
const PRECISION = { matrix_sram: BF16, vector_sram: BF16, hbm_act: MXFP8, hbm_weight: MXFP8 };

const NEXYS_VIDEO: Board = {
  name: "nexys_video",
  description: "Artix-7 XC7A200T on Digilent Nexys Video (512 MB DDR3, USB host link, no PCIe)",
  vendor: "xilinx",
  family: "artix7",
  part: "xc7a200t",
  clock_mhz: 100,
  memory: {
    type: "ddr3",
    spec: "DDR3-1600",
    chip: "MT41K256M16HA",
    bus_width: "x16",
    physical_size_bytes: 512 * 2 ** 20,
    capacity_bytes: 512 * 2 ** 20,
    modeled_size_bytes: 128 * 2 ** 30,
    bus_width_bits: 512,
    peak_bandwidth_gbps: 1.6,
    effective_bandwidth_gbps: 1.0,
    ...ON_CHIP,
    ddr3_burst_cycles: 5,
    ddr3_row_miss_penalty: 3,
    prefetch_v_cycles: 25,
    prefetch_m_cycles: 400,
    store_v_cycles: 25,
  },
  host_link: { type: "usb2", bandwidth_bytes_per_sec: 4_750_000 },
  precision: PRECISION,
  latency: {
    dc_lib_en: false,
    systolic_processing_overhead: 8,
    vector_add_cycles: 9,
    vector_mul_cycles: 7,
    vector_exp_cycles: 15,
    vector_reci_cycles: 8,
    vector_max_cycles: 4,
    vector_sum_cycles: 30,
    vector_shift_cycles: 1,
    vector_prefix_scan_cycles: 9,
    scalar_fp_basic_cycles: 1,
    scalar_fp_exp_cycles: 2,
    scalar_fp_sqrt_cycles: 2,
    scalar_fp_reci_cycles: 2,
    scalar_int_basic_cycles: 1,
  },
  power: { tdp_watts: 7.5, io_voltage: 3.3 },
  resources: { luts: 134_600, ffs: 269_200, bram_36k: 365, dsp48: 740 },
  tile_hints: [
    hint(64, 4, 1, "proven"),
    hint(64, 16, 1, "proven"),
    hint(64, 16, 2, "proven"),
    hint(128, 64, 1, "untested"),
    hint(256, 64, 1, "exceeds_resources"),
  ],
};

const CUSTOM_A7: Board = {
  ...NEXYS_VIDEO,
  name: "custom_a7",
  description: "Custom Artix-7 XC7A200T, 512 MB DDR3, PCIe Gen2 x4 host link",
  host_link: {
    type: "pcie_gen2_x4",
    bandwidth_bytes_per_sec: 1_500_000_000,
    theoretical_bandwidth_bytes_per_sec: 2_000_000_000,
  },
  tile_hints: [
    hint(64, 4, 1, "proven"),
    hint(64, 16, 1, "proven"),
    hint(256, 64, 1, "exceeds_resources"),
  ],
};

const V80: Board = {
  name: "v80",
  description: "Versal V80 AI Edge with dedicated compute blocks",
  vendor: "amd",
  family: "versal",
  part: "v80",
  clock_mhz: 400,
  memory: {
    ...ON_CHIP,
    hbm_size_bytes: 32 * 2 ** 30,
    hbm_width_bits: 512,
    hbm_bandwidth_gbps: 819.2,
  },
  precision: PRECISION,
  latency: {
    dc_lib_en: true,
    systolic_processing_overhead: 0,
    vector_add_cycles: 1,
    vector_mul_cycles: 1,
    vector_exp_cycles: 1,
    vector_reci_cycles: 2,
    vector_max_cycles: 4,
    vector_sum_cycles: 8,
    vector_shift_cycles: 1,
    vector_prefix_scan_cycles: 9,
    scalar_fp_basic_cycles: 1,
    scalar_fp_exp_cycles: 1,
    scalar_fp_sqrt_cycles: 1,
    scalar_fp_reci_cycles: 1,
    scalar_int_basic_cycles: 1,
  },
  power: { tdp_watts: 75, io_voltage: 1.8 },
  resources: {
    luts: 899_840,
    ffs: 1_799_680,
    bram_36k: 967,
    uram: 463,
    dsp58: 1968,
    aie_tiles: 304,
  },
  tile_hints: [
    hint(64, 16, 1, "proven"),
    hint(128, 64, 1, "proven"),
    hint(256, 64, 1, "proven"),
    hint(256, 64, 2, "untested"),
  ],
};

/** The Kria KV260 by its data sheet: what the file must say, but for what it assumes. */
const KV260_SHEET = {
  memoryType: "ddr4",
  peakGigabytesPerSecond: 8 * 2400e6 / 1e9,
  luts: 117_120,
  dsp48: 1248,
};

const TABLES: Record<string, Board> = { nexys_video: NEXYS_VIDEO, custom_a7: CUSTOM_A7, v80: V80 };

Deno.test("the boards folder holds the boards of the tables, and every board is named as its file", async () => {
  const files: string[] = [];
  for await (const { name } of Deno.readDir("boards")) {
    if (name.endsWith(".yaml")) files.push(name);
  }
  for (const name of Object.keys(TABLES)) {
    assertEquals(files.includes(`${name}.yaml`), true, name);
  }
  for (const file of files) {
    const board = parseBoard(await Deno.readTextFile(`boards/${file}`), `boards/${file}`);
    assertEquals(`${board.name}.yaml`, file);
  }
});

for (const [name, table] of Object.entries(TABLES)) {
  Deno.test(`parseBoard() reads boards/${name}.yaml as the specification's tables say`, async () => {
    assertEquals(parseBoard(await Deno.readTextFile(`boards/${name}.yaml`)), table);
  });
}

Deno.test("boards/kv260.yaml says what the data sheet says, and its costs follow from its port", async () => {
  const board = parseBoard(await Deno.readTextFile("boards/kv260.yaml"));
  assertEquals(boardMemoryType(board), KV260_SHEET.memoryType);
  assertEquals(board.memory.peak_bandwidth_gbps, KV260_SHEET.peakGigabytesPerSecond);
  assertEquals(board.resources?.luts, KV260_SHEET.luts);
  assertEquals(board.resources?.dsp48, KV260_SHEET.dsp48);
  const bytesPerCycle = board.memory.bus_width_bits! / 8;
  assertEquals(board.memory.effective_bandwidth_gbps, bytesPerCycle * board.clock_mhz / 1000);
  assertEquals(board.memory.prefetch_v_cycles, 4 * 64 / bytesPerCycle);
  assertEquals(board.memory.prefetch_m_cycles, 64 * 64 / bytesPerCycle);
});

Deno.test("boardCapacityBytes() takes the capacity, else what is soldered on, else the HBM", () => {
  const memory = { capacity_bytes: 3, physical_size_bytes: 2, hbm_size_bytes: 1 };
  assertEquals(boardCapacityBytes({ ...V80, memory }), 3);
  assertEquals(
    boardCapacityBytes({ ...V80, memory: { physical_size_bytes: 2, hbm_size_bytes: 1 } }),
    2,
  );
  assertEquals(boardCapacityBytes(V80), 34_359_738_368);
  assertThrows(() => boardCapacityBytes({ ...V80, memory: {} }), RangeError, "v80");
});

Deno.test("boardMemoryType() is what the board says, and HBM2e where only an HBM is given", () => {
  assertEquals(boardMemoryType(NEXYS_VIDEO), "ddr3");
  assertEquals(boardMemoryType(V80), "hbm2e");
  assertEquals(boardMemoryType({ ...V80, memory: { capacity_bytes: 1 } }), undefined);
});

Deno.test("hostBandwidthBytesPerSecond() is the sustained bandwidth of the link, if there is one", () => {
  assertEquals(hostBandwidthBytesPerSecond(NEXYS_VIDEO), 4_750_000);
  assertEquals(hostBandwidthBytesPerSecond(CUSTOM_A7), 1_500_000_000);
  assertEquals(hostBandwidthBytesPerSecond(V80), undefined);
});

Deno.test("memoryBandwidthBytesPerSecond() is what is effective, else the peak, else the HBM's", () => {
  assertEquals(memoryBandwidthBytesPerSecond(NEXYS_VIDEO), 1e9);
  assertEquals(memoryBandwidthBytesPerSecond(V80), 819_200_000_000);
  const memory = { capacity_bytes: 1, peak_bandwidth_gbps: 1.6 };
  assertEquals(memoryBandwidthBytesPerSecond({ ...V80, memory }), 1_600_000_000);
  assertEquals(memoryBandwidthBytesPerSecond({ ...V80, memory: { capacity_bytes: 1 } }), undefined);
});
