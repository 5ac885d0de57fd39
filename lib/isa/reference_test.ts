import { assertEquals, assertStringIncludes } from "@std/assert";
import { MNEMONICS } from "./instructions.ts";
import { describe, isaReference } from "./reference.ts";
import { syntax } from "./syntax.ts";

Deno.test("isaReference() has one row per instruction and a heading per unit", () => {
  const manual = isaReference();
  for (const mnemonic of MNEMONICS) assertStringIncludes(manual, `| \`${syntax(mnemonic)}\` |`);
  assertEquals(manual.match(/^\| 0x/gm)?.length, MNEMONICS.length);
  assertEquals(manual.match(/^## /gm)?.length, 8);
  assertStringIncludes(
    manual,
    "| 0x22 | `S_ADDI_INT gpD, gpA, imm` | gpD = gpA + imm mod 2^32. | rd, rs1, imm18 | SCALAR_INT_BASIC_CYCLES | G1 |",
  );
});

Deno.test("isaReference() lists the operands that the public assembler misplaces", () => {
  // ISA specification, section 4: masks of four instructions, immediates of three.
  const manual = isaReference();
  const rows = manual.slice(manual.indexOf("## Where the public")).match(/^\| [MV]_.*$/gm);
  assertEquals(rows, [
    "| M_BMM_WO | imm | bits 14-31 | bits 10-31 |",
    "| M_MV_WO | imm | bits 14-31 | bits 10-31 |",
    "| M_BMV_WO | imm | bits 14-31 | bits 10-31 |",
    "| V_EXP_V | mask | bits 18-21 | bits 14-31 |",
    "| V_RECI_V | mask | bits 18-21 | bits 14-31 |",
    "| V_RED_SUM | mask | bits 18-21 | nothing |",
    "| V_RED_MAX | mask | bits 18-21 | bits 14-31 |",
  ]);
});

Deno.test("isaReference() is a table that Markdown can read: equal numbers of cells", () => {
  for (const line of isaReference().split("\n").filter((text) => text.startsWith("| 0x"))) {
    assertEquals(line.split("|").length, 8, line);
  }
});

Deno.test("describe() says all about one instruction", () => {
  assertEquals(
    describe("V_RED_SUM"),
    [
      "V_RED_SUM fD, gpA [, mask]",
      "  fD = fD + the sum of V[gpA].",
      "  opcode 0x15",
      "  bits 6-9 (rd): fD (f0 to f7)",
      "  bits 10-13 (rs1): gpA (gp0 to gp15)",
      "  bits 18-21 (rs3): mask (0 to 15), may be left out; the public assembler drops it",
      "  cost: VECTOR_SUM_CYCLES; 0 when rd is f0",
      "",
    ].join("\n"),
  );
});
