import { didYouMean } from "../text/mod.ts";
import { ModelError } from "./model_error.ts";

/** How a tensor is stored, as far as its size goes. */
export interface StorageFormat {
  /** Name, as in {@linkcode STORAGE_FORMATS}. */
  readonly name: string;
  /** Bits of an element. */
  readonly elementBits: number;
  /** Elements of a row that share a scale; undefined for none. A row's last block may be short. */
  readonly blockSize?: number | undefined;
  /** Bits of a scale. */
  readonly scaleBits?: number | undefined;
}

/**
 * The formats whose sizes are known. `mxfp8` has PLENA's blocks of 8 (9 bits an element, compiler
 * specification, section 3.1); `mxfp6` and `mxfp4` have the 32 of OCP MX 1.0, and `-b8` or `-b32` at
 * the end of a name is the other block; `nf4` has a float32 absmax per 64 elements.
 */
export const STORAGE_FORMATS: Readonly<Record<string, StorageFormat>> = Object.fromEntries([
  { name: "f32", elementBits: 32 },
  { name: "bf16", elementBits: 16 },
  { name: "f16", elementBits: 16 },
  { name: "mxfp8", elementBits: 8, blockSize: 8, scaleBits: 8 },
  { name: "mxfp8-b32", elementBits: 8, blockSize: 32, scaleBits: 8 },
  { name: "mxfp6", elementBits: 6, blockSize: 32, scaleBits: 8 },
  { name: "mxfp6-b8", elementBits: 6, blockSize: 8, scaleBits: 8 },
  { name: "mxfp4", elementBits: 4, blockSize: 32, scaleBits: 8 },
  { name: "mxfp4-b8", elementBits: 4, blockSize: 8, scaleBits: 8 },
  { name: "nf4", elementBits: 4, blockSize: 64, scaleBits: 32 },
].map((format) => [format.name, format]));

/** A format itself, or the name of one. */
export type StorageFormatName = string | StorageFormat;

/**
 * The storage format of a name, in any letter case.
 *
 * @throws {ModelError} If there is none.
 */
export function storageFormat(format: StorageFormatName): StorageFormat {
  if (typeof format !== "string") return format;
  const name = format.toLowerCase();
  if (Object.hasOwn(STORAGE_FORMATS, name)) return STORAGE_FORMATS[name]!;
  const names = Object.keys(STORAGE_FORMATS);
  throw new ModelError(
    `Unknown storage format ${JSON.stringify(format)}`,
    `${didYouMean(name, names)}known are ${names.join(", ")}`,
  );
}

/** Bytes of a tensor: its elements, then the scales of its blocks, each rounded up to whole bytes. */
export function storageBytes(
  { elementBits, blockSize, scaleBits }: StorageFormat,
  rows: number,
  columns: number,
): number {
  const elements = Math.ceil(rows * columns * elementBits / 8);
  if (blockSize === undefined) return elements;
  return elements + Math.ceil(rows * Math.ceil(columns / blockSize) * (scaleBits ?? 8) / 8);
}
