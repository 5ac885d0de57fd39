import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { assemble, assembleProgram } from "./assemble.ts";
import { type AssemblyError, AssemblyErrors } from "./assembly_error.ts";
import { assembleCompatLine } from "./compat_line.ts";
import { disassemble } from "./disassemble.ts";
import { MNEMONICS } from "./instructions.ts";
import { assembleStrictLine } from "./strict_line.ts";
import { syntax } from "./syntax.ts";

/** The errors of a text, as `line:column "text"`. */
function errorsOf(text: string, file?: string): readonly AssemblyError[] {
  const error = assertThrows(() => assemble(text, file === undefined ? {} : { file }));
  assertInstanceOf(error, AssemblyErrors);
  return error.errors;
}

function places(text: string): string[] {
  return errorsOf(text).map(({ place, text }) => `${place.line}:${place.column} ${text}`);
}

Deno.test("assemble() reports every bad line with its place and the offending text", () => {
  const text = [
    "; a comment",
    "S_ADDI_INT gp16, gp0, 1",
    "S_ADDI_INT gp1, gp0, 1",
    "  # x",
    "V_RED_MAX f1, gp2 ; no mask",
    "\tS_ADDI_INT gp1,  gp2, 0x10 // hexadecimal",
    "V_ADD_VF gp1, gp2, gp3, 0",
    "S_ADDI_INT gp1 gp2 5",
    "C_BREAK 1",
    "S_ADD_FP f1, f8, f2",
    "M_MM 0, , gp2",
  ].join("\r\n");
  assertEquals(places(text), [
    "2:12 gp16",
    "4:3 #",
    "5:18 ",
    "6:24 0x10",
    "7:20 gp3",
    "8:12 gp1 gp2 5",
    "9:9 1",
    "10:14 f8",
    "11:9 ",
  ]);
});

Deno.test("AssemblyError says what was expected, where, and how to mend it", () => {
  const [error] = errorsOf("\nS_ADDI_INT gp1, gp0, 262144", "loop.asm");
  assertEquals(
    error!.message,
    'S_ADDI_INT: found "262144" in place of imm (0 to 262143) at loop.asm:2:22',
  );
  assertEquals(error!.place, { file: "loop.asm", line: 2, column: 22 });
  assertEquals(error!.expected, "imm (0 to 262143)");
  assertEquals(
    error!.help,
    "load a large constant with S_LUI_INT and S_ADDI_INT first, then use a register",
  );
  assertInstanceOf(error, SyntaxError);
});

for (
  const [text, help] of [
    [
      "V_AD_VV gp1, gp2, gp3",
      "did you mean V_ADD_VV? It is written V_ADD_VV gpD, gpA, gpB [, mask]",
    ],
    ["s_addi_int gp1, gp0, 5", "mnemonics are upper case: write S_ADDI_INT"],
    ["S_ADDI_INT, gp1, gp0, 5", "no comma after the mnemonic: write S_ADDI_INT gpD, gpA, imm"],
    ["# x", "comments begin with ; or //"],
    ["loop:", "there are no labels: C_LOOP_START and C_LOOP_END make loops"],
    ["S_MV_FP f1, f2", "copy a register with S_ADD_FP fD, fS, f0"],
    ["S_ADDI_INT gp1, gp0, 0x1F", "numbers are decimal: write 31"],
    ["S_ADDI_INT gp1, gp0, 1_000", "numbers are plain decimal: write 1000"],
    ["S_ADDI_INT gp1, gp0, 007", "numbers are plain decimal: write 7"],
    ["S_ADDI_INT gp1, gp0, -4", "numbers are unsigned: subtract with S_SUB_INT"],
    [
      "S_ADD_INT gp1, f2, gp3",
      "f2 is a register of the f file; this operand is a register of the gp file",
    ],
    ["S_ADDI_INT gp1, gp0", "write S_ADDI_INT gpD, gpA, imm"],
    ["S_ADD_INT gp1 gp2, gp3", "separate operands by commas"],
  ] as const
) {
  Deno.test(`AssemblyError.help for "${text}"`, () => assertEquals(errorsOf(text)[0]!.help, help));
}

