import type { MachineConfig, TensorType } from "../../boards/mod.ts";
import { storedSize } from "../../memory/mod.ts";
import type { CodeBuilder } from "../code/code_builder.ts";
import { type Address, type Register, ZERO } from "../code/register.ts";
import { largestDivisor } from "./product.ts";

/**
 * Rows of MLEN elements that lie one after the other in HBM, as the machine transfers them; or, with
 * `columns`, a matrix row by row, of which it transfers pieces of MLEN elements.
 */
export interface HbmRows {
  /** Name of the tensor. */
  readonly name: string;
  /** Byte address of its first element; what the INT SRAM entry `baseSlot` holds is added. */
  readonly base: number;
  /** INT SRAM entry with the address of the layer, for tensors that every layer has. */
  readonly baseSlot?: number | undefined;
  /** INT SRAM entry with the upper half of the address, if that is not zero. */
  readonly highSlot?: number | undefined;
  /** Rows. */
  readonly rows: number;
  /** Elements of a row, if these are not MLEN. */
  readonly columns?: number | undefined;
  /** How elements are coded. */
  readonly type: TensorType;
  /** 0 for weights and activations, 1 for keys and values: which type the transfer uses. */
  readonly precision: 0 | 1;
}

/** Bytes of MLEN elements, without their scales. */
export function rowBytes({ type }: HbmRows, mlen: number): number {
  return storedSize(1, mlen, type).rowBytes;
}

/** An open tensor: its address register, and the flag that its transfers carry. */
export interface OpenRows {
  /** The address register. */
  readonly ha: Register;
  /** Operand rs3 of the transfers. */
  readonly stride: number;
  /** Operand funct1 of the transfers. */
  readonly precision: number;
  /** Bytes of MLEN elements. */
  readonly rowBytes: number;
  /** Bytes from row to row: more than MLEN elements' in a matrix that is wider. */
  readonly pitchBytes: number;
}

/** Sets address, SCALE and STRIDE for the transfers of a tensor. */
export function openRows(code: CodeBuilder, mlen: number, tensor: HbmRows): OpenRows {
  const ha = code.ha(tensor.name);
  let value: Register | number = ZERO;
  if (tensor.baseSlot !== undefined) {
    value = code.gp("address");
    code.emit("S_LD_INT", { rd: value, rs1: ZERO, imm18: tensor.baseSlot }, tensor.name);
    code.add(value, value, tensor.base);
  } else if (tensor.base !== 0) {
    value = code.gp("address");
    code.set(value, tensor.base, tensor.name);
  }
  let high: Register | number = ZERO;
  if (tensor.highSlot !== undefined) {
    high = code.gp("upper half");
    code.emit("S_LD_INT", { rd: high, rs1: ZERO, imm18: tensor.highSlot });
  }
  code.emit("C_SET_ADDR_REG", { rd: ha, rs1: high, rs2: value });
  const { elementBytes, rowBytes: pitchBytes } = storedSize(
    tensor.rows,
    tensor.columns ?? mlen,
    tensor.type,
  );
  if (tensor.type.kind === "mx") {
    const scale = code.gp("scale");
    code.set(scale, elementBytes);
    code.emit("C_SET_SCALE_REG", { rd: scale });
  }
  // Without STRIDE the machine steps MLEN bytes, or all of a row of fewer.
  const pieceBytes = rowBytes(tensor, mlen);
  const isDense = pitchBytes === pieceBytes && pieceBytes <= mlen;
  if (!isDense) {
    const stride = code.gp("stride");
    code.set(stride, pitchBytes);
    code.emit("C_SET_STRIDE_REG", { rd: stride });
  }
  const { precision } = tensor;
  return { ha, stride: isDense ? 0 : 1, precision, rowBytes: pieceBytes, pitchBytes };
}

/** Adds the address of the layer, which the INT SRAM has, to an address within it. */
export function addLayerBase(code: CodeBuilder, address: Register, { baseSlot }: HbmRows): void {
  if (baseSlot === undefined) return;
  const base = code.gp("layer base");
  code.emit("S_LD_INT", { rd: base, rs1: ZERO, imm18: baseSlot });
  code.emit("S_ADD_INT", { rd: address, rs1: address, rs2: base });
}

/** Tiles that one H_PREFETCH_M fetches. */
export function tilesPerPrefetch(config: MachineConfig): number {
  return Math.max(1, Math.ceil(config.hbmMPrefetchRows / config.mlen));
}

/** Loads consecutive tiles from the offset in a register, which moves on; unrolled up to `most`. */
export function loadTiles(
  code: CodeBuilder,
  config: MachineConfig,
  tensor: OpenRows,
  offset: Register,
  tile: Address,
  count: number,
  most = 4,
): void {
  const { mlen } = config;
  const each = tilesPerPrefetch(config);
  const target = code.gp("tile");
  code.point(target, tile);
  const times = Math.ceil(count / each);
  const unroll = largestDivisor(times, most);
  code.loop(times / unroll, () => {
    for (let i = 0; i < unroll; i++) {
      code.emit("H_PREFETCH_M", {
        rd: target,
        rs1: offset,
        rs2: tensor.ha,
        rs3: tensor.stride,
        funct1: tensor.precision,
      });
      code.add(offset, offset, each * mlen * tensor.rowBytes);
      code.add(target, target, each * mlen * mlen);
    }
  });
}

/**
 * Loads tiles of a matrix that lies row by row, one H_PREFETCH_M each: `depth` rows of tiles, and of each
 * as many tiles side by side. The offset in the register moves on by these rows.
 */
export function loadMatrixTiles(
  code: CodeBuilder,
  { mlen }: MachineConfig,
  matrix: OpenRows,
  offset: Register,
  tile: Address,
  { depth, blocks }: { readonly depth: number; readonly blocks: number },
): void {
  const target = code.gp("tile");
  code.point(target, tile);
  const { ha: rs2, stride: rs3, precision: funct1, rowBytes, pitchBytes } = matrix;
  code.loop(depth, () => {
    code.loop(blocks, () => {
      code.emit("H_PREFETCH_M", { rd: target, rs1: offset, rs2, rs3, funct1 });
      code.add(offset, offset, rowBytes);
      code.add(target, target, mlen * mlen);
    });
    code.add(offset, offset, mlen * pitchBytes - blocks * rowBytes);
  });
}

/**
 * Moves consecutive rows between HBM and the vector SRAM. Whole transfers are moved: `rows` is
 * rounded up to what one instruction moves, in HBM and in the vector SRAM. With `copyAt` rows are
 * loaded twice, so many elements apart.
 */
export function moveRows(
  code: CodeBuilder,
  config: MachineConfig,
  direction: "load" | "store",
  tensor: OpenRows,
  offset: Register,
  vector: Register,
  rows: number,
  copyAt?: number,
): void {
  const each = direction === "load" ? config.hbmVPrefetchRows : config.hbmVWritebackRows;
  const times = Math.ceil(rows / each);
  const { ha: rs2, stride: rs3, precision: funct1 } = tensor;
  const move = (rd: Register): void =>
    code.emit(direction === "load" ? "H_PREFETCH_V" : "H_STORE_V", {
      rd,
      rs1: offset,
      rs2,
      rs3,
      funct1,
    });
  code.loop(times, () => {
    move(vector);
    if (copyAt !== undefined) {
      const copy = code.gp("copy of the rows");
      code.add(copy, vector, copyAt);
      move(copy);
    }
    code.add(offset, offset, each * tensor.pitchBytes);
    code.add(vector, vector, each * config.mlen);
  });
}
