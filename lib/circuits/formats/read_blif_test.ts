import { assert, assertEquals, assertThrows } from "@std/assert";
import { allWires } from "../netlist.ts";
import { BOOLEANS } from "../proof/bit_algebra.ts";
import { FormatError } from "./format_error.ts";
import type { LogicCircuit } from "./logic_circuit.ts";
import { readBlif } from "./read_blif.ts";

/** ISCAS-85 c17: six NAND gates, here in another order than they depend on each other. */
const C17 = `# Benchmark c17
.model c17
.inputs 1 2 3 6 7
.outputs 22 23
.names 10 16 22
0- 1
-0 1
.names 16 19 23
11 0
.names 1 3 10
11 0
.names 3 6 11
0- 1
10 1
.names 2 11 16   # a comment
11 0
.names 11 7 \\
  19
11 0
.end
`;

function table(logic: LogicCircuit, definition: (bits: number[]) => number[]): void {
  const wires = allWires(logic.inputs).length;
  for (let row = 0; row < 2 ** wires; row++) {
    const bits = Array.from({ length: wires }, (_, i) => (row >> i) & 1);
    const actual = logic.specification(BOOLEANS, bits.map((bit) => bit === 1)).map(Number);
    assertEquals(actual, definition(bits), `row ${bits}`);
  }
}

Deno.test("readBlif() reads c17, whatever the order and form of its tables", () => {
  const logic = readBlif(C17);
  assertEquals(logic.name, "c17");
  assertEquals(allWires(logic.inputs), ["1", "2", "3", "6", "7"]);
  assertEquals(allWires(logic.outputs), ["22", "23"]);
  const nand = (a: number, b: number): number => 1 - a * b;
  table(logic, (bits) => {
    const [n1, n2, n3, n6, n7] = bits as [number, number, number, number, number];
    const [n10, n11] = [nand(n1, n3), nand(n3, n6)];
    const [n16, n19] = [nand(n2, n11), nand(n11, n7)];
    return [nand(n10, n16), nand(n16, n19)];
  });
});

Deno.test("readBlif() reads constants, don't-cares, copies and covers of zeros", () => {
  const logic = readBlif(
    ".inputs a b c\n.outputs zero one none copy either both\n.names zero\n.names one\n1\n" +
      ".names none\n0\n.names a copy\n1 1\n.names a b c either\n1-0 1\n-11 1\n" +
      ".names a b both\n-0 0\n0- 0\n",
    { file: "folder/plain.blif" },
  );
  assertEquals(logic.name, "plain");
  table(logic, (bits) => {
    const [a, b, c] = bits as [number, number, number];
    return [0, 1, 0, a, (a && !c) || (b && c) ? 1 : 0, a & b];
  });
});

Deno.test("readBlif() makes buses of numbered wires that follow each other", () => {
  const logic = readBlif(
    ".model m\n.inputs x[0] x[1] x[2]\n.inputs s\n.outputs y[0] y[1] x[0]\n" +
      ".names x[1] s y[0]\n11 1\n.names x[2] y[1]\n0 1\n.end",
  );
  assertEquals(logic.inputs, [{ name: "x", width: 3 }, { name: "s", width: 1 }]);
  assertEquals(logic.outputs, [{ name: "y", width: 2 }, { name: "x[0]", width: 1 }]);
  table(logic, ([x0, x1, x2, s]) => [x1! & s!, 1 - x2!, x0!]);
});

Deno.test("readBlif() puts models into models", () => {
  const half = ".model half\n.inputs a b\n.outputs s c\n.names a b s\n10 1\n01 1\n" +
    ".names a b t\n11 1\n.names t c\n1 1\n.end\n";
  const logic = readBlif(
    ".model full\n.inputs a b cin\n.outputs sum cout\n.subckt half b=cin a=x s=sum c=t\n" +
      ".subckt half a=a b=b s=x c=u\n.names t u cout\n1- 1\n-1 1\n.end\n" + half,
  );
  table(logic, (bits) => {
    const ones = bits.reduce((sum, bit) => sum + bit, 0);
    return [ones % 2, ones >> 1];
  });
});

