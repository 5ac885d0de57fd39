import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { E2M1, encode } from "../numerics/mod.ts";
import type { Atom } from "./atom.ts";
import { sizeOf } from "./atom_size.ts";
import { LayerError, packLayer, unpackLayer } from "./threshold_layer.ts";
import { quantiseGate } from "./training/quantise_gate.ts";
import { train } from "./training/train_threshold.ts";
import { TrainingError } from "./training/training_error.ts";
import { rowInputs, STANDARD_ATOMS } from "./truth_table.ts";
import { evaluateAtom, verify } from "./verify.ts";

/** The functions in ordinary arithmetic, apart from any table. */
const FUNCTIONS: Readonly<Record<string, (...x: number[]) => number>> = {
  AND: (a, b) => a! * b!,
  OR: (a, b) => Math.max(a!, b!),
  NOT: (a) => 1 - a!,
  NAND: (a, b) => 1 - a! * b!,
  NOR: (a, b) => 1 - Math.max(a!, b!),
  XOR: (a, b) => (a! + b!) % 2,
  XNOR: (a, b) => 1 - (a! + b!) % 2,
  SUM: (a, b, c) => (a! + b! + c!) % 2,
  CARRY: (a, b, c) => (a! + b! + c! >= 2 ? 1 : 0),
  MUX: (s, a, b) => (s ? b! : a!),
};

/** Masks of the specification: bit i is the output in row i. */
const MASKS: Readonly<Record<string, number>> = {
  AND: 0x8,
  OR: 0xe,
  XOR: 0x6,
  NOT: 0x1,
  NAND: 0x7,
  NOR: 0x1,
  XNOR: 0x9,
  SUM: 0x96,
  CARRY: 0xe8,
  MUX: 0xe4,
};

/** The written-down circuits of the specification that E2M1 can hold: W rows, then b. */
const KNOWN: Readonly<Record<string, [number[][], number[]][]>> = {
  AND: [[[[1, 1]], [-1.5]]],
  CARRY: [[[[1, 1, 1]], [-1.5]]],
  XOR: [[[[1, -1], [-1, 1]], [-0.5, -0.5]], [[[1, 1]], [-0.5]]],
  MUX: [[[[-1, 1, 0], [1, 0, 1]], [-0.5, -1.5]], [[[1, 1]], [-0.5]]],
};

function written(name: string): Atom {
  const spec = STANDARD_ATOMS.find((atom) => atom.name === name)!;
  const code = (value: number): number => encode(E2M1, value);
  return {
    ...spec,
    layers: KNOWN[name]!.map(([w, b]) => packLayer(w[0]!.length, w.flat().map(code), b.map(code))),
  };
}

Deno.test("STANDARD_ATOMS are the ten functions, and their masks those of the specification", () => {
  assertEquals(STANDARD_ATOMS.length, 10);
  for (const { name, inputs, truthTable } of STANDARD_ATOMS) {
    for (const [row, digit] of [...truthTable].entries()) {
      assertEquals(Number(digit), FUNCTIONS[name]!(...rowInputs(row, inputs.length)), name);
    }
    assertEquals(parseInt([...truthTable].reverse().join(""), 2), MASKS[name], name);
  }
});

Deno.test("verify() finds the written-down circuits of the specification exact, margin 0.5", () => {
  for (const name of Object.keys(KNOWN)) {
    const verdict = verify(written(name));
    assertEquals([verdict.exact, verdict.margin], [true, 0.5], name);
  }
});

for (const spec of STANDARD_ATOMS) {
  Deno.test(`train() makes ${spec.name} exact from twenty seeds`, () => {
    for (let seed = 0; seed < 20; seed++) {
      const atom = train(spec, { seed: seed * 1000 });
      const { outputs, margin } = evaluateAtom(atom);
      for (const [row, digit] of [...outputs].entries()) {
        assertEquals(Number(digit), FUNCTIONS[spec.name]!(...rowInputs(row, spec.inputs.length)));
      }
      assert(margin >= 0.5, `margin ${margin}`);
    }
  });
}

Deno.test("train() gives the same codes for the same seed", () => {
  assertEquals(train("SUM", { seed: 5 }), train("SUM", { seed: 5 }));
});

