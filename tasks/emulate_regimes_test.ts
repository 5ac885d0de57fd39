import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SHIPPED_SETTINGS } from "../lib/boards/mod.ts";
import { dump, run } from "../lib/emulator/mod.ts";
import { assemble } from "../lib/isa/mod.ts";
import {
  DDR4_2400P_ONE_MAP,
  dramMemory,
  dramPreset,
  hbm2Memory,
  idealMemory,
  manifestFromRegions,
  type MemoryModel,
  REGIME_MODES,
  regimeMemory,
  REGION_KINDS,
  type WeightManifest,
} from "../lib/memory/mod.ts";

const SETTINGS = {
  ...SHIPPED_SETTINGS,
  config: {
    ...SHIPPED_SETTINGS.config,
    mlen: 16,
    vlen: 16,
    hbmMPrefetchRows: 16,
    vectorSramRows: 64,
    hbmSizeBytes: 8192,
  },
};
const HBM = Uint8Array.from({ length: 8192 }, (_, i) => (i * 37 + (i >> 5)) & 0x7f);

/** A transfer of rows between HBM and the vector SRAM, or a sum of two rows in between. */
const steps = fc.oneof(
  fc.record({
    op: fc.constantFrom("H_PREFETCH_V", "H_STORE_V", "H_PREFETCH_M"),
    row: fc.nat(15),
    block: fc.nat(60),
    flag: fc.nat(1),
  }),
  fc.record({ op: fc.constant("V_ADD_VV"), row: fc.nat(15), block: fc.nat(15), flag: fc.nat(1) }),
);
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;

function assembly(program: readonly Step[]): Uint32Array {
  const lines = [
    ...["S_ADDI_INT gp1, gp0, 4096", "C_SET_SCALE_REG gp1"],
    ...["S_ADDI_INT gp1, gp0, 64", "C_SET_STRIDE_REG gp1"],
  ];
  for (const { op, row, block, flag } of program) {
    // A tile of the matrix SRAM begins at 0 or at MLEN rows.
    lines.push(`S_ADDI_INT gp1, gp0, ${op === "H_PREFETCH_M" ? 256 * (row & 1) : 16 * row}`);
    lines.push(`S_ADDI_INT gp2, gp0, ${op === "V_ADD_VV" ? 16 * block : 64 * block}`);
    lines.push(op === "V_ADD_VV" ? "V_ADD_VV gp1, gp1, gp2, 0" : `${op} gp1, gp2, a0, 1, ${flag}`);
  }
  return assemble(lines.join("\n"), { encoding: "fixed" });
}

/** Regions side by side or with gaps, over elements and scales. */
const manifests = fc.array(
  fc.record({
    gap: fc.constantFrom(0, 0, 64, 500),
    sizeBytes: fc.integer({ min: 64, max: 2000 }),
    kind: fc.constantFrom(...REGION_KINDS),
    layerId: fc.nat(2),
  }),
  { minLength: 1, maxLength: 8 },
).map((rows) => {
  let end = 0;
  return manifestFromRegions(
    rows.map(({ gap, ...row }, i) => {
      const offset = end + gap;
      end = offset + row.sizeBytes;
      return { name: String(i), offset, ...row };
    }),
    { ddrCapacityBytes: null },
  );
});

function models(manifest: WeightManifest, ddrCapacityBytes: number): [string, MemoryModel][] {
  const basics = { manifest, ddrCapacityBytes, hostBandwidth: 1e9 };
  return [
    ["hbm", hbm2Memory()],
    ["ideal", idealMemory()],
    ...REGIME_MODES.flatMap((mode): [string, MemoryModel][] => [
      [
        `${mode}, right`,
        regimeMemory({
          ...basics,
          mode,
          rules: "right",
          device: dramMemory(dramPreset("ddr3-1600k-x16")),
        }),
      ],
      [
        `${mode}, plena`,
        regimeMemory({ ...basics, mode, rules: "plena", preset: DDR4_2400P_ONE_MAP }),
      ],
    ]),
  ];
}

Deno.test("every memory model leaves the same memories and moves the same bytes of a program", () => {
  let stored = 0;
  fc.assert(
    fc.property(
      fc.array(steps, { minLength: 1, maxLength: 25 }),
      manifests,
      fc.integer({ min: 1, max: 12_000 }),
      (program, manifest, capacity) => {
        const words = assembly(program);
        let expected: unknown;
        for (const [name, memory] of models(manifest, capacity)) {
          const { machine, fault, hbm, instructions } = run({
            program: words,
            settings: SETTINGS,
            hbm: HBM,
            memory,
          });
          const image = machine.hbm.read(0, 8192);
          const outcome = {
            fault: fault?.reason,
            hbm,
            instructions,
            image,
            vram: dump(machine, "vram"),
          };
          expected ??= outcome;
          assertEquals(outcome, expected, name);
          if (name === "hbm" && image.some((byte, i) => byte !== HBM[i])) stored++;
        }
      },
    ),
    { numRuns: 60, seed: 4 },
  );
  assert(stored > 20, `only ${stored} programs changed HBM`);
});
