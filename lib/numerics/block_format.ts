import type { Rounding } from "./encode.ts";
import type { FloatFormat, Format } from "./format.ts";
import { codeBits, E2M1, E2M3, E3M2, E4M3, E5M2, E8M0, FP32, NF4 } from "./format.ts";
import { NumericsError } from "./numerics_error.ts";
import type { CodeOrder } from "./pack.ts";

/** Narrow elements that share a scale block by block: value = element × scale (× tensor scale). */
export interface BlockFormat {
  /** The name that artifacts record, such as `MXFP4`. */
  readonly name: string;
  /** What the elements are; at most 8 bits. */
  readonly element: Format;
  /** Consecutive elements of a row under one scale. */
  readonly blockSize: number;
  /** What the scales are. With no mantissa bits (E8M0) they are powers of two. */
  readonly scale: FloatFormat;
  /** Whether one more float32 scales the whole tensor. */
  readonly tensorScale: boolean;
}

function blocks(
  name: string,
  element: Format,
  blockSize: number,
  scale: FloatFormat,
  tensorScale = false,
): BlockFormat {
  return Object.freeze({ name, element, blockSize, scale, tensorScale });
}

/** OCP MX 1.0 MXFP8 with E4M3 elements: 8.25 bits an element. */
export const MXFP8_E4M3: BlockFormat = blocks("MXFP8_E4M3", E4M3, 32, E8M0);
/** OCP MX 1.0 MXFP8 with E5M2 elements: 8.25 bits an element. */
export const MXFP8_E5M2: BlockFormat = blocks("MXFP8_E5M2", E5M2, 32, E8M0);
/** OCP MX 1.0 MXFP6 with E2M3 elements: 6.25 bits an element. */
export const MXFP6_E2M3: BlockFormat = blocks("MXFP6_E2M3", E2M3, 32, E8M0);
/** OCP MX 1.0 MXFP6 with E3M2 elements: 6.25 bits an element. */
export const MXFP6_E3M2: BlockFormat = blocks("MXFP6_E3M2", E3M2, 32, E8M0);
/** OCP MX 1.0 MXFP4: E2M1 elements, an E8M0 scale per 32, 4.25 bits an element. */
export const MXFP4: BlockFormat = blocks("MXFP4", E2M1, 32, E8M0);
/** NVFP4: E2M1 elements, an E4M3 scale per 16 and a float32 per tensor, 4.5 bits an element. */
export const NVFP4: BlockFormat = blocks("NVFP4", E2M1, 16, E4M3, true);
/** NF4 with the largest magnitude per 64 as a float32 scale, 4.5 bits an element. */
export const NF4_ABSMAX64: BlockFormat = blocks("NF4_ABSMAX64", NF4, 64, FP32);

/** Every named block format. A new one here inherits every test. */
export const BLOCK_FORMATS: readonly BlockFormat[] = Object.freeze([
  MXFP8_E4M3,
  MXFP8_E5M2,
  MXFP6_E2M3,
  MXFP6_E3M2,
  MXFP4,
  NVFP4,
  NF4_ABSMAX64,
]);

/**
 * The block format of a name, in any letter case, `-` for `_` allowed.
 *
 * @throws {NumericsError} if there is none
 */
export function blockFormatByName(name: string): BlockFormat {
  const wanted = name.toUpperCase().replaceAll("-", "_");
  const known = BLOCK_FORMATS.find((format) => format.name === wanted);
  if (known) return known;
  throw new NumericsError(
    `Unknown block format ${name}`,
    `use one of ${BLOCK_FORMATS.map((format) => format.name).join(", ")}`,
  );
}

/** Bits an element takes with its share of the block's scale; the tensor scale is not counted. */
export function bitsPerElement({ element, scale, blockSize }: BlockFormat): number {
  return codeBits(element) + codeBits(scale) / blockSize;
}

/**
 * How the scale follows from A, the largest magnitude of a block, and L, the largest element. For
 * power-of-two scales, with 2^a ≤ A < 2^(a+1) and 2^l ≤ L < 2^(l+1), the scale is 2^(a − l) where
 *
 * - `floor`: a as it is (OCP MX 1.0, section 6.3; the top of the block may saturate);
 * - `ceil`: a + 1 unless A is a power of two;
 * - `even`: A first rounded to the mantissa bits of the element, halves up, which may carry into a;
 * - `rceil`: the least exponent with A ≤ L × scale, so nothing saturates.
 *
 * All of them look at exponent and mantissa bits only; the exponent is then held to the scale's
 * range. For other scales (NVFP4) the rule is how A / L is rounded to a scale: `even` to the
 * nearest, `floor` down, `ceil` and `rceil` up.
 */
