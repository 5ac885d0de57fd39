import { assemble, assembleProgram } from "./assemble.ts";
import { AssemblyErrors } from "./assembly_error.ts";
import { hexWord } from "./disassemble.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

// The vectors of the ISA specification, section 17, as they stand there.

const SINGLE = `
M_MM 0, gp2, gp4                        00010801
M_TMM 0, gp1, gp2                       00008402
M_BTMM 0, gp0, gp5                      00014004
M_BMM_WO gp3, 0                         000000C5
M_BMM_WO gp3, 5                         000014C5
M_MM_WO gp3, gp0, 0                     000000C6
M_MM_WO gp5, gp7, 3                     0000DD46
M_MV 0, gp1, gp2                        00008407
M_MV_WO gp3, 4                          000010CB
V_ADD_VV gp1, gp2, gp3, 0               0000C84D
V_ADD_VV gp1, gp2, gp3, 1               0004C84D
V_ADD_VV gp1, gp2, gp3                  0000C84D
V_ADD_VF gp1, gp2, f3, 0                0000C84E
V_SUB_VV gp1, gp2, gp3, 1               0004C84F
V_SUB_VF gp2, gp1, f0, 0, 1             00400490
V_SUB_VF gp2, gp1, f0, 1, 0             00040490
V_MUL_VV gp1, gp2, gp3, 0               0000C851
V_MUL_VF gp1, gp2, f5, 0                00014852
V_MAX_VF gp1, gp2, f3, 1                0004C875
V_MIN_VF gp1, gp2, f3, 1                0004C876
V_TOPK gp1, gp2, gp3, 1                 0004C877
V_EXP_V gp2, gp1, 0                     00000493
V_EXP_V gp2, gp1, 1                     00004493
V_RECI_V gp2, gp1, 0                    00000494
V_RED_SUM f3, gp2                       000008D5
V_RED_SUM f3, gp2, 1                    000008D5
V_RED_MAX f1, gp2, 0                    00000856
V_RED_MAX f1, gp2, 1                    00004856
V_SHFT_V gp3, gp1, gp2                  000084F2
V_PS_V gp3, gp1, gp2                    000084F1
C_HADAMARD_TRANSFORM gp1, gp2, gp3      0000C873
S_ADD_FP f1, f2, f3                     0000C857
S_EXP_FP f1, f2                         0000085B
S_EXP_FP f1, f2, 0                      0000085B
S_RECI_FP f1, f2                        0000085C
S_SQRT_FP f2, f2                        0000089D
S_LD_FP f1, gp0, 5                      0001405E
S_ST_FP f1, gp2, 0                      0000085F
S_MAP_V_FP gp1, gp2, 0                  00000860
S_ADD_INT gp1, gp2, gp3                 0000C861
S_ADDI_INT gp1, gp0, 128                00200062
S_ADDI_INT gp1, gp0, 262143             FFFFC062
S_SUB_INT gp1, gp2, gp3                 0000C863
S_MUL_INT gp1, gp2, gp3                 0000C864
S_LUI_INT gp5, 73                       00012565
S_LUI_INT gp5, 4194303                  FFFFFD65
S_LD_INT gp1, gp2, 3                    0000C866
S_ST_INT gp1, gp2, 3                    0000C867
H_PREFETCH_M gp2, gp3, a1, 1, 0         00044CA8
H_PREFETCH_M gp2, gp3, a1, 1, 1         00444CA8
H_PREFETCH_V gp3, gp2, a0, 1, 0         000408E9
H_PREFETCH_V gp3, gp2, a0, 0, 0, 0      000008E9
H_STORE_V gp1, gp2, a2, 1, 0            0004886A
H_STORE_V gp1, gp2, a7, 1, 1            0045C86A
C_SET_ADDR_REG a1, gp0, gp1             0000406B
C_SET_SCALE_REG gp1                     0000006C
C_SET_STRIDE_REG gp4                    0000012D
C_SET_V_MASK_REG gp4                    0000012E
C_LOOP_START gp4, 16                    0000412F
C_LOOP_START gp1, 4194303               FFFFFC6F
C_LOOP_END gp4                          00000130
C_LOOP_END gp1, 0                       00000070
C_BREAK                                 00000034
C_BREAK 0, 0, 0                         00000034
`;

const FRAGMENT = `
; whole line comment
// another
   S_ADDI_INT gp1 , gp0,  4096   ; tail     04000062
S_LUI_INT gp2, 73;                          000124A5
S_ADDI_INT gp2, gp2, 992 // tail            00F808A2
C_SET_ADDR_REG a1, gp0, gp2                 0000806B
S_ADDI_INT gp3, gp0, 16384                  100000E2
C_SET_SCALE_REG gp3                         000000EC
S_ADDI_INT gp3, gp0, 128                    002000E2
C_SET_STRIDE_REG gp3                        000000ED
S_ADDI_INT gp4, gp0, 0                      00000122
S_ADDI_INT gp5, gp0, 64                     00100162
H_PREFETCH_M gp4, gp5, a1, 1, 0             00045528
C_LOOP_START gp6, 16                        000041AF
C_LOOP_START gp7, 2                         000009EF
M_MM 0, gp4, gp1                            00005001
S_ADDI_INT gp1, gp1, 4096                   04000462
C_LOOP_END gp7                              000001F0
M_MM_WO gp8, gp0, 0                         00000206
S_ADDI_INT gp8, gp8, 4                      00012222
C_LOOP_END gp6                              000001B0
S_LD_FP f1, gp0, 3                          0000C05E
S_ADD_FP f2, f0, f0                         00000097
V_MUL_VV gp9, gp8, gp8, 0                   00022251
V_RED_SUM f2, gp9                           00002495
V_RED_SUM f4, gp9, 0, 0                     00002515
S_MUL_FP f2, f2, f1                         0000489A
S_ADDI_INT gp0, gp0, 0                      00000022
V_MUL_VF gp8, gp8, f2, 0                    0000A212
V_SUB_VF gp10, gp8, f0, 0, 1                00402290
V_EXP_V gp10, gp10, 0                       00002A93
V_EXP_V gp10, gp10, 0, 0                    00002A93
V_EXP_V gp10, gp10, 1, 0                    00006A93
V_RECI_V gp10, gp10, 0                      00002A94
V_RED_MAX f6, gp10, 0                       00002996
S_MAX_FP f1, f6, f1                         00005859
S_ST_FP f1, gp0, 10                         0002805F
S_MAP_V_FP gp9, gp0, 10                     00028260
M_BTMM 0, gp0, gp1                          00004004
V_SHFT_V gp9, gp8, gp3                      0000E272
`;

