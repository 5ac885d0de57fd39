import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** The closest of the known names, if it is close enough to be what was meant. */
export function nearest(text: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(text.length / 3)) + 1;
  for (const name of known) {
    const distance = levenshteinDistance(text.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** `did you mean "x"? ` or an empty string: the beginning of a help line. */
export function suggest(text: string, known: readonly string[]): string {
  const name = nearest(text, known);
  return name === undefined ? "" : `did you mean "${name}"? `;
}
