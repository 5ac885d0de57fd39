import { assert } from "@std/assert";
import { STANDARD_ATOMS } from "../truth_table.ts";
import { type NetworkTraining, trainNetworkOnce } from "./train_network.ts";

/** The network that the specification measured: three hidden layers, stop at the first right epoch. */
export const PUBLIC: NetworkTraining = {
  method: "float",
  architecture: { hidden: [32, 32, 32], activation: "relu", residual: false },
  encoding: "binary",
  format: "e2m1",
  scaling: "tensor",
  maxEpochs: 2000,
  stopMargin: 0,
  learningRate: 0.01,
};

/** A width, and exact runs of 100 (10 seeds, 10 atoms) with one and two hidden layers of it. */
export type QatRow = readonly [width: number, one: number, two: number];

/** Trains by qat, and asserts that it is exact as often as a table says, within 15 runs. */
export function assertQatTable(table: readonly QatRow[], maxEpochs: number): void {
  for (const [width, ...expected] of table) {
    expected.forEach((count, i) => {
      const hidden = Array<number>(i + 1).fill(width);
      const training: NetworkTraining = {
        ...PUBLIC,
        method: "qat",
        maxEpochs,
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
}
