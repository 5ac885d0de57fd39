import { assertEquals, assertThrows } from "@std/assert";
import { profileAssembly, ProfileError, type StaticCosts, staticCycles } from "./static_profile.ts";

/** The Nexys Video and the V80 as the specification's tables have them. */
const NEXYS_VIDEO: StaticCosts = {
  systolicOverhead: 8,
  mlen: 64,
  vectorAdd: 9,
  vectorMul: 7,
  vectorExp: 15,
  vectorReci: 8,
  vectorMax: 4,
  vectorSum: 30,
  scalarFpBasic: 1,
  scalarFpExp: 2,
  scalarFpReci: 2,
  scalarFpSqrt: 2,
  scalarIntBasic: 1,
  prefetchV: 25,
  prefetchM: 400,
  storeV: 25,
};
const V80: StaticCosts = {
  ...NEXYS_VIDEO,
  systolicOverhead: 0,
  vectorAdd: 1,
  vectorMul: 1,
  vectorExp: 1,
  vectorReci: 2,
  vectorSum: 8,
  scalarFpExp: 1,
  scalarFpReci: 1,
  scalarFpSqrt: 1,
  prefetchV: 0,
  prefetchM: 0,
  storeV: 0,
};

/** The smoke program of the specification's golden values. */
const SMOKE = `; smoke
S_ADDI_INT
C_LOOP_START gp2, 3
H_PREFETCH_M
C_LOOP_START gp3, 4
M_MM
V_EXP_V
C_LOOP_END
M_MM_WO
C_LOOP_END
H_PREFETCH_V
H_STORE_V
M_BMV
S_MAP_V_FP
V_SHIFT_V
V_RED_SUM f1
not an instruction
`;

Deno.test("profileAssembly() reproduces the published counts and cycles of the smoke program", () => {
  const profile = profileAssembly(SMOKE, NEXYS_VIDEO);
  assertEquals(
    [profile.sourceLines, profile.staticInstructions, profile.dynamicInstructions],
    [17, 15, 56],
  );
  assertEquals([profile.loopStarts, profile.cycles], [2, 2490]);
  assertEquals(profileAssembly(SMOKE, V80).cycles, 940);
  const byType = new Map<string, number>();
  for (const { opcode, executed } of profile.opcodes) {
    byType.set(opcode[0]!, (byType.get(opcode[0]!) ?? 0) + executed);
  }
  assertEquals(Object.fromEntries(byType), { C: 19, H: 5, M: 16, S: 2, V: 14 });
});

/** Executed opcodes of the published decoder layer, of a model of 60 million parameters. */
const DECODER_LAYER: Readonly<Record<string, number>> = {
  S_ADDI_INT: 54893,
  C_LOOP_END: 25095,
  V_MUL_VF: 9728,
  V_ADD_VV: 8192,
  S_LD_FP: 7705,
  S_ST_FP: 7680,
  V_MUL_VV: 6656,
  S_ADD_FP: 6147,
  V_RED_SUM: 3072,
  V_SUB_VF: 3072,
  V_EXP_V: 3072,
  S_MUL_FP: 2304,
  S_RECI_FP: 2304,
  C_LOOP_START: 1989,
  V_RED_MAX: 1536,
  S_MAX_FP: 1536,
  S_SUB_FP: 1536,
  S_EXP_FP: 1536,
  V_SHIFT_V: 1536,
  V_ADD_VF: 1536,
  V_RECI_V: 1536,
  S_LUI_INT: 1336,
  M_MM: 992,
  S_SQRT_FP: 768,
  M_MM_WO: 512,
  S_ADD_INT: 84,
  H_PREFETCH_M: 64,
  C_SET_ADDR_REG: 28,
  H_PREFETCH_V: 28,
  C_SET_SCALE_REG: 25,
  C_SET_STRIDE_REG: 25,
  H_STORE_V: 16,
  M_BTMM: 2,
  M_BMM_WO: 2,
};

Deno.test("profileAssembly() reproduces the published cycles of a decoder layer", () => {
  // The program was not published, its counts were: each opcode in a loop of its own.
  const { C_LOOP_START, C_LOOP_END, ...others } = DECODER_LAYER;
  const text = Object.entries(others).map(([opcode, n]) =>
    `C_LOOP_START gp1, ${n}\n${opcode}\nC_LOOP_END gp1\n`
  ).join("");
  const cyclesOf = (costs: StaticCosts): number => {
    const { opcodes } = profileAssembly(text, { ...costs, mlen: 256 });
    // Loops cost 1 cycle for every start and end: ours are replaced by the published ones.
    return C_LOOP_START! + C_LOOP_END! + opcodes.reduce((sum, { opcode, executed, cycles }) => {
      if (opcode.startsWith("C_LOOP")) return sum;
      assertEquals(executed, DECODER_LAYER[opcode], opcode);
      return sum + executed * cycles;
    }, 0);
  };
  assertEquals(cyclesOf(NEXYS_VIDEO), 806_541);
  assertEquals(cyclesOf(V80), 437_553);
});

