import { assertAlmostEquals, assertEquals } from "@std/assert";
import { sizeOf } from "./atom_size.ts";
import { CONSTRUCTED_ATOMS } from "./constructed.ts";
import { makeAtom } from "./training/methods.ts";

/** The table of the specification, 1.2: weights, biases, float32 B, payload B, file B, ratio. */
// deno-fmt-ignore: one atom, one row
const SIZES: Readonly<Record<string, readonly number[]>> = {
  AND:   [2, 1, 12, 2, 20, 0.60],
  OR:    [2, 1, 12, 2, 19, 0.63],
  NOT:   [1, 1, 8, 2, 20, 0.40],
  NAND:  [2, 1, 12, 2, 21, 0.57],
  NOR:   [2, 1, 12, 2, 20, 0.60],
  XOR:   [6, 3, 36, 5, 29, 1.24],
  XNOR:  [6, 3, 36, 5, 30, 1.20],
  SUM:   [16, 5, 84, 11, 35, 2.40],
  CARRY: [3, 1, 16, 3, 23, 0.70],
  MUX:   [8, 3, 44, 6, 30, 1.47],
};

Deno.test("sizeOf() gives the table of the specification for the constructed atoms", () => {
  for (const atom of CONSTRUCTED_ATOMS) {
    const [weights, biases, float32, payload, file, ratio] = SIZES[atom.name]!;
    const size = sizeOf(atom);
    assertEquals(size.parameters, weights! + biases!, atom.name);
    assertEquals(size.float32Bytes, float32, atom.name);
    // The −2.5 of SUM is one index in a file and two E2M1 codes here, so its four biases are eight.
    assertEquals(size.memoryBytes, payload! + (atom.name === "SUM" ? 2 : 0), atom.name);
    assertEquals([size.diskBytes, size.diskForm], [file, "fp4"], atom.name);
    assertAlmostEquals(size.float32PerDisk, ratio!, 0.005, atom.name);
    assertEquals(size.tableBytes, 1); // at most 8 rows
    assertEquals(size.tablePerMemory, 1 / size.memoryBytes);
  }
});

Deno.test("sizeOf() counts the codes and scales of networks by hand", () => {
  // 3 → 16 → 1: 48 + 16 weights, 16 + 1 biases.
  const sizes = {
    e2m1: 81 * 4 + 4 * 32,
    mxfp4: 81 * 4 + (16 + 1 + 1 + 1) * 8,
    nvfp4: 81 * 4 + (16 + 1 + 1 + 1) * 8 + 4 * 32,
  };
  for (const [format, bits] of Object.entries(sizes)) {
    const size = sizeOf(makeAtom("SUM", "qat", { format: format as keyof typeof sizes }));
    assertEquals([size.gates, size.parameters, size.bits], [17, 81, bits], format);
    // Only the lone bias of the output gate leaves half a byte over.
    assertEquals(size.memoryBytes, (bits + 4) / 8, format);
    assertEquals(size.diskForm, "json");
  }
  const float = makeAtom("SUM", "float");
  assertEquals(sizeOf(float).memoryBytes, 1217 * 4);
  assertEquals(sizeOf(float).float32PerMemory, 1);
  assertEquals(sizeOf(float).diskBytes, new TextEncoder().encode(JSON.stringify(float)).length);
});
