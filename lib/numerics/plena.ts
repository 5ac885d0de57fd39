/**
 * The number handling of the PLENA machine, bit for bit, with the defects that its recorded runs
 * show (emulator specification, section 5). For textbook formats use the rest of the room.
 */
export {
  BINARY32,
  castCode,
  type CodeType,
  codeWidth,
  decodeToF32Bits,
  encodeFromF32Bits,
  f32Bits,
  f32FromBits,
  type FpFields,
} from "./plena_cast.ts";
export {
  castBitsToBf16,
  castRowToBf16,
  DEFAULT_NAN_BITS,
  halfToF32Bits,
  nanOf,
  scalarBitsToBf16,
} from "./plena_bf16.ts";
export {
  applyScales,
  codeAt,
  decodeCodes,
  decodeTable,
  type PlenaCodeOptions,
} from "./plena_decode.ts";
export {
  type BlockQuantiser,
  blockQuantiser,
  type PlenaQuantiserOptions,
  putCode,
  quantiseElement,
} from "./plena_quantise.ts";
