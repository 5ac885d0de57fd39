import { plena } from "../numerics/mod.ts";
import { BLOCK_BYTES, type MemoryModel, type SparseMemory } from "../memory/mod.ts";
import type { MachineSettings } from "../boards/mod.ts";
import type { CoreKernel } from "./core_kernel.ts";
import { FaultSignal } from "./fault.ts";
import type { MatrixSram } from "./matrix_sram.ts";
import { type Registers, SCALE, STRIDE } from "./registers.ts";
import type { MachineRules } from "./rules.ts";
import { type TransferFormat, transferFormat } from "./transfer_format.ts";
import type { VectorSram } from "./vector_sram.ts";

const { applyScales, codeWidth, decodeCodes, encodeFromF32Bits, putCode } = plena;

/** Upper halves of addresses from here on, 2^51 bytes, lie beyond every memory. */
const EXACT_HIGH = 2 ** 19;

/**
 * Transfers between HBM and the SRAMs (emulator specification, sections 4.9 and 6). Every touched
 * block of 64 bytes is one access of the memory model; the data itself is read and written at once,
 * because nothing else runs meanwhile.
 */
export class Dma {
  /** Bytes of all block reads so far. */
  bytesRead = 0;
  /** Bytes of all block writes so far. */
  bytesWritten = 0;
  /** The time up to which the last transfer got, even if it faulted, in picoseconds. */
  reachedPs = 0;

  readonly #hbm: SparseMemory;
  readonly #memory: MemoryModel;
  readonly #registers: Registers;
  readonly #vectors: VectorSram;
  readonly #tiles: MatrixSram;
  readonly #rules: MachineRules;
  readonly #weights: TransferFormat;
  readonly #matrixKv: TransferFormat;
  readonly #activations: TransferFormat;
  readonly #vectorKv: TransferFormat;
  readonly #matrixRows: number;
  readonly #vectorRows: number;
  readonly #storeRows: number;

  readonly #elementAddress: Float64Array;
  readonly #scaleAddress: Float64Array;
  #blocks = new Float64Array(1024);
  readonly #kernel: CoreKernel | undefined;
  #elements: Uint8Array;
  #scaleCodes: Uint8Array;
  #scaleValues = new Float32Array(0);
  readonly #row: Float32Array;
  readonly #rowBits: Uint32Array;
  readonly #codes: Uint32Array;
  readonly #piece = new Uint8Array(BLOCK_BYTES);
  readonly #oneBlock = new Float64Array(1);

