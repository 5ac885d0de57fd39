import { assertEquals } from "@std/assert";
import { regimeMemory } from "./regime_memory.ts";
import type { RegimeMode } from "./regime_mode.ts";
import { REGIME_DIFFERENCES, REGIME_RULES } from "./regime_rules.ts";
import type { WeightManifest } from "./weight_manifest.ts";

/** Weights in block 0; keys and values in three regions of one block each. */
const MANIFEST: WeightManifest = {
  activation_ceiling: 0,
  regions: [
    { layer_id: 0, offset: 0, size: 64, kind: "weight" },
    { layer_id: 0, offset: 64, size: 64, kind: "kv" },
    { layer_id: 1, offset: 128, size: 64, kind: "kv" },
    { layer_id: 2, offset: 192, size: 64, kind: "kv" },
    { layer_id: 3, offset: 256, size: 128, kind: "kv" },
  ],
  ddr_capacity_bytes: null,
};

interface Shown {
  readonly mode: RegimeMode;
  /** Blocks that are read one after the other; a list is one batch; `w1` writes block 1. */
  readonly accesses: readonly (number | readonly number[] | `w${number}`)[];
  readonly capacity?: number;
  readonly told?: number;
  readonly bandwidth?: number;
  /** What is looked at, and what it is under `plena` and `right`. */
  readonly fact: "hostPs" | "dramPs" | "swaps" | "capacityBytes" | "warning";
  readonly values: readonly [number | string, number | string];
}

/** One program for every difference; a block takes 64 ns on the link. */
// deno-fmt-ignore: one difference, one row
const SHOWN: Readonly<Record<string, Shown>> = {
  "replacement": { mode: "kv-swap", capacity: 192, accesses: [1, 2, 1, 3, 1], fact: "swaps", values: [4, 3] },
  "write-back": { mode: "kv-swap", capacity: 128, accesses: [1, "w1", 2], fact: "hostPs", values: [128_000, 192_000] },
  "store-miss": { mode: "kv-swap", capacity: 192, accesses: ["w1"], fact: "hostPs", values: [0, 64_000] },
  "swap-in-flight": { mode: "kv-swap", capacity: 192, accesses: [[4, 5]], fact: "dramPs", values: [30_821, 34_153] },
  "host-link": { mode: "kv-swap", capacity: 192, accesses: [[1, 2]], fact: "hostPs", values: [64_000, 128_000] },
  "streamed-weight": { mode: "weight-stream", accesses: [0], fact: "dramPs", values: [30_821, 0] },
  "streamed-store": { mode: "weight-stream", accesses: ["w0"], fact: "hostPs", values: [0, 64_000] },
  "stream-kind": { mode: "host-stream", accesses: [1], fact: "hostPs", values: [64_000, 0] },
  "transfer-time": { mode: "weight-stream", bandwidth: 1e11, accesses: [0], fact: "hostPs", values: [0, 640] },
  "capacity": { mode: "kv-swap", capacity: 192, told: 128, accesses: [], fact: "capacityBytes", values: [128, 192] },
  "oversize-warning": { mode: "kv-swap", capacity: 128, accesses: [4], fact: "warning", values: [
    "KV/activation region at offset 256 (128 bytes) exceeds swap capacity (64 bytes); modelling as reload on every access",
    "KV/activation region at offset 256 (128 bytes) exceeds the 64 bytes that are left for it; modelling as loaded alone, and again after any other load",
  ] },
};

Deno.test("REGIME_DIFFERENCES has a program to show each of its rows, and no row twice", () => {
  const names = REGIME_DIFFERENCES.map(({ name }) => name);
  assertEquals(names, Object.keys(SHOWN));
  assertEquals(new Set(names).size, names.length);
});

for (const { name, plena, right } of REGIME_DIFFERENCES) {
  Deno.test(`regimeMemory() differs in ${name}: ${plena}; ${right}`, () => {
    const { mode, accesses, capacity = 1024, told, bandwidth = 1e9, fact, values } = SHOWN[name]!;
    for (const [i, rules] of REGIME_RULES.entries()) {
      const memory = regimeMemory({
        mode,
        rules,
        manifest: { ...MANIFEST, ddr_capacity_bytes: told ?? null },
        ddrCapacityBytes: capacity,
        hostBandwidth: bandwidth,
      });
      let now = 0;
      for (const access of accesses) {
        now += 100_000; // every bank is closed again
        if (typeof access === "string") {
          now = memory.writeBlock(Number(access.slice(1)), now);
        } else {
          const blocks = Float64Array.from([access].flat());
          now = memory.readBatch(blocks, blocks.length, now);
        }
      }
      const facts = {
        ...memory.timeShares(),
        swaps: memory.statistics()["swaps"],
        capacityBytes: memory.capacityBytes,
        warning: memory.warnings()[0],
      };
      assertEquals(facts[fact], values[i], rules);
    }
  });
}
