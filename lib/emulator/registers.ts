import { ARENA } from "./core_kernel.ts";
import { FaultSignal } from "./fault.ts";

/** Entries of each scalar SRAM. */
export const SCALAR_SRAM_ENTRIES = 1024;

/** Floating-point registers; the encoding has room for 16. */
export const FP_REGISTERS = 8;

/** The machine's registers and scalar SRAMs, with their values at reset. */
export class Registers {
  /** General registers; all 16 can be written. */
  readonly gp: Uint32Array;
  /** Floating-point registers: bfloat16 values. */
  readonly fp: Float32Array;
  /** The same memory as binary32 bits, whose lower half is 0. */
  readonly fpBits: Uint32Array;
  /** Upper halves of the HBM address registers. */
  readonly addressHigh: Uint32Array;
  /** Lower halves of the HBM address registers. */
  readonly addressLow: Uint32Array;
  /** SCALE, STRIDE and VMASK, in this order. */
  readonly control: Uint32Array;
  /** FP SRAM: bfloat16 values. */
  readonly fpSram: Float32Array;
  /** The same memory as binary32 bits. */
  readonly fpSramBits: Uint32Array;
  /** INT SRAM. */
  readonly intSram: Uint32Array;

  /** Registers in a buffer of zeros, which holds them at the places of `ARENA`. */
  constructor(buffer: ArrayBuffer = new ArrayBuffer(ARENA.block)) {
    this.gp = new Uint32Array(buffer, ARENA.gp, 16);
    this.fp = new Float32Array(buffer, ARENA.fp, FP_REGISTERS);
    this.fpBits = new Uint32Array(buffer, ARENA.fp, FP_REGISTERS);
    this.addressHigh = new Uint32Array(buffer, ARENA.addressHigh, 16);
    this.addressLow = new Uint32Array(buffer, ARENA.addressLow, 16);
    this.control = new Uint32Array(buffer, ARENA.control, 3);
    this.control[STRIDE] = 1;
    this.fpSram = new Float32Array(buffer, ARENA.fpSram, SCALAR_SRAM_ENTRIES);
    this.fpSramBits = new Uint32Array(buffer, ARENA.fpSram, SCALAR_SRAM_ENTRIES);
    this.intSram = new Uint32Array(buffer, ARENA.intSram, SCALAR_SRAM_ENTRIES);
  }
}

/** Where SCALE lies in {@linkcode Registers.control}. */
export const SCALE = 0;
/** Where STRIDE lies in {@linkcode Registers.control}. */
export const STRIDE = 1;
/** Where VMASK lies in {@linkcode Registers.control}. */
export const VMASK = 2;

/** Throws unless the floating-point registers exist. */
export function checkFpRegister(index: number, second = 0, third = 0): void {
  if ((index | second | third) >= FP_REGISTERS) {
    const wrong = index >= FP_REGISTERS ? index : second >= FP_REGISTERS ? second : third;
    throw new FaultSignal(
      "register",
      `floating-point register f${wrong} does not exist (index ${wrong} >= ${FP_REGISTERS})`,
    );
  }
}

/**
 * Throws unless entries `index` to `index + count - 1` of a scalar SRAM exist; `charged` is how much
 * of its cost the instruction has paid already.
 */
export function checkEntries(sram: string, index: number, count = 1, charged = 0): void {
  if (index + count > SCALAR_SRAM_ENTRIES) {
    throw new FaultSignal(
      "out-of-range",
      count === 1
        ? `${sram} SRAM index ${index} out of bounds (depth ${SCALAR_SRAM_ENTRIES})`
        : `${sram} SRAM entries ${index} to ${
          index + count - 1
        } out of bounds (depth ${SCALAR_SRAM_ENTRIES})`,
      charged,
    );
  }
}
