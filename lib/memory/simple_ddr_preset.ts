/** What a simple DDR device is: its times, queues and address bits. */
export interface SimpleDdrPreset {
  /** Name, for reports. */
  readonly name: string;
  /** One clock period, in picoseconds; the command bus is busy that long. */
  readonly clockPs: number;
  /** From the open row to the data, in picoseconds. */
  readonly casPs: number;
  /** Opening a row, in picoseconds. */
  readonly rcdPs: number;
  /** Closing a row, in picoseconds. */
  readonly rpPs: number;
  /** One block of 64 bytes on the data bus, in picoseconds. */
  readonly burstPs: number;
  /** Reads that the controller holds; the same number of writes. */
  readonly slots: number;
  /** Number of the lowest of the four bank bits of a read's byte address. */
  readonly readBankBit: number;
  /** The same for a write: the public device takes other bits, which cannot be meant. */
  readonly writeBankBit: number;
  /** Number of the lowest of the sixteen row bits of a byte address. */
  readonly rowBit: number;
}

/** One clock of DDR4-2400, rounded as the public device rounds it. */
const CLOCK_PS = 833;

/**
 * The public stand-in for a board's DDR3 (memory specification, section 3.3): a 64-bit DDR4-2400P
 * with 16 banks and no refresh, 19.2 GB/s at best, where the board has 1.6.
 */
export const DDR4_2400P_STAND_IN: SimpleDdrPreset = {
  name: "ddr4-2400p-stand-in",
  clockPs: CLOCK_PS,
  casPs: 16 * CLOCK_PS,
  rcdPs: 16 * CLOCK_PS,
  rpPs: 16 * CLOCK_PS,
  burstPs: 4 * CLOCK_PS,
  slots: 16,
  readBankBit: 6,
  writeBankBit: 10,
  rowBit: 14,
};

/**
 * The same with one set of bank bits for reads and writes: the device of later public emulators, as
 * recorded runs of theirs show it.
 */
export const DDR4_2400P_ONE_MAP: SimpleDdrPreset = {
  ...DDR4_2400P_STAND_IN,
  name: "ddr4-2400p-one-map",
  writeBankBit: DDR4_2400P_STAND_IN.readBankBit,
};
