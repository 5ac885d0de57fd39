import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { formatWeightManifest, REGION_KINDS } from "./weight_manifest.ts";
import { ManifestError, parseWeightManifest } from "./weight_manifest_parse.ts";

/** The example of the memory regimes specification, 4.1; its third region has no kind. */
const EXAMPLE = `{ "activation_ceiling": 4096,
  "regions": [
    { "layer_id": 0, "offset": 0,     "size": 4096, "kind": "activation" },
    { "layer_id": 0, "offset": 4096,  "size": 8192, "kind": "weight" },
    { "layer_id": 1, "offset": 12288, "size": 8192 },
    { "layer_id": 0, "offset": 20480, "size": 2048, "kind": "kv" },
    { "layer_id": 1, "offset": 22528, "size": 2048, "kind": "kv" } ],
  "ddr_capacity_bytes": 20480 }`;

Deno.test("parseWeightManifest() reads the specification's example; no kind means weight", () => {
  assertEquals(parseWeightManifest(EXAMPLE), {
    activation_ceiling: 4096,
    regions: [
      { layer_id: 0, offset: 0, size: 4096, kind: "activation" },
      { layer_id: 0, offset: 4096, size: 8192, kind: "weight" },
      { layer_id: 1, offset: 12288, size: 8192, kind: "weight" },
      { layer_id: 0, offset: 20480, size: 2048, kind: "kv" },
      { layer_id: 1, offset: 22528, size: 2048, kind: "kv" },
    ],
    ddr_capacity_bytes: 20480,
  });
});

Deno.test("parseWeightManifest() takes a manifest without capacity and ignores unknown fields", () => {
  const expected = { activation_ceiling: 0, regions: [], ddr_capacity_bytes: null };
  for (const rest of ["", ', "ddr_capacity_bytes": null', ', "version": 2, "x": {}']) {
    assertEquals(
      parseWeightManifest(`{"activation_ceiling": 0, "regions": []${rest}}`),
      expected,
    );
  }
  const region = '{"layer_id": 4294967295, "offset": 9007199254740991, "size": 0, "name": "W_q_0"}';
  assertEquals(
    parseWeightManifest(`{"activation_ceiling": 0, "regions": [${region}]}`).regions[0],
    { layer_id: 4294967295, offset: 9007199254740991, size: 0, kind: "weight" },
  );
});

const U64 = "a whole number from 0 to 9007199254740991";
// deno-fmt-ignore: one case, one row
const BAD: [before: string, after: string, path: string, message: string][] = [
  ['"activation_ceiling": 4096,', "", "activation_ceiling", "activation_ceiling is missing"],
  ['"activation_ceiling": 4096', '"activation_ceiling": null', "activation_ceiling",
    `activation_ceiling is null, expected ${U64}`],
  ['"activation_ceiling": 4096', '"activation_ceiling": "4K"', "activation_ceiling",
    `activation_ceiling is "4K", expected ${U64}`],
  ['"offset": 12288', '"offset": -1', "regions[2].offset", `regions[2].offset is -1, expected ${U64}`],
  ['"offset": 12288', '"offset": 0.5', "regions[2].offset", `regions[2].offset is 0.5, expected ${U64}`],
  ['"offset": 12288', '"offset": 9007199254740992', "regions[2].offset",
    `regions[2].offset is 9007199254740992, expected ${U64}`],
  [', "size": 8192 }', " }", "regions[2].size", "regions[2].size is missing"],
  ['"layer_id": 1, "offset": 12288', '"offset": 12288', "regions[2].layer_id", "regions[2].layer_id is missing"],
  ['"layer_id": 1, "offset": 12288', '"layer_id": 4294967296, "offset": 12288', "regions[2].layer_id",
    "regions[2].layer_id is 4294967296, expected a whole number from 0 to 4294967295"],
  ['"kind": "activation"', '"kind": "Activation"', "regions[0].kind",
    'regions[0].kind is "Activation", expected one of weight, kv, activation'],
  ['"kind": "activation"', '"kind": null', "regions[0].kind",
    "regions[0].kind is null, expected one of weight, kv, activation"],
  ['"ddr_capacity_bytes": 20480', '"ddr_capacity_bytes": -5', "ddr_capacity_bytes",
    `ddr_capacity_bytes is -5, expected ${U64}`],
  ['"regions"', '"Regions"', "regions", "regions is missing"],
  ['"regions": [', '"regions": [ 7,', "regions[0]", "regions[0] is 7, expected an object"],
];

for (const [before, after, path, message] of BAD) {
  Deno.test(`parseWeightManifest() says that ${message.split(",")[0]}`, () => {
    assert(EXAMPLE.includes(before));
    const error = assertThrows(
      () => parseWeightManifest(EXAMPLE.replace(before, after), "m.json"),
      ManifestError,
    );
    assertEquals(error.place, { file: "m.json", path });
    assertEquals(error.message, message);
    assert(error.help.endsWith("make a good one with deno task weights:manifest"));
  });
}

Deno.test("parseWeightManifest() refuses JSON that is no object", () => {
  for (const text of ["[]", "null", '"x"', "7"]) {
    const error = assertThrows(() => parseWeightManifest(text), ManifestError);
    assertEquals(error.message, `the manifest is ${text}, expected an object`);
  }
});

Deno.test("parseWeightManifest() gives line and column of a JSON error", () => {
  for (
    const [text, line, column] of [
      ['{\n  "activation_ceiling": 1,\n}', 3, 1],
      ['{\n  "regions" []', 2, 13],
      ['{\n  "regions": [', 2, 15],
      ["", 1, 1],
    ] as const
  ) {
    const error = assertThrows(() => parseWeightManifest(text, "m.json"), ManifestError);
    assertEquals(error.place, { file: "m.json", line, column });
  }
});

Deno.test("parseWeightManifest() refuses every manifest that is cut off", () => {
  for (let length = 0; length < EXAMPLE.length; length++) {
    assertThrows(() => parseWeightManifest(EXAMPLE.slice(0, length)), ManifestError);
  }
});

Deno.test("parseWeightManifest() gives back what formatWeightManifest() was given", () => {
  const size = fc.maxSafeNat();
  const manifest = fc.record({
    activation_ceiling: size,
    regions: fc.array(fc.record({
      layer_id: fc.nat({ max: 2 ** 32 - 1 }),
      offset: size,
      size,
      kind: fc.constantFrom(...REGION_KINDS),
    })),
    ddr_capacity_bytes: fc.option(size),
  });
  fc.assert(fc.property(manifest, (value) => {
    assertEquals(parseWeightManifest(formatWeightManifest(value)), value);
  }));
});

Deno.test("parseWeightManifest() reads every recorded manifest, and adds the defaults", async () => {
  const goldens = "../shared/goldens";
  const cases: string[] = [];
  try {
    for await (const { name } of Deno.readDir(goldens)) cases.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // deno-lint-ignore no-console
    console.log(`skipped: there are no recorded runs in ${goldens}`);
    return;
  }
  let read = 0;
  for (const name of cases) {
    let text: string;
    try {
      text = await Deno.readTextFile(`${goldens}/${name}/manifest.json`);
    } catch {
      continue; // a case without a manifest
    }
    const recorded = JSON.parse(text);
    const regions = recorded.regions.map((region: object) => ({ kind: "weight", ...region }));
    const expected = { ddr_capacity_bytes: null, ...recorded, regions };
    assertEquals(parseWeightManifest(text, name), expected, name);
    read++;
  }
  assert(read > 0, "no recorded manifest found");
});
