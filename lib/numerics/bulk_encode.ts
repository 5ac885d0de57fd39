import { checkSameLength, type CodeArray, codeArray } from "./code_array.ts";
import { encode, type EncodeOptions, largestCode, nanCode } from "./encode.ts";
import type { FloatFormat, Format } from "./format.ts";
import { NumericsError } from "./numerics_error.ts";
import { cachedTable } from "./table_cache.ts";
import { thresholdEncoder } from "./thresholds.ts";

/**
 * Turns many float32 values into codes, one an element; writes to `out` if given, which must be as
 * long as `values` and wide enough for the codes. Without it the array is the narrowest that is.
 *
 * @throws {NumericsError} as `encode` does, naming the element, or if the lengths differ
 */
export type BulkEncoder = (values: Float32Array, out?: CodeArray) => CodeArray;

/**
 * An encoder for whole arrays: for every float32 the code that {@linkcode encode} gives under the
 * same options. Tables are made on the first
 * call for a format and kept with it.
 *
 * - Floats of up to 5 mantissa bits and integers of up to 6 bits: a table of 65,536 codes, indexed
 *   by the upper half of the float32 with the lower half folded into its last bit. Values and
 *   halfway points all have that bit clear, so set it means no more than "strictly between".
 * - Wider floats: shift and add, by a table over the float32 exponents.
 * - Wider integers: the double's own rounding. Code books: a grid and one comparison.
 *
 * ```ts
 * import { bulkEncoder, E4M3 } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * const toE4M3 = bulkEncoder(E4M3);
 * assertEquals(toE4M3(new Float32Array([1, 448, 1e9])), new Uint8Array([0x38, 0x7e, 0x7e]));
 * ```
 *
 * @throws {TypeError} if `rounding` is `stochastic` and there is no `random`
 */
export function bulkEncoder(format: Format, options: EncodeOptions = {}): BulkEncoder {
  encode(format, 1, options); // refuses stochastic rounding without a source
  if (options.rounding === "stochastic") return oneByOne(format, options);
  switch (format.kind) {
    case "float":
      if (format.mantissaBits <= 5) return byTable(format, options);
      return hasShiftTable(format) ? byShift(format, options) : oneByOne(format, options);
    case "int":
      return format.bits <= 6 ? byTable(format, options) : byDoubleRounding(format, options);
    case "codebook":
      return byGrid(format, options);
  }
}

/** Flag beside a table's code for a NaN that the options refuse; above every code of the table. */
const REFUSED = 0x8000;

function encodeTable(format: Format, options: EncodeOptions, refusesNan: boolean): Uint16Array {
  const table = new Uint16Array(0x10000);
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  for (let upper = 0; upper < 0x10000; upper++) {
    bits[0] = upper << 16;
    table[upper] = refusesNan && Number.isNaN(value[0]!)
      ? REFUSED
      : encode(format, value[0]!, options);
  }
  return table;
}

function byTable(format: Format, options: EncodeOptions): BulkEncoder {
  const refusesNan = !hasNan(format) && (options.nan ?? "error") === "error";
  const key = `encode ${options.rounding} ${options.saturate} ${options.nan}`;
  const table = cachedTable(format, key, () => encodeTable(format, options, refusesNan));
  return (values: Float32Array, out: CodeArray = codeArray(format, values.length)): CodeArray => {
    checkSameLength(values.length, out.length);
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const seen = out instanceof Uint8Array
      ? lookUpBytes(table, words, out)
      : lookUpWords(table, words, out);
    if (refusesNan && (seen & REFUSED) !== 0) throw nanRefused(format, values);
    return out;
  };
}

// Two copies of one loop: each then sees a single array type, which is twice as fast.

function lookUpBytes(table: Uint16Array, words: Uint32Array, out: Uint8Array): number {
  let seen = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const code = table[(word >>> 16) | (((word & 0xffff) + 0xffff) >>> 16)]!;
    seen |= code;
    out[i] = code;
  }
  return seen;
}

function lookUpWords(table: Uint16Array, words: Uint32Array, out: CodeArray): number {
  let seen = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const code = table[(word >>> 16) | (((word & 0xffff) + 0xffff) >>> 16)]!;
    seen |= code;
    out[i] = code;
  }
  return seen;
}

/** Whether {@linkcode byShift} covers a format: a sign, no float32 below its own exponents. */
function hasShiftTable(format: FloatFormat): boolean {
  return format.sign === 1 && format.subnormals && format.bias <= 127 &&
    largestCode(format) < 2 ** 31 - 1;
}

