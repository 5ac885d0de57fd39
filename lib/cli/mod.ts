/**
 * What all tasks share: reading options, tables, progress, errors and exit codes. This is the only
 * room that knows the command-line library. It knows nothing of atoms, circuits or machines.
 *
 * ```ts
 * import { parseOptions, type Usage } from "@fourbit/fourbit/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const USAGE = {
 *   name: "greet",
 *   summary: "Greet someone.",
 *   arguments: { who: { help: "whom to greet", required: true } },
 *   options: { times: { type: "integer", default: 1, help: "How often." } },
 *   examples: ["deno task greet Ada --times 2"],
 * } as const satisfies Usage;
 *
 * const { who, times } = await parseOptions(["Ada", "--times", "2"], USAGE);
 * assertEquals([who, times], ["Ada", 2]);
 * ```
 *
 * @module
 */
export {
  formatPlace,
  inFile,
  InputError,
  isUserError,
  type Place,
  UsageError,
  type UserError,
} from "./errors.ts";
export { formatProgress, type Progress, startProgress } from "./progress.ts";
export { describeError, EXIT, runTask } from "./run_task.ts";
export { parseSize } from "./size.ts";
export { formatTable, formatValue, type TableValue, Terminal } from "./terminal.ts";
export {
  type ArgumentUsage,
  COMMON_OPTIONS,
  flagOf,
  type Given,
  HelpShown,
  isGiven,
  type Options,
  type OptionUsage,
  parseOptions,
  recordedOptions,
  type Usage,
  type Value,
  type ValueType,
} from "./usage.ts";
