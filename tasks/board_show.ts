/**
 * `deno task board:show`: shows every field of a board.
 *
 * @module
 */
import {
  EXIT,
  parseOptions,
  runTask,
  type TableValue,
  Terminal,
  type Usage,
} from "../lib/cli/mod.ts";
import { loadBoard } from "./_inputs.ts";

/** What the task takes. */
export const USAGE = {
  name: "board:show",
  summary: "Show every field of a board, after checking it.",
  arguments: { board: { required: true, help: "a board by name, or its YAML file" } },
  options: {},
  examples: ["deno task board:show custom_a7"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const { board } = await loadBoard(options.board);
  terminal.table(["field", "value"], fieldsOf(board, ""));
  terminal.artifact(JSON.stringify(board));
  return EXIT.ok;
}

/** The plain values below a value, by their dotted path. */
function fieldsOf(value: unknown, path: string): TableValue[][] {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    return fieldsOf(inner, place);
  });
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
