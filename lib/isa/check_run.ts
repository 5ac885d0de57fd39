import { decode, type DecodedInstruction } from "./decode.ts";
import type { Findings } from "./finding.ts";
import type { Mnemonic } from "./instructions.ts";
import { INT_SRAM_ENTRIES, IntegerState } from "./integer_state.ts";
import { LoopStack } from "./loop_stack.ts";
import type { MachineDimensions, ValidateOptions } from "./machine_dimensions.ts";
import { type Address, MemoryChecks } from "./memory_checks.ts";

/** Entries of the FP SRAM. */
const FP_SRAM_ENTRIES = 1024;

/** Follows the run of a program with what is known about its integers, and checks every step. */
export function checkRun(
  words: Uint32Array,
  dimensions: MachineDimensions,
  options: ValidateOptions,
  findings: Findings,
): void {
  new Run(words, dimensions, options, findings).follow(options.maxSteps ?? 50_000_000);
}

class Run {
  readonly #decoded: readonly DecodedInstruction[];
  readonly #state: IntegerState;
  readonly #loops: LoopStack;
  readonly #memory: MemoryChecks;
  readonly #scaled: boolean;
  #scaleSet = false;
  #strideSet = false;
  #maskSet = false;
  readonly #bases: Address[] = new Array<Address>(16).fill(0);
  #pc = 0;

  constructor(
    words: Uint32Array,
    readonly dimensions: MachineDimensions,
    readonly options: ValidateOptions,
    readonly findings: Findings,
  ) {
    this.#decoded = Array.from(words, decode);
    this.#state = new IntegerState(options.intSram);
    this.#loops = new LoopStack(dimensions.maxLoopInstructions, findings);
    this.#memory = new MemoryChecks(dimensions, findings, options.preloadedVramRows);
    this.#scaled = options.scaled ?? true;
  }

