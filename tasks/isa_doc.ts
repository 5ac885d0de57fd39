/**
 * `deno task isa:doc`: writes the instruction set as Markdown, from the table that assembler and
 * emulator read.
 *
 * @module
 */
import { atomicWrite } from "../lib/artifacts/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { INSTRUCTIONS, isaReference } from "../lib/isa/mod.ts";

/** What the task takes. */
export const USAGE = {
  name: "isa:doc",
  summary: "Write the instruction set as Markdown.",
  options: { out: { type: "file", default: "out/isa.md", help: "Where the text goes." } },
  examples: ["deno task isa:doc --out out/isa.md"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  await atomicWrite(options.out, isaReference());
  terminal.artifact(JSON.stringify(INSTRUCTIONS));
  terminal.line(`wrote ${options.out}: ${Object.keys(INSTRUCTIONS).length} instructions`);
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
