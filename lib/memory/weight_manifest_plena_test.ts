import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { MemoryError } from "./memory_error.ts";
import type { RegionKind } from "./weight_manifest.ts";
import { manifestFromPlena, type PlenaRegionMaps } from "./weight_manifest_plena.ts";

/** The synthetic test of the memory regimes specification, 4.7. */
const SYNTHETIC: PlenaRegionMaps = {
  hbmAddrs: {
    X: 0,
    POS: 1152,
    W_q_0: 4096,
    V_W_fc1_4: 8192,
    V_B_q_1_h3: 12288,
    V_LN1_weight_2: 12544,
    K_stored_7_h1: 16384,
    V_V_stored_3_h2: 20480,
    K_2_h0: 24576,
    V_PATCH_W: 28672,
    V_PATCH_OUT: 30000,
    vision_l4_ln1: 31000,
    bad: null,
    tail: 40000,
  },
  hbmSizes: { X: 1152, POS: 0, W_q_0: 5000, V_W_fc1_4: null, K_stored_7_h1: 4096 },
  tensorLayouts: {
    POS: { storage_shape: [16, 64] },
    V_W_fc1_4: { storage_shape: [64, 57] },
    tail: { storage_shape: [] },
  },
};

Deno.test("manifestFromPlena() gives the twelve regions of the synthetic test", () => {
  const { manifest, report } = manifestFromPlena(SYNTHETIC, {
    ddrCapacityBytes: 20 * 1024,
    totalLayers: 4,
  });
  const kinds = { a: "activation", w: "weight", k: "kv" } as const;
  const rows: [number, number, number, keyof typeof kinds][] = [
    [0, 0, 1152, "a"],
    [0, 1152, 1152, "a"],
    [0, 4096, 4096, "w"],
    [4, 8192, 4096, "w"],
    [1, 12288, 256, "w"],
    [2, 12544, 3840, "w"],
    [7, 16384, 4096, "k"],
    [3, 20480, 4096, "k"],
    [2, 24576, 4096, "a"],
    [0, 28672, 1328, "w"],
    [0, 30000, 1000, "a"],
    [4, 31000, 9000, "a"],
  ];
  assertEquals(manifest, {
    activation_ceiling: 4096,
    regions: rows.map(([layer_id, offset, size, kind]) => ({
      layer_id,
      offset,
      size,
      kind: kinds[kind],
    })),
    ddr_capacity_bytes: 20480,
  });
  assertEquals(report.kinds, { weight: 5, kv: 2, activation: 5 });
  assertEquals(report.sources, { hbm_sizes: 3, tensor_layouts: 2, "address-delta": 7 });
  assertEquals(report.dropped, ["bad"]);
  assertEquals(report.unsized, ["tail"]);
  assertEquals(report.clamped, [
    { name: "W_q_0", before: 5000, after: 4096 },
    { name: "V_W_fc1_4", before: 4104, after: 4096 },
  ]);
  assertEquals(report.regime, "kv-swap");
  assertEquals(report.estimate?.layersInBuild, 6);
  assertEquals(report.estimate?.regime, "kv-swap");
  // By hand: weights 4096 + 4096 + 256 + 3840 + 1328, four sixths of them, cut to whole bytes.
  assertEquals(report.footprint, { weight: 13616, kv: 8192, activation: 16400, total: 38208 });
  assertEquals(report.estimate?.footprint, {
    weight: 9077,
    kv: 5461,
    activation: 16400,
    total: 30938,
  });
});

Deno.test("manifestFromPlena() reports name and source of each region, and no estimate unasked", () => {
  const { report } = manifestFromPlena(SYNTHETIC, { ddrCapacityBytes: 0 });
  assertEquals(report.estimate, undefined);
  assertEquals(report.regime, "weight-stream");
  assertEquals(report.regions.slice(1, 3), [
    {
      name: "POS",
      kind: "activation",
      layerId: 0,
      offset: 1152,
      sizeBytes: 1152,
      source: "tensor_layouts",
    },
    {
      name: "W_q_0",
      kind: "weight",
      layerId: 0,
      offset: 4096,
      sizeBytes: 4096,
      source: "hbm_sizes",
    },
  ]);
});

/** Appendix A of the same document: one decoder layer, with the physical shape of each region. */
const CLM60M: [name: string, offset: number, size: number, kind: RegionKind, shape: number[]][] = [
  ["X", 0, 147456, "activation", [256, 512]],
  ["POS", 196608, 147456, "activation", [256, 512]],
  ["R_rope", 393216, 73728, "activation", [256, 256]],
  ["COS", 524288, 73728, "activation", [256, 256]],
  ["SIN", 655360, 73728, "activation", [256, 256]],
  ["causal_mask", 786432, 73728, "activation", [256, 256]],
  ["W_q_0", 917504, 294912, "weight", [512, 512]],
  ["W_o_0", 1245184, 294912, "weight", [512, 512]],
  ["W_k_0_h0", 1572864, 147456, "weight", [512, 256]],
  ["W_v_0_h0", 1769472, 147456, "weight", [512, 256]],
  ["W_k_0_h1", 1966080, 147456, "weight", [512, 256]],
  ["W_v_0_h1", 2162688, 147456, "weight", [512, 256]],
  ["W_gate_0", 2359296, 884736, "weight", [512, 1536]],
  ["W_up_0", 3276800, 884736, "weight", [512, 1536]],
  ["W_down_0", 4194304, 884736, "weight", [1536, 512]],
  ["K_stored_0_h0", 5111808, 73728, "kv", [256, 256]],
  ["V_stored_0_h0", 5242880, 73728, "kv", [256, 256]],
  ["K_stored_0_h1", 5373952, 73728, "kv", [256, 256]],
  ["V_stored_0_h1", 5505024, 73728, "kv", [256, 256]],
];

