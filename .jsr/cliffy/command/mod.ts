/**
 * Stand-in for `@cliffy/command` where JSR cannot be reached: the few methods that `lib/cli` calls,
 * with cliffy's names, results, messages and help layout, on top of commander.
 *
 * @module
 */
import { Command as Commander, CommanderError } from "commander";

/** What the user typed does not fit the command. */
export class ValidationError extends Error {
  readonly exitCode: number;

  constructor(message: string, { exitCode, cause }: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.exitCode = exitCode ?? 2;
  }
}

/** What {@linkcode Command.parse} returns. */
export interface CommandResult {
  options: Record<string, unknown>;
  args: unknown[];
}

interface Row {
  readonly flags: string;
  readonly description: string;
  readonly hints: readonly string[];
}

/** A command with options, arguments and examples. Types in flags (`<file:string>`) must be string. */
export class Command {
  #commander = new Commander().helpOption(false).allowExcessArguments(true).exitOverride();
  #name = "COMMAND";
  #description = "";
  #arguments: string[] = [];
  #rows: Row[] = [{ flags: "-h, --help", description: "Show this help.", hints: [] }];
  #examples: { name: string; text: string }[] = [];

  constructor() {
    this.#commander.configureOutput({ writeErr: () => {}, writeOut: () => {} });
    this.#commander.option("-h, --help");
  }

  /** Sets the name that the usage line shows. */
  name(name: string): this {
    this.#name = name;
    return this;
  }

  /** Sets the text below the usage line. */
  description(description: string): this {
    this.#description = description;
    return this;
  }

  /** Declares positional arguments: `"[circuit:string] [board:string]"`, all optional. */
  arguments(args: string): this {
    this.#arguments = args.split(/\s+/).filter(Boolean);
    return this;
  }

  /** Declares an option: `"--out <file:string>"` takes a value, `"--json"` none. */
  option(
    flags: string,
    description: string,
    settings: { default?: unknown; required?: boolean; collect?: boolean } = {},
  ): this {
    const plain = flags.replace(/:\w+(?=[>\]])/g, "");
    if (settings.collect) {
      this.#commander.option(plain, description, (v: string, l: string[] = []) => [...l, v]);
    } else {
      this.#commander.option(plain, description, settings.default as string | undefined);
    }
    const hints: string[] = [];
    if (settings.required) hints.push("required");
    if (settings.default !== undefined) hints.push(`Default: ${JSON.stringify(settings.default)}`);
    this.#rows.push({ flags: plain, description, hints });
    return this;
  }

  /** Adds an example to the help. */
  example(name: string, text: string): this {
    this.#examples.push({ name, text });
    return this;
  }

  /** Makes {@linkcode Command.parse} throw instead of ending the program: here it always does. */
  noExit(): this {
    return this;
  }

  /** The whole help text. */
  getHelp(): string {
    const lines = ["", `Usage: ${[this.#name, ...this.#arguments].join(" ")}`.trimEnd()];
    if (this.#description) lines.push("", "Description:", "", ...indent(this.#description));
    const width = Math.max(...this.#rows.map((row) => row.flags.length));
    lines.push("", "Options:", "");
    for (const { flags, description, hints } of this.#rows) {
      const tail = hints.length === 0 ? "" : `  (${hints.join(", ")})`;
      lines.push(`  ${flags.padEnd(width)}  - ${description}${tail}`);
    }
    if (this.#examples.length > 0) lines.push("", "Examples:", "");
    for (const { name, text } of this.#examples) lines.push(...indent(`${name}\n  ${text}`));
    return lines.join("\n") + "\n";
  }

  /**
   * Reads the arguments. `--help` prints the help and is reported in `options`.
   *
   * @throws {ValidationError} On an unknown option, a missing value or too many arguments.
   */
  parse(args: string[]): Promise<CommandResult> {
    try {
      this.#commander.parse(args, { from: "user" });
    } catch (error) {
      return Promise.reject(error instanceof CommanderError ? this.#translate(error) : error);
    }
    const options = this.#commander.opts();
    if (options.help) {
      // deno-lint-ignore no-console
      console.log(this.getHelp());
      return Promise.resolve({ options, args: [] });
    }
    const rest = this.#commander.args;
    if (rest.length > this.#arguments.length) {
      const message = this.#arguments.length === 0
        ? `No arguments allowed for command "${this.#name}".`
        : `Too many arguments: ${rest.slice(this.#arguments.length).join(" ")}`;
      return Promise.reject(new ValidationError(message));
    }
    return Promise.resolve({ options, args: rest });
  }

  #translate(error: CommanderError): ValidationError {
    const flag = /'([^' ]+)/.exec(error.message)?.[1] ?? "";
    if (error.code === "commander.unknownOption") {
      const names = this.#rows.flatMap(({ flags }) => flags.match(/--[\w-]+/g) ?? []);
      const near = names.find((name) => error.message.includes(`Did you mean ${name}?`));
      const hint = near === undefined ? "" : ` Did you mean option "${near}"?`;
      return new ValidationError(`Unknown option "${flag}".${hint}`, { cause: error });
    }
    if (error.code === "commander.optionMissingArgument") {
      const long = /--[\w-]+/.exec(error.message)?.[0] ?? flag;
      return new ValidationError(`Missing value for option "${long}".`, { cause: error });
    }
    return new ValidationError(error.message.replace(/^error: /, ""), { cause: error });
  }
}

function indent(text: string): string[] {
  return text.split("\n").map((line) => (line === "" ? "" : `  ${line}`));
}
