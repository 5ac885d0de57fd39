import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type MachineSettings, SHIPPED_SETTINGS, type TensorType } from "./settings.ts";
import { SettingsError } from "./settings_error.ts";
import { formatSettingsToml, parseSettingsToml } from "./settings_toml.ts";

const LINEAR16 = await Deno.readTextFile("fixtures/settings/linear16.toml");
const MIXED = await Deno.readTextFile("fixtures/settings/mixed_formats.toml");

const mx = (exponent: number, mantissa: number): TensorType => ({
  kind: "mx",
  block: 8,
  element: { type: "Fp", sign: true, exponent, mantissa },
  scale: { type: "Fp", sign: false, exponent: 8, mantissa: 0 },
});
const plain = (exponent: number, mantissa: number): TensorType => ({
  kind: "plain",
  element: { type: "Fp", sign: true, exponent, mantissa },
});

Deno.test("parseSettingsToml() reads the fixture of a 16-wide machine as the file says", () => {
  const expected: MachineSettings = {
    ...SHIPPED_SETTINGS, // latencies and precision are the shipped ones
    config: {
      mlen: 16,
      vlen: 16,
      blen: 4,
      hlen: 4,
      broadcastAmount: 4,
      hbmSizeBytes: 67_108_864,
      matrixSramRows: 4096,
      vectorSramRows: 4096,
      hbmMPrefetchRows: 16,
      hbmVPrefetchRows: 4,
      hbmVWritebackRows: 4,
      dcEn: 1,
      maxLoopInstructions: 100_000,
    },
  };
  assertEquals(parseSettingsToml(LINEAR16), expected);
});

Deno.test("parseSettingsToml() reads plain and block formats, and a file in another order", () => {
  const { config, precision } = parseSettingsToml(MIXED);
  assertEquals(config.dcEn, 7);
  assertEquals(config.matrixSramRows, 33);
  assertEquals(precision, {
    MATRIX_SRAM_TYPE: plain(8, 7),
    VECTOR_SRAM_TYPE: plain(8, 7),
    HBM_M_WEIGHT_TYPE: mx(4, 3),
    HBM_M_KV_TYPE: plain(5, 2),
    HBM_V_ACT_TYPE: mx(4, 3),
    HBM_V_KV_TYPE: mx(3, 4),
    HBM_V_INT_TYPE: { kind: "plain", element: { type: "Int", width: 32 } },
  });
});

Deno.test("formatSettingsToml() gives the bytes of a recorded file in the shipped order", () => {
  assertEquals(formatSettingsToml(parseSettingsToml(LINEAR16)), LINEAR16);
});

Deno.test("formatSettingsToml() loses nothing of what parseSettingsToml() reads", () => {
  for (const settings of [SHIPPED_SETTINGS, parseSettingsToml(MIXED)]) {
    assertEquals(parseSettingsToml(formatSettingsToml(settings)), settings);
  }
});

Deno.test("formatSettingsToml() does not depend on the order of the object's keys", () => {
  const { config } = SHIPPED_SETTINGS;
  const reversed = Object.fromEntries(Object.entries(config).reverse()) as unknown as typeof config;
  assertEquals(
    formatSettingsToml({ ...SHIPPED_SETTINGS, config: reversed }),
    formatSettingsToml(SHIPPED_SETTINGS),
  );
});

Deno.test("formatSettingsToml() writes what only the shipped file has", () => {
  const toml = formatSettingsToml(SHIPPED_SETTINGS);
  for (
    const table of [
      "[TRANSACTIONAL.CONFIG.HBM_WIDTH]\nvalue = 512\n",
      '[TRANSACTIONAL.PRECISION.SCALAR_FP]\ntype = "Fp"\nsign = true\nexponent = 8\nmantissa = 7\n',
      "[TRANSACTIONAL.LATENCY.VECTOR_LONGEST_OPERATE_CYCLES]\ndc_lib_en = 10\ndc_lib_dis = 20\n",
      "[TRANSACTIONAL.LATENCY.VECTOR_BASIC_CYCLES]\ndc_lib_en = 1\ndc_lib_dis = 2\n",
    ]
  ) assertStringIncludes(toml, table);
});

/** The fixture with one text replaced by another, which must be there. */
function changed(before: string, after: string): string {
  assert(LINEAR16.includes(before));
  return LINEAR16.replace(before, () => after);
}