// By the sizes of the compiler, or by the layouts of the inputs (no KV) and of the stores.
for (const source of ["hbm_sizes", "tensor_layouts"] as const) {
  Deno.test(`manifestFromPlena() gives 9 weight, 4 kv, 6 activation regions of clm60m by ${source}`, () => {
    const maps: PlenaRegionMaps = {
      // Backwards: the map has no order that counts.
      hbmAddrs: Object.fromEntries(CLM60M.map(([name, offset]) => [name, offset]).reverse()),
      ...(source === "hbm_sizes"
        ? { hbmSizes: Object.fromEntries(CLM60M.map(([name, , size]) => [name, size])) }
        : {
          tensorLayouts: Object.fromEntries(
            CLM60M.map(([name, , , , shape]) => [name, { storage_shape: shape }]),
          ),
        }),
    };
    const { manifest, report } = manifestFromPlena(maps, { ddrCapacityBytes: 536_870_912 });
    assertEquals(manifest, {
      activation_ceiling: 917504,
      regions: CLM60M.map(([, offset, size, kind]) => ({ layer_id: 0, offset, size, kind })),
      ddr_capacity_bytes: 536_870_912,
    });
    assertEquals(report.kinds, { weight: 9, kv: 4, activation: 6 });
    assertEquals(report.sources[source], 19);
    assertEquals([report.dropped, report.unsized, report.clamped], [[], [], []]);
    assertEquals(report.regime, "resident");
  });
}

Deno.test("manifestFromPlena() leaves two regions at one offset, the first without bytes", () => {
  const hbmAddrs = { W_a_0: 64, W_b_0: 64 };
  const hbmSizes = { W_a_0: 32, W_b_0: 48 };
  const { manifest, report } = manifestFromPlena({ hbmAddrs, hbmSizes }, { ddrCapacityBytes: 1 });
  assertEquals(manifest.regions.map(({ size }) => size), [0, 48]);
  assertEquals(report.clamped, [{ name: "W_a_0", before: 32, after: 0 }]);
});

Deno.test("manifestFromPlena() drops offsets that are no addresses, and is not fooled by names", () => {
  const hbmAddrs = JSON.parse(
    '{"a": "0", "b": 1.5, "c": -64, "d": true, "constructor": 0, "toString": 64, "__proto__": 128}',
  );
  const hbmSizes = { toString: 16 };
  const { manifest, report } = manifestFromPlena({ hbmAddrs, hbmSizes }, { ddrCapacityBytes: 1 });
  assertEquals(report.dropped, ["a", "b", "c", "d"]);
  assertEquals(report.unsized, ["__proto__"]);
  assertEquals(report.regions.map(({ name, source }) => [name, source]), [
    ["constructor", "address-delta"],
    ["toString", "hbm_sizes"],
  ]);
  assertEquals(manifest.regions.map(({ offset, size }) => [offset, size]), [[0, 64], [64, 16]]);
});

Deno.test("manifestFromPlena() refuses maps without a sized region, and bad options", () => {
  for (const hbmAddrs of [{}, { X: null }, { X: 0 }]) {
    assertThrows(
      () => manifestFromPlena({ hbmAddrs }, { ddrCapacityBytes: 1 }),
      MemoryError,
      "no region has a size",
    );
  }
  for (const options of [{ ddrCapacityBytes: -1 }, { ddrCapacityBytes: 1, totalLayers: 0 }]) {
    assertThrows(() => manifestFromPlena(SYNTHETIC, options), MemoryError, "a whole number");
  }
  assertThrows(
    () =>
      manifestFromPlena({ hbmAddrs: { W_q_4294967296: 0 }, hbmSizes: { W_q_4294967296: 1 } }, {
        ddrCapacityBytes: 1,
      }),
    MemoryError,
    "32 bits",
  );
});

Deno.test("manifestFromPlena() gives sorted regions that never overlap, and loses no name", () => {
  const name = fc.constantFrom(
    "W_q_0",
    "W_k_1_h0",
    "K_stored_1_h0",
    "X",
    "V_PATCH_W",
    "SIN",
    "O_2",
  );
  const number = fc.option(fc.integer({ min: -2, max: 500 }));
  const maps = fc.record({
    hbmAddrs: fc.dictionary(name, number),
    hbmSizes: fc.dictionary(name, number),
    tensorLayouts: fc.dictionary(
      name,
      fc.record({ storage_shape: fc.array(fc.nat({ max: 9 }), { maxLength: 3 }) }),
    ),
  });
  let manifests = 0;
  fc.assert(
    fc.property(maps, (map) => {
      let result: ReturnType<typeof manifestFromPlena>;
      try {
        result = manifestFromPlena(map, { ddrCapacityBytes: 1000 });
      } catch (error) {
        assert(error instanceof MemoryError);
        return;
      }
      manifests++;
      const { manifest: { regions }, report } = result;
      for (const [i, { offset, size }] of regions.entries()) {
        const next = regions[i + 1];
        if (next !== undefined) assert(offset + size <= next.offset);
      }
      assertEquals(
        [...report.regions.map((region) => region.name), ...report.dropped, ...report.unsized]
          .sort(),
        Object.keys(map.hbmAddrs).sort(),
      );
    }),
    { numRuns: 500, seed: 1 },
  );
  assert(manifests > 100, `only ${manifests} manifests`);
});
