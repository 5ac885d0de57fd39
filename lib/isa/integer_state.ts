/** Entries of the INT SRAM. */
export const INT_SRAM_ENTRIES = 1024;

/** The integer part of a machine in which values may be unknown, written `undefined`. */
export class IntegerState {
  readonly #gp = new Uint32Array(16);
  readonly #gpKnown = new Uint8Array(16).fill(1);
  readonly #sram = new Uint32Array(INT_SRAM_ENTRIES);
  readonly #sramKnown = new Uint8Array(INT_SRAM_ENTRIES);

  /** Registers at 0; the INT SRAM as given, or unknown. */
  constructor(intSram?: Uint32Array) {
    if (intSram === undefined) return;
    this.#sram.set(intSram.subarray(0, INT_SRAM_ENTRIES));
    this.#sramKnown.fill(1);
  }

  /** The content of a gp register. */
  gp(register: number): number | undefined {
    return this.#gpKnown[register] ? this.#gp[register] : undefined;
  }

  /** Writes a gp register, modulo 2^32. */
  setGp(register: number, value: number | undefined): void {
    this.#gpKnown[register] = value === undefined ? 0 : 1;
    if (value !== undefined) this.#gp[register] = value;
  }

  /** An entry of the INT SRAM. */
  load(index: number | undefined): number | undefined {
    return index !== undefined && this.#sramKnown[index] ? this.#sram[index] : undefined;
  }

  /** Writes an entry; an unknown index makes all entries unknown. */
  store(index: number | undefined, value: number | undefined): void {
    if (index === undefined) this.#sramKnown.fill(0);
    else {
      this.#sramKnown[index] = value === undefined ? 0 : 1;
      if (value !== undefined) this.#sram[index] = value;
    }
  }
}
