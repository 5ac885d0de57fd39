/**
 * `deno task board:list`: lists the boards that come with fourbit.
 *
 * @module
 */
import { boardCapacityBytes, hostBandwidthBytesPerSecond } from "../lib/boards/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { boardNames, loadBoard } from "./_inputs.ts";

/** What the task takes. */
export const USAGE = {
  name: "board:list",
  summary: "List the boards that come with fourbit.",
  options: {},
  examples: ["deno task board:list"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = new Terminal(await parseOptions(args, USAGE));
  const boards = await Promise.all(boardNames().map(loadBoard));
  const rows = boards.map(({ board }) => ({
    name: board.name,
    description: board.description,
    clockMhz: board.clock_mhz,
    capacityBytes: boardCapacityBytes(board),
    hostBytesPerSecond: hostBandwidthBytesPerSecond(board) ?? null,
  }));
  terminal.table(
    ["board", "clock, MHz", "memory, bytes", "host link, bytes/s", "what it is"],
    rows.map(({ name, description, clockMhz, capacityBytes, hostBytesPerSecond }) => [
      name,
      clockMhz,
      capacityBytes,
      hostBytesPerSecond ?? "none",
      description,
    ]),
  );
  terminal.artifact(JSON.stringify(rows));
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
