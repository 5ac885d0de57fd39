import { assert, assertEquals, assertThrows } from "@std/assert";
import { allWires } from "../netlist.ts";
import { BOOLEANS } from "../proof/bit_algebra.ts";
import { FormatError } from "./format_error.ts";
import type { LogicCircuit } from "./logic_circuit.ts";
import { readAiger } from "./read_aiger.ts";

/** The half adder of the format's description (Biere 2007). */
const HALF_ADDER = "aag 7 2 0 2 3\n2\n4\n6\n12\n6 13 15\n12 2 4\n14 3 5\n" +
  "i0 x\ni1 y\no0 s\no1 c\nc\nhalf adder\n";
/** The same circuit in its binary form, by the same description. */
const HALF_ADDER_BYTES = bytes("aig 5 2 0 2 3\n10\n6\n", [2, 2, 3, 2, 1, 2]);

function bytes(text: string, numbers: readonly number[], rest = ""): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from([...encoder.encode(text), ...numbers, ...encoder.encode(rest)]);
}

function rows(logic: LogicCircuit): number[][] {
  const wires = allWires(logic.inputs).length;
  return Array.from({ length: 2 ** wires }, (_, row) => {
    const bits = Array.from({ length: wires }, (_, i) => ((row >> i) & 1) === 1);
    return logic.specification(BOOLEANS, bits).map(Number);
  });
}

Deno.test("readAiger() reads the half adder of the format's description, text and bytes", () => {
  const expected = [[0, 0], [1, 0], [1, 0], [0, 1]];
  const text = readAiger(HALF_ADDER);
  assertEquals(rows(text), expected);
  assertEquals(allWires(text.inputs), ["x", "y"]);
  assertEquals(allWires(text.outputs), ["s", "c"]);
  const binary = readAiger(HALF_ADDER_BYTES, { file: "half.aig" });
  assertEquals(rows(binary), expected);
  assertEquals(binary.name, "half");
  assertEquals(allWires(binary.inputs), ["i0", "i1"]);
  assertEquals(allWires(binary.outputs), ["o0", "o1"]);
});

Deno.test("readAiger() reads constants, copies and complements of the format's description", () => {
  assertEquals(rows(readAiger("aag 0 0 0 1 0\n0\n")), [[0]]);
  assertEquals(rows(readAiger("aag 0 0 0 1 0\n1\n")), [[1]]);
  assertEquals(rows(readAiger("aag 1 1 0 1 0\n2\n2\n")), [[0], [1]]);
  assertEquals(rows(readAiger("aag 1 1 0 1 0\n2\n3\n")), [[1], [0]]);
  assertEquals(rows(readAiger("aag 3 2 0 1 1\n2\n4\n7\n6 3 5\n")), [[0], [1], [1], [1]]);
});

Deno.test("readAiger() reads headers of version 1.9, buses, and differences of two bytes", () => {
  const and = readAiger(bytes("aig 3 2 0 1 1 0 0 0 0\n6\n", [2, 2], "i0 a[0]\ni1 a[1]\n"));
  assertEquals(rows(and), [[0], [0], [0], [1]]);
  assertEquals(and.inputs, [{ name: "a", width: 2 }]);
  // 100 inputs: the gate 202 = 2 & 4 lies 198 = 70 + 128 above the literal 4.
  const far = readAiger(bytes("aig 101 100 0 1 1\n202\n", [198 - 128 + 128, 1, 2]));
  const ones = (set: number[]): boolean[] => Array.from({ length: 100 }, (_, i) => set.includes(i));
  assertEquals(far.specification(BOOLEANS, ones([0, 1])), [true]);
  assertEquals(far.specification(BOOLEANS, ones([0, 2])), [false]);
});

Deno.test("readAiger() takes the bad states of version 1.9 as outputs behind the others", () => {
  const logic = readAiger("aag 3 2 0 1 1 2\n2\n4\n6\n7\n2\n6 2 4\no0 both\nb1 left\n");
  assertEquals(allWires(logic.outputs), ["both", "b0", "left"]);
  assertEquals(rows(logic), [[0, 1, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1]]);
});

Deno.test("readAiger() gives an output another name than an input has", () => {
  const logic = readAiger("aag 1 1 0 2 0\n2\n3\n2\ni0 a\no0 a\no1 a\n");
  assertEquals(allWires(logic.outputs), ["a_", "a__"]);
});

