import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { assemble } from "./assemble.ts";
import type { MachineDimensions, ValidateOptions } from "./machine_dimensions.ts";
import { programBuilder } from "./program_builder.ts";
import { validate } from "./validate.ts";

const SMALL: MachineDimensions = {
  mlen: 16,
  vlen: 16,
  blen: 4,
  hlen: 4,
  broadcastAmount: 4,
  matrixSramRows: 64,
  vectorSramRows: 32,
  hbmMPrefetchRows: 16,
  hbmVPrefetchRows: 4,
  hbmVWritebackRows: 4,
  maxLoopInstructions: 20,
  hbmSizeBytes: 4096,
};

/** The findings of a program as `pc severity rule`. */
function found(text: string, options: ValidateOptions = {}): string[] {
  return validate(assemble(text), SMALL, options)
    .map(({ pc, severity, rule }) => `${pc} ${severity} ${rule}`);
}

const LOADED = `
S_ADDI_INT gp1, gp0, 256
C_SET_SCALE_REG gp1
S_ADDI_INT gp1, gp0, 16
C_SET_STRIDE_REG gp1
H_PREFETCH_M gp0, gp0, a0, 1, 0
H_PREFETCH_V gp0, gp0, a0, 1, 0
`;

Deno.test("validate() has nothing to say about a projection of four rows", () => {
  const program = LOADED + `
    S_ADDI_INT gp4, gp0, 256
    S_ADDI_INT gp5, gp0, 0
    C_LOOP_START gp2, 4
    M_MM 0, gp5, gp0
    M_MM_WO gp4, gp0, 0
    S_ADDI_INT gp5, gp5, 64
    S_ADDI_INT gp4, gp4, 4
    C_LOOP_END gp2
    S_ADDI_INT gp4, gp0, 256
    H_STORE_V gp4, gp0, a0, 1, 0`;
  assertEquals(found(program), []);
});

Deno.test("validate() refuses blocks of BLEN columns that do not end with their row", () => {
  const dimensions = { ...SMALL, blen: 3 };
  const rules = (text: string): string[] =>
    validate(assemble(LOADED + text), dimensions)
      .filter(({ severity }) => severity === "error").map(({ pc, rule }) => `${pc} ${rule}`);
  const load = (value: number): string => `S_ADDI_INT gp4, gp0, ${value}\n`;
  assertEquals(rules(load(12) + "M_MV 0, gp4, gp0\nM_MV_WO gp0, 12\nM_MM_WO gp0, gp0, 12"), []);
  assertEquals(rules(load(15) + "M_MV 0, gp4, gp0"), ["7 mram-address"]);
  assertEquals(rules(load(15 * 16) + "M_MM 0, gp4, gp0"), ["7 mram-address"]);
  assertEquals(rules("M_MV_WO gp0, 15\nM_MM_WO gp0, gp0, 15"), [
    "6 vram-address",
    "7 vram-address",
  ]);
});