Deno.test("profileAssembly() multiplies nested loops, and ignores an end without a start", () => {
  const profile = profileAssembly(
    "C_LOOP_END gp1\nC_LOOP_START gp1, 5\n  C_LOOP_START gp2, x\n\tV_ADD_VV\nC_LOOP_END gp2\nC_LOOP_END gp1\nC_BREAK",
    V80,
  );
  const executed = new Map(profile.opcodes.map(({ opcode, executed }) => [opcode, executed]));
  assertEquals(Object.fromEntries(executed), {
    C_LOOP_START: 6,
    C_LOOP_END: 11,
    V_ADD_VV: 5,
    C_BREAK: 1,
  });
});

Deno.test("profileAssembly() adds up by stage what stands under a comment, loops counted", () => {
  const { stages, cycles, dynamicInstructions } = profileAssembly(
    "S_ADDI_INT\n; load\nH_PREFETCH_V\nC_LOOP_START gp1, 5\n; -- add\nV_ADD_VV\nC_LOOP_END gp1\n;load\n" +
      "H_PREFETCH_M\n",
    NEXYS_VIDEO,
  );
  assertEquals(stages, [
    { stage: "", instructions: 1, executed: 1, cycles: 1 },
    { stage: "load", instructions: 3, executed: 3, cycles: 25 + 1 + 400 },
    { stage: "-- add", instructions: 2, executed: 10, cycles: 5 * 9 + 5 },
  ]);
  assertEquals(stages.reduce((sum, stage) => sum + stage.cycles, 0), cycles);
  assertEquals(stages.reduce((sum, stage) => sum + stage.executed, 0), dynamicInstructions);
});

/** How often the smoke program executes each instruction. */
const SMOKE_EXECUTIONS = [1, 1, 3, 3, 12, 12, 12, 3, 3, 1, 1, 1, 1, 1, 1];

Deno.test("profileAssembly() says the same of given counts as of the loops that they come from", () => {
  const given = profileAssembly(SMOKE, NEXYS_VIDEO, Float64Array.from(SMOKE_EXECUTIONS));
  assertEquals(given, profileAssembly(SMOKE, NEXYS_VIDEO));
});

Deno.test("profileAssembly() takes given counts where loops cannot be followed", () => {
  // Any counts will do: the loops, which cross, have no part in it.
  const { opcodes, stages, cycles } = profileAssembly(
    "; a\nC_LOOP_START gp1, 2\nC_LOOP_START gp2, 2\nV_ADD_VV\n; b\nC_LOOP_END gp1\nC_LOOP_END gp2\n",
    NEXYS_VIDEO,
    Float64Array.of(1, 2, 3, 3, 2),
  );
  assertEquals(opcodes, [
    { opcode: "V_ADD_VV", executed: 3, cycles: 9 },
    { opcode: "C_LOOP_END", executed: 5, cycles: 1 },
    { opcode: "C_LOOP_START", executed: 3, cycles: 1 },
  ]);
  assertEquals(stages.map(({ stage, executed }) => [stage, executed]), [["a", 6], ["b", 5]]);
  assertEquals(cycles, 3 * 9 + 5 + 3);
});

Deno.test("profileAssembly() refuses counts that are not one for each instruction", () => {
  for (
    const [counts, says] of [
      [SMOKE_EXECUTIONS.slice(1), "14 counts for 15 instructions"],
      [[...SMOKE_EXECUTIONS, 1], "16 counts for 15 instructions"],
      [SMOKE_EXECUTIONS.with(3, -1), "an instruction that runs -1 times"],
      [SMOKE_EXECUTIONS.with(3, 0.5), "an instruction that runs 0.5 times"],
      [SMOKE_EXECUTIONS.with(14, NaN), "an instruction that runs NaN times"],
    ] as const
  ) {
    const profile = () => profileAssembly(SMOKE, V80, Float64Array.from(counts));
    assertThrows(profile, ProfileError, says);
  }
});

Deno.test("staticCycles() follows the table of the specification, rule by rule", () => {
  const expected: Readonly<Record<string, number>> = {
    M_TMM: 72,
    M_BTMV: 72,
    M_MV_WO: 1,
    V_SUB_VF: 9,
    V_MUL_VF: 7,
    V_RECI_V: 8,
    V_RED_MAX: 4,
    V_MAX_VF: 1,
    V_SHFT_V: 1,
    S_MAX_FP: 1,
    S_SQRT_FP: 2,
    S_LD_FP: 1,
    S_MAP_V_FP: 64,
    S_LUI_INT: 1,
    H_PREFETCH_V: 25,
    H_PREFETCH_M: 400,
    H_STORE_V: 25,
    C_SET_ADDR_REG: 1,
  };
  for (const [opcode, cycles] of Object.entries(expected)) {
    assertEquals(staticCycles(opcode, NEXYS_VIDEO), cycles, opcode);
  }
});
