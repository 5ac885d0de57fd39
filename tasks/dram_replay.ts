/**
 * `deno task dram:replay`: runs a trace of memory requests on a simulated DRAM and fills in when
 * each request was accepted and when its data arrived.
 *
 * @module
 */
import { atomicWrite, readFile } from "../lib/artifacts/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import {
  auditCommands,
  DRAM_PRESETS,
  type DramCommandRecord,
  dramPreset,
  formatCommandLog,
  formatTrace,
  parseTrace,
  replayTrace,
} from "../lib/memory/mod.ts";

/** What the task takes. */
export const USAGE = {
  name: "dram:replay",
  summary: "Run a trace of memory requests on a simulated DRAM.",
  arguments: {
    trace: { required: true, help: "CSV with columns addr, write and want_cycle" },
  },
  options: {
    preset: {
      choices: DRAM_PRESETS.map(({ name }) => name),
      default: "hbm2",
      help: "Which DRAM.",
    },
    commands: {
      type: "file",
      help: "Write every DRAM command here, as CSV, after checking all against the timing table.",
    },
    out: { type: "file", default: "out/trace.csv", help: "Where the filled-in trace goes." },
  },
  examples: [
    "deno task dram:replay fixtures/dram_traces/stride_2e16_burst32.csv",
    "deno task dram:replay fixtures/dram_traces/ddr3_1600k_x16_refresh_probe.csv " +
    "--preset ddr3-1600k-x16 --commands out/commands.csv",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const bytes = await readFile(options.trace, "give a trace as CSV");
  const rows = parseTrace(new TextDecoder().decode(bytes), options.trace);
  const preset = dramPreset(options.preset);
  const log: DramCommandRecord[] = [];
  const replayed = replayTrace(
    rows,
    preset,
    options.commands === undefined ? {} : { onCommand: (record) => log.push({ ...record }) },
  );
  await atomicWrite(options.out, formatTrace(replayed.rows));
  if (options.commands !== undefined) {
    const [violation] = auditCommands(log, preset);
    if (violation !== undefined) {
      throw new Error(`command ${violation.index} breaks the rule ${violation.rule}`);
    }
    await atomicWrite(options.commands, formatCommandLog(log, preset));
  }
  terminal.table(["figure", "value"], Object.entries(replayed.statistics));
  terminal.line(`wrote ${options.out}: ${rows.length} requests`);
  if (options.commands !== undefined) {
    terminal.line(`wrote ${options.commands}: ${log.length} commands, none too early`);
  }
  terminal.artifact(JSON.stringify(replayed));
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
