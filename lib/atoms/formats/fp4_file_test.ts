import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { E2M1, encode } from "../../numerics/mod.ts";
import { sizeOf } from "../atom_size.ts";
import { CONSTRUCTED_ATOMS } from "../constructed.ts";
import { packLayer, unpackLayer } from "../threshold_layer.ts";
import { evaluateAtom, verify } from "../verify.ts";
import { GOLDEN_FP4 } from "./_golden_fp4.ts";
import { decodeFp4, encodeFp4, Fp4FileError } from "./fp4_file.ts";

/** The first 16 digits of their SHA-256. */
const SHA256: Readonly<Record<string, string>> = {
  AND: "7fb270de334a7114",
  OR: "9a3b8623843593ad",
  NOT: "751afbf6342187ee",
  NAND: "fe1b4d138fd0f994",
  NOR: "2970f3898cbce541",
  XOR: "f37020b2ee9eda1f",
  XNOR: "abe002abd7e5a1b0",
  SUM: "c16814eaa78dc3a6",
  CARRY: "b4218633e4efdbce",
  MUX: "4cbfe3c58d5411ec",
};

for (const atom of CONSTRUCTED_ATOMS) {
  Deno.test(`encodeFp4() writes the golden file of ${atom.name}`, async () => {
    const bytes = encodeFp4(atom);
    assertEquals(bytes.toHex(), GOLDEN_FP4[atom.name]);
    assertEquals(sizeOf(atom).diskBytes, bytes.length);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
    assertEquals(digest.toHex().slice(0, 16), SHA256[atom.name]);
  });

  Deno.test(`decodeFp4() reads the golden file of ${atom.name} to an exact atom`, () => {
    const read = decodeFp4(Uint8Array.fromHex(GOLDEN_FP4[atom.name]!));
    assertEquals(read, atom);
    assertEquals(verify(read).exact, true);
    assertEquals(verify(read).margin, 0.5);
  });

  Deno.test(`decodeFp4() refuses every truncation of ${atom.name}, and a tail`, () => {
    const bytes = Uint8Array.fromHex(GOLDEN_FP4[atom.name]!);
    for (let length = 0; length < bytes.length; length++) {
      assertThrows(
        () => decodeFp4(bytes.subarray(0, length)),
        Fp4FileError,
        "the file ends within",
      );
    }
    const tailed = Uint8Array.of(...bytes, 0);
    assertThrows(() => decodeFp4(tailed), Fp4FileError, "1 bytes behind the last layer");
    assertEquals(decodeFp4(tailed, { compat: true }), atom);
  });
}

Deno.test("a flipped bit of SUM's file that the original accepts is found by verify()", () => {
  // Quirk 2 of the specification: a weight nibble, and Sum(1,0,1) becomes 1.
  const bytes = Uint8Array.fromHex(GOLDEN_FP4.SUM!);
  const found: string[] = [];
  for (let at = 12 + 6; at < 12 + 6 + 6; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << bit;
      try {
        const { outputs } = evaluateAtom(decodeFp4(flipped));
        assertEquals(verify(decodeFp4(flipped)).exact, outputs === "01101001");
        if (outputs[0b101] === "1") found.push(outputs);
      } catch (error) {
        assertStringIncludes((error as Error).message, "stands for no value");
      }
    }
  }
  assertEquals(found.length > 0, true);
});

Deno.test("decodeFp4() never reads a changed file as the atom with other codes unnoticed", () => {
  for (const atom of CONSTRUCTED_ATOMS) {
    const bytes = Uint8Array.fromHex(GOLDEN_FP4[atom.name]!);
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = bytes.slice();
        flipped[at]! ^= 1 << bit;
        try {
          const read = decodeFp4(flipped);
          // What can be read is another atom, whose name is known and whose codes differ.
          assertEquals(encodeFp4(read), flipped);
        } catch (error) {
          assertEquals(error instanceof Fp4FileError, true, String(error));
        }
      }
    }
  }
});

