import { assertEquals } from "@std/assert";
import { LATENCY_KEYS, type LatencyKey, SHIPPED_SETTINGS } from "../boards/mod.ts";
import { assemble } from "../isa/mod.ts";
import { idealMemory } from "../memory/mod.ts";
import { run } from "./run.ts";

/** The cost summary of the specification's section 8: instructions, keys of which one is charged, cycles besides. */
const COSTS: readonly [string, LatencyKey | undefined, number, number?][] = [
  ["M_MM 0,gp0,gp0; M_TMM 0,gp0,gp0", "SYSTOLIC_PROCESSING_OVERHEAD", 16],
  ["M_BMM 0,gp0,gp0; M_BTMM 0,gp0,gp0", "SYSTOLIC_PROCESSING_OVERHEAD", 16],
  ["M_BTMV gp0,gp0,gp0", "SYSTOLIC_PROCESSING_OVERHEAD", 1],
  ["M_MV 0,gp0,gp0; M_TMV 0,gp0,gp0", undefined, 16],
  ["M_MM_WO gp0,gp0,0; M_MV_WO gp0,0; M_BMM_WO gp0,0; M_BMV_WO gp0,0", undefined, 1],
  ["V_ADD_VV gp0,gp0,gp0; V_SUB_VV gp0,gp0,gp0,1; V_ADD_VF gp0,gp0,f0", "VECTOR_ADD_CYCLES", 0],
  ["V_SUB_VF gp0,gp0,f0,0,0; V_SUB_VF gp0,gp0,f0,1,1", "VECTOR_ADD_CYCLES", 0],
  ["V_MUL_VV gp0,gp0,gp0; V_MUL_VF gp0,gp0,f0; V_SHFT_V gp0,gp0,gp0", "VECTOR_MUL_CYCLES", 0],
  ["V_MAX_VF gp0,gp0,f0; V_MIN_VF gp0,gp0,f0; V_RED_MAX f1,gp0,0", "VECTOR_MAX_CYCLES", 0],
  ["V_EXP_V gp0,gp0,0; V_EXP_V gp0,gp0,1", "VECTOR_EXP_CYCLES", 0],
  ["V_RECI_V gp0,gp0,0", "VECTOR_RECI_CYCLES", 0],
  ["V_RED_SUM f1,gp0; V_RED_SUM f1,gp0,1", "VECTOR_SUM_CYCLES", 0],
  ["V_TOPK gp0,gp0,gp0,0", "VECTOR_MAX_CYCLES", 0, 32],
  ["V_TOPK gp0,gp0,gp0,1", "VECTOR_MAX_CYCLES", 0, 128],
  ["S_ADD_FP f1,f0,f0; S_SUB_FP f1,f0,f0; S_MUL_FP f1,f0,f0", "SCALAR_FP_BASIC_CYCLES", 0],
  ["S_MAX_FP f1,f0,f0", "SCALAR_FP_BASIC_CYCLES", 0],
  ["S_EXP_FP f1,f0", "SCALAR_FP_EXP_CYCLES", 0],
  ["S_RECI_FP f1,f0", "SCALAR_FP_RECI_CYCLES", 0],
  ["S_SQRT_FP f1,f0", "SCALAR_FP_SQRT_CYCLES", 0],
  ["S_LD_FP f0,gp0,0; S_ST_FP f0,gp0,0", undefined, 1],
  ["S_MAP_V_FP gp0,gp0,0", undefined, 32],
  ["S_ADD_INT gp0,gp0,gp0; S_SUB_INT gp0,gp0,gp0", "SCALAR_INT_BASIC_CYCLES", 0],
  ["S_MUL_INT gp0,gp0,gp0; S_ADDI_INT gp0,gp0,0", "SCALAR_INT_BASIC_CYCLES", 0],
  ["S_LUI_INT gp0,0; S_LD_INT gp1,gp0,0; S_ST_INT gp1,gp0,0", "SCALAR_INT_BASIC_CYCLES", 0],
  ["C_SET_ADDR_REG a0,gp0,gp0; C_SET_SCALE_REG gp0; C_SET_STRIDE_REG gp0", undefined, 1],
  ["C_SET_V_MASK_REG gp0; C_LOOP_START gp1,1; C_LOOP_END gp1", undefined, 1],
  ["C_LOOP_START gp1,1; C_BREAK", undefined, 1],
  ["S_ADD_FP f0,f0,f0; S_SUB_FP f0,f0,f0; S_MUL_FP f0,f0,f0; S_MAX_FP f0,f0,f0", undefined, 0],
  ["S_EXP_FP f0,f0; S_RECI_FP f0,f0; S_SQRT_FP f0,f0", undefined, 0],
  ["V_RED_SUM f0,gp0; V_RED_MAX f0,gp0,0", undefined, 0],
];

// A different value for each key and column, so that no two can be confused.
const LATENCY = Object.fromEntries(
  LATENCY_KEYS.map((key, i) => [key, { dcLibEn: 2 ** i, dcLibDis: 3 ** (i + 1) }]),
) as typeof SHIPPED_SETTINGS.latency;

Deno.test("run() charges every instruction by the summary of the specification, under each DC_EN", () => {
  for (const dcEn of [0, 1, 7]) {
    const settings = {
      ...SHIPPED_SETTINGS,
      latency: LATENCY,
      config: {
        ...SHIPPED_SETTINGS.config,
        ...{ mlen: 16, vlen: 16, blen: 4, hlen: 4, broadcastAmount: 4, dcEn },
        ...{ matrixSramRows: 16, vectorSramRows: 128 },
      },
    };
    for (const [texts, key, besides, times = 1] of COSTS) {
      const program = assemble(texts.replaceAll("; ", "\n"));
      const charged = key === undefined ? 0 : LATENCY[key][dcEn === 0 ? "dcLibDis" : "dcLibEn"];
      for (const typeScriptOnly of [false, true]) {
        const starts: number[] = [];
        const memory = idealMemory();
        const options = { program, settings, memory: idealMemory(), typeScriptOnly };
        const whole = run(options);
        assertEquals(whole.fault, undefined, texts);
        assertEquals(whole.latencyNs, program.length * (charged * times + besides), texts);
        // One by one, so that two wrong costs cannot make up for each other.
        run({
          ...options,
          memory,
          onInstruction: ({ startPs, endPs }) => void starts.push(endPs - startPs),
        });
        assertEquals(new Set(starts), new Set([1000 * (charged * times + besides)]), texts);
      }
    }
  }
});
