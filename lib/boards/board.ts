/** Names of the cycle counts in a board's `latency:` block, in the order of the file. */
export const BOARD_LATENCY_KEYS = [
  "systolic_processing_overhead",
  "vector_add_cycles",
  "vector_mul_cycles",
  "vector_exp_cycles",
  "vector_reci_cycles",
  "vector_max_cycles",
  "vector_sum_cycles",
  "vector_shift_cycles",
  "vector_prefix_scan_cycles",
  "scalar_fp_basic_cycles",
  "scalar_fp_exp_cycles",
  "scalar_fp_sqrt_cycles",
  "scalar_fp_reci_cycles",
  "scalar_int_basic_cycles",
] as const;

/** A cycle count that a board can give. */
export type BoardLatencyKey = (typeof BOARD_LATENCY_KEYS)[number];

/** What is known of a tile size on a board. */
export const TILE_STATUSES = ["proven", "untested", "exceeds_resources"] as const;

/** One of {@linkcode TILE_STATUSES}. */
export type TileStatus = (typeof TILE_STATUSES)[number];

/** The board's off-chip memory, its on-chip memories, and static costs of transfers. */
export interface BoardMemory {
  /** Kind of DRAM, such as `ddr3`. */
  readonly type?: string;
  /** Speed grade, such as `DDR3-1600`. */
  readonly spec?: string;
  /** Part number of the DRAM. */
  readonly chip?: string;
  /** Width of the DRAM's data bus, such as `x16`. */
  readonly bus_width?: string;
  /** What is soldered on, bytes. */
  readonly physical_size_bytes?: number;
  /** What a weight manifest may count on, bytes. */
  readonly capacity_bytes?: number;
  /** The flat address space that the emulator models, bytes. */
  readonly modeled_size_bytes?: number;
  /** Width of the controller's user port, bits. */
  readonly bus_width_bits?: number;
  /** Highest bandwidth; gigabytes per second in spite of the name. */
  readonly peak_bandwidth_gbps?: number;
  /** Bandwidth in practice; gigabytes per second in spite of the name. */
  readonly effective_bandwidth_gbps?: number;
  /** Capacity of the on-package HBM, bytes. */
  readonly hbm_size_bytes?: number;
  /** Width of the HBM port, bits. */
  readonly hbm_width_bits?: number;
  /** HBM bandwidth; gigabytes per second in spite of the name. */
  readonly hbm_bandwidth_gbps?: number;
  /** Depth of the matrix SRAM, tiles. */
  readonly matrix_sram_tiles?: number;
  /** Depth of the vector SRAM, rows. */
  readonly vector_sram_depth?: number;
  /** Rows of one H_PREFETCH_M. */
  readonly hbm_m_prefetch_amount?: number;
  /** Rows of one H_PREFETCH_V. */
  readonly hbm_v_prefetch_amount?: number;
  /** Rows of one H_STORE_V. */
  readonly hbm_v_writeback_amount?: number;
  /** One 64-byte burst, cycles of the board's clock. */
  readonly ddr3_burst_cycles?: number;
  /** Precharge and activate, cycles of the board's clock. */
  readonly ddr3_row_miss_penalty?: number;
  /** What the static profile charges for one H_PREFETCH_V, cycles; absent is 0. */
  readonly prefetch_v_cycles?: number;
  /** What the static profile charges for one H_PREFETCH_M, cycles; absent is 0. */
  readonly prefetch_m_cycles?: number;
  /** What the static profile charges for one H_STORE_V, cycles; absent is 0. */
  readonly store_v_cycles?: number;
}

/** How the host feeds the board. */
export interface HostLink {
  /** Kind of link, such as `usb2`. */
  readonly type: string;
  /** Sustained bandwidth, bytes per second. */
  readonly bandwidth_bytes_per_sec: number;
  /** Bandwidth before the overhead of packets, bytes per second. */
  readonly theoretical_bandwidth_bytes_per_sec?: number;
}

/** Field widths of a float. */
export interface FloatPrecision {
  /** Whether there is a sign bit. */
  readonly sign: boolean;
  /** Width of the exponent. */
  readonly exponent_bits: number;
  /** Width of the mantissa. */
  readonly mantissa_bits: number;
}

/** Field widths of floats that share a scale. */
export interface BlockPrecision {
  /** Width of an element's exponent. */
  readonly exponent_bits: number;
  /** Width of an element's mantissa. */
  readonly mantissa_bits: number;
  /** Width of the scale, a power of two. */
  readonly scale_exponent_bits: number;
  /** Elements that share a scale. */
  readonly block: number;
}

