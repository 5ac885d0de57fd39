/**
 * The machine's memory and instruction loop in WebAssembly: where most instructions of a usual
 * program are executed, by code that needs no warming up.
 */
import type { MachineSettings } from "../boards/mod.ts";
import { plena } from "../numerics/mod.ts";
import { CORE_KERNEL_BASE64 } from "./core_kernel_wasm.ts";
import { clampedExp } from "./clamped_exp.ts";
import type { Program } from "./program.ts";
import type { TransferFormat } from "./transfer_format.ts";

/** Open loops that have room in an {@linkcode Arena}. */
export const ARENA_LOOPS = 64;

/**
 * Where the state of a machine lies that both TypeScript and the kernel work on: places in one
 * buffer, in bytes. The fixed ones are known to core_kernel.as too.
 */
export const ARENA = {
  gp: 0,
  fp: 64,
  addressHigh: 128,
  addressLow: 192,
  control: 256,
  /** Time, then the loop guard's count, what it allows and its limit: doubles. */
  now: 272,
  loopGuard: 280,
  loopDepth: 304,
  performed: 308,
  /** Thirteen integers: see the constructor of {@linkcode CoreKernel}. */
  machine: 312,
  costPs: 512,
  costRule: 1024,
  executed: 1536,
  ps: 2048,
  loops: 2560,
  fpSram: 4096,
  intSram: 8192,
  block: 16384,
} as const;

/** Rows of more elements do not fit into the kernel's scratch row. */
const MOST_ROW_LENGTH = 1024;
/** Bytes of the kernel's table of exponentials, by bfloat16 code. */
const EXPONENTIAL_BYTES = 2 ** 18;
/** Bytes of gathered elements, and as many of scales, that the kernel can decode. */
const GATHERED_BYTES = 2 ** 16;
/** Bytes of a table of 256 elements and 256 scales, and how many tables there are. */
const TABLE_BYTES = 2048;
const TABLES = 4;
/** Beyond it the SRAMs are made page by page, in TypeScript. */
const MOST_BYTES = 2 ** 31;
/** Elements of a vector SRAM page, which is remembered to have been written. */
const TOUCHED_SHIFT = 14;

/** A buffer, and where the parts that depend on the settings lie in it. */
export interface Arena {
  /** All of it; its length never changes. */
  readonly buffer: ArrayBuffer;
  /** Vector SRAM: rows of binary32. */
  readonly vectors: number;
  /** By 2^14 elements of the vector SRAM: a byte that is 1 once something was written there. */
  readonly touched: number;
  /** Elements of a transfer, then its scales. */
  readonly gathered: number;
  /** Tables that elements and scales are decoded with. */
  readonly tables: number;
  /** Matrix SRAM: tiles of binary32. */
  readonly tiles: number;
  /** By tile: what the kernel found out about its exponents, or 0; a write resets it. */
  readonly tileRanges: number;
}

let compiled: WebAssembly.Module | null | undefined;

/** The kernel's module; `null` where there is no WebAssembly with SIMD. */
function kernelModule(): WebAssembly.Module | null {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(Uint8Array.fromBase64(CORE_KERNEL_BASE64));
    } catch {
      compiled = null;
    }
  }
  return compiled;
}

/** The kernel of one machine, with the memory that they share. */
export class CoreKernel {
  /** The shared memory. */
  readonly arena: Arena;
  readonly #memory: WebAssembly.Memory;
  readonly #module: WebAssembly.Module;
  #exports: KernelExports | undefined;
  /** Where the gathered bytes of a transfer must lie for the kernel to decode them. */
  readonly elements: Uint8Array;
  /** The same for scales. */
  readonly scales: Uint8Array;
  /** Where the tables of the formats are that were used. */
  readonly #tables: Map<TransferFormat, number> = new Map();

