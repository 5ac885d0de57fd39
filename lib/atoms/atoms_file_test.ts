import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AtomsFileError, parseAtomsFile } from "./atoms_file.ts";
import { ExpressionError, expressionTable } from "./expression.ts";
import { rowInputs } from "./truth_table.ts";

/** The same expressions in the operators of JavaScript. */
const EXPRESSIONS: readonly [string, (a: number, b: number, c: number) => number][] = [
  ["a", (a) => a],
  ["a & b | c", (a, b, c) => (a && b) || c],
  ["a | b & c", (a, b, c) => a || (b && c)],
  ["a ^ b & c", (a, b, c) => (a !== (b & c) ? 1 : 0)],
  ["a | b ^ c", (a, b, c) => a || (b !== c ? 1 : 0)],
  ["!a & ~b", (a, b) => 1 - (a || b)],
  ["!(a & b) ^ c", (a, b, c) => (1 - a * b + c) % 2],
  ["!!a", (a) => a],
  ["((a))&(b|0)&1", (a, b) => a * b],
  ["a^b^c", (a, b, c) => (a + b + c) % 2],
  ["(a|b)&(b|c)&(a|c)", (a, b, c) => (a + b + c >= 2 ? 1 : 0)],
];

for (const [text, definition] of EXPRESSIONS) {
  Deno.test(`expressionTable() reads ${text} as JavaScript computes it`, () => {
    const expected = Array.from({ length: 8 }, (_, row) => {
      const [a, b, c] = rowInputs(row, 3);
      return definition(a!, b!, c!);
    }).join("");
    assertEquals(expressionTable(text, ["a", "b", "c"]), expected);
  });
}

Deno.test("expressionTable() takes six inputs, buses among them", () => {
  const inputs = ["A[0]", "A[1]", "A[2]", "B[0]", "B[1]", "B[2]"];
  const table = expressionTable("A[2] & B[0]", inputs);
  assertEquals(table.length, 64);
  assertEquals(table.indexOf("1"), 0b001100);
});

Deno.test("expressionTable() says where an expression ends to be one", () => {
  const inputs = ["a", "b"];
  for (
    const [text, message] of [
      ["a & x", 'unknown input "x" at column 5'],
      ["a &", "the end where a value is missing at column 4"],
      ["", "the end where a value is missing at column 1"],
      ["a b", '"b" where an operator is missing at column 3'],
      ["(a | b", 'the end where ")" is missing at column 7'],
      ["a)", '")" where an operator is missing at column 2'],
      ["a + b", 'unknown symbol "+" at column 3'],
      ["a && b", '"&" where a value is missing at column 4'],
    ] as const
  ) {
    assertThrows(() => expressionTable(text, inputs), ExpressionError, message);
  }
});

Deno.test("parseAtomsFile() reads tables and expressions, in block and in flow style", () => {
  const atoms = parseAtomsFile(`# my atoms
atoms:
  - name: IMPLIES
    inputs: [a, b]
    table: "1011"
  - { name: HALF, inputs: [x], expression: "!x" }
  - name: XOR # the standard one
    inputs:
      - a
      - b
    expression: a ^ b
`);
  assertEquals(atoms, [
    { name: "IMPLIES", inputs: ["a", "b"], truthTable: "1011" },
    { name: "HALF", inputs: ["x"], truthTable: "10" },
    { name: "XOR", inputs: ["a", "b"], truthTable: "0110" },
  ]);
});

