import {
  type BlockDescriptor,
  type BlockFormat,
  type BlockOptions,
  describeBlocks,
  hasPowerOfTwoScale,
} from "./block_format.ts";
import { largestElement, scaleChooser } from "./block_scale.ts";
import { bulkDecoder } from "./bulk_decode.ts";
import { bulkEncoder } from "./bulk_encode.ts";
import { checkSameLength, type CodeArray, codeArray } from "./code_array.ts";
import { decode } from "./decode.ts";
import { encode, largestCode, nanCode } from "./encode.ts";
import { codeBits, type Format } from "./format.ts";
import { NumericsError } from "./numerics_error.ts";
import { packCodes, unpackCodes } from "./pack.ts";
import { random } from "./random.ts";
import { thresholdEncoder } from "./thresholds.ts";

/** A quantised tensor: what {@linkcode quantizeBlocks} gives and {@linkcode dequantizeBlocks} takes. */
export interface QuantizedBlocks {
  /** The format and every option, as plain JSON. */
  readonly descriptor: BlockDescriptor;
  /** Element codes, one a byte, in the order of the values. */
  readonly codes: Uint8Array;
  /** Scale codes, row by row, ⌈rowLength / blockSize⌉ a row. Float32 scales are their bits. */
  readonly scales: CodeArray;
  /** The float32 that scales the whole tensor, for formats that have one. */
  readonly tensorScale?: number;
}

const LARGEST_F32 = (2 - 2 ** -23) * 2 ** 127;
const SMALLEST_F32 = 2 ** -149;

/**
 * Quantises values block by block. Blocks lie along the rows; the last one of a row may be short.
 * Elements are the exact quotients value / scale, rounded once and saturated.
 *
 * With a tensor scale (NVFP4) that is the largest magnitude of all divided by the largest element
 * times the largest block scale, rounded to float32, so that block scales fill the range of E4M3.
 *
 * ```ts
 * import { dequantizeBlocks, MXFP4, quantizeBlocks } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * const blocks = quantizeBlocks(new Float32Array([1, -2.5, 0.25, 24]), MXFP4);
 * assertEquals(blocks.scales, new Uint8Array([129])); // 24 is in [16, 32), 6 in [4, 8): 2^(4 − 2)
 * assertEquals(dequantizeBlocks(blocks), new Float32Array([0, -2, 0, 24]));
 * ```
 *
 * @throws {NumericsError} if the format or an option cannot be, or a value is refused
 */
export function quantizeBlocks(
  values: Float32Array,
  format: BlockFormat,
  options: BlockOptions = {},
): QuantizedBlocks {
  const descriptor = describeBlocks(format, values.length, options);
  const plain = withoutNonFinite(values, descriptor);
  const bounds = blockBounds(descriptor);
  const largest = largestPerBlock(plain.values, bounds);
  const top = largestElement(format.element);
  const tensorScale = format.tensorScale ? chooseTensorScale(largest, format, top) : 1;

  const { scales, factors } = chooseScales(largest, descriptor, top, tensorScale);
  const codes = new Uint8Array(values.length);
  if (descriptor.rounding === "stochastic" || !fitsF32(format.element, top)) {
    encodeOneByOne(plain.values, bounds, factors, descriptor, codes);
  } else if (hasPowerOfTwoScale(format)) {
    encodeScaled(plain.values, bounds, factors, descriptor, codes);
  } else {
    encodeQuotients(plain.values, bounds, factors, descriptor, codes);
  }
  markNan(plain.nans, bounds, descriptor, codes, scales);
  return {
    descriptor,
    codes,
    scales,
    ...(format.tensorScale ? { tensorScale } : {}),
  };
}

/**
 * The values of quantised blocks: element × scale (× tensor scale), computed in doubles and stored
 * as float32. NaN elements and scales give NaN. Writes to `out` if given.
 *
 * @throws {NumericsError} if codes, scales or `out` do not have the lengths that the descriptor says
 */
