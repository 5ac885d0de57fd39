import { assert, assertEquals } from "@std/assert";
import { STANDARD_ATOMS } from "../truth_table.ts";
import { evaluateAtom } from "../verify.ts";
import { assertQatTable, PUBLIC, type QatRow } from "./_public_training.ts";
import { type NetworkTraining, type TrainedNetwork, trainNetworkOnce } from "./train_network.ts";

const QAT: readonly QatRow[] = [
  [4, 86, 74],
  [16, 100, 100],
];

Deno.test("trainNetworkOnce() by qat agrees with the table of the specification within 15 runs", () => {
  assertQatTable(QAT, 1000);
});

Deno.test("trainNetworkOnce() by ptq loses rows without a scale, and none with a searched one", () => {
  const exact = (scaling: NetworkTraining["scaling"]): number => {
    const runs = STANDARD_ATOMS.map((spec) => {
      const run = { ...PUBLIC, method: "ptq", scaling, stopMargin: 0.25 } as const;
      return trainNetworkOnce(spec, run, 3).exact;
    });
    return runs.filter((right) => right).length;
  };
  const [none, tensor, search] = [exact("none"), exact("tensor"), exact("search")];
  assert(none < 5 && none < tensor && tensor <= search, `${none}, ${tensor}, ${search} of 10`);
  assertEquals(search, 10);
});

Deno.test("trainNetworkOnce() gives the same codes for the same seed, and others for another", () => {
  const run = (seed: number): TrainedNetwork =>
    trainNetworkOnce(STANDARD_ATOMS[8]!, { ...PUBLIC, method: "qat" }, seed);
  assertEquals(run(5), run(5));
  assert(JSON.stringify(run(5).atom) !== JSON.stringify(run(6).atom));
});

Deno.test("trainNetworkOnce() judges by the codes: accuracy is the share of right rows", () => {
  for (let seed = 0; seed < 10; seed++) {
    for (const spec of STANDARD_ATOMS) {
      const { atom, accuracy, exact, margin } = trainNetworkOnce(
        spec,
        { ...PUBLIC, method: "ptq", scaling: "none" },
        seed,
      );
      const evaluation = evaluateAtom(atom);
      const right = [...evaluation.outputs].filter((digit, row) => digit === spec.truthTable[row]);
      assertEquals(accuracy, right.length / spec.truthTable.length);
      assertEquals([exact, margin], [accuracy === 1 && evaluation.margin > 0, evaluation.margin]);
    }
  }
});

Deno.test("trainNetworkOnce() with steps gives threshold atoms with E2M1 margins", () => {
  for (const spec of STANDARD_ATOMS) {
    const { atom, exact, margin } = trainNetworkOnce(spec, {
      ...PUBLIC,
      method: "qat",
      scaling: "row",
      learningRate: 0.03,
      architecture: { hidden: [16], activation: "step", residual: false },
    }, 1);
    assert("layers" in atom);
    assertEquals(exact, true, spec.name);
    assert(margin >= 0.5 && margin % 0.5 === 0, `${spec.name}: margin ${margin}`);
  }
});
