import { dirname, join } from "@std/path";
import { ArtifactError } from "./artifact_error.ts";
import {
  type Artifact,
  type ArtifactData,
  type ArtifactKind,
  type BlobRef,
  ENVELOPE_VERSION,
  MADE_BY,
  type SchemaProblem,
  schemaProblems,
} from "./envelope.ts";
import { seal, sha256 } from "./hashing.ts";

/** An artifact that has been read and checked. */
export interface LoadedArtifact<K extends ArtifactKind> {
  /** The file it was read from. */
  readonly path: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  /** The whole envelope. */
  readonly artifact: Artifact<K>;
  /** What the kind holds. */
  readonly data: ArtifactData<K>;
  /**
   * Reads the blob of a role and checks its hash.
   *
   * @throws {ArtifactError} When it is missing or not the one that was recorded.
   */
  blob(role: string): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads an artifact: checks that it is JSON, of the kind, sealed and after the schema.
 *
 * @param madeBy The tasks to name in a message; all that make the kind unless given.
 * @throws {ArtifactError} Naming the file, the path inside it, what was found, what was expected
 * and which task makes a good one.
 */
export async function readArtifact<K extends ArtifactKind>(
  path: string,
  kind: K,
  madeBy = MADE_BY[kind],
): Promise<LoadedArtifact<K>> {
  const bytes = await readFile(path, `make it with: deno task ${madeBy}`);
  const again = `make it again with: deno task ${madeBy}`;
  const value = parseJson(path, new TextDecoder().decode(bytes), again);
  checkKind(path, value, kind, madeBy, again);
  await checkSeal(path, value, again);
  const [problem] = schemaProblems(kind, value);
  if (problem !== undefined) throw schemaError(path, value, problem, again);
  const artifact = value as unknown as Artifact<K>;
  return {
    path,
    sha256: await sha256(bytes),
    artifact,
    data: artifact.data,
    blob: (role) => readBlob(path, artifact.blobs, role, again),
  };
}

/**
 * Reads a file of the user's.
 *
 * @throws {ArtifactError} When it is missing or cannot be read.
 */
export async function readFile(path: string, help: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const why = cause instanceof Deno.errors.NotFound
      ? "no such file"
      : cause instanceof Error && /directory/i.test(cause.message)
      ? "this is a folder, not a file"
      : `cannot read: ${cause instanceof Error ? cause.message : cause}`;
    throw new ArtifactError(why, { file: path }, help, { cause });
  }
}

function parseJson(file: string, text: string, again: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ArtifactError(`not JSON, or cut off: ${why}`, { file }, again, { cause });
  }
  if (typeof value !== "object" || value === null || !("fourbit" in value)) {
    throw new ArtifactError(
      `not a fourbit artifact: the field "fourbit" is missing`,
      { file },
      again,
    );
  }
  return value as Record<string, unknown>;
}

function checkKind(
  file: string,
  value: Record<string, unknown>,
  kind: ArtifactKind,
  madeBy: string,
  again: string,
): void {
  if (value.fourbit !== ENVELOPE_VERSION) {
    throw new ArtifactError(
      `envelope version ${JSON.stringify(value.fourbit)}, expected ${ENVELOPE_VERSION}`,
      { file, path: "fourbit" },
      again,
    );
  }
  if (value.kind !== kind) {
    throw new ArtifactError(
      `this is an artifact of kind ${JSON.stringify(value.kind)}, expected "${kind}"`,
      { file, path: "kind" },
      `give one made with: deno task ${madeBy}`,
    );
  }
}

async function checkSeal(
  file: string,
  value: Record<string, unknown>,
  again: string,
): Promise<void> {
  const actual = await seal(value);
  if (value.sha256 !== actual) {
    throw new ArtifactError(
      `the content does not match its recorded hash: found ${actual}, expected ${value.sha256}`,
      { file, path: "sha256" },
      `${again}; or, if the edit is meant, seal it: deno task artifacts:seal ${file}`,
    );
  }
}

function schemaError(
  file: string,
  value: unknown,
  problem: SchemaProblem,
  again: string,
): ArtifactError {
  let path = "";
  let found = value;
  for (const key of problem.path) {
    path += typeof key === "number" ? `[${key}]` : path === "" ? key : `.${key}`;
    found = (found as Record<PropertyKey, unknown> | undefined)?.[key];
  }
  const shown = found === undefined ? "nothing" : JSON.stringify(found).slice(0, 60);
  return new ArtifactError(`${problem.message}, found ${shown}`, { file, path }, again);
}

async function readBlob(
  file: string,
  blobs: readonly BlobRef[],
  role: string,
  again: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const index = blobs.findIndex((blob) => blob.role === role);
  const blob = blobs[index];
  if (blob === undefined) {
    throw new ArtifactError(`no blob "${role}"`, { file, path: "blobs" }, again);
  }
  const path = join(dirname(file), blob.path);
  const bytes = await readFile(path, again);
  const actual = await sha256(bytes);
  if (actual !== blob.sha256) {
    throw new ArtifactError(
      `the content does not match the hash in ${file}#blobs[${index}]: ` +
        `found ${actual}, expected ${blob.sha256}`,
      { file: path },
      again,
    );
  }
  return bytes;
}
