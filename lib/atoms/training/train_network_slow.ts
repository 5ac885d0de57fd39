import { assert, assertEquals } from "@std/assert";
import { STANDARD_ATOMS } from "../truth_table.ts";
import { assertQatTable, PUBLIC, type QatRow } from "./_public_training.ts";
import { type NetworkTraining, trainNetworkOnce } from "./train_network.ts";

interface Run {
  readonly atom: number;
  readonly seed: number;
  readonly epochs: number;
}

/**
 * The runs of the specification, 4.3: trained until right, one optimiser step further, kept when
 * still right. `more` is the number of steps beyond the first right epoch.
 */
function keptRuns(more: number): Run[] {
  const kept: Run[] = [];
  STANDARD_ATOMS.forEach((spec, atom) => {
    for (let seed = 0; seed < 20; seed++) {
      const epochs = trainNetworkOnce(spec, PUBLIC, seed).epochs + more;
      const run = { ...PUBLIC, maxEpochs: epochs, stopMargin: Infinity };
      if (trainNetworkOnce(spec, run, seed).exact) kept.push({ atom, seed, epochs });
    }
  });
  return kept;
}

/** Percent of the runs that are exact after quantisation. */
function exactShare(kept: readonly Run[], options: Partial<NetworkTraining>): number {
  const exact = kept.filter(({ atom, seed, epochs }) => {
    const run = { ...PUBLIC, method: "ptq", maxEpochs: epochs, stopMargin: Infinity } as const;
    return trainNetworkOnce(STANDARD_ATOMS[atom]!, { ...run, ...options }, seed).exact;
  });
  return exact.length / kept.length * 100;
}

Deno.test("trainNetworkOnce() by ptq agrees with the table of the specification within 10 points", () => {
  const kept = keptRuns(1);
  assert(Math.abs(kept.length - 185) <= 10, `${kept.length} runs kept, the specification has 185`);
  for (
    const [format, scaling, biasFormat, expected] of [
      ["e2m1", "none", "float32", 8.1],
      ["e2m1", "none", undefined, 14.1],
      ["e2m1", "tensor", "float32", 88.1],
      ["e2m1", "tensor", undefined, 85.9],
      ["e2m1", "row", "float32", 94.6],
      ["e2m1", "row", undefined, 90.8],
      ["e2m1", "search", undefined, 100],
      ["nf4", "none", "float32", 89.7],
      ["nf4", "none", undefined, 80],
      ["nf4", "tensor", "float32", 95.7],
      ["nf4", "tensor", undefined, 92.4],
      ["nf4", "row", "float32", 96.8],
      ["nf4", "search", undefined, 100],
      ["nf4", "row", undefined, 94.1],
    ] as const
  ) {
    const bias = biasFormat === undefined ? {} : { biasFormat };
    const found = exactShare(kept, { format, scaling, ...bias });
    const label = `${format} ${scaling} ${biasFormat}: ${
      found.toFixed(1)
    } %, expected ${expected} %`;
    if (scaling === "search") assertEquals(found, 100, label);
    else assert(Math.abs(found - expected) <= 10, label);
  }
});

const QAT: readonly QatRow[] = [
  [2, 51, 36],
  [4, 86, 74],
  [8, 98, 100],
  [16, 100, 100],
  [32, 100, 100],
];

Deno.test("trainNetworkOnce() by qat agrees with the table of the specification within 15 runs", () => {
  assertQatTable(QAT, 2000);
});
