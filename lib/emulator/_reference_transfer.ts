/** Transfers between HBM and the SRAMs of the slow and obvious machine (specification, section 4.9). */
import type { MachineSettings, ScalarType } from "../boards/mod.ts";
import { plena } from "../numerics/mod.ts";
import { demand, ReferenceLimit } from "./_reference_fault.ts";

const { decodeToF32Bits, encodeFromF32Bits, f32Bits, f32FromBits } = plena;
const fround = Math.fround;

/** Codes of a group one by one; of 32 bits each shows the bits of all before it as well. */
export function decodeGroup(bytes: readonly number[], type: ScalarType, count: number): number[] {
  const width = plena.codeWidth(type) / 8;
  let seen = 0n;
  return Array.from({ length: count }, (_, i) => {
    const code = bytes.slice(i * width, (i + 1) * width)
      .reduce((sum, byte, at) => sum | BigInt(byte) << BigInt(8 * at), 0n);
    seen = width === 4 ? seen | code : code;
    return decodeToF32Bits(Number(seen), type);
  });
}

/** What transfers see and change of the machine. */
export interface TransferState {
  readonly settings: MachineSettings;
  readonly hbm: Uint8Array;
  readonly rows: readonly (readonly number[])[];
  readonly stride: number;
  readonly scale: number;
  bytesRead: number;
  bytesWritten: number;
  row(address: number): number[];
  tile(address: number): number[];
  writeBits(address: number, bits: readonly number[]): void;
}

/** H_PREFETCH_M, H_PREFETCH_V and H_STORE_V. */
export function transfer(
  machine: TransferState,
  op: number,
  sram: number,
  offset: number,
  base: bigint,
  strideFlag: number,
  precision: number,
): void {
  const { config: c, precision: types } = machine.settings;
  const type = types[
    op === 0x28
      ? (precision === 0 ? "HBM_M_WEIGHT_TYPE" : "HBM_M_KV_TYPE")
      : (precision === 0 ? "HBM_V_ACT_TYPE" : "HBM_V_KV_TYPE")
  ];
  const dim = op === 0x28 ? c.mlen : c.vlen;
  const rows = op === 0x28
    ? Math.max(1, Math.ceil(c.hbmMPrefetchRows / dim)) * dim
    : op === 0x29
    ? c.hbmVPrefetchRows
    : c.hbmVWritebackRows;
  const elementBits = plena.codeWidth(type.element);
  const scaleBits = type.kind === "mx" ? plena.codeWidth(type.scale) : 0;
  const block = type.kind === "mx" ? type.block : 1;
  const scales = type.kind === "mx" ? Math.floor(dim / block) : 0;
  const ratio = type.kind === "mx" ? Math.floor(elementBits * block / scaleBits) : 1;
  const elementBytes = elementBits * dim / 8;
  const scaleBytes = scaleBits * scales / 8;
  const step = strideFlag === 1 ? machine.stride : dim;
  const size = BigInt(machine.hbm.length);
  const byte = (at: bigint): number => at < size ? machine.hbm[Number(at)]! : 0;
  const blocks = (at: bigint, n: number): number =>
    Number((at + BigInt(n) - 1n) / 64n - at / 64n) + 1;
  if (op === 0x28) demand(sram % dim ** 2 === 0, "tile base");
  if (op === 0x28) machine.tile(sram);
  else machine.row(sram);
  const places = Array.from({ length: rows }, (_, r) => {
    const down = BigInt.asUintN(32, BigInt(r) * BigInt(step));
    const scaleDown = fround(fround(r) * fround(fround(step) / ratio));
    const first = BigInt(machine.scale) + BigInt(Math.floor(offset / ratio));
    return {
      element: BigInt.asUintN(64, base + BigInt(offset) + down),
      scale: BigInt.asUintN(64, base + first + BigInt(Math.trunc(scaleDown))),
    };
  });
  if (op === 0x2a) {
    for (const [r, { element, scale }] of places.entries()) {
      const row = machine.row(sram + r * dim);
      const codes = new Uint32Array(dim);
      const scaleCodes: number[] = [];
      if (type.kind === "mx") {
        demand(type.scale.type === "Fp", "a scale that can be found");
        if (type.scale.type !== "Fp") return;
        const quantise = plena.blockQuantiser(type.element, type.scale);
        const x = Float32Array.from(row);
        for (let k = 0; k < dim; k += block) {
          scaleCodes.push(quantise(x, k, block, codes, k));
        }
      } else {
        if (type.element.type === "Fp" && row.some(Number.isNaN)) throw new ReferenceLimit();
        row.forEach((x, i) => codes[i] = encodeFromF32Bits(f32Bits(x), type.element));
      }
      const bytesOf = (list: Iterable<number>, bits: number): number[] =>
        [...list].flatMap((code) =>
          Array.from({ length: bits / 8 }, (_, i) => Math.floor(code / 256 ** i) % 256)
        );
      const pieces = [[element, bytesOf(codes, elementBits)]] as [bigint, number[]][];
      if (type.kind === "mx") pieces.push([scale, bytesOf(scaleCodes, scaleBits)]);
      for (const [at, bytes] of pieces) {
        machine.bytesRead += 64 * blocks(at, bytes.length);
        machine.bytesWritten += 64 * blocks(at, bytes.length);
        bytes.forEach((code, i) => {
          demand(at + BigInt(i) < size, "store beyond HBM");
          machine.hbm[Number(at) + i] = code;
        });
      }
    }
    return;
  }
  const perGroup = op === 0x28 ? dim : 1;
  for (let first = 0; first < rows; first += perGroup) {
    const elements: number[] = [];
    const scaleCodes: number[] = [];
    for (const { element, scale } of places.slice(first, first + perGroup)) {
      machine.bytesRead += 64 * (blocks(element, elementBytes) + (type.kind === "mx" ? 1 : 0));
      for (let i = 0; i < elementBytes; i++) elements.push(byte(element + BigInt(i)));
      const inBlock = 64 - Number(scale % 64n);
      for (let i = 0; i < scaleBytes; i++) {
        scaleCodes.push(i < inBlock ? byte(scale + BigInt(i)) : 0);
      }
    }
    const bits = decodeGroup(elements, type.element, perGroup * dim);
    if (type.kind === "mx") {
      const values = decodeGroup(scaleCodes, type.scale, perGroup * scales).map(f32FromBits);
      bits.forEach((x, i) => bits[i] = f32Bits(f32FromBits(x) * values[Math.floor(i / block)]!));
    }
    if (op === 0x28) {
      const tile = machine.tile(sram + first * dim);
      bits.forEach((x, i) => tile[i] = f32FromBits(x));
    } else if (sram / dim + first < machine.rows.length) {
      machine.writeBits(sram + first * dim, bits);
    }
  }
}
