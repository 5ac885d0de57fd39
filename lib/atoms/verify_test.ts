import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { E2M1, encode } from "../numerics/mod.ts";
import { type Atom, requireThreshold } from "./atom.ts";
import { AtomError } from "./atom_error.ts";
import { CONSTRUCTED_ATOMS } from "./constructed.ts";
import { evaluator } from "./decoded_network.ts";
import { atomOfGates } from "./gates_atom.ts";
import { LayerError, packLayer } from "./threshold_layer.ts";
import { makeAtom } from "./training/methods.ts";
import { rowInputs, STANDARD_ATOMS } from "./truth_table.ts";
import { evaluateAtom, reportAtom, verify } from "./verify.ts";

const codes = (values: readonly number[]): number[] => values.map((value) => encode(E2M1, value));

/** Gates as weights and bias terms; each gate sees the inputs and the gates before it. */
function sequence(name: string, gates: readonly [number[], number[]][]): Atom {
  const spec = STANDARD_ATOMS.find((atom) => atom.name === name)!;
  return atomOfGates(spec, {
    inputs: spec.inputs.length,
    gates: gates.map(([weights, bias]) => ({
      weightCodes: codes(weights),
      biasCodes: codes(bias),
    })),
  });
}

/** The compact forms of the specification, 7.2. */
const COMPACT: readonly Atom[] = [
  sequence("CARRY", [[[1, 1, 1], [-1.5]]]),
  sequence("SUM", [[[1, 1, 1], [-1.5]], [[1, 1, 1, -2], [-0.5]]]),
  sequence("XOR", [[[1, 1], [-1.5]], [[1, 1, -2], [-0.5]]]),
  sequence("XNOR", [[[1, 1], [-1.5]], [[-1, -1, 2], [0.5]]]),
  sequence("MUX", [[[1, 0, 1], [-1.5]], [[-1, 1, 0, 2], [-0.5]]]),
];

Deno.test("verify() finds the compact forms of the specification exact: gates that skip layers", () => {
  for (const atom of COMPACT) {
    const report = reportAtom(atom);
    assertEquals([report.exact, report.margin, report.accuracy], [true, 0.5, 1], atom.name);
    assertEquals(report.size.gates, atom.name === "CARRY" ? 1 : 2);
    // Without the skips the second gate would not get what it counts on.
    if (atom.layers.length > 1) {
      assertThrows(() => verify({ ...atom, skip: false }), LayerError, "expected 1");
    }
  }
  const [carry, sum] = [reportAtom(COMPACT[0]!).size, reportAtom(COMPACT[1]!).size];
  assertEquals([carry.bits, sum.bits], [16, 36]);
});

Deno.test("verify() adds the two codes of a bias", () => {
  // AND of five inputs with margin 0.5 on both sides needs the bias −4.5, no E2M1 value.
  const inputs = ["a", "b", "c", "d", "e"];
  const truthTable = "0".repeat(31) + "1";
  const layers = [packLayer(5, codes([1, 1, 1, 1, 1]), codes([-4, -0.5]), 2)];
  const report = reportAtom({ name: "AND5", inputs, truthTable, layers });
  assertEquals([report.exact, report.margin], [true, 0.5]);
  assertEquals(report.size.bits, 7 * 4);
  const one = [packLayer(5, codes([1, 1, 1, 1, 1]), codes([-4]))];
  assertEquals(verify({ name: "AND5", inputs, truthTable, layers: one }).exact, false);
});

Deno.test("reportAtom() says that a margin is one-sided where a gate decides at exactly 0", () => {
  const report = reportAtom({
    name: "AND",
    inputs: ["a", "b"],
    truthTable: "0001",
    layers: [packLayer(2, codes([1, 1]), codes([-2]))],
  });
  assertEquals([report.exact, report.margin, report.decisionsAtZero], [true, 0, 1]);
  assertEquals([report.marginBelow, report.marginAbove], [1, 0]);
  const plain = reportAtom(CONSTRUCTED_ATOMS[0]!);
  assertEquals([plain.decisionsAtZero, plain.marginBelow, plain.marginAbove], [0, 0.5, 0.5]);
});

Deno.test("reportAtom() leaves out the side on which a constant never decides", () => {
  const one = { name: "ONE", inputs: ["a"], truthTable: "11", layers: [packLayer(1, [0], [2])] };
  const report = reportAtom(one);
  assertEquals(report.margin, 1);
  assertEquals("marginBelow" in report, false);
});

