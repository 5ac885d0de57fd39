import { type Board, latencyCycles, type MachineSettings } from "../boards/mod.ts";
import { BY_OPCODE, wordCycles } from "../isa/mod.ts";
import type { OpcodeProfile, StaticCosts, StaticProfile } from "./static_profile.ts";

/** The static costs of a board: its latencies, and what it says of transfers. */
export function boardCosts(board: Board, settings: MachineSettings): StaticCosts {
  const { memory } = board;
  const cycles = (key: Parameters<typeof latencyCycles>[1]): number => latencyCycles(settings, key);
  return {
    systolicOverhead: cycles("SYSTOLIC_PROCESSING_OVERHEAD"),
    mlen: settings.config.mlen,
    vectorAdd: cycles("VECTOR_ADD_CYCLES"),
    vectorMul: cycles("VECTOR_MUL_CYCLES"),
    vectorExp: cycles("VECTOR_EXP_CYCLES"),
    vectorReci: cycles("VECTOR_RECI_CYCLES"),
    vectorMax: cycles("VECTOR_MAX_CYCLES"),
    vectorSum: cycles("VECTOR_SUM_CYCLES"),
    scalarFpBasic: cycles("SCALAR_FP_BASIC_CYCLES"),
    scalarFpExp: cycles("SCALAR_FP_EXP_CYCLES"),
    scalarFpReci: cycles("SCALAR_FP_RECI_CYCLES"),
    scalarFpSqrt: cycles("SCALAR_FP_SQRT_CYCLES"),
    scalarIntBasic: cycles("SCALAR_INT_BASIC_CYCLES"),
    prefetchV: memory.prefetch_v_cycles ?? 0,
    prefetchM: memory.prefetch_m_cycles ?? 0,
    storeV: memory.store_v_cycles ?? 0,
  };
}

/** An opcode of a profile beside what the emulated machine charges for it. */
export interface ComparedOpcode extends OpcodeProfile {
  /**
   * Cycles of one execution on the emulated machine: of a run the mean, to the nearest cycle, else
   * the constant; null where neither is known.
   */
  readonly emulatedCycles: number | null;
  /** Why the two differ; empty when they do not. */
  readonly difference: string;
}

/** Why the static model and the machine differ, by opcode (specification, section 2.1). */
const DIFFERENCES: readonly { readonly opcode: RegExp; readonly why: string }[] = [
  { opcode: /^M_B?T?MV$/, why: "the machine takes 1 cycle or MLEN, without or with the overhead" },
  { opcode: /^S_MAP_V_FP$/, why: "the machine charges VLEN before and after the write" },
  { opcode: /^V_(MAX|MIN)_VF$/, why: "the static model has no such opcode and takes 1" },
  { opcode: /^V_SHFT_V$/, why: "the static model knows it as V_SHIFT_V and takes 1" },
  { opcode: /^V_TOPK$/, why: "the machine charges VECTOR_MAX per expert" },
  { opcode: /^V_RED_|^S_\w+_FP$/, why: "on the machine writing to f0 is free" },
  { opcode: /^H_/, why: "the machine's memory model times every transfer" },
];

/**
 * Sets the machine's own costs beside those of a static profile.
 *
 * @param measured Mean cycles of an execution by mnemonic, from a run: they count before constants,
 * and are the only ones for transfers.
 */
export function compareWithMachine(
  profile: StaticProfile,
  settings: MachineSettings,
  measured: ReadonlyMap<string, number> = new Map(),
): ComparedOpcode[] {
  const { mlen, vlen } = settings.config;
  return profile.opcodes.map((own) => {
    const row = BY_OPCODE.find((instruction) => instruction?.mnemonic === own.opcode);
    if (row === undefined || !row.implemented) {
      return { ...own, emulatedCycles: null, difference: "the machine has no such instruction" };
    }
    // Register 1, because writing to f0 is free; policy 0 of V_TOPK.
    const word = row.opcode | (1 << 6);
    const ofRun = measured.get(own.opcode);
    const emulatedCycles = ofRun !== undefined
      ? Math.round(ofRun)
      : row.unit === "memory"
      ? null
      : wordCycles(word, (name) =>
        name === "MLEN" ? mlen : name === "VLEN" ? vlen : latencyCycles(settings, name));
    const why = DIFFERENCES.find(({ opcode }) => opcode.test(own.opcode))?.why ?? "";
    return { ...own, emulatedCycles, difference: emulatedCycles === own.cycles ? "" : why };
  });
}
