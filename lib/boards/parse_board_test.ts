import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BoardError } from "./board_error.ts";
import { parseBoard } from "./parse_board.ts";

// deno-fmt-ignore: numbered as in the file
const LINES = [
  "name: tiny",                          //  1
  "description: the smallest board",     //  2
  "vendor: v",                           //  3
  "family: f",                           //  4
  "part: p",                             //  5
  "clock_mhz: 100",                      //  6
  "memory:",                             //  7
  "  capacity_bytes: 4096 # bytes",      //  8
  "latency:",                            //  9
  "  dc_lib_en: false",                  // 10
  "  systolic_processing_overhead: 0",   // 11
  "  vector_add_cycles: 1",              // 12
  "  vector_mul_cycles: 1",              // 13
  "  vector_exp_cycles: 1",              // 14
  "  vector_reci_cycles: 1",             // 15
  "  vector_max_cycles: 1",              // 16
  "  vector_sum_cycles: 1",              // 17
  "  vector_shift_cycles: 1",            // 18
  "  vector_prefix_scan_cycles: 1",      // 19
  "  scalar_fp_basic_cycles: 1",         // 20
  "  scalar_fp_exp_cycles: 1",           // 21
  "  scalar_fp_sqrt_cycles: 1",          // 22
  "  scalar_fp_reci_cycles: 1",          // 23
  "  scalar_int_basic_cycles: 1",        // 24
  "tile_hints:",                         // 25
  "  - mlen: 64",                        // 26
  "    vlen: 64",                        // 27
  "    blen: 4",                         // 28
  "    batch_size: 1",                   // 29
  "    status: proven",                  // 30
];

/** The tiny board with a line replaced (by several, or by none). */
function withLine(number: number, ...lines: string[]): string {
  return LINES.toSpliced(number - 1, 1, ...lines).join("\n") + "\n";
}

function refusal(text: string): BoardError {
  return assertThrows(() => parseBoard(text, "b.yaml"), BoardError);
}

/** The place, message and help of every problem. */
function problems(text: string): [at: string, what: string, help: string][] {
  const error = refusal(text);
  return (error.errors.length === 0 ? [error] : error.errors).map(({ place, message, help }) => [
    `${place.file}:${place.line}:${place.column}`,
    message,
    help,
  ]);
}

Deno.test("parseBoard() takes the board that the bad ones are made of", () => {
  const board = parseBoard(LINES.join("\n"));
  assertEquals(board.memory, { capacity_bytes: 4096 });
  assertEquals(board.tile_hints?.[0]?.status, "proven");
});

Deno.test("parseBoard() takes latency: {}, and no optional block", () => {
  const board = parseBoard([...LINES.slice(0, 8), "latency: {}"].join("\n"));
  assertEquals(board.latency, {});
  assertEquals(board.tile_hints, undefined);
});

Deno.test("parseBoard() places an unknown field at its key and says what was meant", () => {
  assertEquals(problems(withLine(8, LINES[7]!, "  bus_widht: x16")), [[
    "b.yaml:9:3",
    "the board has an unknown field memory.bus_widht",
    'did you mean "bus_width"? memory takes type, spec, chip, bus_width, physical_size_bytes, ' +
    "capacity_bytes, modeled_size_bytes, bus_width_bits, peak_bandwidth_gbps, " +
    "effective_bandwidth_gbps, hbm_size_bytes, hbm_width_bits, hbm_bandwidth_gbps, " +
    "matrix_sram_tiles, vector_sram_depth, hbm_m_prefetch_amount, hbm_v_prefetch_amount, " +
    "hbm_v_writeback_amount, ddr3_burst_cycles, ddr3_row_miss_penalty, prefetch_v_cycles, " +
    "prefetch_m_cycles, store_v_cycles",
  ]]);
});

Deno.test("parseBoard() places an unknown top-level field and one inside a list", () => {
  assertEquals(problems(withLine(30, "    status: proven", "    colour: red", "usb: 2")), [
    [
      "b.yaml:31:5",
      "the board has an unknown field tile_hints[0].colour",
      "tile_hints[0] takes mlen, vlen, blen, batch_size, status",
    ],
    [
      "b.yaml:32:1",
      "the board has an unknown field usb",
      "a board takes name, description, vendor, family, part, clock_mhz, memory, host_link, " +
      "precision, latency, power, resources, tile_hints",
    ],
  ]);
});

