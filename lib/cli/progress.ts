const BAR_WIDTH = 30;
const SHOW_AFTER_MS = 1000;
const REDRAW_MS = 100;

/** How far a long step is. */
export interface Progress {
  /** Tells how many of the total are done. */
  update(done: number): void;
  /** Removes the bar. */
  end(): void;
}

/**
 * Draws a progress bar on stderr if the step takes more than a second and stderr is a terminal.
 * Call `update` as often as convenient: it draws ten times a second at most.
 */
export function startProgress(label: string, total: number, quiet: boolean): Progress {
  if (quiet || !Deno.stderr.isTerminal()) return { update: () => {}, end: () => {} };
  const startMs = performance.now();
  let drawnMs = 0;
  const write = (text: string): void => {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  };
  return {
    update(done: number): void {
      const nowMs = performance.now();
      if (nowMs - startMs < SHOW_AFTER_MS || nowMs - drawnMs < REDRAW_MS) return;
      drawnMs = nowMs;
      write(`\r${formatProgress(label, done, total)}`);
    },
    end(): void {
      if (drawnMs > 0) write("\r\x1b[2K");
    },
  };
}

/** One line: label, bar and percentage. */
export function formatProgress(label: string, done: number, total: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const filled = Math.round(share * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  return `${label} ${bar} ${Math.floor(share * 100)} %`;
}
