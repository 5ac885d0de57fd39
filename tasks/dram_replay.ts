/**
 * `deno task dram:replay`: runs a trace of memory requests on a simulated DRAM and fills in when
 * each request was accepted and when its data arrived.
 *
 * @module
 */
import { atomicWrite, readFile } from "../lib/artifacts/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import {
  DRAM_PRESETS,
  dramPreset,
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
    out: { type: "file", default: "out/trace.csv", help: "Where the filled-in trace goes." },
  },
  examples: ["deno task dram:replay fixtures/dram_traces/stride_2e16_burst32.csv"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const bytes = await readFile(options.trace, "give a trace as CSV");
  const rows = parseTrace(new TextDecoder().decode(bytes), options.trace);
  const replayed = replayTrace(rows, dramPreset(options.preset));
  await atomicWrite(options.out, formatTrace(replayed.rows));
  terminal.table(["figure", "value"], Object.entries(replayed.statistics));
  terminal.line(`wrote ${options.out}: ${rows.length} requests`);
  terminal.artifact(JSON.stringify(replayed));
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
