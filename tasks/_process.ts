/**
 * Test vocabulary: running a task as a user does, as a process of its own, in a folder of its own.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const CONFIG = `${ROOT}deno.json`;

/** The folder of fixtures, which examples name relative to the checkout. */
export const FIXTURES = `${ROOT}fixtures`;

/** What `deno.json` says about a task. */
export interface TaskEntry {
  readonly description: string;
  readonly command: string;
}

/** The tasks of `deno.json`. */
export const TASKS: Readonly<Record<string, TaskEntry>> =
  JSON.parse(Deno.readTextFileSync(CONFIG)).tasks;

/** Names of the tasks that run a file of this folder. */
export const FILE_TASKS: readonly string[] = Object.keys(TASKS).filter((name) =>
  // kernels:build fetches a compiler of a hundred megabytes.
  TASKS[name]!.command.includes(" tasks/") && name !== "kernels:build"
);

/** How a process ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a task with the command and the permissions of `deno.json`, in a folder. */
export async function runTaskIn(
  folder: string,
  name: string,
  args: readonly string[],
): Promise<Outcome> {
  const words = TASKS[name]!.command.split(" ").slice(1).map((word) =>
    word.startsWith("tasks/") ? `${ROOT}${word}` : word
  );
  const [subcommand, ...rest] = words;
  const output = await new Deno.Command(Deno.execPath(), {
    args: [subcommand!, "--quiet", `--config=${CONFIG}`, ...rest, ...args],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code: output.code, stdout: decode(output.stdout), stderr: decode(output.stderr) };
}

/** Splits a command line at blanks; quotes are not known. */
export function wordsOf(line: string): string[] {
  return line.split(/\s+/).filter(Boolean);
}

/** Every file below a folder with its content, by path. */
export function filesBelow(folder: string, prefix = ""): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) {
      for (const [key, value] of filesBelow(path, `${prefix}${name}/`)) files.set(key, value);
    } else files.set(prefix + name, Deno.readFileSync(path));
  }
  return files;
}

/** Runs a test in a new folder that is removed afterwards. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
