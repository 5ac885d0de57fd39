import type { MachineSettings } from "../boards/mod.ts";
import { type MemoryModel, SparseMemory } from "../memory/mod.ts";
import { type Breakpoints, stopsAt, type Watch, WatchList } from "./debugger.ts";
import { ARENA, CoreKernel } from "./core_kernel.ts";
import { Dma } from "./dma.ts";
import { type EmulatorFault, FaultSignal } from "./fault.ts";
import { faultAt } from "./fault_report.ts";
import { hbmRefusal, loadImages } from "./images.ts";
import { LoopStack } from "./loops.ts";
import type {
  ExecutedInstruction,
  MachineOptions,
  RunLimits,
  StopReason,
} from "./machine_options.ts";
import { MatrixSram } from "./matrix_sram.ts";
import { type Accumulators, MatrixUnit } from "./matrix_unit.ts";
import { COST_FREE_F0, COST_PLAIN, prepareProgram, type Program } from "./program.ts";
import { Registers, SCALE, STRIDE, VMASK } from "./registers.ts";
import { type MachineRules, PLENA_RULES } from "./rules.ts";
import { ScalarUnit } from "./scalar_unit.ts";
import { Counters } from "./statistics.ts";
import { VectorSram } from "./vector_sram.ts";
import { VectorUnit } from "./vector_unit.ts";

/** Instructions that the kernel executes at the most before it returns. */
const KERNEL_RUN = 2 ** 30;

/**
 * A PLENA machine with a program loaded: registers, SRAMs, HBM, clock. Instructions run one at a
 * time; each is over before the next begins. Made by {@linkcode createMachine}.
 */
export class Machine {
  /** The settings it was made with. */
  readonly settings: MachineSettings;
  /** The repairs that are on. */
  readonly rules: MachineRules;
  /** The timing model of the off-chip memory. */
  readonly memory: MemoryModel;
  /** Registers and scalar SRAMs; may be changed between instructions. */
  readonly registers: Registers;
  /** The vector SRAM. */
  readonly vectorSram: VectorSram;
  /** The matrix SRAM. */
  readonly matrixSram: MatrixSram;
  /** The off-chip memory's contents. */
  readonly hbm: SparseMemory;
  /** Counts by opcode. */
  readonly counters: Counters;
  /** Instructions before which {@linkcode Machine.run} stops. */
  readonly breakpoints: Set<number> = new Set();
  /** Index of the next instruction. */
  pc = 0;
  /** Simulated time, in picoseconds. */
  nowPs = 0;
  /** Executed instructions, without one that faulted. */
  instructions = 0;
  /** Why the program cannot go on; `undefined` while it can. */
  fault: EmulatorFault | undefined;
  /** The watches that changed when {@linkcode Machine.run} last stopped at a watchpoint. */
  changed: readonly Watch[] = [];

  readonly #program: Program;
  readonly #kernel: CoreKernel | undefined;
  /** Time and number of instructions of the kernel's last run. */
  readonly #kernelNow: Float64Array;
  readonly #kernelPerformed: Int32Array;
  readonly #loops: LoopStack;
  readonly #vector: VectorUnit;
  readonly #matrix: MatrixUnit;
  readonly #scalar: ScalarUnit;
  readonly #dma: Dma;
  readonly #watches: WatchList = new WatchList();

  /** Use {@linkcode createMachine}. */
  constructor(options: MachineOptions) {
    const { settings } = options;
    const { config, precision } = settings;
    this.settings = settings;
    this.rules = { ...PLENA_RULES, ...options.rules };
    this.memory = options.memory;
    const kernel = options.typeScriptOnly === true
      ? undefined
      : CoreKernel.make(settings, options.program.length);
    const arena = kernel?.arena;
    const buffer = arena?.buffer ?? new ArrayBuffer(ARENA.block);
    this.#kernel = kernel;
    this.#kernelNow = new Float64Array(buffer, ARENA.now, 1);
    this.#kernelPerformed = new Int32Array(buffer, ARENA.performed, 1);
    this.registers = new Registers(buffer);
    this.counters = new Counters(buffer);
    this.vectorSram = new VectorSram(
      config.vectorSramRows,
      config.vlen,
      precision.VECTOR_SRAM_TYPE,
      arena,
    );
    this.matrixSram = new MatrixSram(
      config.matrixSramRows,
      config.mlen,
      precision.MATRIX_SRAM_TYPE,
      arena,
    );
    this.#program = prepareProgram(options.program, settings);
    kernel?.load(this.#program);
    this.#loops = new LoopStack(this.registers, config.maxLoopInstructions, buffer);
    let refusal: FaultSignal | undefined;
    let hbm: SparseMemory;
    if (options.hbm instanceof SparseMemory) {
      hbm = options.hbm;
    } else {
      const capacity = options.hbmSizeBytes ?? config.hbmSizeBytes;
      refusal = hbmRefusal(capacity, options.hbm?.length ?? 0);
      hbm = new SparseMemory(refusal === undefined ? capacity : 0);
      if (options.hbm !== undefined && refusal === undefined) hbm.load(options.hbm);
    }
    this.hbm = hbm;
    this.#scalar = new ScalarUnit(this.registers);
    this.#vector = new VectorUnit(this.vectorSram, this.registers, config.hlen);
    this.#matrix = new MatrixUnit(
      this.vectorSram,
      this.matrixSram,
      this.registers,
      config,
      this.rules,
      arena,
    );
    this.#dma = new Dma(
      hbm,
      options.memory,
      this.registers,
      this.vectorSram,
      this.matrixSram,
      settings,
      this.rules,
      kernel,
    );
    refusal ??= loadImages(options, this.registers, this.vectorSram);
    if (refusal !== undefined) {
      this.fault = {
        kind: refusal.kind,
        pc: null,
        mnemonic: null,
        operands: [],
        reason: refusal.message,
      };
    } else if (this.#program.refused >= 0) {
      const at = this.#program.refused;
      const signal = new FaultSignal("decode", `rd must be 0 at pc ${at}`);
      this.fault = faultAt(signal, null, this.#program.words[at]!, this.registers);
    }
  }

