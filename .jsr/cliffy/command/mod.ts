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
  literal: string[];
}

interface Row {
  readonly name: string;
  readonly text: string;
}

/** A command with options, arguments and examples. Types in flags (`<file:string>`) must be string. */
export class Command {
  #commander = new Commander().helpOption(false).allowExcessArguments(true).exitOverride();
  #name = "COMMAND";
  #description = "";
  #arguments: Row[] = [];
  #options: Row[] = [{ name: "-h, --help", text: "Show this help." }];
  #examples: Row[] = [];

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

  /** Declares positional arguments, all optional: `"[circuit:string] [board:string]"`. */
  arguments(args: string, descriptions: string[] = []): this {
    this.#arguments = args.split(/\s+/).map((name, index) => ({
      name: name.replace(/:\w+/, ""),
      text: descriptions[index] ?? "",
    }));
    return this;
  }

  /** Declares an option: `"--out <file:string>"` takes a value, `"--json"` none. */
  option(flags: string, description: string, settings: { default?: string } = {}): this {
    const name = flags.replace(/:\w+(?=>)/, "");
    const long = /--[\w-]+/.exec(name)![0];
    let isGiven = false;
    this.#commander.option(name, description, (value: string) => {
      if (isGiven) {
        throw new ValidationError(
          `Option "${long}" can only occur once, but was found several times.`,
        );
      }
      isGiven = true;
      return value;
    }, settings.default);
    const hint = settings.default === undefined
      ? ""
      : `  (Default: ${JSON.stringify(settings.default)})`;
    this.#options.push({ name, text: description + hint });
    return this;
  }

  /** Adds an example to the help. */
  example(name: string, text: string): this {
    this.#examples.push({ name, text });
    return this;
  }

  /** How the help looks; here it never has colours. */
  help(_options: { colors: boolean }): this {
    return this;
  }

  /** Makes {@linkcode Command.parse} throw instead of ending the program: here it always does. */
  noExit(): this {
    return this;
  }

  /** The whole help text. */
  getHelp(): string {
    const usage = [this.#name, ...this.#arguments.map(({ name }) => name)].join(" ");
    const section = (title: string, lines: readonly string[]): string[] =>
      lines.length === 0
        ? []
        : ["", `${title}:`, "", ...lines.map((line) => (line === "" ? "" : `  ${line}`))];
    return [
      "",
      `Usage: ${usage}`,
      ...section("Description", this.#description.split("\n")),
      ...section("Arguments", aligned(this.#arguments)),
      ...section("Options", aligned(this.#options)),
      ...section("Examples", this.#examples.flatMap(({ name, text }) => [name, `  ${text}`])),
      "",
    ].join("\n");
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
    const rest = this.#commander.args;
    if (options.help) {
      // deno-lint-ignore no-console
      console.log(this.getHelp());
    } else if (rest.length > this.#arguments.length) {
      const message = this.#arguments.length === 0
        ? `No arguments allowed for command "${this.#name}".`
        : `Too many arguments: ${rest.slice(this.#arguments.length).join(" ")}`;
      return Promise.reject(new ValidationError(message));
    }
    return Promise.resolve({ options, args: rest, literal: [] });
  }

  #translate(error: CommanderError): ValidationError {
    const flag = /--[\w-]+|'([^' ]+)/.exec(error.message);
    const given = flag?.[1] ?? flag?.[0] ?? "";
    if (error.code === "commander.unknownOption") {
      const near = /Did you mean (\S+)\?/.exec(error.message)?.[1];
      const hint = near === undefined ? "" : ` Did you mean option "${near}"?`;
      return new ValidationError(`Unknown option "${given}".${hint}`, { cause: error });
    }
    if (error.code === "commander.optionMissingArgument") {
      return new ValidationError(`Missing value for option "${given}".`, { cause: error });
    }
    return new ValidationError(error.message.replace(/^error: /, ""), { cause: error });
  }
}

function aligned(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows.map(({ name, text }) => `${name.padEnd(width)}  - ${text}`);
}
