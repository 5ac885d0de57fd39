/**
 * `deno task artifacts:seal`: gives an artifact that was edited by hand the hash of its new content.
 *
 * @module
 */
import {
  type ArtifactKind,
  atomicWrite,
  MADE_BY,
  prettyJson,
  readFile,
  schemaProblems,
  seal,
} from "../lib/artifacts/mod.ts";
import { EXIT, InputError, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { didYouMean } from "../lib/text/mod.ts";

/** What the task takes. */
export const USAGE = {
  name: "artifacts:seal",
  summary: "Record the hash of an artifact again, after an edit that is meant.",
  arguments: { artifact: { required: true, help: "the artifact, which is rewritten in place" } },
  options: {},
  examples: ["deno task artifacts:seal out/atoms.json"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const path = options.artifact;
  const text = new TextDecoder().decode(await readFile(path, "give an artifact"));
  const artifact = parse(path, text);
  const hash = await seal(artifact);
  checkSchema(path, { ...artifact, sha256: hash });
  const sealed = prettyJson({ ...artifact, sha256: hash });
  await atomicWrite(path, sealed);
  terminal.line(
    artifact.sha256 === hash ? `${path} was sealed already` : `sealed ${path}: ${hash}`,
  );
  terminal.artifact(sealed);
  return EXIT.ok;
}

/** Refuses to seal what no task could read. */
function checkSchema(file: string, artifact: Record<string, unknown>): void {
  const kind = String(artifact.kind);
  if (!isKind(kind)) {
    throw new InputError(
      `there is no kind "${kind}" of artifact`,
      `${didYouMean(kind, Object.keys(MADE_BY))}choose from ${Object.keys(MADE_BY).join(", ")}`,
      { file, path: "kind" },
    );
  }
  const [problem] = schemaProblems(kind, artifact);
  if (problem !== undefined) {
    throw new InputError(problem.message, "mend it before you seal it", {
      file,
      path: problem.path.join("."),
    });
  }
}

function isKind(kind: string): kind is ArtifactKind {
  return kind in MADE_BY;
}

function parse(file: string, text: string): Record<string, unknown> {
  const help = "give a file that a task of fourbit has written";
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null && "fourbit" in value) return value;
  } catch (cause) {
    throw new InputError(`not JSON: ${(cause as Error).message}`, help, { file }, { cause });
  }
  throw new InputError("not a fourbit artifact", help, { file });
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
