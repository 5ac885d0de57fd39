import { assertEquals, assertThrows } from "@std/assert";
import { assemble } from "./assemble.ts";
import { dynamicCounts, programCycles, staticCounts, wordCycles } from "./counts.ts";
import { findLoops, LoopError } from "./loops.ts";

const NESTED = assemble(`
S_ADDI_INT gp1, gp0, 0
C_LOOP_START gp6, 16
C_LOOP_START gp7, 2
M_MM 0, gp4, gp1
C_LOOP_END gp7
M_MM_WO gp8, gp0, 0
C_LOOP_START gp7, 3
V_EXP_V gp8, gp8, 0
C_LOOP_END gp7
C_LOOP_END gp6
S_ADD_FP f0, f0, f0
.word 0x00000000
`);

Deno.test("findLoops() gives the loops in the order of their starts", () => {
  assertEquals(findLoops(NESTED), [
    { startPc: 1, endPc: 9, register: 6, count: 16, depth: 0 },
    { startPc: 2, endPc: 4, register: 7, count: 2, depth: 1 },
    { startPc: 6, endPc: 8, register: 7, count: 3, depth: 1 },
  ]);
});

for (
  const [text, pc] of [
    ["C_LOOP_END gp1", 0],
    ["C_LOOP_START gp1, 2", 0],
    ["C_LOOP_START gp1, 0\nC_LOOP_END gp1", 0],
    ["C_LOOP_START gp1, 2\nC_LOOP_START gp1, 2\nC_LOOP_END gp1\nC_LOOP_END gp1", 1],
    ["C_LOOP_START gp1, 2\nC_LOOP_START gp2, 2\nC_LOOP_END gp1\nC_LOOP_END gp2", 2],
    ["C_LOOP_START gp1, 2\nS_LUI_INT gp1, 1\nC_LOOP_END gp1", 1],
    ["C_LOOP_START gp1, 2\nC_BREAK\nC_LOOP_END gp1", 1],
  ] as const
) {
  Deno.test(`findLoops() refuses ${text.replaceAll("\n", ", ")}`, () => {
    assertEquals(assertThrows(() => findLoops(assemble(text)), LoopError).pc, pc);
  });
}

Deno.test("staticCounts() counts words, dynamicCounts() executions", () => {
  const byWord = staticCounts(NESTED);
  assertEquals([byWord.total, byWord.invalid], [12, 1]);
  assertEquals(byWord.byMnemonic.C_LOOP_START, 3);
  assertEquals(byWord.byMnemonic.V_TOPK, undefined);
  const { executions, total, byMnemonic, invalid } = dynamicCounts(NESTED);
  assertEquals([...executions], [1, 1, 16, 32, 32, 16, 16, 48, 48, 16, 1, 1]);
  assertEquals([total, invalid], [228, 1]);
  assertEquals(byMnemonic.M_MM, 32);
  assertEquals(byMnemonic.C_LOOP_END, 96);
});

Deno.test("wordCycles() sums the cost terms, nothing for f0 destinations and transfers", () => {
  const names: string[] = [];
  const cyclesOf = (name: string): number => names.push(name) && name.length;
  const cycles = (text: string): number => wordCycles(assemble(text)[0]!, cyclesOf);
  assertEquals(cycles("M_MM 0, gp1, gp2"), "SYSTOLIC_PROCESSING_OVERHEAD".length + 4);
  assertEquals(cycles("S_MAP_V_FP gp1, gp2, 0"), 8);
  assertEquals(cycles("V_TOPK gp1, gp2, gp3, 0"), 32 * "VECTOR_MAX_CYCLES".length);
  assertEquals(cycles("V_TOPK gp1, gp2, gp3, 1"), 128 * "VECTOR_MAX_CYCLES".length);
  assertEquals(cycles("C_BREAK"), 1);
  names.length = 0;
  assertEquals(cycles("V_RED_SUM f0, gp2"), 0);
  assertEquals(cycles("H_PREFETCH_M gp2, gp3, a1, 1, 0"), 0);
  assertEquals(cycles(".word 0x0"), 0);
  assertEquals(names, []);
});

Deno.test("programCycles() weighs each word by its executions", () => {
  // 32 products of 4, 48 exponentials of 1, 16 outputs and 1 + 48 + 96 loop ends and starts of 1
  const cycles = programCycles(
    NESTED,
    (name) => name === "MLEN" ? 4 : name === "SYSTOLIC_PROCESSING_OVERHEAD" ? 0 : 1,
  );
  assertEquals(cycles, 32 * 4 + 48 + 16 + (1 + 16 + 16) + (32 + 48 + 16) + 1);
});