Deno.test("decodeFp4() throws nothing but Fp4FileError, whatever the bytes", () => {
  const header = [...new TextEncoder().encode("TFP4"), 1];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, compat) => {
      try {
        decodeFp4(Uint8Array.of(...header, ...bytes), { compat });
      } catch (error) {
        return error instanceof Fp4FileError;
      }
      return true;
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("decodeFp4() says what is wrong with a file, and where", () => {
  const and = Uint8Array.fromHex(GOLDEN_FP4.AND!);
  const changed = (at: number, value: number): Uint8Array => and.with(at, value);
  const cases: readonly [Uint8Array, string][] = [
    [changed(0, 0x55), "no magic TFP4 at byte 0"],
    [changed(4, 2), "version 2 at byte 4"],
    [changed(5, 0).slice(0, 12), "1 outputs stated, found no layers"],
    [changed(7, 3), "layer 1 has 2 inputs, expected 3"],
    [changed(8, 2), "2 outputs stated, found 1"],
    [changed(9, 0xff), "the name is not UTF-8 at byte 9"],
    [changed(9, 0x42), 'the file holds an atom "BND"'],
    [changed(16, 2), "layer 1 has 1 rows, 2 columns and 2 biases at byte 12"],
    [
      changed(18, 0x32),
      "the weights of layer 1 hold the index 3, which stands for no value at byte",
    ],
    [changed(19, 0x50), "the biases of layer 1 hold the index 5"],
    [
      changed(19, 0x11),
      "the biases of layer 1 end with the padding nibble 1, expected 0 at byte 19",
    ],
  ];
  for (const [bytes, message] of cases) {
    assertThrows(() => decodeFp4(bytes), Fp4FileError, message);
  }
  assertEquals(decodeFp4(changed(19, 0x11), { compat: true }).name, "AND");
});

Deno.test("decodeFp4() takes an atom of another name when its function is given", () => {
  const bytes = Uint8Array.fromHex(GOLDEN_FP4.AND!).with(9, 0x42);
  const spec = { name: "any", inputs: ["p", "q"], truthTable: "0001" };
  const read = decodeFp4(bytes, { spec });
  assertEquals([read.name, verify(read).exact], ["BND", true]);
});

Deno.test("encodeFp4() refuses what the format cannot hold, and rounds nothing", () => {
  const code = (value: number): number => encode(E2M1, value);
  const atom = (weight: number, bias: number): Parameters<typeof encodeFp4>[0] => ({
    name: "N",
    inputs: ["a"],
    layers: [packLayer(1, [code(weight)], [code(bias)])],
  });
  const cases: readonly [Parameters<typeof encodeFp4>[0], string][] = [
    [atom(1.5, 0.5), "atom N has the weight 1.5 in layer 1"],
    [atom(0.5, 0.5), "atom N has the weight 0.5 in layer 1"],
    [atom(1, 1), "atom N has the bias 1 in layer 1"],
    [atom(1, 0), "atom N has the bias 0 in layer 1"],
    [{ ...atom(1, 0.5), skip: true }, "connections that skip layers"],
    [{ ...atom(1, 0.5), name: "Ä" }, "a name that is not ASCII"],
  ];
  for (const [one, message] of cases) assertThrows(() => encodeFp4(one), Fp4FileError, message);
});

Deno.test("CONSTRUCTED_ATOMS hold −2.5 as the sum of two codes", () => {
  const sum = CONSTRUCTED_ATOMS.find(({ name }) => name === "SUM")!;
  assertEquals([...unpackLayer(sum.layers[0]!).biases], [-0.5, -0.5, -0.5, -2.5]);
  assertEquals([...unpackLayer(sum.layers[0]!).biasTerms], [-0.5, 0, -0.5, 0, -0.5, 0, -2, -0.5]);
});
