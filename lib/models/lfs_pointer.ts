/** How a pointer file of Git LFS begins, in every version of its specification. */
const BEGINNING = new TextEncoder().encode("version https://git-lfs");

/** Bytes that {@linkcode isLfsPointer} needs. */
export const LFS_PROBE: number = BEGINNING.length;

/** What to do about a pointer file. */
export const LFS_HELP: string =
  "fetch the files themselves: git lfs pull, in the folder of the model";

/**
 * Whether a file is the pointer that Git LFS leaves in place of a large one, by its first bytes
 * (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
 */
export function isLfsPointer(bytes: Uint8Array): boolean {
  return bytes.length >= LFS_PROBE && BEGINNING.every((byte, i) => bytes[i] === byte);
}