  /**
   * A kernel for a machine, or `undefined` if the settings are not what it was made for, or if the
   * host has no WebAssembly or no memory for it. Everything then runs in TypeScript, to the same bits.
   */
  static make(settings: MachineSettings, words: number): CoreKernel | undefined {
    const { mlen, vlen, blen, vectorSramRows, matrixSramRows } = settings.config;
    const { element } = settings.precision.VECTOR_SRAM_TYPE;
    const isBf16 = element.type === "Fp" && element.sign && element.exponent === 8 &&
      element.mantissa === 7;
    if (!isBf16 || mlen !== vlen || vlen % 4 !== 0 || blen % 4 !== 0 || blen > mlen) {
      return undefined;
    }
    if (vlen > MOST_ROW_LENGTH || vectorSramRows < 1) return undefined;
    const round = (bytes: number): number => Math.ceil(bytes / 64) * 64;
    const exponentials = round(ARENA.block + blen * blen * 4);
    const gathered = exponentials + EXPONENTIAL_BYTES;
    const tables = gathered + 2 * GATHERED_BYTES;
    const wordsAt = tables + TABLES * TABLE_BYTES;
    const touched = wordsAt + round(words * 4);
    const tileRanges = touched + round(vectorSramRows * vlen / 2 ** TOUCHED_SHIFT + 1);
    const tileCount = Math.floor(matrixSramRows / mlen);
    const tiles = tileRanges + round(tileCount * 4);
    const vectors = tiles + round(tileCount * mlen * mlen * 4);
    const bytes = vectors + vectorSramRows * vlen * 4;
    const module = bytes > MOST_BYTES ? null : kernelModule();
    if (module === null) return undefined;
    try {
      const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
      const buffer = memory.buffer as ArrayBuffer;
      const arena = { buffer, vectors, touched, tiles, tileRanges, gathered, tables };
      const integers = new Int32Array(buffer, ARENA.machine, 13);
      integers.set([vlen, vectorSramRows, mlen, blen, tileCount, vectors, tiles, tileRanges]);
      integers.set([touched, TOUCHED_SHIFT, wordsAt, words, exponentials], 8);
      return new CoreKernel(module, memory, arena);
    } catch {
      return undefined;
    }
  }

  private constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, arena: Arena) {
    this.#module = module;
    this.#memory = memory;
    this.arena = arena;
    const { buffer, gathered } = arena;
    this.elements = new Uint8Array(buffer, gathered, GATHERED_BYTES);
    this.scales = new Uint8Array(buffer, gathered + GATHERED_BYTES, GATHERED_BYTES);
  }

  /** Hands over the program. */
  load({ words, costPs, costRule }: Program): void {
    const { buffer } = this.arena;
    const wordsAt = new Int32Array(buffer, ARENA.machine, 12)[10]!;
    new Uint32Array(buffer, wordsAt, words.length).set(words);
    new Float64Array(buffer, ARENA.costPs, 64).set(costPs);
    new Uint8Array(buffer, ARENA.costRule, 64).set(costRule);
  }

  /**
   * Executes at most `limit` instructions from one on, up to the first that is not for the kernel.
   *
   * @returns The index of the next instruction.
   */
  run(pc: number, limit: number): number {
    return this.#kernel().run(pc, limit) >>> 0;
  }

  /**
   * Decodes gathered rows from `firstRow` on into a tile that lies in the arena.
   *
   * @returns Whether it could: otherwise the tile holds nothing of use.
   */
  decodeTile(
    format: TransferFormat,
    firstRow: number,
    scales: number,
    tile: Float32Array,
  ): boolean {
    const table = this.#table(format);
    if (table < 0) return false;
    const { gathered } = this.arena;
    const codes = gathered + firstRow * format.elementBytes;
    const at = gathered + GATHERED_BYTES + firstRow * format.scaleBytes;
    const { block } = format;
    return this.#kernel().decode(codes, tile.length, table, at, scales, block, tile.byteOffset) !==
      0;
  }

  /** Decodes a gathered row into the vector SRAM, if it can; otherwise nothing has happened. */
  decodeRow(format: TransferFormat, row: number, address: number): boolean {
    const table = this.#table(format);
    if (table < 0) return false;
    const { gathered } = this.arena;
    const codes = gathered + row * format.elementBytes;
    const at = gathered + GATHERED_BYTES + row * format.scaleBytes;
    const { scales, block } = format;
    return this.#kernel().decodeRow(codes, table, at, scales, block, address) !== 0;
  }

  #kernel(): KernelExports {
    return this.#exports ??= new WebAssembly.Instance(this.#module, {
      env: { memory: this.#memory, exponential: clampedExp },
    }).exports as unknown as KernelExports;
  }

  /** Where the table of a format is, or -1 if its elements or scales have not 8 bits. */
  #table(format: TransferFormat): number {
    const known = this.#tables.get(format);
    if (known !== undefined) return known;
    let at = -1;
    const { type, elementBits, codes, scaleValues } = format;
    const hasShortScales = type.kind === "plain" || scaleValues.length === 256;
    if (elementBits === 8 && hasShortScales && this.#tables.size < TABLES) {
      at = this.arena.tables + this.#tables.size * TABLE_BYTES;
      const { buffer } = this.arena;
      new Uint32Array(buffer, at, 256).set(plena.decodeTable(type.element, codes));
      new Float32Array(buffer, at + TABLE_BYTES / 2, scaleValues.length).set(scaleValues);
    }
    this.#tables.set(format, at);
    return at;
  }
}

/** What core_kernel.as exports. */
interface KernelExports {
  run(pc: number, limit: number): number;
  decode(
    codes: number,
    count: number,
    table: number,
    scales: number,
    scaleCount: number,
    block: number,
    out: number,
  ): number;
  decodeRow(
    codes: number,
    table: number,
    scales: number,
    scaleCount: number,
    block: number,
    address: number,
  ): number;
}
