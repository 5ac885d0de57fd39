import {
  type MachineSettings,
  type PrecisionKey,
  sameType,
  type TensorType,
} from "../../boards/mod.ts";
import { storedSize } from "../../memory/mod.ts";
import { plena } from "../../numerics/mod.ts";
import { CompileError } from "../compile_error.ts";

/** Bytes that the machine fetches at once. */
const BLOCK_BYTES = 64;

/** The type of keys and values, which the vector side stores and the matrix side fetches. */
export function cacheType(settings: MachineSettings, extended: boolean): TensorType {
  const stored = checkType(settings, "HBM_V_KV_TYPE", extended);
  const fetched = checkType(settings, "HBM_M_KV_TYPE", extended);
  if (sameType(stored, fetched)) return stored;
  throw new CompileError(
    "keys and values are stored as HBM_V_KV_TYPE and fetched as HBM_M_KV_TYPE, which differ",
    "give both the same type in the settings",
  );
}

/** Whether a type keeps what bfloat16 keeps. */
export function isFine(type: TensorType): boolean {
  return type.kind === "plain" && type.element.type === "Fp" && type.element.mantissa >= 7;
}

/**
 * A type of the settings, if tensors of rows of MLEN elements can be stored in it and come back.
 *
 * @throws {CompileError} When the machine spoils it.
 */
export function checkType(
  settings: MachineSettings,
  key: PrecisionKey,
  extended: boolean,
): TensorType {
  const type = settings.precision[key];
  const { mlen } = settings.config;
  const width = plena.codeWidth(type.element);
  const { element } = type;
  const isPlain = type.kind === "plain";
  const scaled = isPlain || (type.scale.type === "Fp" && type.scale.exponent === 8);
  if (element.type !== "Fp" || (isPlain && (element.exponent !== 8 || width !== 16)) || !scaled) {
    throw new CompileError(
      `${key} is no type that the machine both reads and writes rightly`,
      "choose bfloat16, or blocks of floats with E8M0 scales",
    );
  }
  if (width < 8 && !extended) {
    throw new CompileError(
      `${key} has elements of ${width} bits, which the public machine cannot transfer`,
      "run with --machine extended",
    );
  }
  if (type.kind === "mx") {
    if (mlen % type.block !== 0) {
      throw new CompileError(
        `${key} has blocks of ${type.block} elements, a row has MLEN ${mlen}`,
        `choose a multiple of ${type.block} as MLEN, or a type with smaller blocks`,
      );
    }
    const scaleBytes = storedSize(1, mlen, type).scaleBytes;
    // Of the scales of a row it fetches those that are in the block of the first.
    if (BLOCK_BYTES % scaleBytes !== 0 && !extended) {
      throw new CompileError(
        `${key}: the ${scaleBytes} scale bytes of a row of MLEN ${mlen} do not always lie in one block ` +
          `of ${BLOCK_BYTES}, and the public machine fetches one`,
        "run with --machine extended, or choose as MLEN a power of two up to " +
          `${BLOCK_BYTES * type.block}`,
      );
    }
  }
  return type;
}