// One instruction, after a tile and four vector rows are loaded: both edges of each rule.
for (
  const [address, text, expected] of [
    [48, "V_EXP_V gp3, gp3, 0", []],
    [40, "V_EXP_V gp3, gp3, 0", ["7 error vram-address"]],
    [496, "V_EXP_V gp3, gp0, 0", []],
    [512, "V_EXP_V gp3, gp0, 0", ["7 error vram-address"]],
    [64, "V_EXP_V gp0, gp3, 0", ["7 warning vram-unwritten"]],
    [64, "V_MUL_VF gp3, gp3, f0, 0", []],
    [64, "V_MUL_VF gp3, gp3, f1, 0", ["7 warning vram-unwritten"]],
    [192, "M_MM 0, gp3, gp0", []],
    [4, "M_MM 0, gp3, gp0", ["7 error mram-address"]],
    [16, "M_MM 0, gp3, gp0", ["7 error mram-address"]],
    [256, "M_MM 0, gp3, gp0", ["7 warning mram-unwritten"]],
    [1024, "M_MM 0, gp3, gp0", ["7 error mram-address"]],
    [16, "M_MM 0, gp0, gp3", ["7 warning vram-unwritten"]],
    [192, "M_TMM 0, gp0, gp3", []],
    [12, "M_MV 0, gp3, gp0", []],
    [16, "M_MV 0, gp3, gp0", ["7 error mram-address"]],
    [2, "M_MV 0, gp3, gp0", ["7 error mram-address"]],
    [4, "M_TMV 0, gp3, gp0", ["7 error mram-address"]],
    [12, "M_BTMV gp0, gp3, gp0", []],
    [2, "M_BTMV gp0, gp3, gp0", ["7 error mram-address"]],
    [64, "M_BTMV gp0, gp3, gp0", ["7 error mram-address"]],
    [12, "M_MM_WO gp3, gp0, 0", []],
    [14, "M_MM_WO gp3, gp0, 2", []],
    [14, "M_MM_WO gp3, gp0, 0", ["7 error vram-address"]],
    [464, "M_MM_WO gp3, gp0, 0", ["7 error vram-address"]],
    [8, "M_MM_WO gp0, gp3, 0", []],
    [10, "M_MM_WO gp0, gp3, 0", []],
    [11, "M_MM_WO gp0, gp3, 0", ["7 error vram-address"]],
    [1023, "S_LD_FP f1, gp3, 0", []],
    [1023, "S_LD_FP f1, gp3, 1", ["7 error sram-index"]],
    [1008, "S_MAP_V_FP gp0, gp3, 0", []],
    [1009, "S_MAP_V_FP gp0, gp3, 0", ["7 error sram-index"]],
    [1024, "S_LD_INT gp4, gp3, 0", ["7 error sram-index"]],
    [1021, "V_TOPK gp0, gp0, gp3, 0", ["7 error sram-index"]],
    [256, "H_PREFETCH_M gp3, gp0, a0, 1, 0", []],
    [128, "H_PREFETCH_M gp3, gp0, a0, 1, 0", ["7 error mram-address"]],
    [1024, "H_PREFETCH_M gp3, gp0, a0, 1, 0", ["7 error mram-address"]],
    [496, "H_PREFETCH_V gp3, gp0, a0, 1, 0", ["7 warning vram-address"]],
    [4096, "H_PREFETCH_V gp0, gp3, a0, 1, 0", ["7 warning hbm-address"]],
    [4096, "H_STORE_V gp0, gp3, a0, 1, 0", ["7 error hbm-address"]],
    [16, "H_STORE_V gp3, gp0, a0, 1, 0", ["7 warning vram-unwritten"]],
    [16, "V_ADD_VV gp0, gp0, gp3, 1", ["7 warning mask-unset"]],
    [16, "S_ADDI_INT gp0, gp3, 0", ["7 warning zero-register"]],
    [0, "V_RED_SUM f1, gp0, 1", ["7 warning masked-reduction", "7 warning mask-unset"]],
    [0, "M_BMV gp0, gp0, gp0", ["7 error opcode"]],
    [0, "V_PS_V gp0, gp0, gp0", ["7 error opcode"]],
    [0, ".word 0x00000038", ["7 error opcode"]],
    [0, ".word 0x18000217 ; f8", ["7 error operand-range", "7 warning unused-bits"]],
    [0, ".word 0x00000043 ; M_BMM with rd", ["7 error operand-range", "7 warning vram-unwritten"]],
    [0, ".word 0x00084028 ; stride 2", ["7 warning operand-range"]],
    [0, "S_LUI_INT gp3, 1048576", ["7 warning operand-range"]],
    [0, "C_LOOP_START gp3, 0\nC_LOOP_END gp3", ["7 error loop-count"]],
    [0, "C_BREAK", ["7 error loop-nesting"]],
    [0, "C_LOOP_END gp3", ["7 error loop-nesting"]],
    [0, "C_LOOP_START gp3, 1", ["7 warning loop-nesting"]],
  ] as const
) {
  Deno.test(`validate() of ${text.replace("\n", ", ")} with gp3 = ${address}`, () => {
    assertEquals(found(`${LOADED}S_ADDI_INT gp3, gp0, ${address}\n${text}`), [...expected]);
  });
}

Deno.test("validate() wants SCALE and STRIDE set before a transfer", () => {
  const transfer = "H_PREFETCH_V gp0, gp0, a0, 1, 0";
  assertEquals(found(transfer), ["0 warning scale-unset", "0 warning stride-unset"]);
  assertEquals(found(transfer, { scaled: false }), ["0 warning stride-unset"]);
  assertEquals(found("H_PREFETCH_V gp0, gp0, a0, 0, 0"), ["0 warning scale-unset"]);
  assertEquals(found(`C_SET_SCALE_REG gp0\nC_SET_STRIDE_REG gp0\n${transfer}`), []);
});

