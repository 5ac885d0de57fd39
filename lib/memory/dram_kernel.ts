/** The DRAM of dram_memory.ts in WebAssembly. */
import { addressBits } from "./dram_address.ts";
import { DRAM_KERNEL_BASE64 } from "./dram_kernel_wasm.ts";
import type { DramPreset } from "./dram_preset.ts";
import { cyclesOf } from "./dram_cycles.ts";
import { ACT, COMMANDS, dramTables, PRE, PREA, REF, REFPB } from "./dram_tables.ts";
import { BLOCK_BYTES, type MemoryModel } from "./memory_model.ts";

/** What dram_kernel.as exports. */
interface Kernel {
  init(): void;
  offerReads(blocks: number, count: number, start: number): void;
  finishReads(): number;
  offerWrite(block: number, start: number): number;
  settle(): number;
  reached(): number;
}

// The memory's layout, as in dram_kernel.as. A channel: fixed part, banks, first legal cycles, windows.
const BANK_STATES = 1984 + 64 * 192;
const BANK_BYTES = 96;
const COUNTERS = 40;
const TABLES = 192;
/** Entries of a list, and banks of a channel. */
const MOST_IN_LIST = 64;
/** Blocks handed over at a time. */
const BLOCKS = 512;

/** Counters in the order of the kernel, which is that of `ChannelCounters`. */
const COUNTER_NAMES = [
  "reads",
  "writes",
  "forwardedReads",
  "rowHits",
  "rowMisses",
  "rowConflicts",
  "activations",
  "precharges",
  "refreshes",
  "refusals",
  "peakReadQueue",
  "peakWriteQueue",
  "peakActivatedQueue",
] as const;

let compiled: WebAssembly.Module | null | undefined;

/** The kernel's module; `null` where there is no WebAssembly. */
function kernelModule(): WebAssembly.Module | null {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(Uint8Array.fromBase64(DRAM_KERNEL_BASE64));
    } catch {
      compiled = null;
    }
  }
  return compiled;
}

/**
 * A memory that times exactly as a `DramMemory` of the preset does, but starts faster: its code needs
 * no warming up.
 *
 * @returns `undefined` if the preset closes rows, serves strictly in order or has anything else that
 * the kernel cannot do, or if the host has no WebAssembly or no memory for it.
 */
export function dramKernelMemory(preset: DramPreset, name: string): MemoryModel | undefined {
  const { read, write, activated } = preset.queues;
  if (preset.scheduler !== "fr-fcfs" || preset.pagePolicy !== "open") return undefined;
  if (Math.max(read, write, activated) > MOST_IN_LIST) return undefined;
  const requests = BLOCK_BYTES / preset.requestBytes;
  if (!Number.isInteger(Math.log2(requests)) || requests < 1) return undefined;
  const module = kernelModule();
  return module === null ? undefined : DramKernelMemory.make(preset, name, module);
}

class DramKernelMemory implements MemoryModel {
  readonly #kernel: Kernel;
  readonly #blocks: Float64Array;
  readonly #blocksAt: number;
  readonly #channels: readonly Float64Array[];
  readonly #tickPs: number;
  #blockReads = 0;
  #blockWrites = 0;

