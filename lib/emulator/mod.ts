/**
 * The PLENA machine: runs a program of instruction words to the bit and the nanosecond of the public
 * emulator's recorded runs, counts where the time and the bytes went, and lets one look inside.
 *
 * ```ts
 * import { createMachine, run } from "@fourbit/fourbit/emulator";
 * import { SHIPPED_SETTINGS } from "@fourbit/fourbit/boards";
 * import { idealMemory } from "@fourbit/fourbit/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const program = Uint32Array.of(
 *   0x00014062, // S_ADDI_INT gp1, gp0, 5
 *   0x0000444d, // V_ADD_VV gp1, gp1, gp1, 0
 * );
 * const settings = SHIPPED_SETTINGS;
 *
 * const machine = createMachine({ program, settings, memory: idealMemory() });
 * assertEquals(machine.run({ untilPc: 1 }), "pc");
 * assertEquals(machine.registers.gp[1], 5);
 *
 * const { latencyNs, fault } = run({ program, settings, memory: idealMemory() });
 * assertEquals(latencyNs, 1);
 * assertEquals(fault?.reason, "vector SRAM address 5 not multiple of 64");
 * ```
 *
 * The machine is the recorded one with all that is odd about it; {@linkcode MACHINE_RULES} are the
 * repairs, each a switch. A program's faults are data, never exceptions.
 *
 * How it is fast: registers, SRAMs and counters lie in one WebAssembly memory, and a loop in
 * WebAssembly (`core_kernel.as`, in AssemblyScript) executes from there what needs nothing else:
 * integers, scalars, loops, whole vector rows four elements at a time, M_MM, M_TMM and their write-out.
 * It stops before a transfer, a fault, a mask, a NaN or a rare instruction, which TypeScript executes
 * on the same memory. HBM2 is simulated event by event, in WebAssembly too (`lib/memory`). Baseline code
 * of WebAssembly is quick from the first call on, while TypeScript waits for its compiler: that is most
 * of what a short program sees.
 *
 * Every multiplication and addition is an instruction of its own, never a fused one. Matrix products
 * are in binary32 where the exponents of both operands show that each product is exact there, so that
 * the sum has one rounding either way; elsewhere in binary64, rounded at each step.
 *
 * With `typeScriptOnly`, with other vector types than bfloat16, with MLEN other than VLEN or a BLEN that
 * is no multiple of 4, and on a host without WebAssembly, everything runs in TypeScript to the same bits:
 * loops over typed arrays, costs by opcode in a table, pages and tiles that exist when touched. So it
 * does, for the instruction loop, while a listener, a breakpoint or a watch is set. `emulator_bench.ts`
 * times a process that has run the program before, `cold_bench.ts` fresh processes.
 *
 * @module
 */
export { createMachine, Machine } from "./machine.ts";
export type {
  ExecutedInstruction,
  MachineOptions,
  RunLimits,
  StopReason,
} from "./machine_options.ts";
export { PlaceError, type Watch } from "./debugger.ts";
export { AccountingError, run, type RunResult, summarize, TimeRangeError } from "./run.ts";
export type { EmulatorFault, FaultKind, FaultOperand } from "./fault.ts";
export { formatFault } from "./fault_report.ts";
export {
  EXTENDED_RULES,
  MACHINE_RULES,
  type MachineRule,
  type MachineRuleName,
  type MachineRules,
  PLENA_RULES,
} from "./rules.ts";
export {
  Counters,
  type OpcodeStatistics,
  type TimeAttribution,
  type UnitStatistics,
} from "./statistics.ts";
export { dump, DUMP_NAMES, dumpBytes, dumpChunks, type DumpName } from "./dumps.ts";
export { type Stage, type StageLabel, stageLabels, STAGES } from "./stage_labels.ts";
export { StageProfiler, type StageSums } from "./stage_profile.ts";
export { TraceCollector, type TraceEvent, type TraceOptions } from "./trace_events.ts";
export {
  LATENCY_KEYS,
  type LatencyColumns,
  type LatencyKey,
  type MachineConfig,
  type MachineSettings,
  PRECISION_KEYS,
  type PrecisionKey,
  type ScalarType,
  type TensorType,
} from "../boards/mod.ts";
export type { Unit } from "../isa/mod.ts";
export { type MemoryModel, type MemoryTimeShares, SparseMemory } from "../memory/mod.ts";
export { Registers } from "./registers.ts";
export { VectorSram } from "./vector_sram.ts";
export { MatrixSram } from "./matrix_sram.ts";
export type { Accumulators } from "./matrix_unit.ts";