export type ScaleRule = "floor" | "ceil" | "even" | "rceil";

/** The scale of a block of zeros: the scale's code 0 (2^−127 in E8M0, 0 elsewhere), or 1. */
export type ZeroScale = "lowest" | "one";

/**
 * What NaN does to a quantisation.
 *
 * - `error`: refuses, naming the element.
 * - `zero`: counts as 0.
 * - `block`: makes the scale NaN, and with it the block, whose elements are 0.
 * - `element`: becomes the element's NaN and leaves the block alone; as `block` in formats without.
 */
export type BlockNanPolicy = "error" | "zero" | "block" | "element";

/** What an infinite value does: refuses, counts as the largest float32, or counts as NaN. */
export type InfinityPolicy = "error" | "saturate" | "nan";

/** How to quantise; every choice is recorded in the {@linkcode BlockDescriptor}. */
export interface BlockOptions {
  /** Defaults to `floor` for power-of-two scales (OCP MX 1.0) and `even` for the others. */
  readonly scaleRule?: ScaleRule;
  /** Rounding of the elements; defaults to `nearest-even`. */
  readonly rounding?: Rounding;
  /** Seed of `random` for stochastic rounding; defaults to 0. */
  readonly seed?: number;
  /** Defaults to `lowest`. */
  readonly zeroScale?: ZeroScale;
  /** Defaults to `error`. */
  readonly nan?: BlockNanPolicy;
  /** Defaults to `error`. */
  readonly infinity?: InfinityPolicy;
  /** How the codes are to be packed; defaults to `low-first`. */
  readonly order?: CodeOrder;
  /** Elements of a row; blocks end with it. Defaults to all of them. */
  readonly rowLength?: number;
}

/**
 * All that an artifact must record to make the numbers again: the format spelt out and every option
 * resolved. It is plain JSON, and survives `JSON.parse(JSON.stringify(…))` unchanged.
 */
export interface BlockDescriptor {
  /** The block format itself. */
  readonly format: BlockFormat;
  /** Number of elements. */
  readonly length: number;
  /** Elements of a row; `length` is a multiple of it. */
  readonly rowLength: number;
  /** How the scales were chosen. */
  readonly scaleRule: ScaleRule;
  /** How the elements were rounded. */
  readonly rounding: Rounding;
  /** Seed of the draws, present when `rounding` is `stochastic`. */
  readonly seed?: number;
  /** The scale of blocks of zeros. */
  readonly zeroScale: ZeroScale;
  /** What became of NaN. */
  readonly nan: BlockNanPolicy;
  /** What became of infinities. */
  readonly infinity: InfinityPolicy;
  /** How the codes are packed. */
  readonly order: CodeOrder;
}

/** Whether the scales of a format are powers of two. */
export function hasPowerOfTwoScale({ scale }: BlockFormat): boolean {
  return scale.mantissaBits === 0;
}

/**
 * The options with their defaults, for `length` values.
 *
 * @throws {NumericsError} if the format or an option cannot be
 */
export function describeBlocks(
  format: BlockFormat,
  length: number,
  options: BlockOptions = {},
): BlockDescriptor {
  const powerOfTwo = hasPowerOfTwoScale(format);
  const rounding = options.rounding ?? "nearest-even";
  const scaleRule = options.scaleRule ?? (powerOfTwo ? "floor" : "even");
  const rowLength = options.rowLength ?? Math.max(length, 1);
  if (!Number.isInteger(format.blockSize) || format.blockSize < 1) {
    throw new NumericsError(
      `Blocks of ${format.blockSize} elements cannot be`,
      "give blockSize 1 or more",
    );
  }
  if (codeBits(format.element) > 8) {
    throw new NumericsError(
      `${format.element.name} is too wide for block elements`,
      "elements have at most 8 bits",
    );
  }
  if (!Number.isInteger(rowLength) || rowLength < 1 || length % rowLength !== 0) {
    throw new NumericsError(
      `${length} values are no whole number of rows of ${rowLength}`,
      "give rowLength the length of the last dimension",
    );
  }
  if (powerOfTwo && scaleRule === "even" && format.element.kind !== "float") {
    throw new NumericsError(
      `The scale rule even has no meaning for ${format.element.name}`,
      "it rounds to the element's mantissa bits; use floor, ceil or rceil",
    );
  }
  return {
    format,
    length,
    rowLength,
    scaleRule,
    rounding,
    ...(rounding === "stochastic" ? { seed: options.seed ?? 0 } : {}),
    zeroScale: options.zeroScale ?? "lowest",
    nan: options.nan ?? "error",
    infinity: options.infinity ?? "error",
    order: options.order ?? "low-first",
  };
}