  follow(maxSteps: number): void {
    const end = this.#decoded.length;
    let steps = 0;
    for (; this.#pc < end && steps < maxSteps; steps++) {
      const instruction = this.#decoded[this.#pc]!;
      this.#pc = this.#step(instruction, steps);
    }
    if (this.#pc < end) {
      const what = `the run was followed for ${maxSteps} instructions and left here`;
      this.findings.add(this.#pc, "note", "not-run", what, "raise maxSteps to follow it further");
    } else this.#loops.finish(steps);
  }

  /** Executes an instruction, the `steps`-th from 0; returns the next pc. */
  #step(instruction: DecodedInstruction, steps: number): number {
    const { mnemonic, rd, rs1, rs2, rs3, imm18, imm22 } = instruction;
    const { mlen, blen, broadcastAmount } = this.dimensions;
    const state = this.#state;
    const memory = this.#memory;
    const pc = this.#pc;
    switch (mnemonic) {
      case "M_MM":
      case "M_TMM": {
        const swapped = mnemonic === "M_TMM";
        memory.matrixBlock(pc, mnemonic, state.gp(swapped ? rs2 : rs1));
        memory.readRows(pc, mnemonic, state.gp(swapped ? rs1 : rs2), blen);
        break;
      }
      case "M_BMM":
      case "M_BTMM":
        memory.matrixHead(pc, mnemonic, state.gp(rs1));
        memory.readRows(pc, mnemonic, state.gp(rs2), mlen);
        break;
      case "M_BMV":
      case "M_BTMV":
        memory.matrixHead(pc, mnemonic, plus(state.gp(rs1), state.gp(rd)));
        memory.readRows(pc, mnemonic, state.gp(rs2), 1);
        break;
      case "M_MV":
      case "M_TMV":
        memory.matrixColumns(pc, mnemonic, state.gp(rs1), mnemonic === "M_MV" ? mlen : 1);
        memory.readRows(pc, mnemonic, state.gp(rs2), 1);
        break;
      case "M_MM_WO":
        memory.writeBlock(
          pc,
          mnemonic,
          plus(state.gp(rd), imm18),
          blen,
          rs1 === 0 ? 1 : state.gp(rs1),
        );
        break;
      case "M_MV_WO":
        memory.writeBlock(pc, mnemonic, plus(state.gp(rd), imm18), 1, 1);
        break;
      case "M_BMM_WO":
        memory.writeRows(pc, mnemonic, plus(state.gp(rd), imm18), broadcastAmount * mlen);
        break;
      case "M_BMV_WO":
        memory.writeRows(pc, mnemonic, plus(state.gp(rd), imm18), broadcastAmount);
        break;

      case "V_ADD_VV":
      case "V_SUB_VV":
      case "V_MUL_VV":
        this.#mask(mnemonic, rs3);
        memory.readRows(pc, mnemonic, state.gp(rs1), 1);
        memory.readRows(pc, mnemonic, state.gp(rs2), 1);
        memory.writeRows(pc, mnemonic, state.gp(rd), 1);
        break;
      case "V_ADD_VF":
      case "V_SUB_VF":
      case "V_MUL_VF":
      case "V_MAX_VF":
      case "V_MIN_VF":
      case "V_EXP_V":
      case "V_RECI_V":
        this.#mask(mnemonic, rs3);
        // Times f0 is the idiom that clears a row, so what was there does not matter.
        memory.readRows(pc, mnemonic, state.gp(rs1), 1, mnemonic === "V_MUL_VF" && rs2 === 0);
        memory.writeRows(pc, mnemonic, state.gp(rd), 1);
        break;
      case "V_SHFT_V":
        memory.readRows(pc, mnemonic, state.gp(rs1), 1);
        memory.writeRows(pc, mnemonic, state.gp(rd), 1);
        break;
      case "V_RED_SUM":
      case "V_RED_MAX":
        this.#mask(mnemonic, rs3);
        if (rd !== 0) memory.readRows(pc, mnemonic, state.gp(rs1), 1);
        break;
      case "V_TOPK": {
        const [experts, chosen] = rs3 === 0 ? [32, 4] : [128, 8];
        memory.readRows(pc, mnemonic, state.gp(rs1), Math.ceil(experts / this.dimensions.vlen));
        memory.index(pc, mnemonic, "FP SRAM", state.gp(rd), chosen, FP_SRAM_ENTRIES);
        const first = memory.index(
          pc,
          mnemonic,
          "INT SRAM",
          state.gp(rs2),
          chosen,
          INT_SRAM_ENTRIES,
        );
        if (first === undefined) state.store(undefined, undefined);
        else for (let rank = 0; rank < chosen; rank++) state.store(first + rank, undefined);
        break;
      }

      case "S_LD_FP":
      case "S_ST_FP":
        memory.index(pc, mnemonic, "FP SRAM", plus(state.gp(rs1), imm18), 1, FP_SRAM_ENTRIES);
        break;
      case "S_MAP_V_FP": {
        const { vlen } = this.dimensions;
        memory.index(pc, mnemonic, "FP SRAM", plus(state.gp(rs1), imm18), vlen, FP_SRAM_ENTRIES);
        memory.writeRows(pc, mnemonic, state.gp(rd), 1);
        break;
      }

      case "S_ADD_INT":
        this.#setGp(rd, plus(state.gp(rs1), state.gp(rs2)));
        break;
      case "S_ADDI_INT":
        this.#setGp(rd, plus(state.gp(rs1), imm18));
        break;
      case "S_SUB_INT": {
        const a = state.gp(rs1);
        const b = state.gp(rs2);
        this.#setGp(rd, a === undefined || b === undefined ? undefined : (a - b) >>> 0);
        break;
      }
      case "S_MUL_INT": {
        const a = state.gp(rs1);
        const b = state.gp(rs2);
        this.#setGp(rd, a === undefined || b === undefined ? undefined : Math.imul(a, b) >>> 0);
        break;
      }
      case "S_LUI_INT":
        this.#setGp(rd, (imm22 << 12) >>> 0);
        break;
      case "S_LD_INT": {
        const at = plus(state.gp(rs1), imm18);
        const index = memory.index(pc, mnemonic, "INT SRAM", at, 1, INT_SRAM_ENTRIES);
        this.#setGp(rd, state.load(index));
        break;
      }
      case "S_ST_INT": {
        const at = plus(state.gp(rs1), imm18);
        const index = memory.index(pc, mnemonic, "INT SRAM", at, 1, INT_SRAM_ENTRIES);
        state.store(index, state.gp(rd));
        break;
      }

      case "H_PREFETCH_M":
        this.#transfer(mnemonic, instruction);
        memory.writeTiles(pc, mnemonic, state.gp(rd));
        break;
      case "H_PREFETCH_V":
        this.#transfer(mnemonic, instruction);
        memory.prefetchRows(pc, mnemonic, state.gp(rd));
        break;
      case "H_STORE_V":
        this.#transfer(mnemonic, instruction);
        memory.readRows(pc, mnemonic, state.gp(rd), this.dimensions.hbmVWritebackRows);
        break;

      case "C_SET_ADDR_REG": {
        const high = state.gp(rs1);
        const low = state.gp(rs2);
        const unknown = high === undefined || low === undefined;
        this.#bases[rd] = unknown ? undefined : high * 2 ** 32 + low;
        break;
      }
      case "C_SET_SCALE_REG":
        this.#scaleSet = true;
        break;
      case "C_SET_STRIDE_REG":
        this.#strideSet = true;
        break;
      case "C_SET_V_MASK_REG":
        this.#maskSet = true;
        break;
      case "C_LOOP_START":
        this.#setGp(rd, imm22);
        this.#loops.start(pc, rd, steps);
        break;
      case "C_LOOP_END": {
        const counter = state.gp(rd);
        const again = this.#loops.end(pc, rd, counter, steps);
        state.setGp(rd, again === undefined || counter === undefined ? 0 : counter - 1);
        return again ?? pc + 1;
      }
      case "C_BREAK": {
        const register = this.#loops.break(pc);
        if (register === undefined) break;
        state.setGp(register, 0);
        if (this.options.machine === "extended") return this.#endOfLoop(pc, register) + 1;
        break;
      }
    }
    return pc + 1;
  }

