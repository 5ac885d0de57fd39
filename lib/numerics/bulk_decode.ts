import { checkSameLength, type CodeArray } from "./code_array.ts";
import { decode } from "./decode.ts";
import type { Format } from "./format.ts";
import { codeBits, codeCount } from "./format.ts";
import { NumericsError } from "./numerics_error.ts";
import { cachedTable } from "./table_cache.ts";

/**
 * Turns many codes into float32 values; writes to `out` if given, which must be as long as `codes`.
 *
 * @throws {NumericsError} if a number is not a code of the format or the lengths differ
 */
export type BulkDecoder = (codes: CodeArray, out?: Float32Array) => Float32Array;

/**
 * A decoder for whole arrays: what `decode` gives, stored as float32. Formats of up to 16 bits take
 * one table look-up an element; the table is made on the first call for a format and kept with it.
 * Values wider than 24 bits (INT32) are rounded to float32.
 *
 * ```ts
 * import { bulkDecoder, E2M1 } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bulkDecoder(E2M1)(new Uint8Array([1, 7, 15])), new Float32Array([0.5, 6, -6]));
 * ```
 */
export function bulkDecoder(format: Format): BulkDecoder {
  if (codeBits(format) > 16) return wideDecoder(format);
  const count = codeCount(format);
  const table = cachedTable(format, "decode", () => decodeTable(format));
  return (codes: CodeArray, out: Float32Array = new Float32Array(codes.length)): Float32Array => {
    checkSameLength(codes.length, out.length);
    let seen = 0;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      seen |= code;
      out[i] = table[code]!;
    }
    if (seen >>> 0 >= count) throw strayCode(format, codes);
    return out;
  };
}

function decodeTable(format: Format): Float32Array {
  const count = codeCount(format);
  // At least 256 entries, so that a stray byte reads inside the table and is reported afterwards.
  const table = new Float32Array(Math.max(count, 256));
  for (let code = 0; code < count; code++) table[code] = decode(format, code);
  return table;
}

function wideDecoder(format: Format): BulkDecoder {
  const plainF32 = format.kind === "float" && format.sign === 1 && format.exponentBits === 8 &&
    format.mantissaBits === 23 && format.bias === 127 && format.specials === "ieee" &&
    format.subnormals;
  return (codes: CodeArray, out: Float32Array = new Float32Array(codes.length)): Float32Array => {
    checkSameLength(codes.length, out.length);
    if (plainF32) {
      new Uint32Array(out.buffer, out.byteOffset, out.length).set(codes);
    } else {
      for (let i = 0; i < codes.length; i++) out[i] = decode(format, codes[i]!);
    }
    return out;
  };
}

function strayCode(format: Format, codes: CodeArray): NumericsError {
  const count = codeCount(format);
  const at = codes.findIndex((code: number) => code >= count);
  return new NumericsError(
    `${codes[at]} at element ${at} is not a code of ${format.name}`,
    `codes of ${format.name} run from 0 to ${count - 1}; unpack sub-byte codes first`,
  );
}
