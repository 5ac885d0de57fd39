import { assert, assertEquals } from "@std/assert";
import { FIELDS, OPCODE_WIDTH } from "./fields.ts";
import { BY_OPCODE, type CostTerm, type Instruction, INSTRUCTIONS } from "./instructions.ts";
import { MNEMONICS } from "./instructions.ts";
import { OPERAND_MAXIMUM } from "./operand.ts";

// Emulator specification, section 3, as it stands there: opcode, mnemonic, operands used.
const ENCODING = `
01 M_MM rs1 rs2            1C S_RECI_FP rd rs1
02 M_TMM rs1 rs2           1D S_SQRT_FP rd rs1
03 M_BMM rs1 rs2           1E S_LD_FP rd rs1 imm18
04 M_BTMM rs1 rs2          1F S_ST_FP rd rs1 imm18
05 M_BMM_WO rd imm18       20 S_MAP_V_FP rd rs1 imm18
06 M_MM_WO rd rs1 imm18    21 S_ADD_INT rd rs1 rs2
07 M_MV rs1 rs2            22 S_ADDI_INT rd rs1 imm18
08 M_TMV rs1 rs2           23 S_SUB_INT rd rs1 rs2
09 M_BMV rs1 rs2 rd        24 S_MUL_INT rd rs1 rs2
0A M_BTMV rs1 rs2 rd       25 S_LUI_INT rd imm22
0B M_MV_WO rd imm18        26 S_LD_INT rd rs1 imm18
0C M_BMV_WO rd imm18       27 S_ST_INT rd rs1 imm18
0D V_ADD_VV rd rs1 rs2 rs3 28 H_PREFETCH_M rd rs1 rs2 rs3 funct1
0E V_ADD_VF rd rs1 rs2 rs3 29 H_PREFETCH_V rd rs1 rs2 rs3 funct1
0F V_SUB_VV rd rs1 rs2 rs3 2A H_STORE_V rd rs1 rs2 rs3 funct1
10 V_SUB_VF rd rs1 rs2 rs3 funct1
11 V_MUL_VV rd rs1 rs2 rs3 2B C_SET_ADDR_REG rd rs1 rs2
12 V_MUL_VF rd rs1 rs2 rs3 2C C_SET_SCALE_REG rd
13 V_EXP_V rd rs1 rs3      2D C_SET_STRIDE_REG rd
14 V_RECI_V rd rs1 rs3     2E C_SET_V_MASK_REG rd
15 V_RED_SUM rd rs1 rs3    2F C_LOOP_START rd imm22
16 V_RED_MAX rd rs1 rs3    30 C_LOOP_END rd
17 S_ADD_FP rd rs1 rs2
18 S_SUB_FP rd rs1 rs2     32 V_SHFT_V rd rs1 rs2
19 S_MAX_FP rd rs1 rs2
1A S_MUL_FP rd rs1 rs2     34 C_BREAK
1B S_EXP_FP rd rs1         35 V_MAX_VF rd rs1 rs2 rs3
37 V_TOPK rd rs1 rs2 rs3   36 V_MIN_VF rd rs1 rs2 rs3
`;

// Emulator specification, section 8.
const COST: readonly (readonly [RegExp, readonly CostTerm[]])[] = [
  [/^M_(MM|TMM|BMM|BTMM)$/, ["SYSTOLIC_PROCESSING_OVERHEAD", "MLEN"]],
  [/^M_BT?MV$/, ["SYSTOLIC_PROCESSING_OVERHEAD", "ONE"]],
  [/^M_T?MV$/, ["MLEN"]],
  [/^M_\w+_WO$/, ["ONE"]],
  [/^V_(ADD|SUB)_V[VF]$/, ["VECTOR_ADD_CYCLES"]],
  [/^V_(MUL_V[VF]|SHFT_V)$/, ["VECTOR_MUL_CYCLES"]],
  [/^V_(MAX_VF|MIN_VF|RED_MAX)$/, ["VECTOR_MAX_CYCLES"]],
  [/^V_EXP_V$/, ["VECTOR_EXP_CYCLES"]],
  [/^V_RECI_V$/, ["VECTOR_RECI_CYCLES"]],
  [/^V_RED_SUM$/, ["VECTOR_SUM_CYCLES"]],
  [/^V_TOPK$/, ["EXPERTS*VECTOR_MAX_CYCLES"]],
  [/^S_(ADD|SUB|MUL|MAX)_FP$/, ["SCALAR_FP_BASIC_CYCLES"]],
  [/^S_EXP_FP$/, ["SCALAR_FP_EXP_CYCLES"]],
  [/^S_RECI_FP$/, ["SCALAR_FP_RECI_CYCLES"]],
  [/^S_SQRT_FP$/, ["SCALAR_FP_SQRT_CYCLES"]],
  [/^S_(LD|ST)_FP$/, ["ONE"]],
  [/^S_MAP_V_FP$/, ["VLEN", "VLEN"]],
  [/^S_\w+_INT$/, ["SCALAR_INT_BASIC_CYCLES"]],
  [/^C_(?!HADAMARD)/, ["ONE"]],
  [/^H_/, []],
  [/^(V_PS_V|C_HADAMARD_TRANSFORM)$/, []],
];

