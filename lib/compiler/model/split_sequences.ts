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