Deno.test("train() makes every function of one and two inputs, constants included", () => {
  for (const inputs of [["a"], ["a", "b"]]) {
    const rows = 2 ** inputs.length;
    for (let mask = 0; mask < 2 ** rows; mask++) {
      const truthTable = Array.from({ length: rows }, (_, row) => (mask >> row) & 1).join("");
      assertEquals(
        evaluateAtom(train({ name: truthTable, inputs, truthTable })).outputs,
        truthTable,
      );
    }
  }
});

Deno.test("train() gives up with a remedy, and refuses tables of the wrong length", () => {
  const error = assertThrows(() => train("SUM", { maxAttempts: 1 }), TrainingError);
  assertStringIncludes(error.message, "no exact network after 1 attempts from seed 0");
  assertThrows(
    () => train({ name: "X", inputs: ["a", "b"], truthTable: "011" }),
    TrainingError,
    "3 rows for 2 inputs",
  );
  assertThrows(() => train("SUMM"), TrainingError, 'unknown atom "SUMM"');
});

Deno.test("verify() notices every change of a single bit that changes the function", () => {
  for (const name of Object.keys(KNOWN)) {
    const atom = written(name);
    let detected = 0;
    for (const [l, layer] of atom.layers.entries()) {
      for (const field of ["weights", "biases"] as const) {
        const bytes = Uint8Array.fromHex(layer[field]);
        const used = field === "weights" ? layer.inputs * layer.gates : layer.gates;
        for (let bit = 0; bit < used * 4; bit++) {
          const flipped = bytes.slice();
          flipped[bit >> 3]! ^= 1 << (bit & 7);
          const layers = atom.layers.map((own, i) =>
            i === l ? { ...own, [field]: flipped.toHex() } : own
          );
          const changed = { ...atom, layers };
          const truth = [...atom.truthTable].map((_, row) =>
            FUNCTIONS[name]!(...rowInputs(row, atom.inputs.length))
          ).join("");
          const verdict = verify(changed);
          assertEquals(verdict.exact, evaluateAtom(changed).outputs === truth);
          if (!verdict.exact) {
            detected++;
            assertEquals(verdict.firstWrong!.expected, truth[verdict.firstWrong!.row]);
          }
        }
      }
    }
    assert(detected > 0, name);
  }
});

Deno.test("unpackLayer() gives back what packLayer() packed, and refuses other sizes", () => {
  const layer = packLayer(3, [1, 2, 3, 4, 5, 15], [7, 8]);
  assertEquals(layer, { inputs: 3, gates: 2, weights: "2143f5", biases: "87" });
  assertEquals([...unpackLayer(layer).weights], [0.5, 1, 1.5, 2, 3, -6]);
  assertEquals([...unpackLayer(layer).biases], [6, -0]);
  assertThrows(
    () => unpackLayer({ ...layer, gates: 3 }),
    LayerError,
    "layer: weights of 3 bytes, expected 5",
  );
});

Deno.test("verify() refuses sizes that do not fit together, and names the atom", () => {
  const atom = written("XOR");
  assertThrows(
    () => verify({ ...atom, truthTable: "01100" }),
    LayerError,
    "atom XOR: a truth table of 5 rows, expected 4",
  );
  assertThrows(
    () => verify({ ...atom, layers: atom.layers.slice(1).concat(written("CARRY").layers) }),
    LayerError,
    "atom XOR, layer 2: 3 inputs, expected 1",
  );
});

Deno.test("quantiseGate() finds a scale where rounding at scale 1 fails", () => {
  const rows = [0, 1, 2, 3].map((row) => ({
    x: rowInputs(row, 2),
    target: (row === 3 ? 1 : 0) as 0 | 1,
  }));
  const gate = quantiseGate([0.11, 0.1, -0.16], rows)!;
  assertEquals(gate.margin, 0.5);
  assertEquals(quantiseGate([1, 1, 1], rows), undefined);
});

Deno.test("sizeOf() counts gates, parameters and bits", () => {
  const { gates, parameters, bits } = sizeOf(written("XOR"));
  assertEquals([gates, parameters, bits], [3, 9, 36]);
});
