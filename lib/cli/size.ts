import { UsageError } from "./errors.ts";

const UNITS = ["", "K", "M", "G", "T"];

/**
 * Reads a size: decimal digits and an optional suffix `K`, `M`, `G` or `T`, each also with `B`, `i`
 * or `iB`, in any case; all are powers of 1024. The grammar of the public emulator's options.
 *
 * @throws {UsageError} On anything else, or above 2^53 bytes.
 */
export function parseSize(text: string, flag: string): number {
  const match = /^\s*(\d+)([KMGT]?)(iB|B|i)?\s*$/i.exec(text);
  const bytes = match === null
    ? NaN
    : Number(match[1]) * 1024 ** UNITS.indexOf(match[2]!.toUpperCase());
  if (!Number.isSafeInteger(bytes)) {
    throw new UsageError(`${flag} cannot be "${text}"`, "give a size, such as 512M, 64KiB or 4096");
  }
  return bytes;
}
