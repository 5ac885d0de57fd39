/** A word of a BLIF text and where it stands. */
export interface BlifWord {
  /** The word. */
  readonly text: string;
  /** Line, from 1. */
  readonly line: number;
  /** Column, from 1. */
  readonly column: number;
}

/** Logical lines of words: comments are cut off, lines that end in a backslash continued. */
export function blifLines(text: string): BlifWord[][] {
  const lines: BlifWord[][] = [];
  let words: BlifWord[] = [];
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const comment = raw.indexOf("#");
    const bare = comment < 0 ? raw : raw.slice(0, comment);
    const continues = /\\\s*$/.test(bare);
    const part = continues ? bare.replace(/\\\s*$/, "") : bare;
    for (const { 0: word, index: at } of part.matchAll(/\S+/g)) {
      words.push({ text: word, line: index + 1, column: at + 1 });
    }
    if (continues) continue;
    if (words.length > 0) lines.push(words);
    words = [];
  }
  if (words.length > 0) lines.push(words);
  return lines;
}
