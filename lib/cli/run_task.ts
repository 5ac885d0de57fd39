import { ValidationError } from "@cliffy/command";
import { parseArgs } from "@std/cli/parse-args";
import { formatPlace, isUserError } from "./errors.ts";
import { HelpShown } from "./usage.ts";

/** What a task tells the shell when it ends. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** A check failed: a wrong row, a difference, a value out of bounds. */
  checkFailed: 1,
  /** The command line or a file cannot be used. */
  badInput: 2,
  /** The emulated program faulted. */
  faulted: 3,
  /** A bug of ours. */
  bug: 70,
} as const;

/**
 * Runs a task's `main` and turns whatever it throws into messages and an exit code: an error for
 * the user is two lines and exit code 2, anything else is a bug.
 */
export async function runTask(
  main: (args: readonly string[]) => Promise<number>,
  args: readonly string[],
): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    if (error instanceof HelpShown) return EXIT.ok;
    const { debug } = parseArgs(args, { boolean: ["debug"] });
    for (const line of describeError(error, debug)) {
      // deno-lint-ignore no-console
      console.error(line);
    }
    return isExpected(error) ? EXIT.badInput : EXIT.bug;
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof ValidationError || isUserError(error) ||
    error instanceof Deno.errors.NotCapable;
}

/** The lines that tell the user what went wrong. */
export function describeError(error: unknown, debug: boolean): string[] {
  const lines = describe(error);
  if (debug && error instanceof Error && error.stack) lines.push(error.stack);
  return lines;
}

function describe(error: unknown): string[] {
  if (isUserError(error)) {
    const inner = (error as { errors?: readonly unknown[] }).errors;
    if (inner !== undefined && inner.length > 0) return inner.flatMap(describe);
    const place = formatPlace(error.place);
    const where = place === "" || error.message.includes(place) ? "" : ` at ${place}`;
    return [`error: ${error.message}${where}`, `help: ${error.help}`];
  }
  if (error instanceof ValidationError) {
    const [what, ...hint] = error.message.split(/(?<=\.) (?=Did you mean)/);
    return [
      `error: ${what}`,
      `help: ${hint.length > 0 ? hint.join(" ") : "see the task's --help"}`,
    ];
  }
  if (error instanceof Deno.errors.NotCapable) {
    return [`error: ${error.message}`, "help: run the task with the permission it names"];
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return [
    `error: unexpected ${message}`,
    "help: this is a bug in fourbit; run again with --debug and report what it prints",
  ];
}
