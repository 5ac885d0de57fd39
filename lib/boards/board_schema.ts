import { z } from "zod";
import { type Board, BOARD_LATENCY_KEYS, type BoardLatencyKey, TILE_STATUSES } from "./board.ts";

// The message of each check is what a field must be, with its unit: "expected …".

/** What {@linkcode block} expects, where the field is one of its own. */
const BLOCK = "a block of fields";

function text(what: string): z.ZodString {
  const error = `text: ${what}`;
  return z.string({ error }).min(1, { error }).meta({ description: what });
}

function truth(what: string): z.ZodBoolean {
  return z.boolean({ error: "true or false" }).meta({ description: what });
}

/** A whole number of something, at least `least`. */
function count(unit: string, least = 1): z.ZodInt {
  const error = `a whole number of ${unit}, at least ${least}`;
  return z.int({ error }).min(least, { error }).meta({ description: unit });
}

/** A number above 0, with or without a fraction. */
function amount(unit: string): z.ZodNumber {
  const error = `a number of ${unit} above 0`;
  return z.number({ error }).positive({ error }).meta({ description: unit });
}

function block<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: BLOCK });
}

const optional = z.exactOptional;

const memory = block({
  type: optional(text("kind of DRAM, such as ddr3")),
  spec: optional(text("speed grade of the DRAM, such as DDR3-1600")),
  chip: optional(text("part number of the DRAM")),
  bus_width: optional(text("width of the DRAM's data bus, such as x16")),
  physical_size_bytes: optional(count("bytes")),
  capacity_bytes: optional(count("bytes")),
  modeled_size_bytes: optional(count("bytes")),
  bus_width_bits: optional(count("bits")),
  peak_bandwidth_gbps: optional(amount("gigabytes per second")),
  effective_bandwidth_gbps: optional(amount("gigabytes per second")),
  hbm_size_bytes: optional(count("bytes")),
  hbm_width_bits: optional(count("bits")),
  hbm_bandwidth_gbps: optional(amount("gigabytes per second")),
  matrix_sram_tiles: optional(count("tiles")),
  vector_sram_depth: optional(count("rows")),
  hbm_m_prefetch_amount: optional(count("rows")),
  hbm_v_prefetch_amount: optional(count("rows")),
  hbm_v_writeback_amount: optional(count("rows")),
  ddr3_burst_cycles: optional(count("cycles", 0)),
  ddr3_row_miss_penalty: optional(count("cycles", 0)),
  prefetch_v_cycles: optional(count("cycles", 0)),
  prefetch_m_cycles: optional(count("cycles", 0)),
  store_v_cycles: optional(count("cycles", 0)),
});

const hostLink = block({
  type: text("kind of link, such as usb2 or pcie_gen2_x4"),
  bandwidth_bytes_per_sec: count("bytes per second"),
  theoretical_bandwidth_bytes_per_sec: optional(count("bytes per second")),
});

const float = block({
  sign: truth("whether there is a sign bit"),
  exponent_bits: count("bits", 0),
  mantissa_bits: count("bits", 0),
});

const blockFloat = block({
  exponent_bits: count("bits", 0),
  mantissa_bits: count("bits", 0),
  scale_exponent_bits: count("bits", 0),
  block: count("elements"),
});

const cycles = Object.fromEntries(
  BOARD_LATENCY_KEYS.map((key) => [key, count("cycles", 0)]),
) as Record<BoardLatencyKey, z.ZodInt>;

const status = `one of ${TILE_STATUSES.join(", ")}`;

/** The shape of a board file. Unknown fields are errors; `latency` has all its keys or is empty. */
export const BOARD_SCHEMA: z.ZodType<Board> = block({
  name: text("short name of the board, the name of its file"),
  description: text("one line about the board"),
  vendor: text("maker of the chip"),
  family: text("family of the chip"),
  part: text("part number of the chip"),
  clock_mhz: amount("megahertz"),
  memory,
  host_link: optional(hostLink),
  precision: optional(
    block({ matrix_sram: float, vector_sram: float, hbm_act: blockFloat, hbm_weight: blockFloat }),
  ),
  latency: block({
    dc_lib_en: truth("whether the cycles are with the dedicated-compute library"),
    ...cycles,
  }),
  power: optional(block({ tdp_watts: amount("watts"), io_voltage: amount("volts") })),
  resources: optional(block({
    luts: count("look-up tables", 0),
    ffs: count("flip-flops", 0),
    bram_36k: count("block RAMs", 0),
    uram: optional(count("UltraRAMs", 0)),
    dsp48: optional(count("DSP slices", 0)),
    dsp58: optional(count("DSP slices", 0)),
    aie_tiles: optional(count("AI Engine tiles", 0)),
  })),
  tile_hints: optional(z.array(
    block({
      mlen: count("elements"),
      vlen: count("elements"),
      blen: count("elements"),
      batch_size: count("sequences"),
      status: z.enum(TILE_STATUSES, { error: status }).meta({ description: status }),
    }),
    { error: "a list of tile sizes" },
  )),
});

/** Names of the fields that the block at a path takes; none if there is no block. */
export function knownFields(path: readonly PropertyKey[]): string[] {
  let schema: unknown = BOARD_SCHEMA;
  for (const key of [...path, undefined]) {
    if (schema instanceof z.ZodExactOptional) schema = schema.unwrap();
    if (key === undefined) break;
    if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodObject) schema = schema.shape[String(key)];
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/**
 * The JSON Schema of a board file, for editors. Says one thing less than
 * {@linkcode parseBoard}: that `memory` must give some capacity.
 */
export function boardJsonSchema(): Record<string, unknown> {
  const { $schema, properties, ...rest } = z.toJSONSchema(BOARD_SCHEMA, { io: "input" });
  return {
    $schema,
    title: "fourbit board",
    description: "One accelerator board: clock, memories, host link, latencies",
    ...rest,
    properties: {
      ...properties,
      latency: { anyOf: [properties!["latency"], { type: "object", maxProperties: 0 }] },
    },
  };
}
