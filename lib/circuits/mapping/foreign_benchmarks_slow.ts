import { assert, assertEquals } from "@std/assert";
import { random } from "../../numerics/mod.ts";
import { readAiger } from "../formats/read_aiger.ts";
import { readBlif } from "../formats/read_blif.ts";
import { prove } from "../proof/prove.ts";
import { circuitRunner } from "../run_circuit.ts";
import {
  aesSbox,
  alu,
  asAiger,
  asBlif,
  type Benchmark,
  multiplier,
  SHA256_ROUND,
} from "./_benchmark_circuits.ts";
import { mapToThreshold } from "./map_to_threshold.ts";

/** Circuits of other people's kinds, and the gates that a mapping may have. */
// deno-fmt-ignore: one circuit, one row
const BENCHMARKS: readonly [circuit: Benchmark, gates: number][] = [
  [multiplier(16), 498],
  [multiplier(32), 2_048],
  [alu(64),          380],
  [SHA256_ROUND,     670],
];

for (const [circuit, limit] of BENCHMARKS) {
  for (
    const [format, write, read] of [
      ["BLIF", asBlif, readBlif],
      ["AIGER", asAiger, readAiger],
    ] as const
  ) {
    Deno.test(`${circuit.name} in ${format} is mapped to ${limit} gates or fewer, proved, and computes`, () => {
      const logic = read(write(circuit));
      const mapped = mapToThreshold(logic);
      assert(mapped.gates.gates.length <= limit, `${mapped.gates.gates.length} of ${mapped.ands}`);
      assertEquals(prove(mapped.gates, logic.specification).kind, "proved");
      const draw = random(1);
      const cases = Array.from(
        { length: 100 },
        () =>
          circuit.inputs.map(([, width]) =>
            BigInt(`0b${Array.from({ length: width }, () => +(draw() < 0.5)).join("")}`)
          ),
      );
      assertEquals(
        circuitRunner(mapped.circuit).runAll(cases),
        cases.map((values) => circuit.compute(...values)),
      );
    });
  }
}

Deno.test("the S-box of AES, as tables of minterms, is mapped and right for all 256 bytes", () => {
  const { blif, values } = aesSbox();
  assertEquals([values[0], values[1], values[0x53], values[0xff]], [0x63, 0x7c, 0xed, 0x16]);
  const logic = readBlif(blif);
  const { circuit, gates } = mapToThreshold(logic);
  assert(gates.gates.length <= 304, `${gates.gates.length}`);
  assertEquals(prove(gates, logic.specification).kind, "proved");
  const bytes = Array.from(values, (_, x) => [BigInt(x)]);
  assertEquals(circuitRunner(circuit).runAll(bytes), values.map((value) => [BigInt(value)]));
});
