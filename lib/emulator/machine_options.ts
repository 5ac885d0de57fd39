import type { MachineSettings } from "../boards/mod.ts";
import type { MemoryModel, SparseMemory } from "../memory/mod.ts";
import type { MachineRules } from "./rules.ts";

/** What a machine is made of. */
export interface MachineOptions {
  /** Instruction words; execution starts at the first and ends after the last. */
  readonly program: Uint32Array;
  /** Dimensions, types and latencies. */
  readonly settings: MachineSettings;
  /** The timing of the off-chip memory; used by one machine only, because it remembers. */
  readonly memory: MemoryModel;
  /**
   * Clock of the machine, MHz; a cycle is the nearest whole number of picoseconds. The memory keeps
   * its own time. Default 1000, as recorded: a cycle is 1 ns, whatever the board's clock.
   */
  readonly clockMhz?: number;
  /** HBM contents from address 0 on; or the memory itself, which the program then changes. */
  readonly hbm?: Uint8Array | SparseMemory;
  /** HBM capacity, a multiple of 64 bytes; without it the settings' or that of `hbm`. */
  readonly hbmSizeBytes?: number;
  /** FP SRAM contents: little-endian binary16. */
  readonly fpSram?: Uint8Array;
  /** INT SRAM contents: little-endian 32-bit integers. */
  readonly intSram?: Uint8Array;
  /** Vector SRAM contents: rows in the type of the settings. */
  readonly vram?: Uint8Array;
  /** Repairs of the machine; without them it is the recorded one. */
  readonly rules?: Partial<MachineRules>;
  /** Do without WebAssembly. The results are the same. */
  readonly typeScriptOnly?: boolean;
}

/** One executed instruction, as a listener sees it. The object is used again for the next one. */
export interface ExecutedInstruction {
  /** Index of the instruction. */
  pc: number;
  /** Bits 0 to 5 of the word. */
  opcode: number;
  /** When it started, in picoseconds. */
  startPs: number;
  /** When it was over, in picoseconds. */
  endPs: number;
  /** Bytes read from HBM by all instructions so far, this one included. */
  bytesRead: number;
  /** Bytes written to HBM by all instructions so far, this one included. */
  bytesWritten: number;
}

/** Why {@linkcode Machine.run} returned. */
export type StopReason = "end" | "fault" | "limit" | "pc" | "breakpoint" | "watchpoint";

/** How far {@linkcode Machine.run} goes. */
export interface RunLimits {
  /** Stop before this instruction, unless it is the first. */
  readonly untilPc?: number;
  /** Stop after so many instructions. */
  readonly maxInstructions?: number;
  /** Called after every instruction. */
  readonly onInstruction?: (instruction: ExecutedInstruction) => void;
}