  /** The C_LOOP_END of the loop that `register` counts around `pc`. */
  #endOfLoop(pc: number, register: number): number {
    let inner = 0;
    for (let at = pc + 1; at < this.#decoded.length; at++) {
      const { mnemonic, rd } = this.#decoded[at]!;
      if (rd !== register) continue;
      if (mnemonic === "C_LOOP_START") inner++;
      else if (mnemonic === "C_LOOP_END" && inner-- === 0) return at;
    }
    return pc;
  }

  #setGp(register: number, value: Address): void {
    this.#loops.written(this.#pc, register);
    if (register === 0 && value !== 0) {
      const what = value === undefined ? "gp0 is written" : `gp0 becomes ${value}`;
      const help = "programs take gp0 for zero: use another register";
      this.findings.add(this.#pc, "warning", "zero-register", what, help);
    }
    this.#state.setGp(register, value);
  }

  #mask(mnemonic: Mnemonic, mask: number): void {
    if (mask === 0 || this.#maskSet) return;
    const what = `${mnemonic} is masked before a mask is set: nothing is selected`;
    this.findings.add(this.#pc, "warning", "mask-unset", what, "set one by C_SET_V_MASK_REG");
  }

  #transfer(mnemonic: Mnemonic, { rs1, rs2, rs3 }: DecodedInstruction): void {
    if (this.#scaled && !this.#scaleSet) {
      const what = `${mnemonic} before SCALE is set: scales are taken from the elements`;
      const help = "set it by C_SET_SCALE_REG to the bytes of the tensor's elements";
      this.findings.add(this.#pc, "warning", "scale-unset", what, help);
    }
    if (rs3 === 1 && !this.#strideSet) {
      const what = `${mnemonic} uses STRIDE before it is set: rows are 1 byte apart`;
      const help = "set it by C_SET_STRIDE_REG to the bytes of a row";
      this.findings.add(this.#pc, "warning", "stride-unset", what, help);
    }
    const { hbmSizeBytes } = this.dimensions;
    const base = this.#bases[rs2];
    const offset = this.#state.gp(rs1);
    if (hbmSizeBytes === undefined || base === undefined || offset === undefined) return;
    if (base + offset < hbmSizeBytes) return;
    const store = mnemonic === "H_STORE_V";
    const what = `${mnemonic}: byte ${base + offset} is behind the ${hbmSizeBytes} bytes of HBM`;
    const help = store ? "use a lower address" : "such reads give zeros: use a lower address";
    this.findings.add(this.#pc, store ? "error" : "warning", "hbm-address", what, help);
  }
}

/** The sum modulo 2^32 of what is known. */
function plus(a: Address, b: Address): Address {
  return a === undefined || b === undefined ? undefined : (a + b) >>> 0;
}
