/** What a DRAM does with a trace of requests. */
import type { DramCommandRecord } from "./dram_command_log.ts";
import type { DramPreset } from "./dram_preset.ts";
import { DramSystem } from "./dram_system.ts";
import type { TraceRow } from "./dram_trace.ts";

/** A trace that has been run. */
export interface ReplayedTrace {
  /** The rows, with the cycles of this run. */
  readonly rows: TraceRow[];
  /** Row hits, conflicts, queue peaks and the like. */
  readonly statistics: Record<string, number>;
}

/** How a trace is run. */
export interface ReplayOptions {
  /** Told every command; of each channel they come in order. The schedule stays the same. */
  readonly onCommand?: (record: DramCommandRecord) => void;
}

/**
 * Runs a trace on a fresh DRAM. Requests are offered in the order of the list: in each cycle all
 * whose `wantCycle` has come, up to the first that is refused, which holds back the ones behind it;
 * then the DRAM performs the cycle. A row is one transfer of `preset.requestBytes`, the one that
 * contains its address.
 *
 * Addresses are exact below 2^53.
 */
export function replayTrace(
  rows: readonly TraceRow[],
  preset: DramPreset,
  { onCommand }: ReplayOptions = {},
): ReplayedTrace {
  const system = new DramSystem(preset);
  if (onCommand !== undefined) system.listen(onCommand);
  const { address, channels } = system;
  const lowSize = 2 ** address.lowBits;
  const completions = new Float64Array(rows.length);
  for (const channel of channels) channel.completions = completions;
  const acceptCycles = new Float64Array(rows.length);

  for (let i = 0; i < rows.length; i++) {
    const { address: at, write, wantCycle } = rows[i]!;
    const request = Math.floor(at / preset.requestBytes);
    const high = Math.floor(request / lowSize);
    const low = request - high * lowSize;
    const bank = address.bank[low]!;
    const row = address.row(high, low);
    const column = address.column[low]!;
    const channel = channels[address.channel[low]!]!;
    if (system.cycle < wantCycle) system.cycle = wantCycle;
    channel.advance(system.cycle);
    if (write) {
      if (!channel.offerWrite(bank, row, column)) {
        system.cycle = channel.advanceToWriteRoom(system.cycle + 1);
        channel.offerWrite(bank, row, column);
      }
    } else if (!channel.offerRead(bank, row, column, i)) {
      system.cycle = channel.advanceToReadRoom(system.cycle + 1);
      channel.offerRead(bank, row, column, i);
    }
    acceptCycles[i] = system.cycle;
  }
  system.finishReads();
  return {
    rows: rows.map((row, i) => ({
      address: row.address,
      write: row.write,
      wantCycle: row.wantCycle,
      acceptCycle: acceptCycles[i]!,
      doneCycle: row.write ? -1 : completions[i]! - 1, // cycle k is performed at time k − 1
    })),
    statistics: system.statistics(),
  };
}
