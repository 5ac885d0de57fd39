import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { E2M1, encode } from "../numerics/mod.ts";
import type { Atom } from "./atom.ts";
import { AtomError } from "./atom_error.ts";
import { CONSTRUCTED_ATOMS } from "./constructed.ts";
import { flipNibbles, stickAt } from "./fault_campaign.ts";
import { noiseMargin } from "./noise_margin.ts";
import { packLayer, unpackLayer } from "./threshold_layer.ts";
import { makeAtom } from "./training/methods.ts";
import { rowInputs } from "./truth_table.ts";
import { verify } from "./verify.ts";

const code = (value: number): number => encode(E2M1, value);

function gate(name: string, truthTable: string, weights: number[], bias: number): Atom {
  const inputs = weights.map((_, i) => `x${i}`);
  return {
    name,
    inputs,
    truthTable,
    layers: [packLayer(weights.length, weights.map(code), [code(bias)])],
  };
}

/** The table of the specification, 7.2: parameter tolerance and input tolerance. */
const NOISE: readonly [string, number, number][] = [
  ["AND", 0.143, 0.25],
  ["NAND", 0.143, 0.25],
  ["OR", 0.333, 0.25],
  ["NOR", 0.333, 0.25],
  ["NOT", 0.333, 0.5],
  ["CARRY", 0.143, 0.167],
];

Deno.test("noiseMargin() gives the table of the specification for the constructed atoms", () => {
  for (const [name, parameter, input] of NOISE) {
    const margin = noiseMargin(CONSTRUCTED_ATOMS.find((atom) => atom.name === name)!);
    assertAlmostEquals(margin.parameter, parameter, 5e-4, name);
    assertAlmostEquals(margin.input, input, 5e-4, name);
  }
});

Deno.test("noiseMargin() gives the other gates of that table", () => {
  for (
    const [atom, parameter, input] of [
      [gate("OR6", "0111", [6, 6], -0.5), 0.846, 0.04],
      [gate("NOR6", "1000", [-6, -6], 0.5), 0.846, 0.04],
      [gate("NOT6", "10", [-6], 0.5), 0.846, 0.08],
      [gate("AND3", "00000001", [1, 1, 1.5], -3), 0.077, 0.143],
    ] as const
  ) {
    assert(verify(atom).exact, atom.name);
    const margin = noiseMargin(atom);
    assertAlmostEquals(margin.parameter, parameter, 5e-4, atom.name);
    assertAlmostEquals(margin.input, input, 5e-3, atom.name);
  }
});

Deno.test("noiseMargin() is the error at which the worst combination of errors first flips a gate", () => {
  for (const atom of CONSTRUCTED_ATOMS) {
    if (atom.layers.length > 1) continue;
    const { parameter } = noiseMargin(atom);
    const { weights, biases } = unpackLayer(atom.layers[0]!);
    const flips = (error: number): boolean => {
      for (let signs = 0; signs < 2 ** (weights.length + 1); signs++) {
        const factor = (i: number): number => 1 + ((signs >> i) & 1 ? error : -error);
        for (const [row, digit] of [...atom.truthTable].entries()) {
          let z = biases[0]! * factor(weights.length);
          rowInputs(row, weights.length).forEach((x, i) => z += weights[i]! * factor(i) * x);
          if ((z >= 0) !== (digit === "1")) return true;
        }
      }
      return false;
    };
    assertEquals([flips(parameter * 0.999), flips(parameter * 1.001)], [false, true], atom.name);
  }
});

