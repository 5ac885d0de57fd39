import { BY_OPCODE, type Unit } from "../isa/mod.ts";
import type { ExecutedInstruction } from "./machine_options.ts";

/** Which instructions a trace holds. */
export interface TraceOptions {
  /** At most so many instructions; 100,000 if left out. */
  readonly maxInstructions?: number;
  /** Only instructions that start at this time or later, in picoseconds. */
  readonly fromPs?: number;
  /** Only instructions that start before this time, in picoseconds. */
  readonly toPs?: number;
}

/** The tracks of a trace, from top to bottom. */
const TRACKS: readonly Unit[] = [
  "matrix",
  "vector",
  "scalar-fp",
  "scalar-int",
  "memory",
  "control",
];

/** One event of the Chrome trace-event format; times are microseconds. */
export interface TraceEvent {
  /** Mnemonic, or what a metadata event names. */
  readonly name: string;
  /** `X` for an instruction, `M` for the name of a track. */
  readonly ph: "X" | "M";
  /** Always 1. */
  readonly pid: number;
  /** Number of the track. */
  readonly tid: number;
  /** The unit. */
  readonly cat?: string;
  /** Start, in microseconds. */
  readonly ts?: number;
  /** Duration, in microseconds. */
  readonly dur?: number;
  /** The pc and, for transfers, bytes; the name of a track. */
  readonly args: Readonly<Record<string, string | number>>;
}

/**
 * Collects a run as Chrome trace events, one track per unit: hand {@linkcode TraceCollector.record}
 * to `onInstruction`, write {@linkcode TraceCollector.toJson} to a file and open it in Perfetto.
 */
export class TraceCollector {
  readonly #limit: number;
  readonly #fromPs: number;
  readonly #toPs: number;
  readonly #events: TraceEvent[] = [];
  #dropped = 0;
  #bytesRead = 0;
  #bytesWritten = 0;

  /** A collector of the instructions that the options name. */
  constructor(options: TraceOptions = {}) {
    this.#limit = options.maxInstructions ?? 100_000;
    this.#fromPs = options.fromPs ?? 0;
    this.#toPs = options.toPs ?? Infinity;
  }

  /** Instructions in the window that the limit left out. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one executed instruction. */
  readonly record = (instruction: ExecutedInstruction): void => {
    const { pc, opcode, startPs, endPs, bytesRead, bytesWritten } = instruction;
    const read = bytesRead - this.#bytesRead;
    const written = bytesWritten - this.#bytesWritten;
    this.#bytesRead = bytesRead;
    this.#bytesWritten = bytesWritten;
    if (startPs < this.#fromPs || startPs >= this.#toPs) return;
    if (this.#events.length >= this.#limit) {
      this.#dropped++;
      return;
    }
    const row = BY_OPCODE[opcode];
    if (row === undefined) return;
    this.#events.push({
      name: row.mnemonic,
      cat: row.unit,
      ph: "X",
      ts: startPs / 1e6,
      dur: (endPs - startPs) / 1e6,
      pid: 1,
      tid: TRACKS.indexOf(row.unit) + 1,
      args: read + written === 0 ? { pc } : { pc, bytesRead: read, bytesWritten: written },
    });
  };

  /** The events, names of the tracks first. */
  events(): TraceEvent[] {
    const names: TraceEvent[] = TRACKS.map((unit, i) => ({
      name: "thread_name",
      ph: "M",
      pid: 1,
      tid: i + 1,
      args: { name: unit },
    }));
    return [
      { name: "process_name", ph: "M", pid: 1, tid: 0, args: { name: "PLENA" } },
      ...names,
      ...this.#events,
    ];
  }

  /** The trace as a JSON file, one event per line. */
  toJson(): string {
    const lines = this.events().map((event) => JSON.stringify(event));
    return `{"displayTimeUnit":"ns","traceEvents":[\n${lines.join(",\n")}\n]}\n`;
  }
}
