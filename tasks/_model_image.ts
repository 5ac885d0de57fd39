/**
 * The image of a model in HBM: whether a host can hold it, and a progress bar while it is made.
 *
 * @module
 */
import { formatValue, startProgress, UsageError } from "../lib/cli/mod.ts";
import type { CompiledDecoder, HbmPiece } from "../lib/compiler/mod.ts";

/** Bytes of an image that a file can have: it is written in pieces, but read as a whole. */
const MOST_FILE_BYTES = 2 ** 33;
/** Bytes of an image of which the emulated machine has a copy in memory, beside the pieces. */
const MOST_MACHINE_BYTES = 2 ** 31;

/**
 * Refuses an image that a host cannot hold, before anything of it is made.
 *
 * @param use What becomes of it: the machine runs on it, or it is only written; `runOrFile` is run here
 * and could be written without, with `--check none`.
 * @throws {UsageError} When it is too large for that.
 */
export function checkImage(
  model: string,
  bytes: number,
  use: "run" | "runOrFile" | "file",
): void {
  const most = use === "file" ? MOST_FILE_BYTES : MOST_MACHINE_BYTES;
  if (bytes <= most) return;
  throw new UsageError(
    `the image of ${model} has ${formatValue(bytes)} bytes, the most` +
      `${use === "file" ? "" : " to run at once"} is ${formatValue(most)}`,
    "cut it down with --slice, or choose narrower --weights" +
      (use === "runOrFile" && bytes <= MOST_FILE_BYTES ? ", or do not run it: --check none" : ""),
  );
}

/** The contents of HBM, with a progress bar on stderr while weights are quantised. */
export function* watchedImage(
  { hbm, plan: { hbmBytes } }: Pick<CompiledDecoder, "hbm" | "plan">,
  quiet: boolean,
): Generator<HbmPiece> {
  const progress = startProgress("quantising", hbmBytes, quiet);
  try {
    for (const piece of hbm()) {
      yield piece;
      progress.update(piece.address + piece.bytes.length);
    }
  } finally {
    // Also where a weight cannot be quantised: the error is not to stand behind a bar.
    progress.end();
  }
}
