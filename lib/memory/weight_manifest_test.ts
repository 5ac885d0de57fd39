import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { MemoryError } from "./memory_error.ts";
import {
  chooseRegime,
  footprintByKind,
  formatWeightManifest,
  manifestFromRegions,
  type NamedRegion,
  type RegionKind,
} from "./weight_manifest.ts";

const region = (
  name: string,
  offset: number,
  sizeBytes: number,
  kind: RegionKind = "weight",
  layerId = 0,
): NamedRegion => ({ name, offset, sizeBytes, kind, layerId });

Deno.test("manifestFromRegions() keeps the order, and its ceiling is the lowest weight", () => {
  const regions = [
    region("x", 0, 64, "activation"),
    region("w1", 256, 128, "weight", 1),
    region("w0", 128, 128),
    region("k", 64, 64, "kv", 1),
  ];
  assertEquals(manifestFromRegions(regions, { ddrCapacityBytes: 512 }), {
    activation_ceiling: 128,
    regions: [
      { layer_id: 0, offset: 0, size: 64, kind: "activation" },
      { layer_id: 1, offset: 256, size: 128, kind: "weight" },
      { layer_id: 0, offset: 128, size: 128, kind: "weight" },
      { layer_id: 1, offset: 64, size: 64, kind: "kv" },
    ],
    ddr_capacity_bytes: 512,
  });
});

Deno.test("manifestFromRegions() has ceiling 0 without weights", () => {
  const manifest = manifestFromRegions([region("x", 64, 64, "activation")], {
    ddrCapacityBytes: null,
  });
  assertEquals(manifest.activation_ceiling, 0);
  assertEquals(manifest.ddr_capacity_bytes, null);
  assertEquals(manifestFromRegions([], { ddrCapacityBytes: 0 }), {
    activation_ceiling: 0,
    regions: [],
    ddr_capacity_bytes: 0,
  });
});

Deno.test("manifestFromRegions() refuses an overlap of one byte and takes regions that touch", () => {
  const touching = [region("a", 64, 64), region("empty", 100, 0), region("b", 0, 64)];
  assertEquals(manifestFromRegions(touching, { ddrCapacityBytes: 1 }).regions.length, 3);
  const error = assertThrows(
    () => manifestFromRegions([region("a", 63, 64), region("b", 0, 64)], { ddrCapacityBytes: 1 }),
    MemoryError,
  );
  assertEquals(error.message, "the regions b and a overlap at address 63");
});

Deno.test("manifestFromRegions() refuses numbers that the public schema cannot hold", () => {
  for (
    const [bad, what] of [
      [region("a", -1, 64), "a: offset is -1"],
      [region("a", 0, 1.5), "a: size is 1.5"],
      [region("a", 2 ** 53, 1), "a: offset is 9007199254740992"],
      [region("a", 2 ** 53 - 1, 1), "a: end is 9007199254740992"],
      [region("a", 0, 1, "kv", 2 ** 32), "a: layer is 4294967296"],
      [region("a", NaN, 1), "a: offset is NaN"],
    ] as const
  ) {
    const error = assertThrows(
      () => manifestFromRegions([bad], { ddrCapacityBytes: 1 }),
      MemoryError,
    );
    assertStringIncludes(error.message, what);
  }
  assertThrows(
    () => manifestFromRegions([], { ddrCapacityBytes: -1 }),
    MemoryError,
    "DDR capacity",
  );
});

Deno.test("formatWeightManifest() indents by two and orders keys, whatever the object's order", () => {
  assertEquals(
    formatWeightManifest({
      ddr_capacity_bytes: null,
      regions: [{ kind: "kv", size: 3, offset: 2, layer_id: 1 }],
      activation_ceiling: 0,
    }),
    `{
  "activation_ceiling": 0,
  "regions": [
    {
      "layer_id": 1,
      "offset": 2,
      "size": 3,
      "kind": "kv"
    }
  ],
  "ddr_capacity_bytes": null
}
`,
  );
});

Deno.test("footprintByKind() adds sizes of each kind, overlaps and all", () => {
  const regions = [
    { layer_id: 0, offset: 0, size: 5, kind: "weight" },
    { layer_id: 0, offset: 0, size: 7, kind: "weight" },
    { layer_id: 9, offset: 100, size: 11, kind: "kv" },
    { layer_id: 0, offset: 200, size: 13, kind: "activation" },
  ] as const;
  assertEquals(footprintByKind({ regions }), { weight: 12, kv: 11, activation: 13, total: 36 });
  assertEquals(footprintByKind({ regions: [] }), { weight: 0, kv: 0, activation: 0, total: 0 });
});

Deno.test("chooseRegime() gives a tie to the more resident regime", () => {
  assertEquals(chooseRegime(10, 20, 21), "resident");
  assertEquals(chooseRegime(10, 20, 20), "resident");
  assertEquals(chooseRegime(10, 20, 19), "kv-swap");
  assertEquals(chooseRegime(10, 20, 10), "kv-swap");
  assertEquals(chooseRegime(10, 20, 9), "weight-stream");
  assertEquals(chooseRegime(0, 0, 0), "resident");
  assertEquals(chooseRegime(0, 1, 0), "kv-swap");
});