  /** The instruction words. */
  get program(): Uint32Array {
    return this.#program.words;
  }

  /** Bytes read from and written to HBM. */
  get hbmTraffic(): { readonly bytesRead: number; readonly bytesWritten: number } {
    return { bytesRead: this.#dma.bytesRead, bytesWritten: this.#dma.bytesWritten };
  }

  /** Open hardware loops, outermost first. */
  get openLoops(): readonly { readonly startPc: number; readonly register: number }[] {
    return this.#loops.open;
  }

  /** Whether the program has ended or faulted. */
  get halted(): boolean {
    return this.fault !== undefined || this.pc >= this.#program.words.length;
  }

  /** Copies of the matrix unit's accumulators; `undefined` where no instruction has used them. */
  accumulators(): Accumulators {
    return this.#matrix.accumulators();
  }

  /** Executes one instruction; `false` if there was none left or it faulted. */
  step(): boolean {
    const before = this.instructions;
    this.run({ maxInstructions: 1 });
    return this.instructions > before;
  }

  /** A copy of a row of the vector SRAM, as numbers. */
  readRow(row: number): Float32Array {
    const at = this.vectorSram.offset(row);
    return this.vectorSram.page(row).slice(at, at + this.vectorSram.rowLength);
  }

  /** Writes a row of the vector SRAM; its type rounds the values, missing ones are 0. */
  writeRow(row: number, values: ArrayLike<number>): void {
    this.vectorSram.row(row * this.vectorSram.rowLength);
    const whole = new Float32Array(this.vectorSram.rowLength);
    whole.set(values);
    this.vectorSram.write(row, new Uint32Array(whole.buffer), 0);
  }

  /** A copy of a tile of the matrix SRAM, row-major. */
  readTile(tile: number): Float32Array {
    return this.matrixSram.read(this.matrixSram.checked(tile)).slice();
  }

  /** Overwrites the first elements of a tile of the matrix SRAM, unrounded. */
  writeTile(tile: number, values: ArrayLike<number>): void {
    this.matrixSram.writable(this.matrixSram.checked(tile)).set(values);
  }

  /** Stops {@linkcode Machine.run} after instructions that change this; returns how to end that. */
  watch(watch: Watch): () => void {
    return this.#watches.add(watch);
  }

  /** Executes instructions until one of the limits, a breakpoint, a watchpoint, a fault or the end. */
  run(limits: RunLimits = {}): StopReason {
    if (this.fault !== undefined) return "fault";
    const { untilPc = -1, maxInstructions = Infinity, onInstruction } = limits;
    const stops: Breakpoints | undefined = untilPc >= 0 || this.breakpoints.size > 0
      ? { untilPc, pcs: this.breakpoints }
      : undefined;
    const watches = this.#watches.size > 0 ? this.#watches : undefined;
    this.changed = [];
    watches?.remember(this);
    return this.#execute(maxInstructions, stops, watches, onInstruction);
  }

  #execute(
    limit: number,
    stops: Breakpoints | undefined,
    watches: WatchList | undefined,
    onInstruction: ((instruction: ExecutedInstruction) => void) | undefined,
  ): StopReason {
    const program = this.#program;
    const { words, costPs, costRule, largeTopKPs } = program;
    const { executed, ps, bytesRead, bytesWritten } = this.counters;
    const loops = this.#loops;
    const dma = this.#dma;
    const length = words.length;
    const event: ExecutedInstruction | undefined = onInstruction &&
      { pc: 0, opcode: 0, startPs: 0, endPs: 0, bytesRead: 0, bytesWritten: 0 };
    let pc = this.pc;
    let now = this.nowPs;
    let count = 0;
    const kernel = stops === undefined && watches === undefined && onInstruction === undefined
      ? this.#kernel
      : undefined;
    try {
      for (; pc < length; count++) {
        if (kernel !== undefined && loops.isShared) {
          this.#kernelNow[0] = now;
          pc = kernel.run(pc, Math.min(limit - count, KERNEL_RUN));
          now = this.#kernelNow[0]!;
          count += this.#kernelPerformed[0]!;
          if (pc >= length) break;
        }
        if (count >= limit) return "limit";
        if (stops !== undefined && count > 0) {
          const reason = stopsAt(stops, pc);
          if (reason !== undefined) return reason;
        }
        loops.count++;
        if (loops.count > loops.allowed) throw loops.exceeded();
        const word = words[pc]!;
        const kind = word & 0x3f;
        let end = now + costPs[kind]!;
        let next = pc + 1;
        const rule = costRule[kind]!;
        if (rule === COST_FREE_F0 && (word & 0x3c0) === 0) {
          end = now;
        } else if (kind >= 0x28 && kind <= 0x2a) {
          const read = dma.bytesRead;
          const written = dma.bytesWritten;
          try {
            end = this.#transfer(kind, word, now);
          } finally {
            bytesRead[kind]! += dma.bytesRead - read;
            bytesWritten[kind]! += dma.bytesWritten - written;
          }
        } else if (kind === 0x30) {
          next = loops.end(pc, (word >>> 6) & 15);
        } else if (kind === 0x34) {
          next = this.#break(pc);
        } else {
          this.#compute(word, pc);
          if (rule !== COST_PLAIN && rule !== COST_FREE_F0 && ((word >>> 18) & 15) === 1) {
            end = now + largeTopKPs;
          }
        }
        executed[kind]!++;
        ps[kind]! += end - now;
        if (onInstruction !== undefined && event !== undefined) {
          event.pc = pc;
          event.opcode = kind;
          event.startPs = now;
          event.endPs = end;
          event.bytesRead = dma.bytesRead;
          event.bytesWritten = dma.bytesWritten;
          onInstruction(event);
        }
        now = end;
        pc = next;
        if (watches !== undefined) {
          const changed = watches.changes(this);
          if (changed.length > 0) {
            count++;
            this.changed = changed;
            return "watchpoint";
          }
        }
      }
      return "end";
    } catch (error) {
      if (!(error instanceof FaultSignal)) throw error;
      const kind = words[pc]! & 0x3f;
      // What the instruction had used before it faulted belongs to it.
      let reached = now;
      if (error.kind === "loop-limit") reached = now;
      else if (kind >= 0x28 && kind <= 0x2a) reached = dma.reachedPs;
      else if (kind === 0x09 && !this.rules.bmv) reached = now + costPs[kind]!;
      ps[kind]! += reached - now;
      now = reached;
      this.fault = faultAt(error, pc, words[pc]!, this.registers);
      return "fault";
    } finally {
      this.pc = pc;
      this.nowPs = now;
      this.instructions += count;
    }
  }

