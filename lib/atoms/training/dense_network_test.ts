import { assertAlmostEquals, assertEquals } from "@std/assert";
import { random } from "../../numerics/mod.ts";
import { decodeAtom, runAllRows } from "../decoded_network.ts";
import { encodedRows } from "../quantised_network.ts";
import { quantiseTensor } from "../quantised_tensor.ts";
import { Adam } from "./adam.ts";
import { type Architecture, DenseNetwork, initialParameters } from "./dense_network.ts";

const TARGETS = Float64Array.of(0, 1, 1, 0, 1, 0, 0, 1);
const ARCHITECTURES: readonly Architecture[] = [
  { hidden: [], activation: "relu", residual: false },
  { hidden: [5], activation: "relu", residual: false },
  { hidden: [4, 6], activation: "gelu", residual: false },
  { hidden: [4, 4, 4], activation: "gelu", residual: true },
  { hidden: [5, 5], activation: "hardtanh", residual: true },
  { hidden: [6, 5, 5], activation: "relu", residual: true },
];

/** Mean binary cross-entropy, by its definition. */
function loss(network: DenseNetwork, parameters: Float64Array): number {
  network.forward(parameters);
  let sum = 0;
  network.outputSums.forEach((z, row) => {
    const p = 1 / (1 + Math.exp(-z));
    sum -= TARGETS[row] === 1 ? Math.log(p) : Math.log(1 - p);
  });
  return sum / TARGETS.length;
}

for (const architecture of ARCHITECTURES) {
  const { hidden, activation, residual } = architecture;
  const name = `${hidden.join("-")} ${activation}${residual ? " with residuals" : ""}`;

  Deno.test(`backward() gives the slopes of the loss that differences give: ${name}`, () => {
    const network = new DenseNetwork(architecture, encodedRows(3, "binary"), 8);
    const parameters = initialParameters(network.places, 11);
    const gradient = new Float64Array(parameters.length);
    loss(network, parameters);
    network.backward(parameters, TARGETS, gradient);
    const h = 1e-6;
    for (let i = 0; i < parameters.length; i++) {
      const at = (value: number): number => loss(network, parameters.with(i, value));
      const slope = (at(parameters[i]! + h) - at(parameters[i]! - h)) / (2 * h);
      assertAlmostEquals(gradient[i]!, slope, 1e-7, `parameter ${i}`);
    }
  });

  Deno.test(`forward() sums what runAllRows() sums from stored float32: ${name}`, () => {
    const network = new DenseNetwork(architecture, encodedRows(3, "binary"), 8);
    const parameters = Float64Array.from(Float32Array.from(initialParameters(network.places, 3)));
    network.forward(parameters);
    const float = { format: "float32", scaling: "none" } as const;
    const decoded = decodeAtom({
      name: "X",
      inputs: ["a", "b", "c"],
      network: {
        encoding: "binary",
        activation,
        residual,
        layers: network.places.map(({ inputs, gates, weightsAt, biasesAt, end }) => ({
          inputs,
          gates,
          weights: quantiseTensor(parameters.slice(weightsAt, biasesAt), gates, float),
          biases: quantiseTensor(parameters.slice(biasesAt, end), 1, float),
        })),
      },
    });
    assertEquals([...runAllRows(decoded, 3).at(-1)!.sums], [...network.outputSums]);
  });
}

Deno.test("Adam makes the steps of its definition", () => {
  const draw = random(4);
  const adam = new Adam(1, 0.01);
  const parameters = Float64Array.of(0.3);
  let [x, m, v] = [0.3, 0, 0];
  for (let t = 1; t <= 50; t++) {
    const g = draw() - 0.4;
    adam.step(parameters, Float64Array.of(g));
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    x -= 0.01 * (m / (1 - 0.9 ** t)) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
    assertAlmostEquals(parameters[0]!, x, 1e-12);
  }
});
