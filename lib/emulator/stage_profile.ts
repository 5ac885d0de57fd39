import type { ExecutedInstruction } from "./machine_options.ts";
import { type Stage, type StageLabel, STAGES } from "./stage_labels.ts";

/** What the instructions of one stage did. */
export interface StageSums {
  /** Executed instructions. */
  instructions: number;
  /** Simulated seconds, added up in the order of execution as the public profile does. */
  seconds: number;
  /** Bytes of HBM blocks read. */
  hbmBytesRead: number;
  /** Bytes of HBM blocks written. */
  hbmBytesWritten: number;
}

const CAVEAT =
  "Stage and routed-pair labels are derived from generated ASM comments. Time and HBM bytes are attributed by dynamically executed opcode. Bytes are measured from the global HBM stats delta before/after each opcode. Pair labels identify static routed pair slots, not necessarily unique expert IDs without joining the routing dump.";

function noSums(): StageSums {
  return { instructions: 0, seconds: 0, hbmBytesRead: 0, hbmBytesWritten: 0 };
}

/** A table of sums for every stage. */
type StageTable = Record<Stage, StageSums>;

function noTable(): StageTable {
  return Object.fromEntries(STAGES.map((stage) => [stage, noSums()])) as StageTable;
}

/**
 * Collects the public stage profile of a run: hand {@linkcode StageProfiler.record} to
 * `onInstruction`, then write {@linkcode StageProfiler.toJson}.
 */
export class StageProfiler {
  readonly #labels: readonly StageLabel[];
  readonly #total: StageSums = noSums();
  readonly #stages: StageTable = noTable();
  readonly #pairs = new Map<number, { sums: StageSums; stages: StageTable }>();
  #bytesRead = 0;
  #bytesWritten = 0;

  /** A profiler of a program whose instructions carry these labels. */
  constructor(labels: readonly StageLabel[]) {
    this.#labels = labels;
  }

  /** Counts one executed instruction; a pc without a label is stage `other`. */
  readonly record = (instruction: ExecutedInstruction): void => {
    const label = this.#labels[instruction.pc];
    const seconds = instruction.endPs / 1e12 - instruction.startPs / 1e12;
    const read = instruction.bytesRead - this.#bytesRead;
    const written = instruction.bytesWritten - this.#bytesWritten;
    this.#bytesRead = instruction.bytesRead;
    this.#bytesWritten = instruction.bytesWritten;
    const stage = label?.stage ?? "other";
    const sums = [this.#total, this.#stages[stage]];
    if (label?.pair !== undefined) {
      let pair = this.#pairs.get(label.pair);
      if (pair === undefined) {
        pair = { sums: noSums(), stages: noTable() };
        this.#pairs.set(label.pair, pair);
      }
      sums.push(pair.sums, pair.stages[stage]);
    }
    for (const sum of sums) {
      sum.instructions++;
      sum.seconds += seconds;
      sum.hbmBytesRead += read;
      sum.hbmBytesWritten += written;
    }
  };

  /** Copies of the sums of every stage. */
  stages(): Record<Stage, StageSums> {
    return structuredClone(this.#stages);
  }

  /** The profile as the public emulator writes it, key for key and digit for digit. */
  toJson(): string {
    const total = this.#total;
    const stage = (sums: StageSums): Json => ({
      instructions: `${sums.instructions}`,
      seconds: formatFloat(sums.seconds),
      instruction_fraction: formatFraction(sums.instructions, total.instructions),
      time_fraction: formatFraction(sums.seconds, total.seconds),
      hbm_bytes_read: `${sums.hbmBytesRead}`,
      hbm_bytes_written: `${sums.hbmBytesWritten}`,
    });
    const plain = (sums: StageSums): Json => ({
      instructions: `${sums.instructions}`,
      seconds: formatFloat(sums.seconds),
      hbm_bytes_read: `${sums.hbmBytesRead}`,
      hbm_bytes_written: `${sums.hbmBytesWritten}`,
    });
    const perStage = (table: StageTable, format: (sums: StageSums) => Json): Json =>
      Object.fromEntries(STAGES.map((name) => [name, format(table[name])]));
    const pairs = [...this.#pairs].sort(([a], [b]) => a - b);
    return formatJson({
      schema_version: "1",
      label_count: `${this.#labels.length}`,
      total_instructions_executed: `${total.instructions}`,
      total_profiled_seconds: formatFloat(total.seconds),
      total_hbm_bytes_read: `${total.hbmBytesRead}`,
      total_hbm_bytes_written: `${total.hbmBytesWritten}`,
      stages: perStage(this.#stages, stage),
      pairs: Object.fromEntries(
        pairs.map(([id, { sums, stages }]) => [
          `${id}`,
          { ...plain(sums), stages: perStage(stages, plain) },
        ]),
      ),
      caveat: JSON.stringify(CAVEAT),
    }) + "\n";
  }
}

/** Objects whose leaves are already JSON text. */
interface Json {
  [key: string]: string | Json;
}

function formatJson(value: string | Json, indent = ""): string {
  if (typeof value === "string") return value;
  const keys = Object.keys(value);
  if (keys.length === 0) return "{}";
  const inner = `${indent}  `;
  const lines = keys.map((key) => `${inner}"${key}": ${formatJson(value[key]!, inner)}`);
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function formatFraction(part: number, whole: number): string {
  return formatFloat(whole === 0 ? 0 : part / whole);
}

/** The shortest digits that give the number back, always with a point or an exponent. */
function formatFloat(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-5) return value.toExponential().replace("e+", "e");
  return Number.isInteger(value) ? `${value}.0` : `${value}`;
}
