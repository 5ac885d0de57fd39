import { plena } from "../numerics/mod.ts";
import { FaultSignal } from "./fault.ts";
import type { MachineOptions } from "./machine_options.ts";
import { type Registers, SCALAR_SRAM_ENTRIES } from "./registers.ts";
import type { VectorSram } from "./vector_sram.ts";

const { codeWidth, halfToF32Bits, scalarBitsToBf16 } = plena;

/** Loads the images of the SRAMs, and says why one cannot be loaded. */
export function loadImages(
  options: MachineOptions,
  registers: Registers,
  vectorSram: VectorSram,
): FaultSignal | undefined {
  const { fpSram, intSram, vram } = options;
  const fpCount = Math.floor((fpSram?.length ?? 0) / 2);
  const intCount = Math.floor((intSram?.length ?? 0) / 4);
  if (fpCount > SCALAR_SRAM_ENTRIES || intCount > SCALAR_SRAM_ENTRIES) {
    const [name, count] = fpCount > SCALAR_SRAM_ENTRIES ? ["FP", fpCount] : ["INT", intCount];
    return new FaultSignal(
      "image",
      `${name} SRAM image has ${count} entries, the SRAM ${SCALAR_SRAM_ENTRIES}`,
    );
  }
  if (fpSram !== undefined) {
    for (let i = 0; i < fpCount; i++) {
      const code = fpSram[2 * i]! | (fpSram[2 * i + 1]! << 8);
      registers.fpSramBits[i] = scalarBitsToBf16(halfToF32Bits(code));
    }
  }
  if (intSram !== undefined) {
    const view = new DataView(intSram.buffer, intSram.byteOffset, intSram.length);
    for (let i = 0; i < intCount; i++) registers.intSram[i] = view.getUint32(4 * i, true);
  }
  if (vram !== undefined) {
    const { element, rowLength } = vectorSram;
    if ((codeWidth(element) * rowLength) % 8 !== 0) {
      return new FaultSignal(
        "image",
        `vector rows of ${rowLength} elements of ${
          codeWidth(element)
        } bits are no whole number of bytes`,
      );
    }
    vectorSram.load(vram);
  }
  return undefined;
}

/** Why an HBM of this size cannot be made, or its image not loaded. */
export function hbmRefusal(capacity: number, imageBytes: number): FaultSignal | undefined {
  if (!Number.isSafeInteger(capacity) || capacity < 0 || capacity % 64 !== 0) {
    return new FaultSignal("image", `HBM size ${capacity} is no multiple of 64 bytes`);
  }
  if (imageBytes > capacity) {
    return new FaultSignal(
      "image",
      `HBM image of ${imageBytes} bytes exceeds the ${capacity} of HBM`,
    );
  }
  return undefined;
}