const CONFIG = "TRANSACTIONAL.CONFIG";
const BAD: readonly (readonly [
  what: string,
  text: string,
  line: number | undefined,
  path: string,
  message: string,
  help: string,
])[] = [
  [
    "a table that is missing",
    changed(`[${CONFIG}.BLEN]\nvalue = 4\n`, ""),
    undefined,
    `${CONFIG}.BLEN.value`,
    `the setting ${CONFIG}.BLEN.value is missing`,
    `add the line value = … below [${CONFIG}.BLEN]: a whole number from 0 to 4294967295`,
  ],
  [
    "a latency column that is missing",
    changed("dc_lib_en = 0\ndc_lib_dis = 0", "dc_lib_en = 0"),
    74,
    "TRANSACTIONAL.LATENCY.SYSTOLIC_PROCESSING_OVERHEAD.dc_lib_dis",
    "SYSTOLIC_PROCESSING_OVERHEAD.dc_lib_dis is missing",
    "add the line dc_lib_dis = … below [TRANSACTIONAL.LATENCY.SYSTOLIC_PROCESSING_OVERHEAD]",
  ],
  [
    "a negative number",
    changed(`[${CONFIG}.HLEN]\nvalue = 4`, `[${CONFIG}.HLEN]\nvalue = -4`),
    11,
    `${CONFIG}.HLEN.value`,
    `the setting ${CONFIG}.HLEN.value is -4, expected a whole number from 0 to 4294967295`,
    "change value below",
  ],
  [
    "a number with a fraction",
    changed(`[${CONFIG}.HLEN]\nvalue = 4`, `[${CONFIG}.HLEN]\nvalue = 4.5`),
    11,
    `${CONFIG}.HLEN.value`,
    "is 4.5, expected",
    "change value below",
  ],
  [
    "a number that 32 bits do not hold",
    changed(`[${CONFIG}.HLEN]\nvalue = 4`, `[${CONFIG}.HLEN]\nvalue = 4294967296`),
    11,
    `${CONFIG}.HLEN.value`,
    "is 4294967296, expected",
    "change value below",
  ],
  [
    "text for a number",
    changed("value = 67108864", 'value = "64M"'),
    23,
    `${CONFIG}.HBM_SIZE.value`,
    'is "64M", expected a whole number from 0 to 9007199254740991',
    "change value below",
  ],
  [
    "a number for a truth value",
    changed("sign = true", "sign = 1"),
    70,
    "TRANSACTIONAL.PRECISION.SCALAR_FP.sign",
    "is 1, expected true or false",
    "change sign below [TRANSACTIONAL.PRECISION.SCALAR_FP]",
  ],
  [
    "a type that is neither Fp nor Int",
    changed('type = "Int"', 'type = "Uint"'),
    203,
    "TRANSACTIONAL.PRECISION.HBM_V_INT_TYPE.DATA_TYPE.type",
    'is "Uint", expected "Fp" or "Int"',
    "change type below",
  ],
  [
    "a field wider than a byte can say",
    changed("exponent = 4", "exponent = 256"),
    157,
    "TRANSACTIONAL.PRECISION.HBM_M_WEIGHT_TYPE.ELEM.exponent",
    "is 256, expected a whole number from 0 to 255",
    "change exponent below",
  ],
  [
    "a block of no elements",
    changed("block = 8", "block = 0"),
    51,
    "TRANSACTIONAL.PRECISION.HBM_M_WEIGHT_TYPE.block",
    "is 0, expected a whole number from 1",
    "change block below",
  ],
];

for (const [what, text, line, path, message, help] of BAD) {
  Deno.test(`parseSettingsToml() refuses ${what} and says where`, () => {
    const error = assertThrows(() => parseSettingsToml(text, "s.toml"), SettingsError);
    assertEquals(error.place.file, "s.toml");
    assertEquals(error.place.path, path);
    assertEquals(error.place.line, line);
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.help, help);
  });
}

Deno.test("parseSettingsToml() gives the line of a TOML error", () => {
  for (
    const [text, line] of [
      [changed("value = 1\n", "value = \n"), 2],
      [changed("[TRANSACTIONAL.CONFIG.BLEN]", "[TRANSACTIONAL.CONFIG.BLEN"), 7],
      [changed("value = 16\n", "value 16\n"), 14],
    ] as const
  ) {
    const error = assertThrows(() => parseSettingsToml(text, "s.toml"), SettingsError);
    assertEquals(error.place, { file: "s.toml", line });
    assertStringIncludes(error.message, "the settings are not TOML: ");
    assert(!error.message.includes("\n"));
    assert(error.cause instanceof Error);
  }
});

Deno.test("parseSettingsToml() refuses a file without any one of its tables, but for those that have no effect", () => {
  const unread = /HBM_WIDTH|LONGEST_OPERATE_CYCLES\]|VECTOR_BASIC/;
  const tables = LINEAR16.split("\n\n");
  for (const [index, table] of tables.entries()) {
    const text = tables.toSpliced(index, 1).join("\n\n");
    if (unread.test(table) && !table.includes("SCALAR_FP")) {
      assertEquals(parseSettingsToml(text), parseSettingsToml(LINEAR16));
    } else {
      assertThrows(() => parseSettingsToml(text), SettingsError, "is missing");
    }
  }
});

Deno.test("parseSettingsToml() and formatSettingsToml() agree on every recorded settings file", async () => {
  const goldens = "../shared/goldens";
  const cases: string[] = [];
  try {
    for await (const entry of Deno.readDir(goldens)) cases.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // deno-lint-ignore no-console
    console.log(`skipped: there are no recorded runs in ${goldens}`);
    return;
  }
  let read = 0;
  let sameBytes = 0;
  for (const name of cases) {
    const path = `${goldens}/${name}/settings.toml`;
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch {
      continue; // not a case
    }
    const settings = parseSettingsToml(text, path);
    const written = formatSettingsToml(settings);
    assertEquals(parseSettingsToml(written), settings, path);
    read++;
    // Files in the shipped order begin with DC_EN; those of the random programs do not.
    if (text.startsWith("[TRANSACTIONAL.CONFIG.DC_EN]")) {
      assertEquals(written, text, path);
      sameBytes++;
    }
  }
  assert(read > 0 && sameBytes > 0, "no recorded settings found");
});
