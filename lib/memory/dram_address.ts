/** From a request number to its channel, bank, row and column. */
import type { DramPreset } from "./dram_preset.ts";
import { MemoryError } from "./memory_error.ts";

/** What one bit of a request number contributes to its place. */
export interface AddressBit {
  /** To the channel. */
  readonly channel: number;
  /** To the bank, numbered through its channel. */
  readonly bank: number;
  /** To the column. */
  readonly column: number;
  /** To what the row is XORed with. */
  readonly rowXor: number;
}

/**
 * The bits of a request number below the row, from the lowest on. Cutting, joining and XOR treat each
 * bit alone: the place of a number is the XOR of what its bits contribute.
 *
 * @throws {MemoryError} If the fields of the map do not fit the levels of the preset.
 */
export function addressBits(preset: DramPreset): AddressBit[] {
  const { fields, xor } = preset.addressMap;
  const channelLevel = preset.levels[0]!.name;
  const bitsOf = new Map<string, number>();
  for (const { field, bits } of fields) bitsOf.set(field, (bitsOf.get(field) ?? 0) + bits);
  for (const { name, count } of preset.levels) {
    if (count !== 2 ** (bitsOf.get(name) ?? 0)) {
      throw new MemoryError(
        `${preset.name} has ${count} of ${name}, its address map ${bitsOf.get(name) ?? 0} bits`,
        "give each level as many bits as count its nodes",
      );
    }
  }
  const lowBits = fields.reduce((sum, { bits }) => sum + bits, 0);
  return Array.from({ length: lowBits }, (_, i) => {
    const value = new Map<string, number>();
    const width = new Map<string, number>();
    let rest = 2 ** i;
    for (const { field, bits } of fields) {
      const below = width.get(field) ?? 0;
      value.set(field, (value.get(field) ?? 0) | (rest & (2 ** bits - 1)) << below);
      width.set(field, below + bits);
      rest >>= bits;
    }
    const column = value.get("column") ?? 0;
    let rowXor = 0;
    for (const { into, shift } of xor) {
      if (into === "row") rowXor = column >> shift;
      else {
        const mask = 2 ** (width.get(into) ?? 0) - 1;
        value.set(into, (value.get(into) ?? 0) ^ (column >> shift & mask));
      }
    }
    let bank = 0;
    for (const { name, count } of preset.levels.slice(1)) {
      bank = bank * count + (value.get(name) ?? 0);
    }
    return { channel: value.get(channelLevel) ?? 0, bank, column, rowXor };
  });
}

/**
 * The address map of a preset as tables over the bits below the row. A request number is
 * row · 2^lowBits + low; to place one:
 *
 *     row = xorRow(floor(request / 2^lowBits), low), channel = channel[low], …
 */
export class DramAddress {
  /** Bits below the row. */
  readonly lowBits: number;
  /** Channel of each `low`. */
  readonly channel: Uint16Array;
  /** Bank of each `low`, numbered through its channel. */
  readonly bank: Uint16Array;
  /** Column of each `low`. */
  readonly column: Uint16Array;
  /** What the row is XORed with, for each `low`. */
  readonly rowXor: Uint16Array;

  /** @throws {MemoryError} If the fields of the map do not fit the levels of the preset. */
  constructor(preset: DramPreset) {
    const bits = addressBits(preset);
    this.lowBits = bits.length;
    const size = 2 ** this.lowBits;
    this.channel = new Uint16Array(size);
    this.bank = new Uint16Array(size);
    this.column = new Uint16Array(size);
    this.rowXor = new Uint16Array(size);
    bits.forEach(({ channel, bank, column, rowXor }, i) => {
      this.channel[2 ** i] = channel;
      this.bank[2 ** i] = bank;
      this.column[2 ** i] = column;
      this.rowXor[2 ** i] = rowXor;
    });
    for (const table of [this.channel, this.bank, this.column, this.rowXor]) {
      for (let low = 1; low < size; low++) table[low] = table[low & -low]! ^ table[low & low - 1]!;
    }
  }

  /** The row of a request whose bits above `low` are `high`. */
  row(high: number, low: number): number {
    const xor = this.rowXor[low]!;
    if (xor === 0) return high;
    const bits = high % 65536;
    return high - bits + (bits ^ xor);
  }
}
