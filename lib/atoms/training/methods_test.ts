import { assert, assertEquals, assertThrows } from "@std/assert";
import { random } from "../../numerics/mod.ts";
import { CONSTRUCTED_ATOMS } from "../constructed.ts";
import { ENCODINGS } from "../quantised_network.ts";
import { dequantiseTensor } from "../quantised_tensor.ts";
import { type AtomSpec, STANDARD_ATOMS } from "../truth_table.ts";
import { evaluateAtom, verify } from "../verify.ts";
import type { MethodOptions } from "./method_options.ts";
import { makeAtom, type Method } from "./methods.ts";
import { recodeAtom } from "./recode.ts";
import { architectures } from "./search_architecture.ts";
import { IncompatibleFormatError, TrainingError } from "./training_error.ts";

const FOUR_BITS = ["e2m1", "nf4", "mxfp4", "nvfp4"] as const;

for (const method of ["ptq", "qat", "search"] as const) {
  for (const format of FOUR_BITS) {
    Deno.test(`makeAtom() makes all ten atoms by ${method} in ${format}`, () => {
      for (const spec of STANDARD_ATOMS) {
        const atom = makeAtom(spec, method, { format, seed: 100 });
        const { outputs, margin } = evaluateAtom(atom);
        assertEquals(outputs, spec.truthTable, spec.name);
        assert(margin > 0);
        assertEquals(atom.training!.method, method);
        assertEquals(
          "network" in atom ? atom.network.layers[0]!.weights.format : "e2m1",
          format,
        );
      }
    });
  }
}

/** A random function with as many rows as its inputs give. */
function randomFunction(inputs: number, seed: number): AtomSpec {
  const draw = random(seed);
  const truthTable = Array.from({ length: 2 ** inputs }, () => (draw() < 0.5 ? 0 : 1)).join("");
  return { name: `R${seed}`, inputs: [..."abcdef"].slice(0, inputs), truthTable };
}

Deno.test("makeAtom() by synth makes the ten atoms as small as the specification's compact forms", () => {
  // The specification, 7.2: SUM takes 2 gates and with CARRY 36 bits; XOR, XNOR and MUX take 2.
  const twoGates = ["XOR", "XNOR", "SUM", "MUX"];
  for (const spec of STANDARD_ATOMS) {
    const atom = makeAtom(spec, "synth");
    assert("layers" in atom);
    const { outputs, margin } = evaluateAtom(atom);
    assertEquals(outputs, spec.truthTable, spec.name);
    assert(margin >= 0.5);
    assertEquals(atom.layers.length, twoGates.includes(spec.name) ? 2 : 1, spec.name);
    assertEquals(atom.training!.method, "synth");
  }
});

Deno.test("makeAtom() by synth takes functions of five and six inputs, with margin 0.5", () => {
  for (let seed = 0; seed < 6; seed++) {
    const spec = randomFunction(5 + seed % 2, seed);
    const { outputs, margin } = evaluateAtom(makeAtom(spec, "synth"));
    assertEquals(outputs, spec.truthTable);
    assert(margin >= 0.5);
  }
});

for (const format of ["nf4", "mxfp4", "nvfp4"] as const) {
  Deno.test(`makeAtom() by synth stores the ten atoms in ${format} with scales`, () => {
    for (const spec of STANDARD_ATOMS) {
      const atom = makeAtom(spec, "synth", { format, scaling: "tensor" });
      assert("network" in atom);
      assertEquals(evaluateAtom(atom).outputs, spec.truthTable, spec.name);
    }
  });
}

Deno.test("makeAtom() by float stores float32 and is the network of the specification", () => {
  for (const spec of STANDARD_ATOMS) {
    const atom = makeAtom(spec, "float");
    assert("network" in atom);
    assertEquals(evaluateAtom(atom).outputs, spec.truthTable);
    assertEquals(atom.network.layers.map(({ gates }) => gates), [32, 32, 1]);
    for (const { weights, biases } of atom.network.layers) {
      assertEquals([weights.format, biases.format], ["float32", "float32"]);
    }
  }
});

Deno.test("makeAtom() takes every encoding, with as many first weights as it has inputs", () => {
  for (const encoding of ENCODINGS) {
    for (const method of ["float", "ptq", "qat", "search"] as const) {
      const atom = makeAtom("SUM", method, { encoding });
      assertEquals(verify(atom).exact, true, `${method} ${encoding}`);
      const layers = "network" in atom ? atom.network.layers : atom.layers;
      assertEquals(layers[0]!.inputs, { binary: 3, thermometer: 12, onehot: 8 }[encoding]);
    }
  }
});

for (const method of ["float", "ptq", "qat"] as const) {
  Deno.test(`makeAtom() makes functions of four to six inputs by ${method}`, () => {
    for (let seed = 0; seed < 9; seed++) {
      const spec = randomFunction(4 + seed % 3, seed);
      assertEquals(evaluateAtom(makeAtom(spec, method)).outputs, spec.truthTable, spec.name);
    }
    const parity = Array.from({ length: 64 }, (_, row) => {
      return row.toString(2).replaceAll("0", "").length % 2;
    }).join("");
    const spec = { name: "PARITY6", inputs: [..."abcdef"], truthTable: parity };
    assertEquals(evaluateAtom(makeAtom(spec, method)).outputs, parity);
  });
}

