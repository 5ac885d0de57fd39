import { NumericsError } from "./numerics_error.ts";

/**
 * Where consecutive codes lie in bytes.
 *
 * - `low-first`: element 0 in the lowest bits of byte 0 (OCP MX, PyTorch and NVIDIA FP4).
 * - `high-first`: element 0 in the highest bits of byte 0 (TriX, bitsandbytes).
 * - `ggml-halves`: 4-bit codes in blocks of 32; byte i of a block holds element i in the low nibble
 *   and element i + 16 in the high one (GGML).
 *
 * Codes of 3, 5, 6 and 7 bits run across byte boundaries in the same direction, without gaps.
 */
export type CodeOrder = "low-first" | "high-first" | "ggml-halves";

/** Elements in a block of `ggml-halves`. */
const GGML_BLOCK = 32;

/**
 * Packs codes of 1 to 8 bits into ⌈count · bits / 8⌉ bytes; what is left of the last byte is 0.
 *
 * ```ts
 * import { packCodes, unpackCodes } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(packCodes([0x1, 0x2, 0x3], 4, "low-first"), new Uint8Array([0x21, 0x03]));
 * assertEquals(packCodes([0x1, 0x2, 0x3], 4, "high-first"), new Uint8Array([0x12, 0x30]));
 * assertEquals(unpackCodes(new Uint8Array([0x21, 0x03]), 4, 3, "low-first"), new Uint8Array([1, 2, 3]));
 * ```
 *
 * @throws {NumericsError} if `bits` is not 1 to 8, a code does not fit, or `ggml-halves` is asked for
 * with other than 4 bits or whole blocks of 32
 */
export function packCodes(codes: ArrayLike<number>, bits: number, order: CodeOrder): Uint8Array {
  checkShape(bits, codes.length, order);
  checkCodes(codes, bits);
  const bytes = new Uint8Array(Math.ceil(codes.length * bits / 8));
  if (order === "ggml-halves") {
    for (let block = 0; block < codes.length; block += GGML_BLOCK) {
      for (let i = 0; i < 16; i++) {
        bytes[(block >> 1) + i] = codes[block + i]! | (codes[block + i + 16]! << 4);
      }
    }
  } else if (bits === 8) {
    for (let i = 0; i < codes.length; i++) bytes[i] = codes[i]!;
  } else if (bits === 4) {
    const first = order === "low-first" ? 0 : 4;
    for (let i = 0; i < codes.length; i++) {
      bytes[i >> 1]! |= codes[i]! << (i & 1 ? 4 - first : first);
    }
  } else if (order === "low-first") {
    let held = 0;
    let width = 0;
    let at = 0;
    for (let i = 0; i < codes.length; i++) {
      held |= codes[i]! << width;
      width += bits;
      if (width >= 8) {
        bytes[at++] = held & 0xff;
        held >>>= 8;
        width -= 8;
      }
    }
    if (width > 0) bytes[at] = held;
  } else {
    let held = 0;
    let width = 0;
    let at = 0;
    for (let i = 0; i < codes.length; i++) {
      held = ((held << bits) | codes[i]!) & 0xffff;
      width += bits;
      if (width >= 8) {
        width -= 8;
        bytes[at++] = (held >>> width) & 0xff;
      }
    }
    if (width > 0) bytes[at] = (held << (8 - width)) & 0xff;
  }
  return bytes;
}

/**
 * The `count` codes of 1 to 8 bits that {@linkcode packCodes} put into `bytes`. Bytes and bits beyond
 * them are not looked at.
 *
 * @throws {NumericsError} if `bits` is not 1 to 8, `bytes` is too short, or `ggml-halves` is asked for
 * with other than 4 bits or whole blocks of 32
 */
export function unpackCodes(
  bytes: Uint8Array,
  bits: number,
  count: number,
  order: CodeOrder,
): Uint8Array {
  checkShape(bits, count, order);
  const needed = Math.ceil(count * bits / 8);
  if (bytes.length < needed) {
    throw new NumericsError(
      `${count} codes of ${bits} bits need ${needed} bytes, found ${bytes.length}`,
      "give all the bytes, or a smaller count",
    );
  }
  if (bits === 8) return bytes.slice(0, count);
  const codes = new Uint8Array(count);
  if (order === "ggml-halves") {
    for (let block = 0; block < count; block += GGML_BLOCK) {
      for (let i = 0; i < 16; i++) {
        const byte = bytes[(block >> 1) + i]!;
        codes[block + i] = byte & 15;
        codes[block + i + 16] = byte >> 4;
      }
    }
  } else if (bits === 4) {
    const first = order === "low-first" ? 0 : 4;
    for (let i = 0; i < count; i++) codes[i] = (bytes[i >> 1]! >> (i & 1 ? 4 - first : first)) & 15;
  } else {
    const mask = (1 << bits) - 1;
    let held = 0;
    let width = 0;
    let at = 0;
    if (order === "low-first") {
      for (let i = 0; i < count; i++) {
        if (width < bits) {
          held |= bytes[at++]! << width;
          width += 8;
        }
        codes[i] = held & mask;
        held >>>= bits;
        width -= bits;
      }
    } else {
      for (let i = 0; i < count; i++) {
        if (width < bits) {
          held = ((held << 8) | bytes[at++]!) & 0xffff;
          width += 8;
        }
        width -= bits;
        codes[i] = (held >>> width) & mask;
      }
    }
  }
  return codes;
}

function checkShape(bits: number, count: number, order: CodeOrder): void {
  if (!Number.isInteger(bits) || bits < 1 || bits > 8) {
    throw new NumericsError(`Cannot pack codes of ${bits} bits`, "codes have 1 to 8 bits");
  }
  if (!Number.isInteger(count) || count < 0) {
    throw new NumericsError(`Cannot unpack ${count} codes`, "give a count of 0 or more");
  }
  if (order === "ggml-halves" && (bits !== 4 || count % GGML_BLOCK !== 0)) {
    throw new NumericsError(
      `ggml-halves cannot hold ${count} codes of ${bits} bits`,
      "use it for 4-bit codes in whole blocks of 32, or choose low-first or high-first",
    );
  }
}

function checkCodes(codes: ArrayLike<number>, bits: number): void {
  const limit = 1 << bits;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (!(code >= 0 && code < limit && code === (code | 0))) {
      throw new NumericsError(
        `Code ${code} of element ${i} does not fit into ${bits} bits`,
        `codes of ${bits} bits run from 0 to ${limit - 1}`,
      );
    }
  }
}
