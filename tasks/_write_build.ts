/**
 * Writing a build folder over an earlier one.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "@std/path";
import { type NewArtifact, writeArtifact } from "../lib/artifacts/mod.ts";
import { InputError, isUserError } from "../lib/cli/mod.ts";
import { readBuild } from "./_program.ts";

/**
 * Writes `program.json` with its files, and then removes those files of the build that was there before
 * that are none of this one: tools that go by names would take them for files of it.
 *
 * @returns The JSON text that was written.
 * @throws {ArtifactError} As {@linkcode writeArtifact} does.
 * @throws {InputError} When an earlier file cannot be removed.
 */
export async function writeBuild<K extends "program" | "model">(
  path: string,
  kind: K,
  content: NewArtifact<K>,
): Promise<string> {
  const earlier = await earlierFiles(path);
  const text = await writeArtifact(path, kind, content);
  const folder = dirname(path);
  const kept = new Set([
    path,
    ...(content.blobs ?? []).map((blob) => join(folder, basename(blob.path))),
    // An earlier file may be what this build was made from, as settings.toml.
    ...(content.inputs ?? []).map((input) => input.path),
  ].map((file) => resolve(file)));
  for (const file of earlier) {
    if (!kept.has(resolve(file))) await removeFile(file);
  }
  return text;
}

/** The files that a build in the place of a new one has in its folder; none if it is no build. */
async function earlierFiles(path: string): Promise<string[]> {
  try {
    const { blobs } = (await readBuild(path)).artifact;
    return blobs.filter((blob) => isName(blob.path)).map((blob) => join(dirname(path), blob.path));
  } catch (error) {
    if (!isUserError(error)) throw error;
    return [];
  }
}

/** Whether a path is that of a file in the folder itself. */
function isName(path: string): boolean {
  return path === basename(path) && !["", ".", ".."].includes(path);
}

async function removeFile(file: string): Promise<void> {
  try {
    const { isDirectory } = await Deno.lstat(file);
    if (!isDirectory) await Deno.remove(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw new InputError(
      "cannot remove this file of the build that was here before",
      "remove it, or choose another folder with --out",
      { file },
      { cause },
    );
  }
}