// ISA specification, section 4.
const GROUPS: Readonly<Record<string, string>> = {
  G1: "S_ADDI_INT M_MM_WO S_LD_FP S_ST_FP S_LD_INT S_ST_INT S_MAP_V_FP V_RED_MAX V_RECI_V V_EXP_V",
  G2: "S_LUI_INT M_MV_WO M_BMM_WO M_BMV_WO",
  G3: "S_RECI_FP S_EXP_FP S_SQRT_FP V_RED_SUM",
  G4: "C_BREAK",
  G5: "C_SET_SCALE_REG C_SET_STRIDE_REG C_SET_V_MASK_REG C_LOOP_END",
  G6: "C_LOOP_START",
  G7: "H_PREFETCH_M H_PREFETCH_V H_STORE_V V_SUB_VF",
  G8: "V_ADD_VV V_ADD_VF V_SUB_VV V_MUL_VV V_MUL_VF V_MAX_VF V_MIN_VF V_TOPK",
};

const rows: readonly [string, Instruction][] = Object.entries(INSTRUCTIONS);

Deno.test("INSTRUCTIONS has the opcodes and fields of the machine", () => {
  const cells = [...ENCODING.matchAll(/([0-9A-F]{2}) ([A-Z_]+)((?: [a-z]\w+)*)/g)];
  assertEquals(cells.length, 53);
  for (const [, opcode, mnemonic, fields] of cells) {
    const row: Instruction = INSTRUCTIONS[mnemonic as keyof typeof INSTRUCTIONS];
    assertEquals(row.opcode, parseInt(opcode!, 16), mnemonic);
    assert(row.implemented);
    const read = row.operands.filter(({ kind }) => kind !== "zero").map(({ field }) => field);
    assertEquals(read.sort(), fields!.trim().split(" ").filter(Boolean).sort() as typeof read);
  }
  const missing = rows.filter(([, row]) => !row.implemented).map((
    [name, row],
  ) => [name, row.opcode]);
  assertEquals(missing, [["V_PS_V", 0x31], ["C_HADAMARD_TRANSFORM", 0x33]]);
});

Deno.test("INSTRUCTIONS has one row for each opcode from 0x01 to 0x37", () => {
  assertEquals(rows.map(([, row]) => row.opcode), Array.from({ length: 0x37 }, (_, i) => i + 1));
  assertEquals(MNEMONICS.length, 0x37);
  for (const [opcode, row] of BY_OPCODE.entries()) {
    assertEquals(row?.opcode, opcode >= 1 && opcode <= 0x37 ? opcode : undefined);
  }
  assertEquals(BY_OPCODE.length, 64);
});

Deno.test("INSTRUCTIONS has no row in which two fields share a bit or an operand exceeds its field", () => {
  for (const [mnemonic, { operands }] of rows) {
    let used = 2 ** OPCODE_WIDTH - 1;
    for (const { field, kind } of operands) {
      const { lsb, width } = FIELDS[field];
      const mask = Number(((1n << BigInt(width)) - 1n) << BigInt(lsb)) | 0;
      assertEquals(used & mask, 0, `${mnemonic}: ${field} overlaps`);
      used |= mask;
      assert(OPERAND_MAXIMUM[kind] < 2 ** width, `${mnemonic}: ${kind} exceeds ${field}`);
    }
  }
});

Deno.test("INSTRUCTIONS charges what the cost summary says", () => {
  for (const [mnemonic, row] of rows) {
    const classes = COST.filter(([pattern]) => pattern.test(mnemonic));
    assertEquals(classes.length, 1, mnemonic);
    assertEquals(row.cost, classes[0]![1], mnemonic);
    const free = /^(V_RED_\w+|S_(ADD|SUB|MUL|MAX|EXP|RECI|SQRT)_FP)$/.test(mnemonic);
    assertEquals(row.freeWhenRdIsF0 ?? false, free, mnemonic);
  }
});

Deno.test("INSTRUCTIONS names the group of the public encoder", () => {
  for (const [mnemonic, row] of rows) {
    const group = Object.keys(GROUPS).find((name) => GROUPS[name]!.split(" ").includes(mnemonic));
    assertEquals(row.group, (group ?? "G9") as typeof row.group, mnemonic);
  }
});