Deno.test("parseBoard() reports a misspelt required field once, not also as missing", () => {
  for (
    const [line, text, what] of [
      [6, "clok_mhz: 100", "clok_mhz"],
      [12, "  vector_ad_cycles: 1", "latency.vector_ad_cycles"],
      [8, "  capacity_byte: 4096", "memory.capacity_byte"],
      [30, "    statsu: proven", "tile_hints[0].statsu"],
    ] as const
  ) {
    const found = problems(withLine(line, text));
    assertEquals(found.length, 1, what);
    const column = text.search(/\S/) + 1;
    assertEquals(found[0]!.slice(0, 2), [
      `b.yaml:${line}:${column}`,
      `the board has an unknown field ${what}`,
    ]);
    assertStringIncludes(found[0]![2], "did you mean ");
  }
});

// deno-fmt-ignore: one case, one row
const WRONG_VALUES: [line: number, text: string, column: number, what: string, help: string][] = [
  [8, '  capacity_bytes: "512MB"', 19,
    'memory.capacity_bytes is "512MB", expected a whole number of bytes, at least 1',
    "write the number of bytes alone: 536870912 if 512MB is in powers of 1024"],
  [8, "  capacity_bytes: 1.5 GiB", 19,
    'memory.capacity_bytes is "1.5 GiB", expected a whole number of bytes, at least 1',
    "write the number of bytes alone: 1610612736 if 1.5 GiB is in powers of 1024"],
  [8, '  capacity_bytes: "4096"', 19,
    'memory.capacity_bytes is "4096", expected a whole number of bytes, at least 1',
    "write the number alone, without quotes or unit: 4096 if it is bytes"],
  [8, "  capacity_bytes: 0", 19,
    "memory.capacity_bytes is 0, expected a whole number of bytes, at least 1",
    "write a whole number of bytes, at least 1"],
  [8, "  capacity_bytes: -4096", 19,
    "memory.capacity_bytes is -4096, expected a whole number of bytes, at least 1",
    "write a whole number of bytes, at least 1"],
  [6, "clock_mhz: 100 MHz # of the fabric", 12,
    'clock_mhz is "100 MHz", expected a number of megahertz above 0',
    "write the number alone, without quotes or unit: 100 if it is megahertz"],
  [6, "clock_mhz: .nan", 12,
    "clock_mhz is NaN, expected a number of megahertz above 0",
    "write a number of megahertz above 0"],
  [6, "clock_mhz:", 1,
    "clock_mhz is empty, expected a number of megahertz above 0",
    "write a number of megahertz above 0"],
  [10, "  dc_lib_en: yes", 14,
    'latency.dc_lib_en is "yes", expected true or false', "write true or false"],
  [12, "  vector_add_cycles: 1.5", 22,
    "latency.vector_add_cycles is 1.5, expected a whole number of cycles, at least 0",
    "write a whole number of cycles, at least 0"],
  [12, "  vector_add_cycles: [1]", 22,
    "latency.vector_add_cycles is a list, expected a whole number of cycles, at least 0",
    "write a whole number of cycles, at least 0"],
  [1, "name: 7", 7,
    "name is 7, expected text: short name of the board, the name of its file",
    "write text: short name of the board, the name of its file"],
  [5, "part: 2026-01-02", 7,
    "part is the date 2026-01-02T00:00:00.000Z, expected text: part number of the chip",
    "write text: part number of the chip"],
  [26, "  - mlen: x", 11,
    'tile_hints[0].mlen is "x", expected a whole number of elements, at least 1',
    "write a whole number of elements, at least 1"],
  [30, "    status: fine", 13,
    'tile_hints[0].status is "fine", expected one of proven, untested, exceeds_resources',
    "write one of proven, untested, exceeds_resources"],
];

for (const [line, text, column, what, help] of WRONG_VALUES) {
  Deno.test(`parseBoard() places the value of \`${text.trim()}\``, () => {
    assertEquals(problems(withLine(line, text)), [[`b.yaml:${line}:${column}`, what, help]]);
  });
}

Deno.test("parseBoard() takes a bandwidth with a unit for powers of 1000", () => {
  const link = ["host_link:", "  type: usb2", '  bandwidth_bytes_per_sec: "1.5 GB/s"'];
  assertEquals(problems([...LINES, ...link].join("\n")), [[
    "b.yaml:33:28",
    'host_link.bandwidth_bytes_per_sec is "1.5 GB/s", expected a whole number of bytes per second, at least 1',
    "write the number of bytes per second alone: 1500000000 if 1.5 GB/s is in powers of 1000",
  ]]);
});

Deno.test("parseBoard() places a missing latency key at its block, with the unit", () => {
  assertEquals(problems(withLine(12)), [[
    "b.yaml:9:1",
    "latency.vector_add_cycles is missing",
    "add vector_add_cycles below latency: a whole number of cycles, at least 0",
  ]]);
});