Deno.test("validate() follows loops: the address that is wrong in the last iteration only", () => {
  const program = (count: number): string =>
    `C_LOOP_START gp1, ${count}\nS_MAP_V_FP gp2, gp0, 0\nS_ADDI_INT gp2, gp2, 16\nC_LOOP_END gp1`;
  assertEquals(found(program(32)), []);
  assertEquals(found(program(33)), ["1 error vram-address"]);
});

Deno.test("validate() finds counters that are shared or written, and loops that overlap", () => {
  assertEquals(
    found("C_LOOP_START gp1, 2\nS_ADDI_INT gp1, gp0, 1\nC_LOOP_END gp1"),
    ["1 warning loop-counter"],
  );
  assertEquals(
    found("C_LOOP_START gp1, 1\nC_LOOP_START gp1, 1\nC_LOOP_END gp1\nC_LOOP_END gp1"),
    ["1 warning loop-counter"],
  );
  assertEquals(
    found("C_LOOP_START gp1, 1\nC_LOOP_START gp2, 1\nC_LOOP_END gp1\nC_LOOP_END gp2"),
    ["2 warning loop-nesting"],
  );
});

Deno.test("validate() counts the instructions of an iteration, those of inner loops included", () => {
  const nop = "S_ADDI_INT gp0, gp0, 0\n";
  const flat = (size: number): string => `C_LOOP_START gp1, 2\n${nop.repeat(size)}C_LOOP_END gp1`;
  assertEquals(found(flat(19)), []);
  assertEquals(found(flat(20)), ["0 error loop-limit"]);
  const nested = (count: number): string =>
    `C_LOOP_START gp1, 2\nC_LOOP_START gp2, ${count}\n${nop}C_LOOP_END gp2\nC_LOOP_END gp1`;
  assertEquals(found(nested(9)), []); // start, 9 * 2, end
  assertEquals(found(nested(10)), ["0 error loop-limit"]);
});

Deno.test("validate() on the extended machine leaves the loop at C_BREAK and has M_BMV", () => {
  const text = "C_LOOP_START gp1, 3\nC_BREAK\nV_EXP_V gp0, gp0, 0\nC_LOOP_END gp1";
  assertEquals(found(text), ["2 warning vram-unwritten", "3 error loop-nesting"]);
  assertEquals(found(text, { machine: "extended" }), []);
  const bmv = LOADED + "M_BMV gp0, gp0, gp0";
  assertEquals(found(bmv, { machine: "extended" }), []);
});

Deno.test("validate() does not judge addresses that come from an unknown INT SRAM", () => {
  const text = "S_LD_INT gp1, gp0, 5\nV_EXP_V gp1, gp1, 0\nV_EXP_V gp0, gp0, 0";
  assertEquals(found(text), []);
  assertEquals(found(text, { intSram: new Uint32Array(6).fill(17) }), [
    "1 error vram-address",
    "2 warning vram-unwritten",
  ]);
  const stored = "S_ADDI_INT gp1, gp0, 17\nS_ST_INT gp1, gp0, 5\nS_LD_INT gp2, gp0, 5\n";
  assertEquals(found(stored + "S_MAP_V_FP gp2, gp0, 0"), ["3 error vram-address"]);
});

Deno.test("validate() takes preloaded vector rows for written", () => {
  const text = "S_ADDI_INT gp1, gp0, 16\nV_EXP_V gp0, gp1, 0";
  assertEquals(found(text, { preloadedVramRows: 2 }), []);
  assertEquals(found(text, { preloadedVramRows: 1 }), ["1 warning vram-unwritten"]);
});

Deno.test("validate() says where it stopped following a long run", () => {
  const program = programBuilder().loop(1000, 1, (body) => body.C_SET_SCALE_REG({ rd: 0 }));
  const [finding, ...others] = validate(program.words(), SMALL, { maxSteps: 100 });
  assertEquals([finding?.severity, finding?.rule, others.length], ["note", "not-run", 0]);
  assertEquals(validate(program.words(), SMALL), []);
});

Deno.test("validate() takes any words", () => {
  const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (list) => {
      for (const machine of ["plena", "extended"] as const) {
        const words = Uint32Array.from(list);
        const findings = validate(words, SMALL, { machine, maxSteps: 2000 });
        assert(
          findings.every(({ pc, help, what }) => pc < words.length && help !== "" && what !== ""),
        );
        assert(findings.every(({ pc }, i) => i === 0 || findings[i - 1]!.pc <= pc));
      }
    }),
    { numRuns: 2000 },
  );
});
