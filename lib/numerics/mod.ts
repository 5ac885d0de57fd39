/**
 * Narrow number formats: what each code means and how a real number is rounded to one.
 *
 * - Formats are data: {@linkcode E2M1}, {@linkcode BF16}, {@linkcode NF4} …, any ExMy by
 *   {@linkcode minifloat}, any of them by name. {@linkcode decode} and {@linkcode encode} are the
 *   plain, exact definitions.
 * - {@linkcode bulkEncoder} and {@linkcode bulkDecoder} do the same for whole arrays, by tables;
 *   bfloat16 and binary16 have functions of their own.
 * - {@linkcode quantizeBlocks} makes MXFP8, MXFP6, MXFP4, NVFP4 and NF4 blocks with a JSON record of
 *   every choice; {@linkcode errorReport} says what was lost.
 * - {@linkcode packCodes} stores sub-byte codes in each of the orders in use.
 *
 * ```ts
 * import { decode, E2M1, encode } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decode(E2M1, encode(E2M1, 100)), 6); // saturates: FP4 has no infinity
 * ```
 *
 * @module
 */
export { bf16FromF32Bits, bf16ToF32, f32ToBf16, roundToBf16 } from "./bf16.ts";
export {
  bitsPerElement,
  BLOCK_FORMATS,
  type BlockDescriptor,
  type BlockFormat,
  blockFormatByName,
  type BlockNanPolicy,
  type BlockOptions,
  describeBlocks,
  type InfinityPolicy,
  MXFP4,
  MXFP6_E2M3,
  MXFP6_E3M2,
  MXFP8_E4M3,
  MXFP8_E5M2,
  NF4_ABSMAX64,
  NVFP4,
  type ScaleRule,
  type ZeroScale,
} from "./block_format.ts";
export { type BulkDecoder, bulkDecoder } from "./bulk_decode.ts";
export { type BulkEncoder, bulkEncoder } from "./bulk_encode.ts";
export { type CodeArray } from "./code_array.ts";
export { concatF32 } from "./concat_f32.ts";
export { decode } from "./decode.ts";
export { encode, type EncodeOptions, type NanPolicy, type Rounding } from "./encode.ts";
export { f16ToF32, f32ToF16 } from "./f16.ts";
export {
  BF16,
  codeBits,
  type CodeBookFormat,
  codeCount,
  E2M1,
  E2M3,
  E2M5,
  E3M2,
  E3M4,
  E4M3,
  E4M3_IEEE,
  E5M2,
  E6M1,
  E8M0,
  type FloatFormat,
  type Format,
  formatByName,
  FORMATS,
  FP16,
  FP32,
  INT16,
  INT32,
  INT4,
  INT8,
  type IntFormat,
  minifloat,
  type MinifloatOptions,
  NF4,
  type Specials,
} from "./format.ts";
export { NumericsError } from "./numerics_error.ts";
export { type CodeOrder, packCodes, unpackCodes } from "./pack.ts";
/** The number handling of the PLENA machine, bit for bit, quirks included. */
export * as plena from "./plena.ts";
export { random } from "./random.ts";
export {
  dequantizeBlocks,
  packElements,
  quantizeBlocks,
  type QuantizedBlocks,
  scaleValues,
  unpackElements,
} from "./quantize_blocks.ts";
export { type ErrorReport, errorReport } from "./error_report.ts";
export { type VectorDistance, vectorDistance } from "./vector_distance.ts";