Deno.test("parseAtomsFile() refuses what is not in order, with line, column and remedy", () => {
  const atom = (lines: string): string => `atoms:\n  - name: N\n${lines}`;
  const cases: readonly [string, string, number, number][] = [
    ["", "the file has no list of atoms", 1, 1],
    ["atoms: []", "the file has no list of atoms", 1, 1],
    ["x: 1\natoms:\n  - a", 'unknown key "x"', 1, 1],
    ["atoms:\n  - just text", "atom 1 is no mapping", 2, 3],
    ["atoms:\n  - name: 3", "the name of atom 1 is 3", 2, 11],
    [atom("    inputs: [a]\n    tabel: '01'"), 'unknown key "tabel" of atom 1', 4, 5],
    [atom("    inputs: [a, a]\n    table: '0110'"), 'the inputs of N are ["a","a"]', 3, 13],
    [atom("    inputs: [a, b, c, d, e, f, g]\n    table: '0'"), "the inputs of N are", 3, 13],
    [atom("    inputs: [a]"), "N has neither a table nor an expression", 2, 11],
    [atom("    inputs: [a]\n    table: '01'\n    expression: a"), "N has a table and an", 5, 17],
    [atom("    inputs: [a]\n    table: 01"), "the table of N is a number", 4, 12],
    [atom("    inputs: [a]\n    table: '011'"), "expected 2 digits", 4, 12],
    [atom("    inputs: [a]\n    expression: 'a & q'"), 'unknown input "q"', 4, 22],
    [atom("    inputs: [a]\n    expression: a ^"), "the end where a value is missing", 4, 20],
    ["atoms:\n  - { name: AND, inputs: [a, b], table: '0111' }", "AND is a standard atom", 2, 13],
    ["atoms:\n  - name: [", "the file is not YAML", 2, 12],
  ];
  for (const [text, message, line, column] of cases) {
    const error = assertThrows(() => parseAtomsFile(text, "mine.yaml"), AtomsFileError, message);
    assertEquals(error.place, { file: "mine.yaml", line, column }, message);
    assertEquals(error.help.length > 10, true);
  }
  const twice = "atoms:\n  - { name: A, inputs: [a], table: '01' }\n";
  assertStringIncludes(
    assertThrows(() => parseAtomsFile(twice + twice.split("\n")[1]), AtomsFileError).message,
    "a second atom A",
  );
});

/** A random expression, and the function that it is. */
interface Expression {
  readonly text: string;
  compute(row: number): number;
}

const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.nat(4).map((bit): Expression => ({
      text: "abcde"[bit]!,
      compute: (row) => (row >> bit) & 1,
    })),
    fc.tuple(fc.constantFrom("!", "~ "), tie("tree")).map(([sign, one]): Expression => ({
      text: `${sign}(${one.text})`,
      compute: (row) => 1 - one.compute(row),
    })),
    fc.tuple(tie("tree"), fc.constantFrom("&", " | ", "^ "), tie("tree")).map(
      ([left, sign, right]): Expression => ({
        text: `(${left.text})${sign}(${right.text})`,
        compute: (row) => {
          const [a, b] = [left.compute(row), right.compute(row)];
          return sign.includes("&") ? a * b : sign.includes("|") ? Math.max(a, b) : (a + b) % 2;
        },
      }),
    ),
  ),
}));

Deno.test("expressionTable() computes random expressions in all 32 rows", () => {
  fc.assert(
    fc.property(tree, ({ text, compute }) => {
      const expected = Array.from({ length: 32 }, (_, row) => compute(row)).join("");
      assertEquals(expressionTable(text, [..."abcde"]), expected, text);
    }),
    { seed: 7, numRuns: 200 },
  );
});

Deno.test("parseAtomsFile() throws nothing but AtomsFileError, however a file is damaged", () => {
  const good = `atoms:
  - name: IMPLIES
    inputs: [a, b]
    table: "1011"
  - { name: HALF, inputs: [x], expression: "!x" }
`;
  fc.assert(
    fc.property(fc.nat(good.length), fc.nat(6), fc.string(), (at, cut, put) => {
      try {
        parseAtomsFile(good.slice(0, at) + put + good.slice(at + cut));
      } catch (error) {
        if (!(error instanceof AtomsFileError)) throw error;
        assertEquals(error.place.line >= 1 && error.place.column >= 1, true);
      }
    }),
    { seed: 3, numRuns: 500 },
  );
});