Deno.test("flipNibbles() agrees with verify() on every change of every nibble", () => {
  for (const atom of CONSTRUCTED_ATOMS) {
    const expected = { nibbles: 0, codes: 0, detectedCodes: 0, bits: 0, detectedBits: 0 };
    atom.layers.forEach((layer, l) => {
      for (const field of ["weights", "biases"] as const) {
        const used = field === "weights"
          ? layer.inputs * layer.gates
          : layer.gates * (layer.biasCodes ?? 1);
        for (let nibble = 0; nibble < used; nibble++) {
          expected.nibbles++;
          for (let change = 1; change < 16; change++) {
            const bytes = Uint8Array.fromHex(layer[field]);
            bytes[nibble >> 1]! ^= change << (nibble % 2 * 4);
            const layers = atom.layers.map((own, i) =>
              i === l ? { ...own, [field]: bytes.toHex() } : own
            );
            const detected = verify({ ...atom, layers }).exact ? 0 : 1;
            expected.codes++;
            expected.detectedCodes += detected;
            if ([1, 2, 4, 8].includes(change)) {
              expected.bits++;
              expected.detectedBits += detected;
            }
          }
        }
      }
    });
    const { nibbles, bitFlips, otherCodes } = flipNibbles(atom);
    assertEquals(nibbles, expected.nibbles);
    assertEquals(
      [bitFlips.faults, bitFlips.detected, bitFlips.masked],
      [expected.bits, expected.detectedBits, expected.bits - expected.detectedBits],
      atom.name,
    );
    assertEquals(
      [otherCodes.faults, otherCodes.detected],
      [expected.codes, expected.detectedCodes],
      atom.name,
    );
  }
});

Deno.test("flipNibbles() agrees with verify() on networks with scales", () => {
  for (const format of ["e2m1", "nf4", "mxfp4", "nvfp4"] as const) {
    const atom = makeAtom("XOR", "qat", { format, hidden: [4], maxAttempts: 50 });
    assert("network" in atom);
    let [faults, detected, nibbles] = [0, 0, 0];
    atom.network.layers.forEach((layer, l) => {
      for (const field of ["weights", "biases"] as const) {
        const tensor = layer[field];
        for (let nibble = 0; nibble < tensor.rows * tensor.columns; nibble++) {
          nibbles++;
          for (let change = 1; change < 16; change++) {
            const bytes = Uint8Array.fromHex(tensor.codes);
            bytes[nibble >> 1]! ^= change << (nibble % 2 * 4);
            const changed = { ...layer, [field]: { ...tensor, codes: bytes.toHex() } };
            const layers = atom.network.layers.map((own, i) => i === l ? changed : own);
            faults++;
            if (!verify({ ...atom, network: { ...atom.network, layers } }).exact) detected++;
          }
        }
      }
    });
    const campaign = flipNibbles(atom);
    assertEquals(campaign.nibbles, nibbles);
    assertEquals(campaign.otherCodes, { faults, detected, masked: faults - detected }, format);
    assertEquals(campaign.bitFlips.faults, nibbles * 4);
  }
  assertThrows(() => flipNibbles(makeAtom("XOR", "float")), AtomError, "holds float32");
});

Deno.test("stickAt() finds every stuck wire of the constructed atoms, with the known test rows", () => {
  for (const atom of CONSTRUCTED_ATOMS) {
    const { faults, detected, masked, testRows, list } = stickAt(atom);
    const gates = atom.layers.reduce((sum, layer) => sum + layer.gates, 0);
    assertEquals(faults, 2 * (atom.inputs.length + gates));
    assertEquals([detected, masked], [faults, 0], atom.name);
    for (const fault of list) assert(fault.rows.some((row) => testRows.includes(row)));
  }
  // The textbook test set of an AND: 11, 01 and 10.
  assertEquals(stickAt(CONSTRUCTED_ATOMS.find(({ name }) => name === "AND")!).testRows, [1, 2, 3]);
});

Deno.test("stickAt() calls faults of an input that does nothing masked", () => {
  const { list, masked } = stickAt(gate("FIRST", "0101", [1, 0], -0.5));
  assertEquals(masked, 2);
  assertEquals(list.filter(({ rows }) => rows.length === 0).map(({ wire }) => wire), ["x1", "x1"]);
});

Deno.test("fault campaigns refuse an atom that is not exact", () => {
  const wrong = gate("AND", "0001", [1, 1], -0.5);
  assertThrows(() => flipNibbles(wrong), AtomError, "atom AND is not exact");
  assertThrows(() => stickAt(wrong), AtomError, "x0=1 x1=0");
});
