import type { Format } from "./format.ts";
import { codeBits } from "./format.ts";
import { NumericsError } from "./numerics_error.ts";

/** Codes, one an element. */
export type CodeArray = Uint8Array | Uint16Array | Uint32Array;

/** A new array for `length` codes of `format`, of the narrowest type that holds them. */
export function codeArray(format: Format, length: number): CodeArray {
  const bits = codeBits(format);
  if (bits <= 8) return new Uint8Array(length);
  return bits <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/** @throws {NumericsError} unless an output array has as many elements as the input */
export function checkSameLength(from: number, to: number): void {
  if (from !== to) {
    throw new NumericsError(
      `Cannot convert ${from} elements into an array of ${to}`,
      "give an output array of the same length, or none",
    );
  }
}
