import { FaultSignal } from "./fault.ts";

/** Entries of each scalar SRAM. */
export const SCALAR_SRAM_ENTRIES = 1024;

/** Floating-point registers; the encoding has room for 16. */
export const FP_REGISTERS = 8;

/** The machine's registers and scalar SRAMs, with their values at reset. */
export class Registers {
  /** General registers; all 16 can be written. */
  readonly gp: Uint32Array = new Uint32Array(16);
  /** Floating-point registers: bfloat16 values. */
  readonly fp: Float32Array = new Float32Array(FP_REGISTERS);
  /** The same memory as binary32 bits, whose lower half is 0. */
  readonly fpBits: Uint32Array = new Uint32Array(this.fp.buffer);
  /** Upper halves of the HBM address registers. */
  readonly addressHigh: Uint32Array = new Uint32Array(16);
  /** Lower halves of the HBM address registers. */
  readonly addressLow: Uint32Array = new Uint32Array(16);
  /** SCALE, STRIDE and VMASK, in this order. */
  readonly control: Uint32Array = Uint32Array.of(0, 1, 0);
  /** FP SRAM: bfloat16 values. */
  readonly fpSram: Float32Array = new Float32Array(SCALAR_SRAM_ENTRIES);
  /** The same memory as binary32 bits. */
  readonly fpSramBits: Uint32Array = new Uint32Array(this.fpSram.buffer);
  /** INT SRAM. */
  readonly intSram: Uint32Array = new Uint32Array(SCALAR_SRAM_ENTRIES);
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

/** Throws unless entries `index` to `index + count - 1` of a scalar SRAM exist. */
export function checkEntries(sram: string, index: number, count = 1): void {
  if (index + count > SCALAR_SRAM_ENTRIES) {
    throw new FaultSignal(
      "out-of-range",
      count === 1
        ? `${sram} SRAM index ${index} out of bounds (depth ${SCALAR_SRAM_ENTRIES})`
        : `${sram} SRAM entries ${index} to ${
          index + count - 1
        } out of bounds (depth ${SCALAR_SRAM_ENTRIES})`,
    );
  }
}