// deno-fmt-ignore: one fault, one row
const FAULTS: readonly [data: string | Uint8Array, message: string, place: object][] = [
  ["", "the file ends before the header", { line: 1, column: 1 }],
  ["p cnf 3 2\n", 'the header begins with "p", expected aag or aig', { line: 1, column: 1 }],
  ["aag 1 1 0 1\n2\n2\n", 'the header has the counts "1 1 0 1"', { line: 1, column: 1 }],
  ["aag 2 1 1 1 0\n2\n4 2\n4\n", "the circuit has 1 latch", { line: 1, column: 1 }],
  ["aag 1 1 0 1 0 0 1\n2\n2\n2\n", "the circuit has constraints, justice or", { line: 1, column: 1 }],
  ["aag 1 1 0 1 0 0 0 1\n2\n2\n1\n2\n", "the circuit has constraints, justice or", { line: 1, column: 1 }],
  ["aag 1 1 0 1 0 0 0 0 1\n2\n2\n2\n", "the circuit has constraints, justice or", { line: 1, column: 1 }],
  ["aag 1 1 0 0 0 1\n2\n", "ends before bad state 0", { line: 3, column: 1 }],
  ["aag 2 2 0 0 0\n2\n4\n", "the circuit has no outputs", { line: 1, column: 1 }],
  ["aig 268435455 268435455 0 1 0\n2\n", "the circuit has 268435455 variables", { line: 1, column: 1 }],
  ["aag 1 1 0 1 1\n2\n4\n4 2 2\n", "1 variables for 1 inputs and 1 and-gates", { line: 1, column: 1 }],
  ["aag 1 1 0 1 0\n2\n", "the file ends before output 0", { line: 3, column: 1 }],
  ["aag 900000 900000 0 1 0\n2\n2\n", "ends before what its header counts", { line: 1, column: 1 }],
  ["aag 1 1 0 1 0\n3\n2\n", "literal 3 cannot be driven", { line: 2, column: 1 }],
  ["aag 1 1 0 1 0\n2\n9\n", "literal 9 is above the highest variable 1", { line: 3, column: 1 }],
  ["aag 1 1 0 1 0\n2\nx\n", '"x" for output 0', { line: 3, column: 1 }],
  ["aag 2 2 0 1 0\n2\n2\n2\n", "literal 2 is driven twice", { line: 3, column: 1 }],
  ["aag 2 1 0 1 1\n2\n4\n2 2 2\n", "literal 2 is driven twice", { line: 4, column: 1 }],
  ["aag 3 1 0 1 1\n2\n4\n4 2 6\n", "literal 6 has no driver", { line: 4, column: 1 }],
  ["aag 3 1 0 1 2\n2\n4\n4 2 6\n6 2 5\n", "in a ring", { line: 5, column: 1 }],
  ["aag 2 1 0 1 1\n2\n4\n4 2 4\n", "in a ring", { line: 4, column: 1 }],
  ["aag 1 1 0 1 0\n2\n2\nq0 a\n", '"q0 a" is no symbol', { line: 4, column: 1 }],
  ["aag 1 1 0 1 0\n2\n2\ni1 a\n", '"i1 a" is no symbol', { line: 4, column: 1 }],
  ["aag 1 1 0 1 0\n2\n2\ni0 a\ni0 b\n", "i0 has two names", { line: 5, column: 1 }],
  [bytes("aig 4 2 0 1 1\n6\n", [2, 2]), "4 variables for 2 inputs and 1 and-gates", { line: 1, column: 1 }],
  [bytes("aig 3 2 0 1 1\n6\n", [2]), "ends within and-gate 0, at byte 18", { offset: 18 }],
  [bytes("aig 3 2 0 1 1\n6\n", [0, 2]), "which it may not", { offset: 18 }],
  [bytes("aig 3 2 0 1 1\n6\n", [7, 2]), "which it may not", { offset: 18 }],
  [bytes("aig 3 2 0 1 1\n6\n", [255, 255, 255, 255, 255, 1]), "too large a number", { offset: 21 }],
];

for (const [data, message, place] of FAULTS) {
  Deno.test(`readAiger() refuses: ${message} (${JSON.stringify(place)})`, () => {
    const error = assertThrows(() => readAiger(data, { file: "x" }), FormatError, message);
    assertEquals(error.place, { file: "x", ...place });
    assert(error.help.length > 5);
  });
}

Deno.test("readAiger() refuses every beginning of a file of and-gates that is cut off", () => {
  for (let end = 0; end < HALF_ADDER_BYTES.length; end++) {
    assertThrows(() => readAiger(HALF_ADDER_BYTES.subarray(0, end)), FormatError);
  }
});
