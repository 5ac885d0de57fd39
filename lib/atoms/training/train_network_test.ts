import { assert, assertEquals } from "@std/assert";
import { STANDARD_ATOMS } from "../truth_table.ts";
import { evaluateAtom } from "../verify.ts";
import { type NetworkTraining, type TrainedNetwork, trainNetworkOnce } from "./train_network.ts";

/** The network that the specification measured: three hidden layers, stop at the first right epoch. */
const PUBLIC: NetworkTraining = {
  method: "float",
  architecture: { hidden: [32, 32, 32], activation: "relu", residual: false },
  encoding: "binary",
  format: "e2m1",
  scaling: "tensor",
  maxEpochs: 2000,
  stopMargin: 0,
  learningRate: 0.01,
};

/** Exact runs of 100 (10 seeds, 10 atoms) by width, one and two hidden layers. */
const QAT: readonly [number, number, number][] = [
  [4, 86, 74],
  [16, 100, 100],
];

Deno.test("trainNetworkOnce() by qat agrees with the table of the specification within 15 runs", () => {
  for (const [width, ...expected] of QAT) {
    expected.forEach((count, i) => {
      const hidden = Array<number>(i + 1).fill(width);
      const training: NetworkTraining = {
        ...PUBLIC,
        method: "qat",
        maxEpochs: 1000,
        architecture: { hidden, activation: "relu", residual: false },
      };
      let exact = 0;
      for (const spec of STANDARD_ATOMS) {
        for (let seed = 0; seed < 10; seed++) {
          if (trainNetworkOnce(spec, training, seed).exact) exact++;
        }
      }
      assert(Math.abs(exact - count) <= 15, `width ${width}, ${i + 1} layers: ${exact} of 100`);
    });
  }
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
