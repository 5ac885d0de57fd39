import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * The known name that was probably meant: the one with the fewest single-letter edits, if those are
 * at most a third of the letters. Upper and lower case are the same.
 */
export function nearestName<N extends string>(text: string, known: readonly N[]): N | undefined {
  let best: N | undefined;
  let bestDistance = Math.max(1, Math.floor(text.length / 3)) + 1;
  for (const name of known) {
    const distance = levenshteinDistance(text.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** `did you mean "x"? ` or an empty string: the beginning of a help line. */
export function didYouMean(text: string, known: readonly string[]): string {
  const name = nearestName(text, known);
  return name === undefined ? "" : `did you mean "${name}"? `;
}
