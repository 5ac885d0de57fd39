import { assertEquals } from "@std/assert";
import type { Board } from "./board.ts";
import { injectBoard } from "./injection.ts";
import { parseBoard } from "./parse_board.ts";
import {
  LATENCY_KEYS,
  type LatencyColumns,
  type LatencyKey,
  SHIPPED_SETTINGS,
} from "./settings.ts";

const BOARDS = {
  nexys_video: parseBoard(await Deno.readTextFile("boards/nexys_video.yaml")),
  custom_a7: parseBoard(await Deno.readTextFile("boards/custom_a7.yaml")),
  v80: parseBoard(await Deno.readTextFile("boards/v80.yaml")),
};

const columns = (dcLibEn: number, dcLibDis: number): LatencyColumns => ({ dcLibEn, dcLibDis });

/** Memory regimes specification, 1.5 over the base columns of 1.7: en is base, dis is the board's. */
const ON_A7: Record<LatencyKey, LatencyColumns> = {
  SYSTOLIC_PROCESSING_OVERHEAD: columns(0, 8),
  VECTOR_ADD_CYCLES: columns(1, 9),
  VECTOR_MUL_CYCLES: columns(1, 7),
  VECTOR_EXP_CYCLES: columns(1, 15),
  VECTOR_PREFIX_SCAN_CYCLES: columns(9, 9),
  VECTOR_SHIFT_CYCLES: columns(1, 1),
  VECTOR_RECI_CYCLES: columns(2, 8),
  VECTOR_MAX_CYCLES: columns(4, 4),
  VECTOR_SUM_CYCLES: columns(8, 30),
  SCALAR_FP_LONGEST_OPERATE_CYCLES: columns(4, 4),
  SCALAR_FP_BASIC_CYCLES: columns(1, 1),
  SCALAR_FP_EXP_CYCLES: columns(1, 2),
  SCALAR_FP_SQRT_CYCLES: columns(1, 2),
  SCALAR_FP_RECI_CYCLES: columns(1, 2),
  SCALAR_INT_BASIC_CYCLES: columns(1, 1),
};

for (const name of ["nexys_video", "custom_a7"] as const) {
  Deno.test(`injectBoard() writes the ${name} into column dc_lib_dis and clears DC_EN`, () => {
    const { settings } = injectBoard(SHIPPED_SETTINGS, BOARDS[name]);
    assertEquals(settings.latency, ON_A7);
    assertEquals(settings.config, { ...SHIPPED_SETTINGS.config, dcEn: 0 });
    assertEquals(settings.precision, SHIPPED_SETTINGS.precision);
  });
}

Deno.test("injectBoard() of the v80 gives the shipped settings, whose dc_lib_en column it is", () => {
  assertEquals(injectBoard(SHIPPED_SETTINGS, BOARDS.v80).settings, SHIPPED_SETTINGS);
});

Deno.test("injectBoard() leaves the base as it was", () => {
  const before = structuredClone(SHIPPED_SETTINGS);
  injectBoard(SHIPPED_SETTINGS, BOARDS.nexys_video);
  assertEquals(SHIPPED_SETTINGS, before);
});

const withLatency = (latency: Board["latency"]): Board => ({ ...BOARDS.v80, latency });

Deno.test("injectBoard() changes nothing for an empty latency block, whatever DC_EN is", () => {
  for (const dcEn of [0, 1, 7]) {
    const base = { ...SHIPPED_SETTINGS, config: { ...SHIPPED_SETTINGS.config, dcEn } };
    const { settings, changes } = injectBoard(base, withLatency({}));
    assertEquals(settings, base);
    assertEquals(changes.length, 16);
    for (const { before, after, source } of changes) {
      assertEquals([after, source], [before, "base settings"]);
    }
  }
});

Deno.test("injectBoard() takes a missing dc_lib_en as false and keeps what the board lacks", () => {
  const { settings } = injectBoard(SHIPPED_SETTINGS, withLatency({ vector_mul_cycles: 77 }));
  assertEquals(settings.config.dcEn, 0);
  assertEquals(settings.latency, {
    ...SHIPPED_SETTINGS.latency,
    VECTOR_MUL_CYCLES: { dcLibEn: 1, dcLibDis: 77 },
  });
});

Deno.test("injectBoard() takes a latency of 0 as given", () => {
  const latency = { dc_lib_en: true, vector_sum_cycles: 0 };
  const { settings } = injectBoard(SHIPPED_SETTINGS, withLatency(latency));
  assertEquals(settings.latency.VECTOR_SUM_CYCLES, { dcLibEn: 0, dcLibDis: 20 });
});

Deno.test("injectBoard() writes into the column that the option dcLib chooses", () => {
  const on = injectBoard(SHIPPED_SETTINGS, BOARDS.nexys_video, { dcLib: "on" });
  assertEquals(on.settings.config.dcEn, 1);
  assertEquals(on.settings.latency.VECTOR_EXP_CYCLES, { dcLibEn: 15, dcLibDis: 6 });
  assertEquals(on.changes[0], {
    key: "CONFIG.DC_EN",
    before: 1,
    after: 1,
    source: "option dc-lib on",
  });
  const off = injectBoard(SHIPPED_SETTINGS, BOARDS.v80, { dcLib: "off" });
  assertEquals(off.settings.config.dcEn, 0);
  assertEquals(off.settings.latency.VECTOR_EXP_CYCLES, { dcLibEn: 1, dcLibDis: 1 });
});

Deno.test("injectBoard() lists DC_EN and every latency entry with old, new and source", () => {
  const { changes } = injectBoard(SHIPPED_SETTINGS, BOARDS.nexys_video);
  assertEquals(changes.map(({ key }) => key), [
    "CONFIG.DC_EN",
    ...LATENCY_KEYS.map((key) => `LATENCY.${key}.dc_lib_dis`),
  ]);
  assertEquals(changes.slice(0, 3), [
    { key: "CONFIG.DC_EN", before: 1, after: 0, source: "board nexys_video, latency.dc_lib_en" },
    {
      key: "LATENCY.SYSTOLIC_PROCESSING_OVERHEAD.dc_lib_dis",
      before: 0,
      after: 8,
      source: "board nexys_video, latency.systolic_processing_overhead",
    },
    {
      key: "LATENCY.VECTOR_ADD_CYCLES.dc_lib_dis",
      before: 2,
      after: 9,
      source: "board nexys_video, latency.vector_add_cycles",
    },
  ]);
  assertEquals(changes.filter(({ source }) => source === "base settings"), [{
    key: "LATENCY.SCALAR_FP_LONGEST_OPERATE_CYCLES.dc_lib_dis",
    before: 4,
    after: 4,
    source: "base settings",
  }]);
});
