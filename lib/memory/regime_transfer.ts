/** How long the host link takes. */
import { MemoryError } from "./memory_error.ts";

/**
 * ⌊bytes · 10⁹ / bandwidth⌋, exactly: the whole nanoseconds that the public models charge for a
 * transfer. Truncation makes small ones too fast: 64 bytes at 1.5 GB/s take 42 ns, not 42.67.
 *
 * @param bytes Whole number, 0 or more.
 * @param bandwidth Bytes per second, a whole number above 0.
 * @throws {MemoryError} If an argument is none of these.
 */
export function transferNanos(bytes: number, bandwidth: number): number {
  return scaledQuotient(bytes, 1e9, bandwidth);
}

/**
 * ⌈bytes · 10¹² / bandwidth⌉, exactly: a transfer in picoseconds, never faster than the link.
 *
 * @param bytes Whole number, 0 or more.
 * @param bandwidth Bytes per second, a whole number above 0.
 * @throws {MemoryError} If an argument is none of these.
 */
export function transferPicos(bytes: number, bandwidth: number): number {
  checkTransfer(bytes, bandwidth);
  const scaled = BigInt(bytes) * 1_000_000_000_000n;
  const rate = BigInt(bandwidth);
  return Number((scaled + rate - 1n) / rate);
}

function scaledQuotient(bytes: number, scale: number, bandwidth: number): number {
  checkTransfer(bytes, bandwidth);
  const scaled = bytes * scale;
  // A remainder of exact integers is exact, and so is the division without it.
  if (scaled <= Number.MAX_SAFE_INTEGER) return (scaled - scaled % bandwidth) / bandwidth;
  return Number(BigInt(bytes) * BigInt(scale) / BigInt(bandwidth));
}

function checkTransfer(bytes: number, bandwidth: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new MemoryError(`${bytes} bytes cannot be moved`, "give a whole number, 0 or more");
  }
  if (!Number.isSafeInteger(bandwidth) || bandwidth <= 0) {
    throw new MemoryError(
      `A host link cannot move ${bandwidth} bytes per second`,
      "give a whole number of bytes per second above 0",
    );
  }
}
