import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical_json.ts";

/** Above so many bytes the copy that Web Crypto makes of them is too much. */
const LARGE_BYTES = 2 ** 28;

/** SHA-256 of bytes or text, as 64 hexadecimal digits. */
export async function sha256(content: Uint8Array | string): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  if (bytes.length > LARGE_BYTES) {
    const hash = createHash("sha256");
    for (let at = 0; at < bytes.length; at += LARGE_BYTES) {
      hash.update(bytes.subarray(at, at + LARGE_BYTES));
    }
    return hash.digest("hex");
  }
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return new Uint8Array(digest).toHex();
}

/** SHA-256 of a file of any size, read piece by piece. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const piece of file.readable) hash.update(piece);
  return hash.digest("hex");
}

/**
 * The seal of an artifact: the SHA-256 of its JSON without the field `sha256`, with sorted keys and
 * no white space. An edit by hand or a cut-off file does not pass unnoticed.
 */
export function seal(artifact: Readonly<Record<string, unknown>>): Promise<string> {
  return sha256(canonicalJson({ ...artifact, sha256: undefined }));
}
