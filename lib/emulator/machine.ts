import type { MachineSettings } from "../boards/mod.ts";
import { BY_OPCODE } from "../isa/mod.ts";
import { type MemoryModel, SparseMemory } from "../memory/mod.ts";
import { type Breakpoints, checkPlace, stopsAt, type Watch, WatchList } from "./debugger.ts";
import { ComputeUnits } from "./compute_units.ts";
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
import type { Accumulators } from "./matrix_unit.ts";
import { COST_FREE_F0, COST_TOP_K, prepareProgram, type Program } from "./program.ts";
import { Registers } from "./registers.ts";
import { type MachineRules, PLENA_RULES } from "./rules.ts";
import { Counters } from "./statistics.ts";
import { VectorSram } from "./vector_sram.ts";

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
  readonly #units: ComputeUnits;
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
    this.#program = prepareProgram(options.program, settings, options.clockMhz);
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
    this.#units = new ComputeUnits(
      {
        registers: this.registers,
        vectorSram: this.vectorSram,
        matrixSram: this.matrixSram,
        loops: this.#loops,
      },
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
      const word = this.#program.words[at]!;
      const name = BY_OPCODE[word & 0x3f]?.mnemonic;
      const signal = new FaultSignal("decode", `${name} rd must be 0: it is not at pc ${at}`);
      this.fault = faultAt(signal, null, word, this.registers);
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
    return this.#units.accumulators();
  }

  /** Executes one instruction; `false` if there was none left or it faulted. */
  step(): boolean {
    const before = this.instructions;
    this.run({ maxInstructions: 1 });
    return this.instructions > before;
  }

  /**
   * A copy of a row of the vector SRAM, as numbers.
   *
   * @throws {RangeError} If there is no such row.
   */
  readRow(row: number): Float32Array {
    checkPlace(this, { kind: "row", row });
    const at = this.vectorSram.offset(row);
    return this.vectorSram.page(row).slice(at, at + this.vectorSram.rowLength);
  }

  /**
   * Writes a row of the vector SRAM; its type rounds the values, missing ones are 0.
   *
   * @throws {RangeError} If there is no such row, or there are too many values.
   */
  writeRow(row: number, values: ArrayLike<number>): void {
    checkPlace(this, { kind: "row", row });
    const whole = new Float32Array(this.vectorSram.rowLength);
    whole.set(values);
    this.vectorSram.write(row, new Uint32Array(whole.buffer), 0);
  }

  /**
   * A copy of a tile of the matrix SRAM, row-major.
   *
   * @throws {RangeError} If there is no such tile.
   */
  readTile(tile: number): Float32Array {
    checkPlace(this, { kind: "tile", tile });
    return this.matrixSram.read(tile).slice();
  }

  /**
   * Overwrites the first elements of a tile of the matrix SRAM, unrounded.
   *
   * @throws {RangeError} If there is no such tile, or there are too many values.
   */
  writeTile(tile: number, values: ArrayLike<number>): void {
    checkPlace(this, { kind: "tile", tile });
    this.matrixSram.writable(tile).set(values);
  }

  /**
   * Stops {@linkcode Machine.run} after instructions that change this; returns how to end that.
   *
   * @throws {RangeError} If the machine has no such state.
   */
  watch(watch: Watch): () => void {
    checkPlace(this, watch);
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
    const { words, costPs, costRule } = program;
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
          this.#units.execute(word, pc);
          if (rule === COST_TOP_K) end = now + this.#costOf(word);
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
      if (error.charged > 0) reached += error.charged * this.#costOf(words[pc]!);
      else if (kind >= 0x28 && kind <= 0x2a && error.kind !== "loop-limit") reached = dma.reachedPs;
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

  /** What an instruction costs in picoseconds, if it is not a transfer. */
  #costOf(word: number): number {
    const { costPs, costRule, largeTopKPs } = this.#program;
    const isLarge = costRule[word & 0x3f] === COST_TOP_K && ((word >>> 18) & 15) === 1;
    return isLarge ? largeTopKPs : costPs[word & 0x3f]!;
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
}

/**
 * Makes a machine with a program loaded. A program that is refused before it starts, because of an
 * instruction that must not occur or an image that does not fit, gives a machine whose `fault` is
 * set; nothing is thrown.
 */
export function createMachine(options: MachineOptions): Machine {
  return new Machine(options);
}