  /** Lays out the memory of a kernel, if it can do what the preset asks for. */
  static make(
    preset: DramPreset,
    name: string,
    module: WebAssembly.Module,
  ): DramKernelMemory | undefined {
    const tables = dramTables(preset);
    const { banks, checksPerBank, checks, raises, raiseCycles } = tables;
    const windowOfAct = tables.windows[ACT]![0];
    const windows = tables.windows.reduce((sum, rows) => sum + rows.length, 0);
    if (checksPerBank !== 4 || windows > (windowOfAct === undefined ? 0 : 1)) return undefined;
    if (banks > MOST_IN_LIST) return undefined;

    const earliest = BANK_STATES + banks * BANK_BYTES;
    const history = earliest + (tables.nodes * COMMANDS.length + 1) * 8;
    const historyBytes = 8 + 8 * (windowOfAct?.size ?? 0);
    const channelBytes = history + tables.nodes * historyBytes;
    const bits = addressBits(preset);
    const { count } = preset.levels[0]!;

    // Where the tables lie.
    const raisesAt: number[] = [];
    let end = TABLES;
    for (let command = 0; command < COMMANDS.length; command++) {
      raisesAt.push(end);
      end += raises[command]!.length * 8;
    }
    const checksAt = end;
    const windowAt = checksAt + COMMANDS.length * banks * 16;
    const mapAt = windowAt + banks * 8;
    const blocksAt = mapAt + 2 ** bits.length * 8;
    const channelsAt = blocksAt + BLOCKS * 8;
    const bytes = channelsAt + count * channelBytes;

    let memory: WebAssembly.Memory;
    try {
      memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
    } catch {
      return undefined;
    }
    const words = new Int32Array(memory.buffer);
    words.set([count, channelBytes, channelsAt, requestsOf(preset), bits.length]);
    words.set([cyclesOf(preset.readLatency, preset.timing)], 5);
    words.set([preset.writeDrain.start, preset.writeDrain.stop], 6);
    words.set([preset.queues.read, preset.queues.write, preset.queues.activated, banks], 8);
    words.set([windowOfAct?.size ?? 0, windowOfAct?.cycles ?? 0], 12);
    words.set([checksAt, windowAt, mapAt], 32);
    const { refresh } = preset;
    const perBank = refresh?.command === "REFPB";
    words[35] = refresh === null ? 0 : cyclesOf(refresh.interval, preset.timing);
    words.set(perBank ? [REFPB, PRE] : [REF, PREA], 36);
    words.set([tables.units, perBank ? 1 : tables.units], 38);
    for (let command = 0; command < COMMANDS.length; command++) {
      const cycles = raiseCycles[command]!;
      const targets = raises[command]!;
      words[16 + command] = cycles.length;
      words[24 + command] = raisesAt[command]!;
      const at = raisesAt[command]! / 4;
      for (let i = 0; i < targets.length; i++) {
        words[at + 2 * i] = earliest + 8 * targets[i]!;
        words[at + 2 * i + 1] = cycles[i % cycles.length]!;
      }
    }
    const entries = COMMANDS.length * banks * 4;
    for (let i = 0; i < entries; i++) words[checksAt / 4 + i] = earliest + 8 * checks[i]!;
    for (let bank = 0; bank < banks; bank++) {
      words[windowAt / 4 + 2 * bank] = earliest + 8 * (windowOfAct?.targets[bank] ?? 0);
      words[windowAt / 4 + 2 * bank + 1] = history + historyBytes * (windowOfAct?.nodes[bank] ?? 0);
    }
    bits.forEach(({ channel, bank, column, rowXor }, i) => {
      words[mapAt / 4 + 2 * 2 ** i] = channel | bank << 16;
      words[mapAt / 4 + 2 * 2 ** i + 1] = column | rowXor << 16;
    });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const kernel = exports as unknown as Kernel;
    kernel.init();
    const channels = Array.from(
      { length: count },
      (_, i) =>
        new Float64Array(
          memory.buffer,
          channelsAt + i * channelBytes,
          COUNTERS / 8 + COUNTER_NAMES.length,
        ),
    );
    const blocks = new Float64Array(memory.buffer, blocksAt, BLOCKS);
    return new DramKernelMemory(name, preset.tickPs, kernel, blocks, blocksAt, channels);
  }

  private constructor(
    readonly name: string,
    tickPs: number,
    kernel: Kernel,
    blocks: Float64Array,
    blocksAt: number,
    channels: readonly Float64Array[],
  ) {
    this.#tickPs = tickPs;
    this.#kernel = kernel;
    this.#blocks = blocks;
    this.#blocksAt = blocksAt;
    this.#channels = channels;
  }

  /** Times a batch of reads. */
  readBatch(blocks: Float64Array, count: number, startPs: number): number {
    if (count === 0) return startPs;
    this.#blockReads += count;
    const start = Math.ceil(startPs / this.#tickPs);
    for (let done = 0; done < count; done += BLOCKS) {
      const some = Math.min(BLOCKS, count - done);
      for (let i = 0; i < some; i++) this.#blocks[i] = blocks[done + i]!;
      this.#kernel.offerReads(this.#blocksAt, some, start);
    }
    // Cycle k is performed at time k − 1.
    return Math.max(startPs, (this.#kernel.finishReads() - 1) * this.#tickPs);
  }

  /** Times a write. */
  writeBlock(block: number, startPs: number): number {
    this.#blockWrites++;
    const waited = this.#kernel.offerWrite(block, Math.ceil(startPs / this.#tickPs));
    return waited < 0 ? startPs : waited * this.#tickPs;
  }

  /** Blocks, and the counters of the channels. */
  statistics(): Record<string, number> {
    const waitingWrites = this.#kernel.settle();
    const sums: Record<string, number> = {};
    COUNTER_NAMES.forEach((name, i) => {
      const values = this.#channels.map((channel) => channel[COUNTERS / 8 + i]!);
      sums[name] = name.startsWith("peak")
        ? Math.max(...values)
        : values.reduce((sum, value) => sum + value, 0);
    });
    return {
      blockReads: this.#blockReads,
      blockWrites: this.#blockWrites,
      ...sums,
      waitingWrites,
      cycles: this.#kernel.reached(),
    };
  }
}

function requestsOf(preset: DramPreset): number {
  return BLOCK_BYTES / preset.requestBytes;
}
