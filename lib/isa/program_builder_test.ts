import { assertEquals, assertThrows } from "@std/assert";
import { assemble } from "./assemble.ts";
import { encode, OperandError } from "./encode.ts";
import { type Mnemonic, MNEMONICS, type Operands } from "./instructions.ts";
import { programBuilder } from "./program_builder.ts";

/** The program's text on one line, for comparison. */
function inline(text: string): string {
  return text.trimEnd().replaceAll("\n", " | ");
}

Deno.test("encode() gives the words of the specification", () => {
  assertEquals(encode("S_ADDI_INT", { rd: 1, rs1: 0, imm18: 5 }), 0x00014062);
  assertEquals(encode("S_LUI_INT", { rd: 5, imm22: 0x2abcd }), 0x0aaf3565);
  assertEquals(encode("S_LUI_INT", { rd: 5, imm22: 4194303 }), 0xfffffd65);
  assertEquals(encode("M_MM", { rs1: 2, rs2: 4 }), 0x00010801);
  assertEquals(encode("V_ADD_VV", { rd: 1, rs1: 2, rs2: 3 }), 0x0000c84d);
  assertEquals(encode("V_ADD_VV", { rd: 1, rs1: 2, rs2: 3, rs3: 1 }), 0x0004c84d);
  assertEquals(encode("H_STORE_V", { rd: 1, rs1: 2, rs2: 7, rs3: 1, funct1: 1 }), 0x0045c86a);
  assertEquals(encode("C_BREAK", {}), 0x34);
});

Deno.test("encode() refuses operands that are missing, unknown, out of range or no integers", () => {
  const bad: readonly [Mnemonic, Record<string, number>][] = [
    ["S_ADDI_INT", { rd: 1, rs1: 0 }],
    ["S_ADDI_INT", { rd: 1, rs1: 0, imm18: 262_144 }],
    ["S_ADDI_INT", { rd: 1, rs1: 0, imm18: -1 }],
    ["S_ADDI_INT", { rd: 1, rs1: 0, imm18: 0.5 }],
    ["S_ADDI_INT", { rd: 1, rs1: 0, imm18: NaN }],
    ["S_ADDI_INT", { rd: 16, rs1: 0, imm18: 0 }],
    ["S_ADD_FP", { rd: 8, rs1: 0, rs2: 0 }],
    ["M_BMM", { rd: 1, rs1: 0, rs2: 0 }],
    ["V_TOPK", { rd: 1, rs1: 0, rs2: 0, rs3: 2 }],
    ["C_BREAK", { rd: 0 }],
  ];
  for (const [mnemonic, operands] of bad) {
    assertThrows(() => encode(mnemonic, operands as Operands<typeof mnemonic>), OperandError);
  }
});

Deno.test("programBuilder() has a method for every instruction", () => {
  const program = programBuilder();
  for (const mnemonic of MNEMONICS) assertEquals(typeof program[mnemonic], "function");
  program.M_MM({ rs1: 1, rs2: 2 }).emit("C_LOOP_END", { rd: 3 }).word(0xffffffff);
  assertEquals([...program.words()], [...assemble("M_MM 0, gp1, gp2\nC_LOOP_END gp3"), 0xffffffff]);
  assertEquals(program.pc, 3);
});

// ISA specification, section 7.
for (
  const [value, text] of [
    [0, "S_ADDI_INT gp3, gp0, 0"],
    [262_143, "S_ADDI_INT gp3, gp0, 262143"],
    [262_144, "S_LUI_INT gp3, 64"],
    [300_000, "S_LUI_INT gp3, 73 | S_ADDI_INT gp3, gp3, 992"],
    [1_048_576, "S_LUI_INT gp3, 256"],
    [16_777_215, "S_LUI_INT gp3, 4095 | S_ADDI_INT gp3, gp3, 4095"],
    [4_294_967_295, "S_LUI_INT gp3, 1048575 | S_ADDI_INT gp3, gp3, 4095"],
  ] as const
) {
  Deno.test(`ProgramBuilder.loadConstant() of ${value}`, () => {
    assertEquals(inline(programBuilder().loadConstant(3, value).text()), text);
  });
}

Deno.test("ProgramBuilder.addConstant() adds directly, over a temporary, or in pieces", () => {
  const add = (value: number, temporary?: number): string =>
    inline(programBuilder().addConstant(1, 2, value, temporary).text());
  assertEquals(add(0), "S_ADDI_INT gp1, gp2, 0");
  assertEquals(add(262_143, 3), "S_ADDI_INT gp1, gp2, 262143");
  assertEquals(add(300_000), "S_ADDI_INT gp1, gp2, 262143 | S_ADDI_INT gp1, gp1, 37857");
  assertEquals(
    add(600_000, 2),
    "S_ADDI_INT gp1, gp2, 262143 | S_ADDI_INT gp1, gp1, 262143 | S_ADDI_INT gp1, gp1, 75714",
  );
  assertEquals(
    add(300_000, 3),
    "S_LUI_INT gp3, 73 | S_ADDI_INT gp3, gp3, 992 | S_ADD_INT gp1, gp2, gp3",
  );
  for (const value of [-1, 2 ** 32, 1.5, NaN]) {
    assertThrows(() => programBuilder().addConstant(1, 2, value), OperandError);
    assertThrows(() => programBuilder().loadConstant(1, value), OperandError);
  }
});

Deno.test("ProgramBuilder.loop() encloses its body and refuses a counter in use", () => {
  const program = programBuilder().loop(16, 6, (outer) => {
    outer.loop(2, 7, (inner) => inner.M_MM({ rs1: 4, rs2: 1 }, "a block"));
  });
  assertEquals(
    program.text(),
    "C_LOOP_START gp6, 16\nC_LOOP_START gp7, 2\n; a block\nM_MM 0, gp4, gp1\nC_LOOP_END gp7\nC_LOOP_END gp6\n",
  );
  assertThrows(
    () => programBuilder().loop(2, 1, (body) => body.loop(2, 1, () => {})),
    OperandError,
    "gp1 already counts",
  );
  assertThrows(() => programBuilder().loop(0, 1, () => {}), OperandError);
  assertThrows(() => programBuilder().loop(2 ** 22, 1, () => {}), OperandError);
});

Deno.test("ProgramBuilder.text() assembles to ProgramBuilder.words() in both encodings", () => {
  const program = programBuilder().comment("head");
  for (let i = 0; i < 300; i++) program.V_EXP_V({ rd: 1, rs1: i % 16, rs3: i % 2 }, `row ${i}`);
  program.append([0x34]).comment("tail");
  for (const encoding of ["fixed", "compat"] as const) {
    assertEquals(assemble(program.text({ encoding }), { encoding }), program.words());
  }
});
