/** Cycle-accurate DRAM as the memory of a machine. */
import type { DramCommandRecord } from "./dram_command_log.ts";
import { dramKernelMemory } from "./dram_kernel.ts";
import type { DramPreset } from "./dram_preset.ts";
import { HBM2 } from "./dram_presets.ts";
import { DramSystem } from "./dram_system.ts";
import { MemoryError } from "./memory_error.ts";
import { BLOCK_BYTES, type MemoryModel } from "./memory_model.ts";

/**
 * The memory of the recorded machine, exact to the nanosecond: HBM2 with eight channels.
 *
 * A batch offers its requests, four of 16 bytes per block, in order; the first that finds its queue
 * full holds back all that follow. It ends with its last completion. A write takes no time unless a
 * queue is full; it is carried out in the cycles that later accesses, or idle time, perform.
 *
 * The recorded machine orders a blocked offer and the DRAM cycle of the same nanosecond by chance;
 * here the cycle always comes first, which is its common case.
 *
 * Block numbers are exact below 2^53, which is beyond 2^58 bytes. Above, a double can only hold
 * some of them, and the block that is timed is the one that the double names.
 */
export function hbm2Memory(options: DramMemoryOptions = {}): MemoryModel {
  return dramMemory(HBM2, "hbm", options);
}

/** How a DRAM is simulated. */
export interface DramMemoryOptions {
  /** Do without WebAssembly. The results are the same. */
  readonly typeScriptOnly?: boolean;
  /**
   * Told every command; of each channel they come in order. Does without WebAssembly, and performs
   * each refresh of idle times; the schedule is the same.
   */
  readonly onCommand?: (record: DramCommandRecord) => void;
}

/**
 * A DRAM of any preset as a memory model, with the rules of {@linkcode hbm2Memory}. It is unlimited
 * in size: rows are numbered without end. A start time between two cycles of the DRAM counts as the
 * next cycle.
 *
 * Where it can it runs in WebAssembly, which starts faster; every figure is the same without.
 *
 * @param name What the model is called in the report; the name of the preset if left out.
 * @throws {MemoryError} If the preset does not fit together, or a block is no whole number of its
 * requests.
 */
export function dramMemory(
  preset: DramPreset,
  name: string = preset.name,
  { typeScriptOnly = false, onCommand }: DramMemoryOptions = {},
): MemoryModel {
  const plain = typeScriptOnly || onCommand !== undefined;
  const kernel = plain ? undefined : dramKernelMemory(preset, name);
  if (kernel !== undefined) return kernel;
  const memory = new DramMemory(preset, name);
  if (onCommand !== undefined) memory.system.listen(onCommand);
  return memory;
}

/** What {@linkcode dramMemory} returns in plain TypeScript, with its DRAM open to tests. */
export class DramMemory implements MemoryModel {
  /** The DRAM. */
  readonly system: DramSystem;
  readonly #tickPs: number;
  readonly #requestsPerBlock: number;
  readonly #blocksPerRow: number;
  #blockReads = 0;
  #blockWrites = 0;

  /** A DRAM in its first cycle. */
  constructor(preset: DramPreset, readonly name: string) {
    const requests = BLOCK_BYTES / preset.requestBytes;
    if (!Number.isInteger(Math.log2(requests)) || requests < 1) {
      throw new MemoryError(
        `A block of ${BLOCK_BYTES} bytes cannot be made of requests of ${preset.requestBytes}`,
        `use a preset whose requests are a power of two, and at most ${BLOCK_BYTES} bytes`,
      );
    }
    this.system = new DramSystem(preset);
    this.#tickPs = preset.tickPs;
    this.#requestsPerBlock = requests;
    this.#blocksPerRow = 2 ** this.system.address.lowBits / requests;
  }

  /** Times a batch of reads. */
  readBatch(blocks: Float64Array, count: number, startPs: number): number {
    if (count === 0) return startPs;
    const { system } = this;
    const { address, channels } = system;
    const requests = this.#requestsPerBlock;
    const blocksPerRow = this.#blocksPerRow;
    this.#blockReads += count;
    const start = Math.ceil(startPs / this.#tickPs);
    if (system.cycle < start) system.cycle = start;
    for (let i = 0; i < count; i++) {
      const block = blocks[i]!;
      // Dividing and multiplying by powers of two is exact for every double.
      const high = Math.floor(block / blocksPerRow);
      const firstLow = (block - high * blocksPerRow) * requests;
      for (let low = firstLow; low < firstLow + requests; low++) {
        const channel = channels[address.channel[low]!]!;
        const bank = address.bank[low]!;
        const row = address.row(high, low);
        const column = address.column[low]!;
        channel.advance(system.cycle);
        if (!channel.offerRead(bank, row, column, -1)) {
          // The next offer follows a cycle that belongs to a time after the start.
          const next = Math.max(system.cycle + 1, start + 2);
          system.cycle = channel.advanceToReadRoom(next);
          channel.offerRead(bank, row, column, -1);
        }
      }
    }
    system.finishReads();
    // Cycle k is performed at time k − 1.
    return Math.max(startPs, (system.cycle - 1) * this.#tickPs);
  }

  /** Times a write. */
  writeBlock(block: number, startPs: number): number {
    const { system } = this;
    const { address, channels } = system;
    const requests = this.#requestsPerBlock;
    const blocksPerRow = this.#blocksPerRow;
    this.#blockWrites++;
    const start = Math.ceil(startPs / this.#tickPs);
    if (system.cycle < start) system.cycle = start;
    let acceptedPs = startPs;
    const high = Math.floor(block / blocksPerRow);
    const firstLow = (block - high * blocksPerRow) * requests;
    for (let low = firstLow; low < firstLow + requests; low++) {
      const channel = channels[address.channel[low]!]!;
      const bank = address.bank[low]!;
      const row = address.row(high, low);
      const column = address.column[low]!;
      channel.advance(system.cycle);
      if (!channel.offerWrite(bank, row, column)) {
        system.cycle = channel.advanceToWriteRoom(system.cycle + 1);
        acceptedPs = system.cycle * this.#tickPs;
        channel.offerWrite(bank, row, column);
      }
    }
    return acceptedPs;
  }

  /** Blocks, and the counters of the channels. */
  statistics(): Record<string, number> {
    return {
      blockReads: this.#blockReads,
      blockWrites: this.#blockWrites,
      ...this.system.statistics(),
    };
  }
}
