/**
 * `deno task board:schema`: writes the JSON Schema of board files, so that editors complete and
 * check them.
 *
 * @module
 */
import { atomicWrite, prettyJson } from "../lib/artifacts/mod.ts";
import { boardJsonSchema } from "../lib/boards/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";

/** What the task takes. */
export const USAGE = {
  name: "board:schema",
  summary: "Write the JSON Schema of board files.",
  options: {
    out: { type: "file", default: "out/board.schema.json", help: "Where the schema goes." },
  },
  examples: ["deno task board:schema --out out/board.schema.json"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const text = prettyJson(boardJsonSchema());
  await atomicWrite(options.out, text);
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