Deno.test("parseBoard() asks for a latency block, and says how to do without", () => {
  const [first, ...others] = problems(LINES.slice(0, 8).join("\n"));
  assertEquals(first, [
    "b.yaml:1:1",
    "latency is missing",
    "add latency to the board: a block of fields; latency: {} keeps the latencies of the settings",
  ]);
  assertEquals(others, []);
});

Deno.test("parseBoard() asks for some capacity", () => {
  assertEquals(problems(withLine(8, "  type: ddr3")), [[
    "b.yaml:7:1",
    "memory gives no capacity",
    "add one of capacity_bytes, physical_size_bytes, hbm_size_bytes below memory: a whole number of bytes, at least 1",
  ]]);
});

Deno.test("parseBoard() reports all problems in the order of the text", () => {
  const text = LINES.toSpliced(29, 1, "    status: maybe").toSpliced(12, 1).toSpliced(
    5,
    1,
    "clock: 1",
  )
    .join("\n");
  const error = refusal(text);
  assertEquals(error.errors.map(({ place: { line, column } }) => [line, column]), [
    [1, 1], // clock_mhz is missing
    [6, 1], // clock is unknown
    [9, 1], // vector_mul_cycles is missing
    [29, 13], // maybe is no status
  ]);
  assertEquals(error.place, { file: "b.yaml", line: 1, column: 1 });
  assertEquals(error.message, "clock_mhz is missing (and 3 more)");
});

Deno.test("parseBoard() refuses a tab in the indentation, which the YAML parser would let pass", () => {
  for (
    const [line, column] of [["\tcapacity_bytes: 4096", 1], ["  \t  capacity_bytes: 1", 3]] as const
  ) {
    assertEquals(problems(withLine(8, line)), [[
      `b.yaml:8:${column}`,
      "a tab is used for indentation",
      "indent with spaces",
    ]]);
  }
  assertEquals(
    parseBoard(withLine(6, "\t# a remark", "clock_mhz:\t100\t# tab", "\t")).clock_mhz,
    100,
  );
});

Deno.test("parseBoard() passes on what the YAML parser says and where", () => {
  for (
    const [line, text, at, what] of [
      [8, "  capacity_bytes: [1, 2", "9:1", "Cannot read flow collection"],
      [8, "   x: 1\n  capacity_bytes: 4096", "9:3", "bad indentation of a mapping entry"],
      [10, "  dc_lib_en: false\n  dc_lib_en: true", "11:3", "duplicated key"],
      [2, "description: a: b", "2:15", "Cannot read block"],
    ] as const
  ) {
    const [[place, message]] = problems(withLine(line, text)) as [[string, string, string]];
    assertEquals(place, `b.yaml:${at}`, text);
    assertStringIncludes(message, "the board is not YAML: ");
    assertStringIncludes(message, what);
    assert(!message.includes("\n"));
  }
});

Deno.test("parseBoard() refuses a file that is cut off, wherever that is", () => {
  const whole = LINES.slice(0, 24).join("\n"); // up to the last block that is required
  for (let length = 0; length < whole.length; length++) {
    const text = whole.slice(0, length);
    const { place: { line, column } } = refusal(text);
    const lines = text.split("\n");
    assert(
      line <= lines.length && column <= lines[line - 1]!.length + 1,
      `${length}: ${line}:${column}`,
    );
  }
});

Deno.test("parseBoard() places what a cut leaves behind", () => {
  assertEquals(problems(whole(23) + "\n  scalar_int_ba").map(([at, what]) => [at, what]), [
    ["b.yaml:24:16", "the board is not YAML: Cannot read an implicit mapping pair: missing colon"],
  ]);
  assertEquals(problems(whole(7) + "\n  capac").map(([at, what]) => [at, what]), [
    ["b.yaml:1:1", "latency is missing"],
    ["b.yaml:7:1", 'memory is "capac", expected a block of fields'],
  ]);
  function whole(lines: number): string {
    return LINES.slice(0, lines).join("\n");
  }
});

Deno.test("parseBoard() refuses what is no mapping at all", () => {
  for (const [text, what] of [["", "empty"], ["- name: x", "a list"], ["board", '"board"']]) {
    assertEquals(problems(text!), [[
      "b.yaml:1:1",
      `the board is ${what}, expected a block of fields`,
      "write a block of fields",
    ]]);
  }
});

Deno.test("parseBoard() names a file even if it was not told one", () => {
  const error = assertThrows(() => parseBoard("x: 1"), BoardError);
  assertEquals(error.place.file, "board.yaml");
  assertEquals(error.name, "BoardError");
});
