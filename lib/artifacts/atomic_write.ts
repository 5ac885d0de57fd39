import { dirname } from "@std/path";
import { ArtifactError } from "./artifact_error.ts";

/**
 * Writes a file as a whole or not at all: the content goes to a temporary file in the same folder,
 * which then takes the name. Missing folders are made.
 *
 * @throws {ArtifactError} When the folder cannot be made or the file cannot be written.
 */
export async function atomicWrite(path: string, content: Uint8Array | string): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(temporary, bytes, { createNew: true });
    await Deno.rename(temporary, path);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    const why = cause instanceof Error ? cause.message.split(" (os error")[0] : String(cause);
    throw new ArtifactError(
      `cannot write: ${why}`,
      { file: path },
      "choose a folder that you may write to with --out",
      { cause },
    );
  }
}