  #transfer(kind: number, word: number, now: number): number {
    const rd = (word >>> 6) & 15;
    const rs1 = (word >>> 10) & 15;
    const rs2 = (word >>> 14) & 15;
    const flag = (word >>> 18) & 15;
    const precision = (word >>> 22) & 15;
    const dma = this.#dma;
    if (kind === 0x28) return dma.prefetchMatrix(rd, rs1, rs2, flag, precision, now);
    if (kind === 0x29) return dma.prefetchVector(rd, rs1, rs2, flag, precision, now);
    return dma.storeVector(rd, rs1, rs2, flag, precision, now);
  }

  #break(pc: number): number {
    const register = this.#loops.break();
    if (!this.rules.breakJumps) return pc + 1;
    const { words } = this.#program;
    let depth = 0;
    for (let at = pc + 1; at < words.length; at++) {
      const word = words[at]!;
      if (((word >>> 6) & 15) !== register) continue;
      if ((word & 0x3f) === 0x2f) depth++;
      else if ((word & 0x3f) === 0x30 && depth-- === 0) return at + 1;
    }
    throw new FaultSignal("loop-nesting", `C_BREAK: no C_LOOP_END of register ${register} follows`);
  }

  // deno-fmt-ignore: one instruction, one line
  #compute(word: number, pc: number): void {
    const d = (word >>> 6) & 15;
    const a = (word >>> 10) & 15;
    const b = (word >>> 14) & 15;
    const mask = (word >>> 18) & 15;
    const immediate = word >>> 14;
    const { registers } = this;
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
        if (!this.rules.bmv) {
          throw new FaultSignal("unsupported", "M_BMV cannot add its products to the accumulator (rule bmv repairs this)");
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
      case 0x15: return this.#vector.reduceSum(d, a, mask); // V_RED_SUM
      case 0x16: return this.#vector.reduceMax(d, a); // V_RED_MAX
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
        return this.#vector.selectTop(d, a, b, mask);
      default: throw new FaultSignal("invalid-opcode", `invalid opcode at pc ${pc}`);
    }
  }
}

/**
 * Makes a machine with a program loaded. A program that is refused before it starts, because of an
 * instruction that must not occur or an image that does not fit, gives a machine whose `fault` is
 * set; nothing is thrown.
 */
export function createMachine(options: MachineOptions): Machine {
  return new Machine(options);
}