export function dequantizeBlocks(
  blocks: QuantizedBlocks,
  out: Float32Array = new Float32Array(blocks.codes.length),
): Float32Array {
  const { descriptor, codes, scales } = blocks;
  const { format, length } = descriptor;
  const bounds = blockBounds(descriptor);
  if (codes.length !== length || scales.length !== bounds.length - 1) {
    throw new NumericsError(
      `Found ${codes.length} elements and ${scales.length} scales`,
      `the descriptor says ${length} elements and ${bounds.length - 1} scales`,
    );
  }
  checkSameLength(length, out.length);
  bulkDecoder(format.element)(codes, out);
  const factors = scaleValues(blocks);
  for (let block = 0; block + 1 < bounds.length; block++) {
    const factor = factors[block]!;
    const end = bounds[block + 1]!;
    for (let i = bounds[block]!; i < end; i++) out[i]! *= factor;
  }
  return out;
}

/** What each block's elements are multiplied by: its scale, times the tensor scale if there is one. */
export function scaleValues({ descriptor, scales, tensorScale }: QuantizedBlocks): Float64Array {
  const { scale } = descriptor.format;
  const factors = new Float64Array(scales.length);
  for (let block = 0; block < scales.length; block++) {
    factors[block] = decode(scale, scales[block]!) * (tensorScale ?? 1);
  }
  return factors;
}

/** The element codes as bytes, in the order that the descriptor records. */
export function packElements({ descriptor, codes }: QuantizedBlocks): Uint8Array {
  return packCodes(codes, codeBits(descriptor.format.element), descriptor.order);
}

/** The element codes that {@linkcode packElements} put into bytes under this descriptor. */
export function unpackElements(descriptor: BlockDescriptor, bytes: Uint8Array): Uint8Array {
  const { format, length, order } = descriptor;
  return unpackCodes(bytes, codeBits(format.element), length, order);
}

/** Where each block begins, and where the last one ends. */
function blockBounds({ format, length, rowLength }: BlockDescriptor): Uint32Array {
  const perRow = Math.ceil(rowLength / format.blockSize);
  const rows = Math.floor(length / rowLength);
  const bounds = new Uint32Array(rows * perRow + 1);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < perRow; block++) {
      bounds[row * perRow + block] = row * rowLength + block * format.blockSize;
    }
  }
  bounds[rows * perRow] = length;
  return bounds;
}

/** The values with NaN and infinities dealt with, and where NaN must be put back. */
function withoutNonFinite(
  values: Float32Array,
  { nan, infinity }: BlockDescriptor,
): { values: Float32Array; nans: number[] } {
  const nans: number[] = [];
  let finite = values;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value - value === 0) continue;
    if (finite === values) finite = values.slice();
    const isNan = value !== value;
    if (!isNan && infinity === "saturate") {
      finite[i] = value > 0 ? LARGEST_F32 : -LARGEST_F32;
    } else if (!isNan && infinity === "error") {
      throw new NumericsError(
        `Element ${i} is infinite`,
        'remove it, or say what it becomes: infinity: "saturate" or infinity: "nan"',
      );
    } else if (nan === "error") {
      throw new NumericsError(
        `Element ${i} is ${isNan ? "NaN" : "infinite and counts as NaN"}`,
        'remove it, or say what it becomes: nan: "zero", nan: "block" or nan: "element"',
      );
    } else {
      finite[i] = 0;
      if (nan !== "zero") nans.push(i);
    }
  }
  return { values: finite, nans };
}

function largestPerBlock(values: Float32Array, bounds: Uint32Array): Float64Array {
  const largest = new Float64Array(bounds.length - 1);
  for (let block = 0; block < largest.length; block++) {
    const end = bounds[block + 1]!;
    let most = 0;
    for (let i = bounds[block]!; i < end; i++) {
      const magnitude = Math.abs(values[i]!);
      if (magnitude > most) most = magnitude;
    }
    largest[block] = most;
  }
  return largest;
}

function chooseTensorScale(largest: Float64Array, format: BlockFormat, top: number): number {
  let most = 0;
  for (let block = 0; block < largest.length; block++) most = Math.max(most, largest[block]!);
  if (most === 0) return 1;
  const scale = Math.fround(most / (top * decode(format.scale, largestCode(format.scale))));
  return Math.max(scale, SMALLEST_F32);
}

