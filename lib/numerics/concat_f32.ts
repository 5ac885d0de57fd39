/**
 * Values of several arrays, one array after the other, as binary32.
 *
 * ```ts
 * import { concatF32 } from "@fourbit/fourbit/numerics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(concatF32([[3, 1], Float64Array.of(4)]), Float32Array.of(3, 1, 4));
 * ```
 */
export function concatF32(parts: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
