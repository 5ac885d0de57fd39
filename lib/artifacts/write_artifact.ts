import { basename, dirname, join, relative } from "@std/path";
import { atomicWrite } from "./atomic_write.ts";
import { prettyJson } from "./canonical_json.ts";
import {
  type Artifact,
  type ArtifactData,
  type ArtifactKind,
  ENVELOPE_VERSION,
  schemaPath,
  schemaProblems,
} from "./envelope.ts";
import { seal, sha256 } from "./hashing.ts";

/** The version of fourbit, as artifacts record it. */
export const VERSION = "0.1.0";

/** A file to be written beside the artifact. */
export interface NewBlob {
  /** What the file holds. */
  readonly role: string;
  /** Name of the file, in the folder of the artifact. */
  readonly path: string;
  /** What goes into it. */
  readonly content: Uint8Array | string;
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
  /** Files it was made from: path as the user gave it, and hash. */
  readonly inputs?: readonly { role: string; path: string; sha256: string }[];
  /** Files that belong to it. */
  readonly blobs?: readonly NewBlob[];
  /** What the kind holds. */
  readonly data: ArtifactData<K>;
}

/**
 * Writes an artifact and its blobs. The blobs go first, so a reader never sees an artifact whose
 * blobs are missing. The same content gives the same bytes.
 *
 * @returns The JSON text that was written.
 * @throws {ArtifactError} When a file cannot be written.
 */
export async function writeArtifact<K extends ArtifactKind>(
  path: string,
  kind: K,
  content: NewArtifact<K>,
): Promise<string> {
  const folder = dirname(path);
  const blobs = await Promise.all(
    (content.blobs ?? []).map(async ({ role, path, content, dtype, shape }) => {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      return {
        role,
        path: basename(path),
        sha256: await sha256(bytes),
        bytes: bytes.length,
        ...(dtype === undefined ? {} : { dtype }),
        ...(shape === undefined ? {} : { shape: [...shape] }),
      };
    }),
  );
  const unsealed: Omit<Artifact<K>, "sha256"> = {
    $schema: schemaPath(kind),
    fourbit: ENVELOPE_VERSION,
    kind,
    producer: { task: content.task, version: VERSION, options: content.options },
    inputs: (content.inputs ?? []).map(({ role, path, sha256 }) => ({
      role,
      path: relative(folder, path).replaceAll("\\", "/"),
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
    await atomicWrite(join(folder, basename(blob.path)), blob.content);
  }
  await atomicWrite(path, text);
  return text;
}
