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
 * How it is fast: words are taken apart by shifts and dispatched by one switch without allocating;
 * costs are a table by opcode; the loop guard is one comparison; vector rows are held as the binary32
 * values that a read would decode, so that only writes round, on bits; pages and tiles exist when
 * touched; exponentials are looked up by bfloat16 code; stores quantise in integers; the matrix
 * product keeps eight sums in registers. All of it is plain TypeScript, so that every host gives the
 * same bits. `emulator_bench.ts` times a process that has run before; the first run of a process also
 * waits for its code to be compiled, which takes several times as long as running it.
 *
 * @module
 */
export {
  createMachine,
  type ExecutedInstruction,
  Machine,
  type MachineOptions,
  type RunLimits,
  type StopReason,
} from "./machine.ts";
export type { Watch } from "./debugger.ts";
export { AccountingError, run, type RunResult, summarize } from "./run.ts";
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
export { type MemoryModel, SparseMemory } from "../memory/mod.ts";
export { Registers } from "./registers.ts";
export { VectorSram } from "./vector_sram.ts";
export { MatrixSram } from "./matrix_sram.ts";
export type { Accumulators } from "./matrix_unit.ts";
