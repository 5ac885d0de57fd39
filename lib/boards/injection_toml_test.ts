import { assert, assertEquals, assertThrows } from "@std/assert";
import { parse } from "@std/toml";
import { injectBoard } from "./injection.ts";
import { injectBoardToml } from "./injection_toml.ts";
import { parseBoard } from "./parse_board.ts";
import { HBM_TYPES, SHIPPED_SETTINGS } from "./settings.ts";
import { SettingsError } from "./settings_error.ts";
import { formatSettingsToml, parseSettingsToml } from "./settings_toml.ts";

const NEXYS = parseBoard(await Deno.readTextFile("boards/nexys_video.yaml"));
const V80 = parseBoard(await Deno.readTextFile("boards/v80.yaml"));
const SHIPPED = formatSettingsToml(SHIPPED_SETTINGS);

/** A base as users have it: tables of other tools, and columns of their own. */
const BASE = `${SHIPPED.replace("value = 512\n", "value = 2048\n")}
# read by the analytic model
[ANALYTIC.CONFIG.DC_EN]
value = 1

[ANALYTIC.CONFIG.MLEN]
value = 2048

[ANALYTIC.LATENCY]
VECTOR_ADD_CYCLES = { dc_lib_en = 1, dc_lib_dis = 2, mine = 11 }
VECTOR_BASIC_CYCLES = { dc_lib_en = 1, dc_lib_dis = 2 }

[BEHAVIOR.CONFIG.MLEN]
value = 64

[MODE]
active = "TRANSACTIONAL"
`;

Deno.test("injectBoardToml() says what injectBoard() says of the shipped settings", () => {
  for (const board of [NEXYS, V80]) {
    const { settings, changes } = injectBoard(SHIPPED_SETTINGS, board);
    const injected = injectBoardToml(SHIPPED, board);
    assertEquals(parse(injected.toml), parse(formatSettingsToml(settings)));
    const unread = ["VECTOR_LONGEST_OPERATE_CYCLES", "VECTOR_BASIC_CYCLES"];
    assertEquals(
      injected.changes.filter(({ key }) => !unread.includes(key.split(".")[1]!)),
      changes,
    );
  }
});

Deno.test("injectBoardToml() writes into TRANSACTIONAL and ANALYTIC, and leaves the rest", () => {
  // deno-lint-ignore no-explicit-any -- a parsed file
  const expected = parse(BASE) as any;
  const { toml, changes } = injectBoardToml(BASE, NEXYS);
  for (const section of ["TRANSACTIONAL", "ANALYTIC"]) {
    expected[section].CONFIG.DC_EN.value = 0;
    expected[section].LATENCY.VECTOR_ADD_CYCLES.dc_lib_dis = 9;
  }
  for (
    const [key, cycles] of [
      ["SYSTOLIC_PROCESSING_OVERHEAD", 8],
      ["VECTOR_MUL_CYCLES", 7],
      ["VECTOR_EXP_CYCLES", 15],
      ["VECTOR_RECI_CYCLES", 8],
      ["VECTOR_SUM_CYCLES", 30],
    ]
  ) expected.TRANSACTIONAL.LATENCY[key!].dc_lib_dis = cycles;
  assertEquals(parse(toml), expected);
  assertEquals(changes.filter(({ key }) => key.startsWith("ANALYTIC.")), [
    {
      key: "ANALYTIC.CONFIG.DC_EN",
      before: 1,
      after: 0,
      source: "board nexys_video, latency.dc_lib_en",
    },
    {
      key: "ANALYTIC.LATENCY.VECTOR_ADD_CYCLES.dc_lib_dis",
      before: 2,
      after: 9,
      source: "board nexys_video, latency.vector_add_cycles",
    },
    {
      key: "ANALYTIC.LATENCY.VECTOR_BASIC_CYCLES.dc_lib_dis",
      before: 2,
      after: 2,
      source: "base settings",
    },
  ]);
});

Deno.test("injectBoardToml() is stable: the same bytes again, and injecting twice changes nothing", () => {
  const { toml } = injectBoardToml(BASE, NEXYS);
  assertEquals(injectBoardToml(BASE, NEXYS).toml, toml);
  const again = injectBoardToml(toml, NEXYS);
  assertEquals(again.toml, toml);
  assert(again.changes.every(({ before, after }) => before === after));
});

Deno.test("injectBoardToml() keeps each table's DC_EN for an empty latency block", () => {
  const base = BASE.replace(
    "[ANALYTIC.CONFIG.DC_EN]\nvalue = 1",
    "[ANALYTIC.CONFIG.DC_EN]\nvalue = 0",
  );
  const { toml } = injectBoardToml(base, { ...NEXYS, latency: {} });
  assertEquals(parse(toml), parse(base));
});

Deno.test("injectBoardToml() overrules DC_EN and replaces types when told", () => {
  const { toml } = injectBoardToml(BASE, V80, {
    dcLib: "off",
    precision: { HBM_M_WEIGHT_TYPE: HBM_TYPES.mxfp4 },
  });
  const machine = parseSettingsToml(toml);
  assertEquals(machine.config.dcEn, 0);
  assertEquals(machine.precision, {
    ...SHIPPED_SETTINGS.precision,
    HBM_M_WEIGHT_TYPE: HBM_TYPES.mxfp4,
  });
});

Deno.test("injectBoardToml() refuses what is no settings file", () => {
  assertThrows(() => injectBoardToml("[ANALYTIC]", NEXYS), SettingsError, "is missing");
});