const ODD = `
S_ADDI_INT gp16, gp0, 1                 00004422
M_BTMM 16, gp0, gp5                     00014404
V_ADD_VV gp1, gp2, gp3, 16              0040C84D
V_ADD_VV gp1, gp2, gp3, gp4             0000C84D
C_SET_ADDR_REG a9, gp0, gp1             0000426B
C_SET_STRIDE_REG 5                      0000016D
S_ADD_INT gp1, f2, a3                   0000C861
S_ADDI_INT gp1, gp0, 1_000              00FA0062
S_ADDI_INT gp1, gp0, 007                0001C062
M_MM gp0, gp1, gp2                      00008401
C_LOOP_START gp0, 5                     0000142F
`;

const REJECTED = [
  "V_RED_MAX f6, gp10",
  "S_ADDI_INT gp1, gp0",
  "S_ADDI_INT gp1, gp0, 0x10",
  "S_ADDI_INT gp1, gp0, 262144",
  "C_LOOP_START gp1, 4194304",
  "M_MM_WO gp1, 0, 5",
  "M_MM_WO gp1, gp2, gp3",
  "S_LUI_INT gp1, gp2",
  "S_MV_FP f1, f2",
  "S_ADD_FP f1, f2, 3",
  "H_PREFETCH_M gp1, gp2, a1, 1",
  "V_SUB_VF gp1, gp2, f0, 0",
  "M_MM , gp1, gp2",
  "H_STORE_V gp1, gp2, a2, 1, foo",
  "label:",
  "# x",
  "m_mm 0, gp2, gp4",
];

/** Lines of a table above as text and word; lines without a word are comments. */
function vectors(table: string): [string, number][] {
  return table.trim().split("\n").flatMap((line): [string, number][] => {
    const parts = /^(.*?)\s+([0-9A-F]{8})$/.exec(line);
    return parts === null ? [] : [[parts[1]!, parseInt(parts[2]!, 16)]];
  });
}

/** The lines of which the public assembler misplaces or drops an operand, with it in its place. */
const REPAIRED = `
M_BMM_WO gp3, 5                         000140C5
M_MV_WO gp3, 4                          000100CB
V_EXP_V gp2, gp1, 1                     00040493
V_EXP_V gp10, gp10, 1, 0                00042A93
V_RED_SUM f3, gp2, 1                    000408D5
V_RED_MAX f1, gp2, 1                    00040856
`;

Deno.test("assemble() in compat gives the words of the specification", () => {
  const all = [...vectors(SINGLE), ...vectors(FRAGMENT), ...vectors(ODD)];
  assertEquals(all.length, 64 + 38 + 11);
  for (const [text, word] of all) {
    assertEquals([...assemble(text, { encoding: "compat" })].map(hexWord), [hexWord(word)], text);
  }
});

Deno.test("assemble() takes a whole fragment with comments and spacing", () => {
  const rows = FRAGMENT.trim().split("\n");
  const source = rows.map((row) => row.replace(/\s+[0-9A-F]{8}$/, "")).join("\n");
  const { words, lines } = assembleProgram(source, { encoding: "compat" });
  assertEquals([...words], vectors(FRAGMENT).map(([, word]) => word));
  assertEquals([...lines], [...rows.keys()].map((row) => row + 1).slice(2));
});

Deno.test("assemble() puts every field where the machine reads it", () => {
  const repaired = new Map(vectors(REPAIRED));
  const all = new Map([...vectors(SINGLE), ...vectors(FRAGMENT), ...repaired]);
  for (const [text, word] of all) {
    assertEquals([...assemble(text)].map(hexWord), [hexWord(word)], text);
  }
  for (const text of repaired.keys()) {
    assert(assemble(text)[0] !== assemble(text, { encoding: "compat" })[0], text);
  }
});

Deno.test("assemble() refuses the odd forms that compat takes", () => {
  for (const [text] of vectors(ODD)) {
    if (/^(C_SET_ADDR_REG a9|C_LOOP_START gp0)/.test(text)) continue; // registers that exist
    assertThrows(() => assemble(text), AssemblyErrors, undefined, text);
  }
});

Deno.test("assemble() refuses the lines that the specification lists as rejected", () => {
  for (const encoding of ["fixed", "compat"] as const) {
    for (const text of REJECTED) {
      assertThrows(() => assemble(text, { encoding }), AssemblyErrors, undefined, text);
    }
  }
});
