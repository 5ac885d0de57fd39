import { BY_OPCODE, type Unit } from "../isa/mod.ts";
import { ARENA } from "./core_kernel.ts";

/** What one kind of instruction did in a run. */
export interface OpcodeStatistics {
  /** Its mnemonic. */
  readonly mnemonic: string;
  /** Who executes it. */
  readonly unit: Unit;
  /** Executed instructions, without one that faulted. */
  readonly executed: number;
  /** Simulated picoseconds. */
  readonly ps: number;
  /** Bytes of HBM blocks read. */
  readonly bytesRead: number;
  /** Bytes of HBM blocks written. */
  readonly bytesWritten: number;
}

/** What one unit did in a run: sums of {@linkcode OpcodeStatistics}. */
export interface UnitStatistics {
  /** The unit. */
  readonly unit: Unit;
  /** Executed instructions. */
  readonly executed: number;
  /** Simulated picoseconds. */
  readonly ps: number;
  /** Bytes of HBM blocks read. */
  readonly bytesRead: number;
  /** Bytes of HBM blocks written. */
  readonly bytesWritten: number;
}

/** Where the simulated time went; the parts sum to the latency. */
export interface TimeAttribution {
  /** Matrix, vector, scalar and control instructions. */
  readonly computePs: number;
  /** Waiting for the off-chip memory. */
  readonly dramPs: number;
  /** Waiting for data from the host. */
  readonly hostPs: number;
  /** Waiting for anything else; the machine overlaps nothing, so that this is 0. */
  readonly waitPs: number;
}

/** Running counts of a machine, by opcode. */
export class Counters {
  /** Executed instructions. */
  readonly executed: Float64Array;
  /** Picoseconds. */
  readonly ps: Float64Array;
  /** Bytes read from HBM. */
  readonly bytesRead: Float64Array = new Float64Array(64);
  /** Bytes written to HBM. */
  readonly bytesWritten: Float64Array = new Float64Array(64);

  /** Counts in a buffer of zeros, which holds those of the kernel at the places of `ARENA`. */
  constructor(buffer: ArrayBuffer = new ArrayBuffer(ARENA.block)) {
    this.executed = new Float64Array(buffer, ARENA.executed, 64);
    this.ps = new Float64Array(buffer, ARENA.ps, 64);
  }

  /** Every opcode that took part, in the order of opcodes. */
  perOpcode(): OpcodeStatistics[] {
    const rows: OpcodeStatistics[] = [];
    for (const row of BY_OPCODE) {
      if (row === undefined) continue;
      const { opcode, mnemonic, unit } = row;
      if (this.executed[opcode] === 0 && this.ps[opcode] === 0 && this.bytesRead[opcode] === 0) {
        continue;
      }
      rows.push({
        mnemonic,
        unit,
        executed: this.executed[opcode]!,
        ps: this.ps[opcode]!,
        bytesRead: this.bytesRead[opcode]!,
        bytesWritten: this.bytesWritten[opcode]!,
      });
    }
    return rows;
  }
}

/** Sums of the rows of each unit, in the order in which units first occur. */
export function sumByUnit(rows: readonly OpcodeStatistics[]): UnitStatistics[] {
  const units = new Map<Unit, UnitStatistics>();
  for (const row of rows) {
    const sum = units.get(row.unit);
    units.set(row.unit, {
      unit: row.unit,
      executed: row.executed + (sum?.executed ?? 0),
      ps: row.ps + (sum?.ps ?? 0),
      bytesRead: row.bytesRead + (sum?.bytesRead ?? 0),
      bytesWritten: row.bytesWritten + (sum?.bytesWritten ?? 0),
    });
  }
  return [...units.values()];
}
