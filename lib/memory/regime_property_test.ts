import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventTimers } from "./event_timers.ts";
import { regimeMemory } from "./regime_memory.ts";
import type { RegimeModel } from "./regime_mode.ts";
import { REGIME_RULES, type RegimeRules } from "./regime_rules.ts";
import { RegionMap } from "./regime_region_map.ts";
import { manifestFromRegions, REGION_KINDS, type WeightManifest } from "./weight_manifest.ts";

const MODELS: readonly RegimeModel[] = [
  "layer-swap",
  "host-stream",
  "resident",
  "kv-swap",
  "weight-stream",
];

/** Regions side by side or with gaps, of sizes that need not be whole blocks. */
const manifests: fc.Arbitrary<WeightManifest> = fc.array(
  fc.record({
    gap: fc.nat(200),
    sizeBytes: fc.integer({ min: 1, max: 700 }),
    kind: fc.constantFrom(...REGION_KINDS),
    layerId: fc.nat(2),
  }),
  { minLength: 1, maxLength: 8 },
).map((rows) => {
  let end = 0;
  const regions = rows.map(({ gap, ...row }, i) => {
    const offset = end + gap;
    end = offset + row.sizeBytes;
    return { name: String(i), offset, ...row };
  });
  return manifestFromRegions(regions, { ddrCapacityBytes: null });
});

/** Batches of reads, and writes, of the first 100 blocks. */
const programs = fc.array(
  fc.oneof(
    fc.record({ read: fc.array(fc.nat(99), { minLength: 1, maxLength: 20 }) }),
    fc.record({ write: fc.nat(99) }),
  ),
  { maxLength: 30 },
);
type Program = readonly ({ read: number[] } | { write: number })[];

interface Outcome {
  readonly reads: number;
  readonly endPs: number;
  readonly counters: Record<string, number>;
}

function execute(
  mode: RegimeModel,
  rules: RegimeRules,
  manifest: WeightManifest,
  ddrCapacityBytes: number,
  program: Program,
): Outcome {
  const memory = regimeMemory({ mode, rules, manifest, ddrCapacityBytes, hostBandwidth: 1e9 });
  let reads = 0;
  let now = 0;
  for (const access of program) {
    const before = now;
    if ("read" in access) {
      reads += access.read.length;
      now = memory.readBatch(Float64Array.from(access.read), access.read.length, now);
    } else {
      now = memory.writeBlock(access.write, now);
    }
    assert(now > before, "an access took no time");
    now += 1000;
  }
  const { dramPs, hostPs } = memory.timeShares();
  assertEquals(dramPs + hostPs, now - 1000 * program.length, "shares of the time");
  assert(dramPs >= 0 && hostPs >= 0);
  const endPs = memory.settle(now);
  assert(endPs >= now);
  return { reads, endPs, counters: memory.statistics() };
}

Deno.test("regimeMemory() accounts for every byte read, in every mode under either rules", () => {
  fc.assert(fc.property(manifests, fc.nat(4000), programs, (manifest, capacity, program) => {
    for (const rules of REGIME_RULES) {
      for (const mode of MODELS) {
        const { reads, counters } = execute(mode, rules, manifest, capacity, program);
        if (rules === "plena" && mode === "layer-swap") continue; // counts swaps alone
        const counted = rules === "plena" && mode === "host-stream"
          ? 64 * (counters["weightReads"]! + counters["activationReads"]!)
          : ["residentBytes", "swappableBytes", "streamedBytes", "weightStreamedBytes"].reduce(
            (sum, name) => sum + (counters[name] ?? 0),
            0,
          );
        assertEquals(counted, 64 * reads, `${mode} under ${rules}`);
      }
    }
  }));
});

Deno.test("regimeMemory() never moves more bytes for more capacity under the right rules", () => {
  const modes = fc.constantFrom<RegimeModel>("kv-swap", "layer-swap");
  fc.assert(fc.property(modes, manifests, programs, (mode, manifest, program) => {
    let loaded = Infinity;
    let writtenBack = Infinity;
    for (let capacity = 0; capacity <= 6000; capacity += 250) {
      const { counters } = execute(mode, "right", manifest, capacity, program);
      assert(counters["swappedBytes"]! <= loaded, `${capacity} bytes load more`);
      assert(counters["writtenBackBytes"]! <= writtenBack, `${capacity} bytes write back more`);
      loaded = counters["swappedBytes"]!;
      writtenBack = counters["writtenBackBytes"]!;
    }
  }));
});

Deno.test("regimeMemory() may swap more for more capacity first in, first out: Belady's anomaly", () => {
  const manifest: WeightManifest = {
    activation_ceiling: 0,
    regions: [0, 1, 2, 3, 4].map((i) => ({ layer_id: 0, offset: 64 * i, size: 64, kind: "kv" })),
    ddr_capacity_bytes: null,
  };
  const program = [0, 1, 2, 3, 0, 1, 4, 0, 1, 2, 3, 4].map((block) => ({ read: [block] }));
  const swaps = (rules: RegimeRules, slots: number): number =>
    execute("kv-swap", rules, manifest, 64 * slots, program).counters["swaps"]!;
  assertEquals([swaps("plena", 3), swaps("plena", 4)], [9, 10]);
  assertEquals([swaps("right", 3), swaps("right", 4)], [10, 8]);
});

Deno.test("regimeMemory() with all on the board takes the same time under either rules", () => {
  fc.assert(fc.property(manifests, programs, (manifest, program) => {
    const [plena, right] = REGIME_RULES.map((rules) =>
      execute("resident", rules, manifest, 0, program).endPs
    );
    assertEquals(plena, right);
  }));
});

Deno.test("RegionMap finds the first region of the list that covers an address", () => {
  const regions = fc.array(
    fc.record({
      layer_id: fc.constant(0),
      offset: fc.nat(60),
      size: fc.nat(30),
      kind: fc.constant("kv" as const),
    }),
    { maxLength: 12 },
  );
  fc.assert(fc.property(regions, fc.array(fc.nat(120)), (list, addresses) => {
    const map = new RegionMap(list);
    for (const address of addresses) {
      const expected = list.findIndex(({ offset, size }) =>
        offset <= address && address < offset + size
      );
      assertEquals(map.find(address), expected, `address ${address}`);
    }
  }));
});

Deno.test("EventTimers gives the earliest timer, of several the one created first", () => {
  fc.assert(fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (times) => {
    const timers = new EventTimers();
    times.forEach((time, i) => timers.add(time, i));
    const expected = times.map((_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b);
    assertEquals(times.map(() => timers.pop()), expected);
    assertEquals(timers.nextPs, Infinity);
  }));
});
