/**
 * The state of one channel as its timing table sees it: which rows are open, and from which cycle
 * on each command is legal where.
 */
import { ACT, COMMANDS, type DramTables, type DramWindow, PRE, PREA } from "./dram_tables.ts";

/** One channel of a DRAM. Banks are numbered through, as in the levels below the channel. */
export class DramTiming {
  /** Banks of the channel. */
  readonly banks: number;
  /** Nodes that are refreshed as one, such as ranks; bank / (banks / units) is a bank's unit. */
  readonly units: number;
  /** The open row of each bank; −1 for a closed bank. */
  readonly openRow: Float64Array;
  /** First legal cycle, per node and command. */
  readonly #earliest: Float64Array;
  /**
   * Which of them a command on a bank must have reached, one per level: `checksPerBank` from
   * (command · banks + bank) · `checksPerBank` on.
   */
  readonly #checks: Int32Array;
  /** At least 4. */
  readonly #checksPerBank: number;
  /** Which of them a command on a bank raises, and by how many cycles. */
  readonly #raises: readonly Int32Array[];
  readonly #raiseCycles: readonly Int32Array[];
  readonly #windows: readonly (readonly Window[])[];

  /** A channel without history; `tables` are those of the preset. */
  constructor(tables: DramTables) {
    this.banks = tables.banks;
    this.units = tables.units;
    this.openRow = new Float64Array(tables.banks).fill(-1);
    this.#earliest = new Float64Array(tables.nodes * COMMANDS.length + 1);
    this.#checks = tables.checks;
    this.#checksPerBank = tables.checksPerBank;
    this.#raises = tables.raises;
    this.#raiseCycles = tables.raiseCycles;
    this.#windows = tables.windows.map((rows) =>
      rows.map((row) => ({
        ...row,
        history: new Float64Array(tables.nodes * row.size).fill(-Infinity),
        next: new Uint8Array(tables.nodes),
      }))
    );
  }

  /** First cycle at which a command on a bank is legal; for PREA and REF any bank of the unit. */
  earliest(command: number, bank: number): number {
    const earliest = this.#earliest;
    const checks = this.#checks;
    const first = (command * this.banks + bank) * this.#checksPerBank;
    const end = first + this.#checksPerBank;
    let cycle = 0;
    for (let i = first; i < end; i++) {
      const at = earliest[checks[i]!]!;
      if (at > cycle) cycle = at;
    }
    return cycle;
  }

  /** A cycle before which a command is legal on no bank: what the channel's node, number 0, says. */
  gate(command: number): number {
    return this.#earliest[command]!;
  }

  /** Whether some bank of a unit is open. */
  isUnitOpen(unit: number): boolean {
    const size = this.banks / this.units;
    for (let bank = unit * size; bank < (unit + 1) * size; bank++) {
      if (this.openRow[bank] !== -1) return true;
    }
    return false;
  }

  /** Performs a command at a cycle; the caller has seen that it is legal. `row` matters for ACT. */
  issue(command: number, bank: number, row: number, cycle: number): void {
    const earliest = this.#earliest;
    const targets = this.#raises[command]!;
    const cycles = this.#raiseCycles[command]!;
    const count = cycles.length;
    const first = bank * count;
    for (let i = 0; i < count; i++) {
      const target = targets[first + i]!;
      const until = cycle + cycles[i]!;
      if (until > earliest[target]!) earliest[target] = until;
    }
    if (command === ACT) {
      this.openRow[bank] = row;
    } else if (command === PRE) {
      this.openRow[bank] = -1;
    } else if (command === PREA) {
      const size = this.banks / this.units;
      const firstBank = Math.floor(bank / size) * size;
      this.openRow.fill(-1, firstBank, firstBank + size);
    }
    const windows = this.#windows[command]!;
    for (let w = 0; w < windows.length; w++) {
      const { targets, nodes, cycles, size, history, next } = windows[w]!;
      const node = nodes[bank]!;
      const position = next[node]!;
      history[node * size + position] = cycle;
      const following = position + 1 === size ? 0 : position + 1;
      next[node] = following;
      const until = history[node * size + following]! + cycles; // the oldest of the window
      const target = targets[bank]!;
      if (until > earliest[target]!) earliest[target] = until;
    }
  }
}

/** A window with the last commands of every node. */
interface Window extends DramWindow {
  readonly history: Float64Array;
  readonly next: Uint8Array;
}
