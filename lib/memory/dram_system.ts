/** All channels of a DRAM, and the one clock that they share. */
import { DramAddress } from "./dram_address.ts";
import { DramChannel } from "./dram_channel.ts";
import type { DramPreset } from "./dram_preset.ts";
import type { DramCommandRecord } from "./dram_command_log.ts";
import { COMMANDS, dramTables } from "./dram_tables.ts";

/**
 * The channels of a DRAM. They meet nowhere but in the requests that they are offered, so each
 * performs its cycles when its state is asked for, and may lie behind `cycle` until then.
 */
export class DramSystem {
  /** Cycles performed so far: what a channel must have reached before it is offered a request. */
  cycle = 0;
  /** Where requests go. */
  readonly address: DramAddress;
  /** The channels. */
  readonly channels: readonly DramChannel[];

  /** A DRAM in its first cycle. */
  constructor(preset: DramPreset) {
    this.address = new DramAddress(preset);
    const count = preset.levels[0]!.count;
    const tables = dramTables(preset);
    this.channels = Array.from({ length: count }, () => new DramChannel(preset, tables));
  }

  /** Hands over every command from now on; of each channel they come in order. */
  listen(onCommand: (record: DramCommandRecord) => void): void {
    this.channels.forEach((channel, number) => {
      channel.listener = (cycle, command, bank, row, column): void =>
        onCommand({ cycle, command: COMMANDS[command]!, channel: number, bank, row, column });
    });
  }

  /** Performs cycles until every accepted read has completed, if some have not. */
  finishReads(): void {
    for (const channel of this.channels) {
      const last = channel.advanceToLastRead();
      if (last > this.cycle) this.cycle = last;
    }
  }

  /** Counters of all channels: sums, and for peaks the highest of a channel. */
  statistics(): Record<string, number> {
    const sums: Record<string, number> = {};
    let waitingWrites = 0;
    for (const channel of this.channels) {
      channel.advance(this.cycle);
      waitingWrites += channel.waitingWrites;
      for (const [name, value] of Object.entries(channel.counters)) {
        const sum = sums[name] ?? 0;
        sums[name] = name.startsWith("peak") ? Math.max(sum, value) : sum + value;
      }
    }
    return { ...sums, waitingWrites, cycles: this.cycle };
  }
}
