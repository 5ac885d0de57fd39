import { CompileError } from "../compile_error.ts";
import type { DecoderTarget } from "./plan.ts";

/**
 * The sequences of a plan, of tokens that have one after the other, as the INT SRAM does.
 *
 * @throws {CompileError} When they cannot all be as long.
 */
export function splitSequences(
  { batch }: DecoderTarget,
  tokens: readonly number[],
): (readonly number[])[] {
  const rows = tokens.length / batch;
  if (!Number.isInteger(rows)) {
    throw new CompileError(
      `${tokens.length} tokens are not ${batch} sequences of one length`,
      "fill up shorter texts, or plan for another batch",
    );
  }
  return Array.from({ length: batch }, (_, i) => tokens.slice(i * rows, (i + 1) * rows));
}

/** Values of several sequences, one sequence after the other. */
export function joinSequences(parts: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