/** Formats that the board was designed for; the settings decide what the machine computes with. */
export interface BoardPrecision {
  /** Format of the matrix SRAM. */
  readonly matrix_sram: FloatPrecision;
  /** Format of the vector SRAM. */
  readonly vector_sram: FloatPrecision;
  /** Format of activations off chip. */
  readonly hbm_act: BlockPrecision;
  /** Format of weights off chip. */
  readonly hbm_weight: BlockPrecision;
}

/**
 * Cycles of the units, and whether they are with the dedicated-compute library. A file gives all
 * keys or none; code may leave keys out, and the settings then keep theirs.
 */
export type BoardLatency =
  & { readonly dc_lib_en?: boolean }
  & { readonly [key in BoardLatencyKey]?: number };

/** Electrical facts. */
export interface BoardPower {
  /** Thermal design power, watts. */
  readonly tdp_watts: number;
  /** Voltage of the I/O banks, volts. */
  readonly io_voltage: number;
}

/** What the chip has. */
export interface BoardResources {
  /** Look-up tables. */
  readonly luts: number;
  /** Flip-flops. */
  readonly ffs: number;
  /** Block RAMs of 36 Kbit. */
  readonly bram_36k: number;
  /** UltraRAMs. */
  readonly uram?: number;
  /** DSP48 slices. */
  readonly dsp48?: number;
  /** DSP58 slices. */
  readonly dsp58?: number;
  /** AI Engine tiles. */
  readonly aie_tiles?: number;
}

/** A tile size and how far it has been taken on the board. */
export interface TileHint {
  /** Edge of a matrix tile, elements. */
  readonly mlen: number;
  /** Length of a vector row, elements. */
  readonly vlen: number;
  /** Edge of an output block, elements. */
  readonly blen: number;
  /** Sequences at a time. */
  readonly batch_size: number;
  /** How far it has been taken. */
  readonly status: TileStatus;
}

/**
 * A board, as its file says it: names, units and nesting are those of the file, so that an error
 * message, the JSON Schema and the code call a field the same.
 */
export interface Board {
  /** Short name, which is also the name of the file. */
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** Maker of the chip. */
  readonly vendor: string;
  /** Family of the chip. */
  readonly family: string;
  /** Part number of the chip. */
  readonly part: string;
  /** Clock of the accelerator, MHz. */
  readonly clock_mhz: number;
  /** Memories. */
  readonly memory: BoardMemory;
  /** The link to the host; absent when nothing is known of it. */
  readonly host_link?: HostLink;
  /** Formats, for information. */
  readonly precision?: BoardPrecision;
  /** Cycles of the units; empty leaves the settings' own. */
  readonly latency: BoardLatency;
  /** Power, for information. */
  readonly power?: BoardPower;
  /** Resources, for information. */
  readonly resources?: BoardResources;
  /** Tile sizes, for information. */
  readonly tile_hints?: readonly TileHint[];
}

/**
 * How much off-chip memory the board has for a program, bytes: `capacity_bytes`, else
 * `physical_size_bytes`, else `hbm_size_bytes`. The last is ours: public tools refuse the V80, which
 * gives no other.
 *
 * @throws {RangeError} for a board made in code that gives none of them.
 */
export function boardCapacityBytes(board: Board): number {
  const { capacity_bytes, physical_size_bytes, hbm_size_bytes } = board.memory;
  const capacity = capacity_bytes ?? physical_size_bytes ?? hbm_size_bytes;
  if (capacity === undefined) throw new RangeError(`board ${board.name} gives no memory capacity`);
  return capacity;
}

/**
 * The kind of the board's DRAM, such as `ddr3`: `memory.type`, else `hbm2e` for a board that gives an
 * `hbm_size_bytes`, as the V80 does; undefined when nothing tells.
 */
export function boardMemoryType(board: Board): string | undefined {
  const { type, hbm_size_bytes } = board.memory;
  return type ?? (hbm_size_bytes === undefined ? undefined : "hbm2e");
}

/**
 * Bandwidth of the board's memory, bytes per second: what is effective, else the peak, else that of
 * the HBM; undefined when nothing is known of it.
 */
export function memoryBandwidthBytesPerSecond({ memory }: Board): number | undefined {
  const gigabytes = memory.effective_bandwidth_gbps ?? memory.peak_bandwidth_gbps ??
    memory.hbm_bandwidth_gbps;
  return gigabytes === undefined ? undefined : Math.round(gigabytes * 1e9);
}

/** Sustained bandwidth of the host link, bytes per second; none for a board without a link. */
export function hostBandwidthBytesPerSecond(board: Board): number | undefined {
  return board.host_link?.bandwidth_bytes_per_sec;
}