Deno.test("makeAtom() makes every fifth function of three inputs by qat and search", () => {
  for (let mask = 0; mask < 256; mask += 5) {
    const truthTable = Array.from({ length: 8 }, (_, row) => (mask >> row) & 1).join("");
    for (const method of ["qat", "search"] as const) {
      const atom = makeAtom({ name: truthTable, inputs: ["a", "b", "c"], truthTable }, method);
      assertEquals(evaluateAtom(atom).outputs, truthTable);
    }
  }
});

Deno.test("makeAtom() gives the same atom for the same seed, and records which seed it was", () => {
  for (const method of ["synth", "threshold", "float", "ptq", "qat", "search"] as const) {
    const atom = makeAtom("MUX", method, { seed: 42 });
    assertEquals(atom, makeAtom("MUX", method, { seed: 42 }), method);
    const { seed, attempts } = atom.training!;
    if (method !== "search" && method !== "synth") assertEquals(seed, 42 + attempts - 1);
  }
});

Deno.test("makeAtom() gives up with a remedy", () => {
  const cases: readonly [Method, MethodOptions, string][] = [
    ["ptq", { scaling: "none", maxAttempts: 1, maxEpochs: 1 }, "SUM: no exact network by ptq"],
    ["qat", { hidden: [1], maxAttempts: 2 }, "in e2m1, scaling tensor, after 2 attempts from seed"],
    ["search", { maxAttempts: 3, maxEpochs: 5 }, "no architecture was exact in 3 attempts"],
    ["float", { activation: "step" }, "steps have no slope that float could follow"],
  ];
  for (const [method, options, message] of cases) {
    assertThrows(() => makeAtom("SUM", method, options), TrainingError, message);
  }
  assertThrows(() => makeAtom("SUMM", "qat"), TrainingError, 'unknown atom "SUMM"');
  const seven = { name: "X", inputs: [..."abcdefg"], truthTable: "0".repeat(128) };
  assertThrows(() => makeAtom(seven, "qat"), TrainingError, "X: 7 inputs");
});

/** Which constructed atoms NF4 can hold without a scale: w = ±1 is in the book, ±0.5 and 1.5 are not. */
Deno.test("recodeAtom() says which value a format cannot hold, and which row that breaks", () => {
  const atom = (name: string): (typeof CONSTRUCTED_ATOMS)[number] =>
    CONSTRUCTED_ATOMS.find((one) => one.name === name)!;
  assertThrows(
    () => recodeAtom(atom("AND"), "nf4", "none"),
    IncompatibleFormatError,
    "AND is incompatible with nf4 without a scale: the bias -1.5 of layer 1 becomes -1, " +
      "and row a=1 b=0 gives 1",
  );
  assertThrows(
    () => recodeAtom(atom("SUM"), "mxfp4", "none"),
    IncompatibleFormatError,
    "the bias -2.5 of layer 1 becomes -2",
  );
  for (const name of ["OR", "NOT", "NOR", "XOR"]) {
    assertEquals(verify(recodeAtom(atom(name), "nf4", "none")).exact, true, name);
  }
});

Deno.test("recodeAtom() stores all constructed atoms with scales, and the values as they are", () => {
  for (const atom of CONSTRUCTED_ATOMS) {
    for (
      const [format, scaling] of [["nf4", "tensor"], ["nvfp4", "none"], ["e2m1", "tensor"]] as const
    ) {
      const { exact, margin } = verify(recodeAtom(atom, format, scaling));
      assertEquals(exact && margin > 0.1, true, `${atom.name} ${format}`);
    }
    if (atom.name === "SUM") continue;
    const { network } = recodeAtom(atom, "mxfp4", "none");
    for (const [l, { weights, biases }] of network.layers.entries()) {
      const plain = recodeAtom(atom, "float32", "none").network.layers[l]!;
      assertEquals(dequantiseTensor(weights), dequantiseTensor(plain.weights));
      assertEquals(dequantiseTensor(biases), dequantiseTensor(plain.biases));
    }
  }
});

Deno.test("makeAtom() by threshold stores the atom in the format asked for", () => {
  const atom = makeAtom("XOR", "threshold", { format: "nf4", scaling: "row" });
  assert("network" in atom);
  assertEquals(atom.network.activation, "step");
  assertEquals(evaluateAtom(atom).outputs, "0110");
});

Deno.test("architectures() lists each once, from few parameters to many", () => {
  const all = architectures(3);
  const count = ({ hidden }: (typeof all)[number]): number => {
    const widths = [3, ...hidden, 1];
    return widths.slice(1).reduce((sum, gates, i) => sum + gates * (widths[i]! + 1), 0);
  };
  // No hidden layer, 7 widths × 4 activations, and twice as many for two and three layers.
  assertEquals(all.length, 1 + 28 + 56 + 56);
  assertEquals(new Set(all.map((one) => JSON.stringify(one))).size, all.length);
  for (let i = 1; i < all.length; i++) assert(count(all[i - 1]!) <= count(all[i]!));
});
