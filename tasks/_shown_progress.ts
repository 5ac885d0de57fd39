/**
 * Test vocabulary: what progress bars show on a terminal.
 *
 * @module
 */

/**
 * What bars on stderr show while something is done, if a second passes at every look at the clock. What
 * it says on stdout is dropped.
 */
export async function shownProgress(action: () => unknown): Promise<string> {
  const { stderr } = Deno;
  const { console: stdout } = globalThis;
  const saved = [stderr.isTerminal, stderr.writeSync, performance.now, stdout.log] as const;
  let text = "";
  let nowMs = 0;
  try {
    stderr.isTerminal = () => true;
    stderr.writeSync = (bytes) => {
      text += new TextDecoder().decode(bytes);
      return bytes.length;
    };
    performance.now = () => nowMs += 1000;
    stdout.log = () => {};
    await action();
  } finally {
    [stderr.isTerminal, stderr.writeSync, performance.now, stdout.log] = saved;
  }
  return text;
}

/** The bars in it, each with its label and its last percentage, in their order. */
export function bars(text: string): string[] {
  return text.split("\r\x1b[2K").filter(Boolean)
    .map((bar) => bar.split("\r").at(-1)!.replace(/ [█░]+/, ""));
}