/** The scale codes, and what an element of each block counts: scale times tensor scale. */
function chooseScales(
  largest: Float64Array,
  { format, scaleRule, zeroScale }: BlockDescriptor,
  top: number,
  tensorScale: number,
): { scales: CodeArray; factors: Float64Array } {
  const scales = codeArray(format.scale, largest.length);
  const factors = new Float64Array(largest.length);
  const choose = scaleChooser(format, scaleRule, top * tensorScale);
  const zeroCode = zeroScale === "one" ? encode(format.scale, 1) : 0;
  for (let block = 0; block < largest.length; block++) {
    const most = largest[block]!;
    const code = most === 0 ? zeroCode : choose(most);
    scales[block] = code;
    // Zeros stay zeros (with their signs) under any scale but 0.
    factors[block] = most === 0 ? 1 : decode(format.scale, code) * tensorScale;
  }
  return { scales, factors };
}

/** Whether scaling to the range of the elements can neither overflow float32 nor lose a code. */
function fitsF32(element: Format, top: number): boolean {
  return top <= 2 ** 100 && (element.kind !== "float" || decode(element, 1) >= 2 ** -100);
}

/** Powers of two only: scales the values in float32, which is exact, then encodes all at once. */
function encodeScaled(
  values: Float32Array,
  bounds: Uint32Array,
  factors: Float64Array,
  { format, rounding }: BlockDescriptor,
  codes: Uint8Array,
): void {
  const scaled = new Float32Array(values.length);
  for (let block = 0; block < factors.length; block++) {
    const inverse = 1 / factors[block]!;
    const end = bounds[block + 1]!;
    for (let i = bounds[block]!; i < end; i++) scaled[i] = values[i]! * inverse;
  }
  bulkEncoder(format.element, { rounding, saturate: true })(scaled, codes);
}

/** Other scales: the quotient in doubles, whose rounding cannot move it across or onto a tie. */
function encodeQuotients(
  values: Float32Array,
  bounds: Uint32Array,
  factors: Float64Array,
  { format, rounding }: BlockDescriptor,
  codes: Uint8Array,
): void {
  const towardZero = rounding === "toward-zero";
  const code = hasThresholds(format.element)
    ? thresholdEncoder(format.element, towardZero ? "toward-zero" : "nearest-even")
    : (value: number): number => encode(format.element, value, { rounding, saturate: true });
  for (let block = 0; block < factors.length; block++) {
    const factor = factors[block]!;
    const end = bounds[block + 1]!;
    for (let i = bounds[block]!; i < end; i++) codes[i] = code(values[i]! / factor);
  }
}

function hasThresholds(format: Format): boolean {
  if (format.kind === "codebook") return true;
  return format.kind === "float" && format.sign === 1 && format.specials === "none" &&
    format.subnormals && format.exponentBits <= 3;
}

function encodeOneByOne(
  values: Float32Array,
  bounds: Uint32Array,
  factors: Float64Array,
  { format, rounding, seed }: BlockDescriptor,
  codes: Uint8Array,
): void {
  const options = {
    rounding,
    random: random(seed ?? 0),
    saturate: true,
  };
  for (let block = 0; block < factors.length; block++) {
    const factor = factors[block]!;
    const end = bounds[block + 1]!;
    for (let i = bounds[block]!; i < end; i++) {
      codes[i] = encode(format.element, values[i]! / factor, options);
    }
  }
}

function markNan(
  nans: readonly number[],
  bounds: Uint32Array,
  { format, nan }: BlockDescriptor,
  codes: Uint8Array,
  scales: CodeArray,
): void {
  const { element, scale } = format;
  const elementNan = element.kind === "float" ? nanCode(element) : undefined;
  const scaleNan = nanCode(scale);
  let block = 0;
  for (const at of nans) {
    if (nan === "element" && elementNan !== undefined) {
      codes[at] = elementNan;
      continue;
    }
    if (scaleNan === undefined) {
      throw new NumericsError(
        `Element ${at} is NaN, and ${format.name} has no code for it`,
        'remove the NaN or count it as 0: nan: "zero"',
      );
    }
    while (bounds[block + 1]! <= at) block++;
    scales[block] = scaleNan;
    codes.fill(encode(element, 0), bounds[block]!, bounds[block + 1]!);
  }
}
