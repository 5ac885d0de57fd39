import { createHash } from "node:crypto";
import { basename, dirname, join, relative, resolve } from "@std/path";
import { ArtifactError } from "./artifact_error.ts";
import { atomicWrite, type ChunkedContent, type FileContent } from "./atomic_write.ts";
import { prettyJson } from "./canonical_json.ts";
import {
  type Artifact,
  type ArtifactData,
  type ArtifactKind,
  type BlobRef,
  ENVELOPE_VERSION,
  jsonSchema,
  schemaPath,
  schemaProblems,
} from "./envelope.ts";
import { seal, sha256 } from "./hashing.ts";

/** The version of fourbit, as artifacts record it. */
export const VERSION = "0.1.0";

/** The beginning of the path of a file that comes with fourbit, wherever that is installed. */
export const OWN_FILE = "fourbit:";

/** A file to be written beside the artifact. */
export interface NewBlob {
  /** What the file holds. */
  readonly role: string;
  /** Name of the file, in the folder of the artifact. */
  readonly path: string;
  /** What goes into it; in pieces, it is written while they are made, and is never in memory whole. */
  readonly content: FileContent;
  /** Element type, when it is one array. */
  readonly dtype?: string;
  /** Shape, when it is one array. */
  readonly shape?: readonly number[];
}

/** What an artifact is made of. */
export interface NewArtifact<K extends ArtifactKind> {
  /** Name of the task. */
  readonly task: string;
  /** The options that shape the result; not where it goes. */
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * Files it was made from: path as the user gave it, and hash. A path that begins with
   * {@linkcode OWN_FILE} is recorded as it is.
   */
  readonly inputs?: readonly { role: string; path: string; sha256: string }[];
  /** Files that belong to it. */
  readonly blobs?: readonly NewBlob[];
  /** What the kind holds. */
  readonly data: ArtifactData<K>;
}

/**
 * Writes an artifact with its blobs, and beside it the schema that it names. The blobs go first, so
 * a reader never sees an artifact whose blobs are missing. The same content gives the same bytes.
 *
 * @returns The JSON text that was written.
 * @throws {ArtifactError} When the name does not end in `.json`, is that of an input, or a file
 * cannot be written.
 */
export async function writeArtifact<K extends ArtifactKind>(
  path: string,
  kind: K,
  content: NewArtifact<K>,
): Promise<string> {
  const folder = dirname(path);
  checkName(path, content.inputs ?? []);
  const blobs: BlobRef[] = [];
  for (const { role, path, content: blob, dtype, shape } of content.blobs ?? []) {
    blobs.push({
      role,
      path: basename(path),
      ...await hashed(join(folder, basename(path)), blob),
      ...(dtype === undefined ? {} : { dtype }),
      ...(shape === undefined ? {} : { shape: [...shape] }),
    });
  }
  const unsealed: Omit<Artifact<K>, "sha256"> = {
    $schema: schemaPath(kind),
    fourbit: ENVELOPE_VERSION,
    kind,
    producer: { task: content.task, version: VERSION, options: content.options },
    inputs: (content.inputs ?? []).map(({ role, path, sha256 }) => ({
      role,
      path: path.startsWith(OWN_FILE) ? path : relative(folder, path).replaceAll("\\", "/"),
      sha256,
    })),
    blobs,
    data: content.data,
  };
  const artifact = { ...unsealed, sha256: await seal(unsealed) };
  const [problem] = schemaProblems(kind, artifact);
  if (problem !== undefined) {
    throw new TypeError(`${kind}: ${problem.path.join(".")}: ${problem.message}`);
  }
  const text = prettyJson(artifact);
  for (const blob of content.blobs ?? []) {
    if (!isChunked(blob.content)) {
      await atomicWrite(join(folder, basename(blob.path)), blob.content);
    }
  }
  await atomicWrite(path, text);
  await atomicWrite(join(folder, schemaPath(kind)), prettyJson(jsonSchema(kind)));
  return text;
}

function isChunked(content: FileContent): content is ChunkedContent {
  return typeof content === "object" && "chunks" in content;
}

/** Hash and length of what goes into a file. A file in pieces is written here: they come only once. */
async function hashed(
  path: string,
  content: FileContent,
): Promise<{ sha256: string; bytes: number }> {
  if (isChunked(content)) {
    const hash = createHash("sha256");
    await atomicWrite(path, { chunks: told(content, hash), bytes: content.bytes });
    return { sha256: hash.digest("hex"), bytes: content.bytes };
  }
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { sha256: await sha256(bytes), bytes: bytes.length };
}

/** The pieces, after a hash has been told of each, and the zeros behind them. */
function* told(
  { chunks, bytes }: ChunkedContent,
  hash: { update(piece: Uint8Array): unknown },
): Generator<Uint8Array> {
  let length = 0;
  for (const chunk of chunks) {
    hash.update(chunk);
    length += chunk.length;
    yield chunk;
  }
  const zeros = new Uint8Array(2 ** 16);
  for (; length < bytes; length += zeros.length) {
    hash.update(zeros.subarray(0, Math.min(zeros.length, bytes - length)));
  }
}

function checkName(file: string, inputs: readonly { readonly path: string }[]): void {
  if (!file.endsWith(".json")) {
    throw new ArtifactError(
      "the name of an artifact ends in .json",
      { file },
      "choose such a name with --out",
    );
  }
  if (inputs.some(({ path }) => resolve(path) === resolve(file))) {
    throw new ArtifactError(
      "the artifact would replace the file that it is made from",
      { file },
      "choose another name with --out",
    );
  }
}