Deno.test("readBlif() passes over remarks and external don't-cares", () => {
  const logic = readBlif(
    '.model m\n.attr src "x"\n.inputs a\n.outputs y\n.area 3\n.names a y\n0 1\n.exdc\n' +
      ".names a y\n1 1\n.end\n",
  );
  table(logic, ([a]) => [1 - a!]);
});

const HEAD = ".model m\n.inputs a b\n.outputs y\n";
// deno-fmt-ignore: one fault, one row
const FAULTS: readonly [text: string, message: string, line: number, column: number][] = [
  ["", "no model", 1, 1],
  [".model m\n.inputs a\n.end", "no outputs", 1, 1],
  [`${HEAD}.names a b y\n11 1\n.names a y\n1 1\n`, "wire y is driven twice, first in line 4", 6, 10],
  [`${HEAD}.names b a\n1 1\n.names a y\n1 1\n`, "wire a is driven twice, first as an input", 4, 10],
  [`${HEAD}.names a q y\n11 1\n`, "wire q has no driver", 4, 10],
  [`${HEAD}.names a z\n1 1\n`, "output y has no driver", 3, 10],
  [`${HEAD}.names a z y\n11 1\n.names y z\n1 1\n`, "ring: y, z", 6, 10],
  [`${HEAD}.names a y y\n11 1\n`, "ring: y", 4, 12],
  [`${HEAD}.names a b y\n1 1\n`, "row of y has 1 inputs, expected 2", 5, 1],
  [`${HEAD}.names a b y\n1x 1\n`, 'row of y has "x"', 5, 1],
  [`${HEAD}.names a b y\n11\n`, 'row of y ends in "11", expected 0 or 1', 5, 1],
  [`${HEAD}.names a b y\n11 1\n00 0\n`, "rows of y give both 0 and 1", 6, 4],
  [`${HEAD}.names\n`, ".names without a wire", 4, 1],
  [`${HEAD}.latch a y 0\n`, "the circuit has a latch (.latch)", 4, 1],
  [`${HEAD}.gate nand2 A=a B=b O=y\n`, "the circuit has a gate of a library (.gate)", 4, 1],
  [`${HEAD}.nmaes a y\n`, "unknown directive .nmaes", 4, 1],
  [`${HEAD}11 1\n`, '"11" stands outside of a table', 4, 1],
  [`${HEAD}.subckt n a=a\n`, "model n is not in the file", 4, 9],
  [`${HEAD}.subckt m a=a b=b y=y\n`, "model m contains itself", 4, 9],
  [`${HEAD}.subckt n q=y\n.end\n.model n\n.inputs p\n.outputs q\n.names p q\n1 1`, "input p of n is not wired", 4, 9],
  [`${HEAD}.subckt n p=a p=b\n.end\n.model n\n.inputs p\n.outputs q\n.names p q\n1 1`, "p of n is wired twice", 4, 15],
  [`${HEAD}.subckt n z=a\n.end\n.model n\n.inputs p\n.outputs q\n.names p q\n1 1`, "model n has no wire z", 4, 11],
  [".model m\n.inputs a a\n.outputs y\n", "two inputs are called a", 2, 11],
];

for (const [text, message, line, column] of FAULTS) {
  Deno.test(`readBlif() refuses with line and column: ${message}`, () => {
    const error = assertThrows(() => readBlif(text, { file: "x.blif" }), FormatError, message);
    assertEquals(error.place, { file: "x.blif", line, column });
    assert(error.help.length > 5);
  });
}

Deno.test("readBlif() reads a chain of 20,000 tables in the wrong order", () => {
  const tables = Array.from({ length: 20_000 }, (_, i) => `.names w${i + 1} w${i}\n0 1\n`);
  const logic = readBlif(`.inputs w20000\n.outputs w0\n${tables.join("")}`);
  assertEquals(logic.specification(BOOLEANS, [true]), [true]);
});