Deno.test("reportAtom() counts the wrong rows", () => {
  const report = reportAtom({ ...CONSTRUCTED_ATOMS[0]!, truthTable: "0111" });
  assertEquals([report.exact, report.wrong, report.accuracy], [false, 2, 0.5]);
  assertEquals(report.firstWrong!.inputs, "a=1 b=0");
});

Deno.test("evaluator() computes single rows of both kinds of atoms, and takes bits only", () => {
  const atoms = [
    ...COMPACT,
    makeAtom("SUM", "float"),
    makeAtom("MUX", "qat", { encoding: "onehot" }),
    makeAtom("XOR", "qat", { encoding: "thermometer", format: "nf4" }),
  ];
  for (const atom of atoms) {
    const compute = evaluator(atom);
    for (const [row, digit] of [...atom.truthTable].entries()) {
      assertEquals(compute(rowInputs(row, atom.inputs.length)), Number(digit), atom.name);
    }
  }
  assertThrows(
    () => evaluator(COMPACT[0]!)([0, 0.5, 1]),
    AtomError,
    "input b of atom CARRY is 0.5",
  );
});

Deno.test("verify() runs a network of float32 by its definition", () => {
  // max(0, a + b − 1)·4 − 2 is 2 for 11 and −2 otherwise; the bytes are written by hand.
  const hex = (values: readonly number[]): string => {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    return bytes.toHex();
  };
  const float = { format: "float32", rows: 1, scales: "" } as const;
  const network = {
    encoding: "binary",
    activation: "relu",
    residual: false,
    layers: [
      {
        inputs: 2,
        gates: 1,
        weights: { ...float, columns: 2, codes: hex([1, 1]) },
        biases: { ...float, columns: 1, codes: hex([-1]) },
      },
      {
        inputs: 1,
        gates: 1,
        weights: { ...float, columns: 1, codes: hex([4]) },
        biases: { ...float, columns: 1, codes: hex([-2]) },
      },
    ],
  } as const;
  const atom = { name: "AND", inputs: ["a", "b"], truthTable: "0001", network };
  assertEquals([verify(atom).exact, verify(atom).margin], [true, 2]);
  const gelu = { ...atom, network: { ...network, activation: "gelu" as const } };
  // 4·GELU(1) − 2 with GELU(1) = 0.8412 in its tanh form; 4·GELU(0) − 2 = −2.
  assertAlmostEquals(verify(gelu).margin, 4 * 0.8412 - 2, 1e-3);
  const hardtanh = { ...atom, network: { ...network, activation: "hardtanh" as const } };
  // Row 00 gives 4·(−1) − 2 = −6, rows 01 and 10 give −2, row 11 gives 2.
  assertEquals([verify(hardtanh).exact, verify(hardtanh).margin], [true, 2]);
});

Deno.test("verify() refuses networks whose parts do not fit, and too many inputs", () => {
  const qat = makeAtom("AND", "qat");
  assert("network" in qat);
  const { network } = qat;
  const [first, last] = network.layers;
  const layers = (...of: (typeof network.layers)[number][]): typeof qat => ({
    ...qat,
    network: { ...network, layers: of },
  });
  assertThrows(() => verify(layers(last!)), LayerError, "layer 1: 16 inputs, expected 2");
  assertThrows(() => verify(layers(first!)), LayerError, "16 output gates, expected 1");
  const narrow = { ...first!, weights: { ...first!.weights, columns: 1 } };
  assertThrows(() => verify(layers(narrow, last!)), LayerError, "matrices of other sizes");
  const codes = first!.biases.codes.replace(/^......../, "0000c07f");
  const nan = { ...first!, biases: { ...first!.biases, format: "float32" as const, scales: "" } };
  const float = { ...nan, biases: { ...nan.biases, codes: codes.padEnd(16 * 8, "0") } };
  assertThrows(() => verify(layers(float, last!)), AtomError, "layer 1: biases: value 0 is NaN");
  const wide = { ...CONSTRUCTED_ATOMS[0]!, inputs: Array.from({ length: 21 }, (_, i) => `x${i}`) };
  assertThrows(() => evaluateAtom(wide), AtomError, "too many rows to try them all");
});

Deno.test("requireThreshold() gives threshold atoms back, and refuses the others with a method", () => {
  assertEquals(requireThreshold(COMPACT[1]!), COMPACT[1]);
  const error = assertThrows(
    () => requireThreshold(makeAtom("SUM", "qat", { format: "nf4" })),
    AtomError,
    "atom SUM is a network of relu gates in nf4, and circuits",
  );
  assertStringIncludes(error.help, "--atoms SUM --method");
});
