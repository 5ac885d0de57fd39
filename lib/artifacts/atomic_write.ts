import { dirname } from "@std/path";
import { ArtifactError } from "./artifact_error.ts";

/** A large file in pieces, then filled up with zeros to a length. */
export interface ChunkedContent {
  /** The pieces, in order. */
  readonly chunks: Iterable<Uint8Array>;
  /** Length of the file; file systems need no space for the zeros at its end. */
  readonly bytes: number;
}

/** What goes into a file: as a whole, or in pieces. */
export type FileContent = Uint8Array | string | ChunkedContent;

/**
 * Writes a file as a whole or not at all: the content goes to a temporary file in the same folder,
 * which then takes the name. Missing folders are made.
 *
 * @throws {ArtifactError} When the folder cannot be made or the file cannot be written; or the error of
 * a piece that cannot be made.
 */
export async function atomicWrite(path: string, content: FileContent): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await writeNew(temporary, content);
    await Deno.rename(temporary, path);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    // What is wrong with the pieces themselves says how to mend it; the file is not to blame.
    const isOurs = cause instanceof Error && "help" in cause;
    if (isOurs || cause instanceof Deno.errors.NotCapable) throw cause;
    const why = cause instanceof Error ? cause.message.split(" (os error")[0] : String(cause);
    throw new ArtifactError(
      `cannot write: ${why}`,
      { file: path },
      "choose a folder that you may write to with --out",
      { cause },
    );
  }
}

async function writeNew(path: string, content: FileContent): Promise<void> {
  if (typeof content === "string") {
    return await Deno.writeTextFile(path, content, { createNew: true });
  }
  if (content instanceof Uint8Array) {
    return await Deno.writeFile(path, content, { createNew: true });
  }
  using file = await Deno.open(path, { write: true, createNew: true });
  for (const chunk of content.chunks) {
    for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
  }
  await file.truncate(content.bytes);
}
