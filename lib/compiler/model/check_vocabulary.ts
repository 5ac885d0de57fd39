import { CompileError } from "../compile_error.ts";

/**
 * Refuses tokens that a model does not have.
 *
 * @throws {CompileError} When a token is not a whole number from 0 to below `vocabulary`.
 */
export function checkVocabulary(tokens: readonly number[], vocabulary: number): void {
  const isKnown = (token: number): boolean =>
    Number.isInteger(token) && token >= 0 && token < vocabulary;
  const foreign = tokens.find((token) => !isKnown(token));
  if (foreign === undefined) return;
  throw new CompileError(
    `token ${foreign} is not of the vocabulary of ${vocabulary}`,
    `give tokens from 0 to ${vocabulary - 1}`,
  );
}