Deno.test("assemble() takes white space, comments and line ends as they come", () => {
  const words = [0x00014062];
  for (
    const text of [
      "S_ADDI_INT gp1, gp0, 5",
      "S_ADDI_INT gp1,gp0,5\n",
      "\t S_ADDI_INT\tgp1\t,\tgp0\t,\t5\t\r\n",
      "S_ADDI_INT gp1, gp0, 5;",
      "S_ADDI_INT gp1, gp0, 5// c",
      "S_ADDI_INT gp1, gp0, 5 ; a // b",
      "\n\n; c\n// c\n   ; c\r\n \t\nS_ADDI_INT gp1, gp0, 5\n\n;",
      "\fS_ADDI_INT\u00a0gp1, gp0,\v5",
    ]
  ) {
    for (const encoding of ["fixed", "compat"] as const) {
      assertEquals([...assemble(text, { encoding })], words, JSON.stringify(text));
    }
  }
  assertEquals(assemble("").length, 0);
  assertEquals(assemble("\n").length, 0);
});

Deno.test("assembleProgram() says which line each word came from, past the first allocation", () => {
  const text = "C_BREAK\n; c\n".repeat(5000);
  const { words, lines } = assembleProgram(text);
  assertEquals(words, new Uint32Array(5000).fill(0x34));
  assertEquals(lines, Uint32Array.from({ length: 5000 }, (_, i) => 2 * i + 1));
});

Deno.test("assemble() takes .word in fixed and refuses it in compat", () => {
  assertEquals([...assemble(".word 0xdeadBEEF ; anything\n.word 0x0")], [0xdeadbeef, 0]);
  for (const bad of [".word", ".word 5", ".word 0x123456789", ".word 0x", ".word 0x1, 0x2"]) {
    assertThrows(() => assemble(bad), AssemblyErrors, undefined, bad);
  }
  assertThrows(() => assemble(".word 0x0", { encoding: "compat" }), AssemblyErrors);
});

Deno.test("assemble() takes the form that syntax() shows for every mnemonic", () => {
  for (const mnemonic of MNEMONICS) {
    const numbered = (form: string): string =>
      form.slice(mnemonic.length).replace(/\b(gp|f|a)[A-Z]\w*/g, "$11")
        .replace(/\b(imm|count|mask|stride|precision|order|policy)\b/g, "1");
    const full = mnemonic + numbered(syntax(mnemonic)).replace(/ \[|\]/g, "");
    const short = mnemonic + numbered(syntax(mnemonic)).replace(/ \[.*/, "");
    assertEquals(assemble(`${full}\n${short}`).length, 2, full);
  }
});

Deno.test("the scanner and the reader of single lines agree on every line", () => {
  const word = fc.integer({ min: 0, max: 0x37 }).chain((opcode) =>
    fc.integer({ min: 0, max: 2 ** 26 - 1 }).map((rest) => rest * 64 + opcode)
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 20, maxLength: 20 }), (list) => {
      const words = Uint32Array.from(list);
      for (const line of disassemble(words).split("\n").slice(0, -1)) {
        assertEquals(assembleStrictLine(line), assemble(line)[0], line);
        if (line.startsWith(".word")) continue;
        const [compat] = assemble(line, { encoding: "compat" });
        assertEquals(assembleCompatLine(line), compat, line);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("assemble() either gives one word or one error for any line", () => {
  const piece = fc.constantFrom(
    ...[
      "gp1",
      "gp",
      "gp16",
      "f3",
      "f9",
      "a2",
      "foo",
      "x",
      "0",
      "1",
      "15",
      "16",
      "262143",
      "262144",
    ],
    ...[
      "4194303",
      "4194304",
      "99999999999",
      "-1",
      "+5",
      "007",
      "1_0",
      "0x10",
      "",
      " ",
      "1 2",
      ".",
      "\0",
    ],
  );
  const line = fc.tuple(
    fc.constantFrom(...MNEMONICS, "INVALID_OPCODE", "FOO", ".word", ""),
    fc.constantFrom(" ", "\t", ",", ""),
    fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(",")),
    fc.constantFrom("", ";", "//", " / ", "\r"),
  ).map((parts) => parts.join(""));
  let taken = 0;
  fc.assert(
    fc.property(line, fc.constantFrom("fixed" as const, "compat" as const), (text, encoding) => {
      try {
        const words = assemble(text, { encoding });
        assert(words.length <= 1);
        const slow = encoding === "fixed" ? assembleStrictLine : assembleCompatLine;
        assertEquals(slow(text), words[0]);
        taken += words.length;
      } catch (error) {
        assertInstanceOf(error, AssemblyErrors);
        assertEquals(error.errors.length, 1);
        const [{ place, help, expected }] = error.errors as [AssemblyError];
        assertEquals(place.line, 1);
        assert(place.column >= 1 && place.column <= text.length + 1);
        assert(help !== "" && expected !== "");
      }
    }),
    { numRuns: 20_000, seed: 1 },
  );
  assert(taken > 100, `${taken} lines taken`);
});
