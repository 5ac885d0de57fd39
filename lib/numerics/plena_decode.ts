/**
 * Element and scale codes of the PLENA machine to binary32, in bulk (emulator specification,
 * sections 5.2 to 5.4).
 */
import { type CodeType, codeWidth, decodeToF32Bits, f32Bits } from "./plena_cast.ts";
import { nanOf } from "./plena_bf16.ts";

/** How codes are read where the machine itself goes wrong; everything off is the machine. */
export interface PlenaCodeOptions {
  /** E4M3 as in OCP: exponent 15 is finite, only mantissa 7 is NaN, subnormals have full value. */
  readonly ocpE4m3?: boolean;
  /**
   * Elements of fewer than 8 bits: floats have no infinity or NaN and subnormals of full value (E2M1
   * is OCP FP4), integers are two's complement.
   */
  readonly subByte?: boolean;
}

/** Whether {@linkcode PlenaCodeOptions.ocpE4m3} applies to a type. */
export function isOcpE4m3(type: CodeType, options: PlenaCodeOptions): boolean {
  return options.ocpE4m3 === true && type.type === "Fp" && type.sign && type.exponent === 4 &&
    type.mantissa === 3;
}

/** Whether {@linkcode PlenaCodeOptions.subByte} applies to a type. */
export function isSubByte(type: CodeType, options: PlenaCodeOptions): boolean {
  return options.subByte === true && codeWidth(type) < 8;
}

/** The value of a code by the textbook: bias, hidden bit, subnormals; no specials. */
function textbookValue(code: number, type: CodeType): number {
  if (type.type === "Int") {
    return code >= 2 ** (type.width - 1) ? code - 2 ** type.width : code;
  }
  const { exponent: e, mantissa: m } = type;
  const bias = 2 ** (e - 1) - 1;
  const mantissa = code % 2 ** m;
  const exponent = (code >>> m) % 2 ** e;
  const sign = code >>> (m + e) ? -1 : 1;
  return exponent === 0
    ? sign * mantissa * 2 ** (1 - bias - m)
    : sign * (2 ** m + mantissa) * 2 ** (exponent - bias - m);
}

/** Whether codes are the upper halves of binary32, so that decoding needs no table. */
function isBf16(type: CodeType): boolean {
  return type.type === "Fp" && type.sign && type.exponent === 8 && type.mantissa === 7;
}

const tables = new Map<string, Uint32Array>();

/**
 * The binary32 bits of every code of a type of at most 16 bits; made once and shared, not to be
 * changed.
 */
export function decodeTable(type: CodeType, options: PlenaCodeOptions = {}): Uint32Array {
  const ocp = isOcpE4m3(type, options);
  const subByte = isSubByte(type, options);
  const kind = type.type === "Int"
    ? `i${type.width}`
    : `${type.sign}${type.exponent},${type.mantissa}`;
  const key = `${kind}${ocp}${subByte}`;
  let table = tables.get(key);
  if (table === undefined) {
    table = new Uint32Array(2 ** codeWidth(type));
    for (let code = 0; code < table.length; code++) {
      if (ocp) {
        table[code] = (code & 0x7f) === 0x7f ? 0x7fc00000 : f32Bits(textbookValue(code, type));
      } else if (subByte) table[code] = f32Bits(textbookValue(code, type));
      else table[code] = decodeToF32Bits(code, type);
    }
    tables.set(key, table);
  }
  return table;
}

/** Code `index` of a sequence that is packed from the lowest bit of the byte at `offset` on. */
export function codeAt(bytes: Uint8Array, offset: number, width: number, index: number): number {
  if (width === 8) return bytes[offset + index]!;
  let code = 0;
  const first = index * width;
  for (let bit = 0; bit < width;) {
    const at = first + bit;
    const inByte = at & 7;
    const take = Math.min(8 - inByte, width - bit);
    code += ((bytes[offset + (at >>> 3)]! >>> inByte) & ((1 << take) - 1)) * 2 ** bit;
    bit += take;
  }
  return code;
}

/**
 * Decodes packed codes to binary32 bits. Codes of 32 bits show the machine's defect: each is the
 * bitwise or of itself and all before it in the same call.
 *
 * @param offset Where the packed codes start in `bytes`; whole bytes.
 */
export function decodeCodes(
  bytes: Uint8Array,
  offset: number,
  type: CodeType,
  out: Uint32Array,
  outOffset: number,
  count: number,
  options: PlenaCodeOptions = {},
): void {
  const width = codeWidth(type);
  if (width === 8) {
    const table = decodeTable(type, options);
    for (let i = 0; i < count; i++) out[outOffset + i] = table[bytes[offset + i]!]!;
  } else if (isBf16(type)) {
    for (let i = 0; i < count; i++) {
      const at = offset + 2 * i;
      out[outOffset + i] = (bytes[at]! << 16) | (bytes[at + 1]! << 24);
    }
  } else if (width === 16) {
    const table = decodeTable(type, options);
    for (let i = 0; i < count; i++) {
      const at = offset + 2 * i;
      out[outOffset + i] = table[bytes[at]! | (bytes[at + 1]! << 8)]!;
    }
  } else if (width < 16) {
    const table = decodeTable(type, options);
    for (let i = 0; i < count; i++) out[outOffset + i] = table[codeAt(bytes, offset, width, i)]!;
  } else {
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const code = codeAt(bytes, offset, width, i);
      seen = width === 32 ? (seen | code) >>> 0 : code;
      out[outOffset + i] = decodeToF32Bits(seen, type);
    }
  }
}

/**
 * Multiplies elements by the scales of their blocks, one binary32 multiplication each: `scales[k]`
 * goes with elements `k * block` to `k * block + block - 1`. Elements past the last scale stay.
 *
 * @param values Elements as numbers; `bits` is the same memory as bits.
 */
export function applyScales(
  values: Float32Array,
  bits: Uint32Array,
  offset: number,
  scales: Float32Array,
  scaleCount: number,
  block: number,
): void {
  for (let k = 0; k < scaleCount; k++) {
    const scale = scales[k]!;
    const start = offset + k * block;
    for (let i = start; i < start + block; i++) {
      const product = values[i]! * scale;
      if (product === product) values[i] = product;
      else bits[i] = nanOf(bits[i]!, f32Bits(scale));
    }
  }
}
