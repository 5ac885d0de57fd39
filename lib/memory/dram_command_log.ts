/** The commands that a DRAM was given, as a list and as CSV. */
import type { DramCommand, DramPreset } from "./dram_preset.ts";

/** One command. */
export interface DramCommandRecord {
  /** When, in cycles of the preset. */
  readonly cycle: number;
  /** What. */
  readonly command: DramCommand;
  /** The node of the first level. */
  readonly channel: number;
  /** The bank, numbered through its channel; for PREA and REF the first of theirs. */
  readonly bank: number;
  /** The row of ACT, RD and WR; −1 for the others. */
  readonly row: number;
  /** The column of RD and WR, in requests; −1 for the others. */
  readonly column: number;
}

/**
 * Writes commands as CSV, one column per level of the preset: `cycle,command,channel,rank,bank,row,
 * column`. Of each channel they come in order; where a command has no row or column the cell is
 * empty.
 */
export function formatCommandLog(
  log: readonly DramCommandRecord[],
  preset: DramPreset,
): string {
  const levels = preset.levels.slice(1);
  const names = preset.levels.map(({ name }) => name);
  const lines = log.map(({ cycle, command, channel, bank, row, column }) => {
    const place: number[] = [];
    let rest = bank;
    for (const { count } of levels.toReversed()) {
      place.unshift(rest % count);
      rest = Math.floor(rest / count);
    }
    const cells = [row, column].map((value) => value < 0 ? "" : value);
    return `${[cycle, command, channel, ...place, ...cells].join(",")}\n`;
  });
  return `${["cycle", "command", ...names, "row", "column"].join(",")}\n${lines.join("")}`;
}
