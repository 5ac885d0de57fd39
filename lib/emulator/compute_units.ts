import type { MachineConfig } from "../boards/mod.ts";
import type { Arena } from "./core_kernel.ts";
import { FaultSignal } from "./fault.ts";
import { HeadMask } from "./head_mask.ts";
import type { LoopStack } from "./loops.ts";
import type { MatrixSram } from "./matrix_sram.ts";
import { type Accumulators, MatrixUnit } from "./matrix_unit.ts";
import { type Registers, SCALE, STRIDE, VMASK } from "./registers.ts";
import type { MachineRules } from "./rules.ts";
import { ScalarUnit } from "./scalar_unit.ts";
import { VectorReductions } from "./vector_reductions.ts";
import type { VectorSram } from "./vector_sram.ts";
import { VectorUnit } from "./vector_unit.ts";

/** What the units work on. */
export interface ComputeState {
  readonly registers: Registers;
  readonly vectorSram: VectorSram;
  readonly matrixSram: MatrixSram;
  readonly loops: LoopStack;
}

/**
 * The units that need no HBM, and which of them executes an instruction: everything but transfers,
 * C_LOOP_END and C_BREAK, which choose the next instruction.
 */
export class ComputeUnits {
  readonly #registers: Registers;
  readonly #rules: MachineRules;
  readonly #loops: LoopStack;
  readonly #vector: VectorUnit;
  readonly #reductions: VectorReductions;
  readonly #matrix: MatrixUnit;
  readonly #scalar: ScalarUnit;

  /** The units of a machine. */
  constructor(state: ComputeState, config: MachineConfig, rules: MachineRules, arena?: Arena) {
    const { registers, vectorSram, matrixSram, loops } = state;
    this.#registers = registers;
    this.#rules = rules;
    this.#loops = loops;
    const mask = new HeadMask(registers, vectorSram.rowLength, config.hlen);
    this.#scalar = new ScalarUnit(registers);
    this.#vector = new VectorUnit(vectorSram, registers, mask);
    this.#reductions = new VectorReductions(vectorSram, registers, mask);
    this.#matrix = new MatrixUnit(vectorSram, matrixSram, registers, config, rules, arena);
  }

  /** Copies of the matrix unit's accumulators. */
  accumulators(): Accumulators {
    return this.#matrix.accumulators();
  }