  /** The transfer unit of a machine. */
  constructor(
    hbm: SparseMemory,
    memory: MemoryModel,
    registers: Registers,
    vectors: VectorSram,
    tiles: MatrixSram,
    settings: MachineSettings,
    rules: MachineRules,
    kernel?: CoreKernel,
  ) {
    const { config, precision } = settings;
    this.#kernel = kernel;
    this.#elements = kernel?.elements ?? new Uint8Array(0);
    this.#scaleCodes = kernel?.scales ?? new Uint8Array(0);
    this.#hbm = hbm;
    this.#memory = memory;
    this.#registers = registers;
    this.#vectors = vectors;
    this.#tiles = tiles;
    this.#rules = rules;
    this.#weights = transferFormat(precision.HBM_M_WEIGHT_TYPE, config.mlen, rules);
    this.#matrixKv = transferFormat(precision.HBM_M_KV_TYPE, config.mlen, rules);
    this.#activations = transferFormat(precision.HBM_V_ACT_TYPE, config.vlen, rules);
    this.#vectorKv = transferFormat(precision.HBM_V_KV_TYPE, config.vlen, rules);
    this.#matrixRows = Math.max(1, Math.ceil(config.hbmMPrefetchRows / config.mlen)) * config.mlen;
    this.#vectorRows = config.hbmVPrefetchRows;
    this.#storeRows = config.hbmVWritebackRows;
    const most = Math.max(this.#matrixRows, this.#vectorRows, this.#storeRows);
    this.#elementAddress = new Float64Array(most);
    this.#scaleAddress = new Float64Array(most);
    this.#row = new Float32Array(config.vlen);
    this.#rowBits = new Uint32Array(this.#row.buffer);
    this.#codes = new Uint32Array(config.vlen);
  }

  /** H_PREFETCH_M: when it is over. */
  prefetchMatrix(
    rd: number,
    rs1: number,
    rs2: number,
    strideFlag: number,
    precision: number,
    startPs: number,
  ): number {
    this.reachedPs = startPs;
    const format = precision === 0 ? this.#weights : this.#matrixKv;
    checkFormat(format.refusal);
    const first = this.#tiles.tileAt(this.#registers.gp[rd]!);
    const rows = this.#matrixRows;
    const edge = format.length;
    this.#addresses(format, rows, rs1, rs2, strideFlag);
    this.#fetch(format, rows, startPs);
    const perTile = edge * edge;
    const isMx = format.type.kind === "mx";
    const scalesWanted = isMx ? Math.floor(perTile / format.block) : 0;
    if (scalesWanted > edge * format.scales) {
      throw new FaultSignal(
        "type",
        `tiles of ${edge} by ${edge} elements are no whole number of blocks of ${format.block} per row`,
      );
    }
    for (let tile = 0; tile * edge < rows; tile++) {
      const values = this.#tiles.writable(this.#tiles.checked(first + tile));
      if (this.#decoder()?.decodeTile(format, tile * edge, scalesWanted, values)) continue;
      this.#decode(format, tile * edge, edge, values, scalesWanted);
    }
    return this.reachedPs;
  }

  /** H_PREFETCH_V: when it is over. Rows past the end of the SRAM are dropped. */
  prefetchVector(
    rd: number,
    rs1: number,
    rs2: number,
    strideFlag: number,
    precision: number,
    startPs: number,
  ): number {
    this.reachedPs = startPs;
    const format = precision === 0 ? this.#activations : this.#vectorKv;
    checkFormat(format.refusal);
    const first = this.#vectors.row(this.#registers.gp[rd]!);
    const rows = this.#vectorRows;
    this.#addresses(format, rows, rs1, rs2, strideFlag);
    this.#fetch(format, rows, startPs);
    const kept = Math.min(rows, this.#vectors.rows - first);
    for (let r = 0; r < kept; r++) {
      const address = (first + r) * format.length;
      if (this.#decoder()?.decodeRow(format, r, address)) continue;
      this.#decode(format, r, 1, this.#row, format.scales);
      this.#vectors.write(first + r, this.#rowBits, 0);
    }
    return this.reachedPs;
  }

  /** H_STORE_V: when its last write has been accepted. */
  storeVector(
    rd: number,
    rs1: number,
    rs2: number,
    strideFlag: number,
    precision: number,
    startPs: number,
  ): number {
    this.reachedPs = startPs;
    const format = precision === 0 ? this.#activations : this.#vectorKv;
    checkFormat(format.storeRefusal);
    const rows = this.#storeRows;
    const length = format.length;
    this.#addresses(format, rows, rs1, rs2, strideFlag);
    this.#reserve(format, 1);
    for (let r = 0; r < rows; r++) {
      const row = this.#vectors.row((this.#registers.gp[rd]! + r * length) >>> 0);
      this.#encode(format, row);
      this.#store(this.#elementAddress[r]!, this.#elements, format.elementBytes);
      if (format.type.kind === "mx") {
        this.#store(this.#scaleAddress[r]!, this.#scaleCodes, format.scaleBytes);
      }
    }
    return this.reachedPs;
  }

  /** Byte addresses of the elements and scales of each row. */
  #addresses(
    format: TransferFormat,
    rows: number,
    rs1: number,
    rs2: number,
    strideFlag: number,
  ): void {
    const { gp, addressHigh, addressLow, control } = this.#registers;
    const offset = gp[rs1]!;
    const step = strideFlag === 1 ? control[STRIDE]! : format.denseStep;
    const scaleOffset = control[SCALE]! + Math.floor(offset / format.ratio);
    const scaleStep = Math.fround(Math.fround(step) / format.ratio);
    const high = addressHigh[rs2]!;
    const base = high * 2 ** 32 + addressLow[rs2]!;
    for (let r = 0; r < rows; r++) {
      const down = r * step;
      const element = offset +
        (down < 2 ** 32 ? down : Number(BigInt(r) * BigInt(step) % 2n ** 32n));
      const scale = scaleOffset + Math.trunc(Math.fround(Math.fround(r) * scaleStep));
      if (high < EXACT_HIGH) {
        this.#elementAddress[r] = base + element;
        this.#scaleAddress[r] = base + scale;
      } else {
        this.#elementAddress[r] = wrapped(high, addressLow[rs2]!, element);
        this.#scaleAddress[r] = wrapped(high, addressLow[rs2]!, scale);
      }
    }
  }

  /** The kernel, if the gathered bytes lie where it finds them. */
  #decoder(): CoreKernel | undefined {
    const kernel = this.#kernel;
    return kernel !== undefined && this.#elements === kernel.elements &&
        this.#scaleCodes === kernel.scales
      ? kernel
      : undefined;
  }

  #reserve(format: TransferFormat, rows: number): void {
    const elementBytes = format.elementBytes * rows;
    if (this.#elements.length < elementBytes) this.#elements = new Uint8Array(elementBytes);
    const scaleBytes = format.scaleBytes * rows;
    if (this.#scaleCodes.length < scaleBytes) this.#scaleCodes = new Uint8Array(scaleBytes);
    const scales = format.scales * rows;
    if (this.#scaleValues.length < scales) this.#scaleValues = new Float32Array(scales);
  }

  /** Times one batch of all blocks, and gathers the bytes of the rows. */
  #fetch(format: TransferFormat, rows: number, startPs: number): void {
    this.#reserve(format, rows);
    const isMx = format.type.kind === "mx";
    const perRow = Math.ceil(format.elementBytes / BLOCK_BYTES) + 3 +
      Math.ceil(format.scaleBytes / BLOCK_BYTES);
    if (this.#blocks.length < rows * perRow) this.#blocks = new Float64Array(rows * perRow);
    const blocks = this.#blocks;
    let count = 0;
    for (let r = 0; r < rows; r++) {
      const address = this.#elementAddress[r]!;
      const last = Math.floor((address + format.elementBytes - 1) / BLOCK_BYTES);
      for (let block = Math.floor(address / BLOCK_BYTES); block <= last; block++) {
        blocks[count++] = block;
      }
      this.#hbm.copyTo(address, format.elementBytes, this.#elements, r * format.elementBytes);
      if (!isMx) continue;
      const scale = this.#scaleAddress[r]!;
      const scaleBlock = Math.floor(scale / BLOCK_BYTES);
      blocks[count++] = scaleBlock;
      let bytes = format.scaleBytes;
      if (this.#rules.scalesAcrossBlocks) {
        const end = Math.floor((scale + bytes - 1) / BLOCK_BYTES);
        for (let block = scaleBlock + 1; block <= end; block++) blocks[count++] = block;
      } else {
        // Only the first block of scales is fetched; the scales after it are 0.
        bytes = Math.min(bytes, BLOCK_BYTES - (scale - scaleBlock * BLOCK_BYTES));
      }
      const at = r * format.scaleBytes;
      this.#hbm.copyTo(scale, bytes, this.#scaleCodes, at);
      if (bytes < format.scaleBytes) this.#scaleCodes.fill(0, at + bytes, at + format.scaleBytes);
    }
    this.bytesRead += count * BLOCK_BYTES;
    this.reachedPs = this.#memory.readBatch(blocks, count, startPs);
  }

  /** Decodes gathered rows `firstRow` to `firstRow + rows - 1` into the start of `values`. */
  #decode(
    format: TransferFormat,
    firstRow: number,
    rows: number,
    values: Float32Array,
    scales: number,
  ): void {
    const bits = values === this.#row ? this.#rowBits : new Uint32Array(
      values.buffer,
      values.byteOffset,
      values.length,
    );
    decodeCodes(
      this.#elements,
      firstRow * format.elementBytes,
      format.type.element,
      bits,
      0,
      rows * format.length,
      format.codes,
    );
    if (scales === 0 || format.type.kind !== "mx") return;
    const scaleCodes = this.#scaleCodes;
    const at = firstRow * format.scaleBytes;
    const table = format.scaleValues;
    const scaleValues = this.#scaleValues;
    if (table.length > 0) {
      for (let k = 0; k < scales; k++) scaleValues[k] = table[scaleCodes[at + k]!]!;
    } else {
      const scaleBits = new Uint32Array(scaleValues.buffer);
      decodeCodes(scaleCodes, at, format.type.scale, scaleBits, 0, scales);
    }
    applyScales(values, bits, 0, scaleValues, scales, format.block);
  }

  /** Encodes a vector row into the start of the gathered bytes. */
  #encode(format: TransferFormat, row: number): void {
    const values = this.#vectors.page(row);
    const bits = this.#vectors.pageBits(row);
    const at = this.#vectors.offset(row);
    const width = format.elementBits;
    const element = format.type.element;
    const codes = this.#codes;
    if (format.quantise === undefined || format.type.kind !== "mx") {
      for (let i = 0; i < format.length; i++) {
        putCode(this.#elements, 0, width, i, encodeFromF32Bits(bits[at + i]!, element));
      }
      return;
    }
    const scaleWidth = codeWidth(format.type.scale);
    // Elements after the last whole block are not encoded: their codes are 0.
    codes.fill(0);
    for (let k = 0; k < format.scales; k++) {
      const start = k * format.block;
      const scale = format.quantise(values, at + start, format.block, codes, start);
      putCode(this.#scaleCodes, 0, scaleWidth, k, scale);
    }
    for (let i = 0; i < format.length; i++) putCode(this.#elements, 0, width, i, codes[i]!);
  }

  /** Reads, patches and writes each block that a byte range touches, one after the other. */
  #store(address: number, bytes: Uint8Array, length: number): void {
    const piece = this.#piece;
    for (let done = 0; done < length;) {
      const block = Math.floor((address + done) / BLOCK_BYTES);
      const start = block * BLOCK_BYTES;
      const inBlock = address + done - start;
      const take = Math.min(length - done, BLOCK_BYTES - inBlock);
      this.#oneBlock[0] = block;
      this.bytesRead += BLOCK_BYTES;
      this.reachedPs = this.#memory.readBatch(this.#oneBlock, 1, this.reachedPs);
      this.bytesWritten += BLOCK_BYTES;
      this.reachedPs = this.#memory.writeBlock(block, this.reachedPs);
      if (start + BLOCK_BYTES > this.#hbm.capacityBytes) {
        throw new FaultSignal(
          "hbm-range",
          `store to HBM byte ${address + done}: block ${block} out of bounds (${
            this.#hbm.capacityBytes / BLOCK_BYTES
          } blocks)`,
        );
      }
      this.#hbm.read(start, BLOCK_BYTES, piece);
      for (let i = 0; i < take; i++) piece[inBlock + i] = bytes[done + i]!;
      this.#hbm.write(start, piece);
      done += take;
    }
  }
}

function checkFormat(refusal: string | undefined): void {
  if (refusal !== undefined) throw new FaultSignal("type", refusal);
}

/**
 * A 64-bit address sum that wraps. Beyond every memory only the lower bits, which choose channel and
 * bank, are kept, so that block numbers stay exact.
 */
function wrapped(high: number, low: number, offset: number): number {
  const sum = BigInt.asUintN(64, (BigInt(high) << 32n) + BigInt(low) + BigInt(offset));
  return sum < 2n ** 51n ? Number(sum) : 2 ** 51 + Number(sum % 2n ** 51n);
}
