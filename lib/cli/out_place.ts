import { dirname } from "@std/path";
import { InputError } from "./errors.ts";

/**
 * Refuses a place where nothing can be written: a file that is a folder, a folder that is a file, and
 * either below a file. It is asked before the work, which would be lost; missing folders can be made.
 *
 * @param flag The option that names the place, for the message.
 * @throws {InputError} With the place.
 */
export function checkPlace(path: string, kind: "file" | "folder", flag: string): void {
  if (kind === "file" && isFolder(path) === true) {
    throw new InputError(
      "cannot write: this is a folder, not a file",
      `choose the name of a file with ${flag}`,
      { file: path },
    );
  }
  // What there is of the path to the folder must be folders.
  let at = kind === "file" ? dirname(path) : path;
  while (isFolder(at) === undefined && dirname(at) !== at) at = dirname(at);
  if (isFolder(at) === false) {
    throw new InputError(
      `cannot write: ${at === path ? "this" : at} is a file, not a folder`,
      `choose a folder that you may write to with ${flag}`,
      { file: path },
    );
  }
}

/** Whether something is a folder; undefined where there is nothing, or nothing to be learned. */
function isFolder(path: string): boolean | undefined {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return undefined;
  }
}