  /**
   * Executes the instruction `word` at `pc`.
   *
   * @throws {FaultSignal} If it faults.
   */
  // deno-fmt-ignore: one instruction, one line
  execute(word: number, pc: number): void {
    const d = (word >>> 6) & 15;
    const a = (word >>> 10) & 15;
    const b = (word >>> 14) & 15;
    const mask = (word >>> 18) & 15;
    const immediate = word >>> 14;
    const registers = this.#registers;
    const gp = registers.gp;
    switch (word & 0x3f) {
      case 0x01: return this.#matrix.multiply(gp[a]!, gp[b]!); // M_MM
      case 0x02: return this.#matrix.multiplyTransposed(gp[b]!, gp[a]!); // M_TMM
      case 0x03: return this.#matrix.multiplyHeads(false, gp[a]!, gp[b]!); // M_BMM
      case 0x04: return this.#matrix.multiplyHeads(true, gp[a]!, gp[b]!); // M_BTMM
      case 0x05: return this.#matrix.writeHeadBlocks((gp[d]! + immediate) >>> 0); // M_BMM_WO
      case 0x06: return this.#matrix.writeBlock((gp[d]! + immediate) >>> 0, a === 0 ? 1 : gp[a]!); // M_MM_WO
      case 0x07: return this.#matrix.multiplyVector(gp[a]!, gp[b]!); // M_MV
      case 0x08: return this.#matrix.multiplyVectorTransposed(gp[a]!, gp[b]!); // M_TMV
      case 0x09: // M_BMV
        if (!this.#rules.bmv) {
          throw new FaultSignal("unsupported", "M_BMV cannot add its products to the accumulator (rule bmv repairs this)", 1);
        }
        return this.#matrix.multiplyHeadsVector(false, (gp[a]! + gp[d]!) >>> 0, gp[b]!);
      case 0x0a: return this.#matrix.multiplyHeadsVector(true, (gp[a]! + gp[d]!) >>> 0, gp[b]!); // M_BTMV
      case 0x0b: return this.#matrix.writeLine((gp[d]! + immediate) >>> 0); // M_MV_WO
      case 0x0c: return this.#matrix.writeHeadLines((gp[d]! + immediate) >>> 0); // M_BMV_WO
      case 0x0d: return this.#vector.add(d, a, b, mask); // V_ADD_VV
      case 0x0e: return this.#vector.addScalar(d, a, b, mask); // V_ADD_VF
      case 0x0f: return this.#vector.subtract(d, a, b, mask); // V_SUB_VV
      case 0x10: return this.#vector.subtractScalar(d, a, b, mask, (word >>> 22) & 15); // V_SUB_VF
      case 0x11: return this.#vector.multiply(d, a, b, mask); // V_MUL_VV
      case 0x12: return this.#vector.multiplyScalar(d, a, b, mask); // V_MUL_VF
      case 0x13: return this.#vector.exponential(d, a, mask); // V_EXP_V
      case 0x14: return this.#vector.reciprocal(d, a, mask); // V_RECI_V
      case 0x15: return this.#reductions.sum(d, a, mask); // V_RED_SUM
      case 0x16: return this.#reductions.maximum(d, a); // V_RED_MAX
      case 0x17: return this.#scalar.add(d, a, b); // S_ADD_FP
      case 0x18: return this.#scalar.subtract(d, a, b); // S_SUB_FP
      case 0x19: return this.#scalar.maximum(d, a, b); // S_MAX_FP
      case 0x1a: return this.#scalar.multiply(d, a, b); // S_MUL_FP
      case 0x1b: return this.#scalar.exponential(d, a); // S_EXP_FP
      case 0x1c: return this.#scalar.reciprocal(d, a); // S_RECI_FP
      case 0x1d: return this.#scalar.squareRoot(d, a); // S_SQRT_FP
      case 0x1e: return this.#scalar.load(d, a, immediate); // S_LD_FP
      case 0x1f: return this.#scalar.store(d, a, immediate); // S_ST_FP
      case 0x20: return this.#vector.mapFromFpSram(d, a, immediate); // S_MAP_V_FP
      case 0x21: gp[d] = gp[a]! + gp[b]!; return; // S_ADD_INT
      case 0x22: gp[d] = gp[a]! + immediate; return; // S_ADDI_INT
      case 0x23: gp[d] = gp[a]! - gp[b]!; return; // S_SUB_INT
      case 0x24: gp[d] = Math.imul(gp[a]!, gp[b]!); return; // S_MUL_INT
      case 0x25: gp[d] = (word >>> 10) << 12; return; // S_LUI_INT
      case 0x26: return this.#scalar.loadInteger(d, a, immediate); // S_LD_INT
      case 0x27: return this.#scalar.storeInteger(d, a, immediate); // S_ST_INT
      case 0x2b: // C_SET_ADDR_REG
        registers.addressHigh[d] = gp[a]!;
        registers.addressLow[d] = gp[b]!;
        return;
      case 0x2c: registers.control[SCALE] = gp[d]!; return; // C_SET_SCALE_REG
      case 0x2d: registers.control[STRIDE] = gp[d]!; return; // C_SET_STRIDE_REG
      case 0x2e: registers.control[VMASK] = gp[d]!; return; // C_SET_V_MASK_REG
      case 0x2f: return this.#loops.start(pc, d, word >>> 10); // C_LOOP_START
      case 0x32: return this.#vector.shift(d, a, b); // V_SHFT_V
      case 0x35: return this.#vector.limit(d, a, b, mask, 1); // V_MAX_VF
      case 0x36: return this.#vector.limit(d, a, b, mask, -1); // V_MIN_VF
      case 0x37: // V_TOPK
        if (mask > 1) {
          throw new FaultSignal("policy", `unsupported V_TOPK rmask policy ${mask} at pc ${pc}; expected 0=32/top4 or 1=128/top8`);
        }
        return this.#reductions.selectTop(d, a, b, mask);
      default: throw new FaultSignal("invalid-opcode", `invalid opcode at pc ${pc}`);
    }
  }
}