function byShift(format: FloatFormat, options: EncodeOptions): BulkEncoder {
  const { exponentBits, mantissaBits, bias } = format;
  const last = largestCode(format);
  const towardZero = options.rounding === "toward-zero";
  const beyond = encode(format, Infinity, options);
  const overflow = towardZero ? last : beyond;
  const refusesNan = !hasNan(format) && (options.nan ?? "error") === "error";
  const nan = refusesNan ? 0 : encode(format, NaN, options);
  const signShift = 31 - exponentBits - mantissaBits;

  // Per float32 exponent: what the mantissa is shifted by, and the code where its binade begins.
  const shift = new Int32Array(256);
  const base = new Int32Array(256);
  const half = new Int32Array(256); // just below half a unit, or 0 for no rounding up
  const tie = new Int32Array(256); // 1 where an odd code takes the tie
  for (let field = 0; field < 255; field++) {
    const exponent = Math.max(field, 1) - 127;
    const binade = Math.max(exponent, 1 - bias);
    const start = (binade - 1 + bias) * 2 ** mantissaBits;
    if (start > last) {
      base[field] = last + 1;
      shift[field] = 31;
      continue;
    }
    base[field] = start;
    // From 25 on, every mantissa is less than half a unit.
    shift[field] = Math.min(binade - exponent + 23 - mantissaBits, 25);
    if (towardZero || shift[field] === 0) continue;
    half[field] = (1 << (shift[field]! - 1)) - 1;
    tie[field] = 1;
  }

  return (values: Float32Array, out: CodeArray = codeArray(format, values.length)): CodeArray => {
    checkSameLength(values.length, out.length);
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      const field = (word >>> 23) & 255;
      const sign = (word & 0x80000000) >>> signShift;
      if (field === 255) {
        if ((word & 0x7fffff) === 0) out[i] = sign | beyond;
        else if (refusesNan) throw nanRefused(format, values);
        else out[i] = nan;
        continue;
      }
      const mantissa = (word & 0x7fffff) | (field === 0 ? 0 : 0x800000);
      const by = shift[field]!;
      const from = base[field]!;
      const odd = (from + (mantissa >>> by)) & tie[field]!;
      const code = from + ((mantissa + half[field]! + odd) >>> by);
      out[i] = sign | (code > last ? overflow : code);
    }
    return out;
  };
}

/** Added to a double below 2^51 and taken away again, it leaves the nearest integer, ties to even. */
const ROUNDER = 1.5 * 2 ** 52;

function byDoubleRounding(format: Format & { kind: "int" }, options: EncodeOptions): BulkEncoder {
  const count = 2 ** format.bits;
  const largest = format.sign === 1 ? count / 2 - 1 : count - 1;
  const smallest = format.sign === 1 ? -count / 2 : 0;
  const mask = count - 1;
  const refusesNan = (options.nan ?? "error") === "error";
  const nan = refusesNan ? 0 : encode(format, NaN, options);
  const rounder = options.rounding === "toward-zero" ? 0 : ROUNDER;
  return (values: Float32Array, out: CodeArray = codeArray(format, values.length)): CodeArray => {
    checkSameLength(values.length, out.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value >= smallest && value <= largest) {
        const rounded = value + rounder - rounder;
        // Bitwise operators truncate toward zero, which is the other rounding.
        out[i] = format.sign === 1 ? rounded & mask : rounded >>> 0;
      } else if (value > largest) {
        out[i] = largest;
      } else if (value < smallest) {
        out[i] = smallest & mask;
      } else {
        if (refusesNan) throw nanRefused(format, values);
        out[i] = nan;
      }
    }
    return out;
  };
}

function byGrid(format: Format, options: EncodeOptions): BulkEncoder {
  const rounding = options.rounding === "toward-zero" ? "toward-zero" : "nearest-even";
  const search = thresholdEncoder(format, rounding);
  const refusesNan = (options.nan ?? "error") === "error";
  const nan = refusesNan ? 0 : encode(format, NaN, options);
  return (values: Float32Array, out: CodeArray = codeArray(format, values.length)): CodeArray => {
    checkSameLength(values.length, out.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value === value) out[i] = search(value);
      else if (refusesNan) throw nanRefused(format, values);
      else out[i] = nan;
    }
    return out;
  };
}

function oneByOne(format: Format, options: EncodeOptions): BulkEncoder {
  const refusesNan = !hasNan(format) && (options.nan ?? "error") === "error";
  return (values: Float32Array, out: CodeArray = codeArray(format, values.length)): CodeArray => {
    checkSameLength(values.length, out.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (refusesNan && Number.isNaN(value)) throw nanRefused(format, values);
      out[i] = encode(format, value, options);
    }
    return out;
  };
}

function hasNan(format: Format): boolean {
  return format.kind === "float" && nanCode(format) !== undefined;
}

function nanRefused(format: Format, values: Float32Array): NumericsError {
  return new NumericsError(
    `NaN at element ${values.findIndex(Number.isNaN)}, and ${format.name} has no code for it`,
    'remove the NaN, or say what it becomes: nan: "zero" or nan: "maximum"',
  );
}
