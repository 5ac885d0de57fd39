import type { YamlPosition } from "./yaml_position.ts";

/** What a parser of YAML or JSON says is wrong with a text. */
export interface SyntaxProblem {
  /** What is wrong. */
  readonly what: string;
  /** Where: a place in the text, its start if the parser says none. */
  readonly position: YamlPosition;
}

/**
 * Takes the error of a YAML or JSON parser apart.
 *
 * ```ts
 * import { syntaxProblem } from "@fourbit/fourbit/text";
 * import { assertEquals } from "@std/assert";
 *
 * const cause = new SyntaxError("unexpected end at line 3, column 1:\n    a: [");
 * const { what, position } = syntaxProblem(cause, "b: 1\na: [");
 * assertEquals(what, "unexpected end");
 * assertEquals(position, { line: 2, column: 5 }); // the text has no line 3
 * ```
 *
 * @param cause What the parser threw.
 * @param text What it was given.
 */
export function syntaxProblem(cause: unknown, text: string): SyntaxProblem {
  const message = cause instanceof Error ? cause.message : String(cause);
  const found = /^(.*?)(?: in JSON)? at (?:position \d+ \()?line (\d+),? column (\d+)/s.exec(
    message,
  );
  const lines = text.split("\n");
  let [line, column] = [Number(found?.[2] ?? 1), Number(found?.[3] ?? 1)];
  // A parser of YAML ends a text that is cut off with a line break of its own.
  if (line > lines.length) [line, column] = [lines.length, lines.at(-1)!.length + 1];
  return { what: found?.[1] ?? message, position: { line, column } };
}
