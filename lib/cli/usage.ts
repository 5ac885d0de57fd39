import { Command } from "@cliffy/command";
import { InputError, UsageError } from "./errors.ts";
import { didYouMean } from "../text/mod.ts";
import { checkPlace } from "./out_place.ts";
import { parseSize } from "./size.ts";

/**
 * What a value on the command line must look like; an artifact is a file that is written, as JSON, and
 * a folder one that is written to.
 */
export type ValueType =
  | "text"
  | "file"
  | "artifact"
  | "folder"
  | "integer"
  | "number"
  | "size"
  | "flag";

/** One option of a task. Without a `default` it is absent unless given. */
export interface OptionUsage {
  /** What the option does, for `--help`. */
  readonly help: string;
  /** How the value is read; `text` unless told otherwise. */
  readonly type?: ValueType;
  /** The values that are allowed. */
  readonly choices?: readonly string[];
  /** The value when the option is not given. */
  readonly default?: string | number;
  /** Whether leaving it out is an error. */
  readonly required?: boolean;
}

/** One positional argument of a task. */
export interface ArgumentUsage {
  /** What the argument is, for messages. */
  readonly help: string;
  /** Whether leaving it out is an error. */
  readonly required?: boolean;
}

/** What a task takes: the table from which its parser, its help and its types come. */
export interface Usage {
  /** Name of the task in `deno.json`. */
  readonly name: string;
  /** What the task does, in one line. */
  readonly summary: string;
  /** More of it, for `--help` only. */
  readonly details?: string;
  /** Positional arguments, in order. */
  readonly arguments?: Readonly<Record<string, ArgumentUsage>>;
  /** Options, in the order of the help; `outFile` is `--out-file`. */
  readonly options: Readonly<Record<string, OptionUsage>>;
  /** Command lines that run as they stand, after the demo. */
  readonly examples: readonly [string, ...string[]];
}

/** The type of an option's value when there is one. */
export type Value<O extends OptionUsage> = O["type"] extends "flag" ? boolean
  : O["type"] extends "integer" | "number" | "size" ? number
  : O["choices"] extends readonly (infer C)[] ? C
  : string;

/** The type of an option's value, which may be absent. */
export type Given<O extends OptionUsage> = O["type"] extends "flag" ? boolean
  : O extends { default: string | number } | { required: true } ? Value<O>
  : Value<O> | undefined;

/** What {@linkcode parseOptions} returns for a usage: one value per option and argument. */
export type Options<U extends Usage> =
  & { readonly [K in keyof U["options"]]: Given<U["options"][K]> }
  & {
    readonly [K in keyof NonNullable<U["arguments"]>]: NonNullable<U["arguments"]>[K] extends
      { required: true } ? string : string | undefined;
  };

/** Thrown after `--help` has been printed, to leave the task with exit code 0. */
export class HelpShown extends Error {
  /** Name of the class. */
  override readonly name = "HelpShown";
}

const PLACEHOLDER: Record<ValueType, string> = {
  text: "text",
  file: "file",
  artifact: "file",
  folder: "folder",
  integer: "n",
  number: "number",
  size: "size",
  flag: "",
};

/** Options that every task has. */
export const COMMON_OPTIONS: Readonly<Record<"json" | "quiet" | "debug", OptionUsage>> = {
  json: { type: "flag", help: "Print the artifact on stdout as JSON, and nothing else." },
  quiet: { type: "flag", help: "Print nothing but errors." },
  debug: { type: "flag", help: "Print stack traces with errors." },
};

function buildCommand(usage: Usage): Command {
  const command = new Command().name(`deno task ${usage.name}`).noExit().help({ colors: false });
  command.description([usage.summary, usage.details ?? []].flat().join("\n\n"));
  const positional = Object.entries<ArgumentUsage>(usage.arguments ?? {});
  if (positional.length > 0) {
    command.arguments(
      positional.map(([name]) => `[${name}:string]`).join(" "),
      positional.map(([, { help, required }]) => required ? `${help} (required)` : help),
    );
  }
  for (const [key, option] of Object.entries({ ...usage.options, ...COMMON_OPTIONS })) {
    const flag = flagOf(key);
    const type = option.type ?? "text";
    const value = option.choices ? "choice" : PLACEHOLDER[type];
    const choices = option.choices ? ` One of: ${option.choices.join(", ")}.` : "";
    command.option(
      type === "flag" ? flag : `${flag} <${value}:string>`,
      option.help + choices,
      {
        ...(option.default === undefined ? {} : { default: String(option.default) }),
      },
    );
  }
  usage.examples.forEach((line, i) => command.example(`${i + 1}.`, line));
  return command;
}

/**
 * Reads the arguments of a task after its usage.
 *
 * @throws {HelpShown} After the help has been printed.
 * @throws {UsageError} When something is unknown, missing or not of its type.
 * @throws {InputError} When an artifact is not to be called .json, or an artifact or a folder cannot be
 * where it is to be.
 */
export async function parseOptions<const U extends Usage>(
  args: readonly string[],
  usage: U,
): Promise<Options<U> & { readonly [K in keyof typeof COMMON_OPTIONS]: boolean }> {
  if (args.includes("")) throw new UsageError("an argument is empty", seeHelp(usage));
  const isHelp = args.includes("--help") || args.includes("-h");
  const parsed = await buildCommand(usage).parse(isHelp ? ["--help"] : [...args]);
  if (isHelp) throw new HelpShown();
  const given = parsed.options as unknown as Readonly<Record<string, unknown>>;
  const positional: readonly unknown[] = [...parsed.args, ...parsed.literal];
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries({ ...usage.options, ...COMMON_OPTIONS })) {
    values[key] = readValue(flagOf(key), option, given[key], usage);
  }
  Object.entries<ArgumentUsage>(usage.arguments ?? {}).forEach(([name, argument], index) => {
    const value = positional[index];
    if (value === undefined && argument.required) {
      throw new UsageError(`missing argument <${name}>: ${argument.help}`, seeHelp(usage));
    }
    values[name] = value;
  });
  return values as Awaited<ReturnType<typeof parseOptions<U>>>;
}

function readValue(flag: string, option: OptionUsage, raw: unknown, usage: Usage): unknown {
  if (option.type === "flag") return raw === true;
  if (raw === undefined) {
    if (option.required) throw new UsageError(`missing option ${flag}`, seeHelp(usage));
    return undefined;
  }
  const text = String(raw);
  if (option.choices && !option.choices.includes(text)) {
    throw new UsageError(
      `${flag} cannot be "${text}"`,
      `${didYouMean(text, option.choices)}choose one of ${option.choices.join(", ")}`,
    );
  }
  switch (option.type) {
    case "integer":
    case "number": {
      const pattern = option.type === "integer" ? /^\d+$/ : /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
      const value = Number(text);
      if (!pattern.test(text) || !Number.isFinite(value) || value > Number.MAX_SAFE_INTEGER) {
        throw new UsageError(
          `${flag} cannot be "${text}"`,
          option.type === "integer"
            ? "give a whole number, such as 42"
            : "give a number, such as 0.5",
        );
      }
      return value;
    }
    case "size":
      return parseSize(text, flag);
    case "artifact":
      // Said before the work: what was worked out would be lost.
      if (!text.endsWith(".json")) {
        throw new InputError(
          "the name of an artifact ends in .json",
          `choose such a name with ${flag}`,
          { file: text },
        );
      }
      checkPlace(text, "file", flag);
      return text;
    case "folder":
      checkPlace(text, "folder", flag);
      return text;
    default:
      return text;
  }
}

/** Types of options that name what is read or written, rather than how. */
const PLACES: readonly (ValueType | undefined)[] = ["file", "artifact", "folder"];

/**
 * The values of a task's options as an artifact records them, null for what was left open: all but
 * files and folders, which are among its inputs or say where it goes.
 */
export function recordedOptions<const O extends Usage["options"]>(
  usage: O,
  values: { readonly [K in keyof O]: unknown },
): Record<string, unknown> {
  const shaping = Object.entries<OptionUsage>(usage).filter(([, { type }]) =>
    !PLACES.includes(type)
  );
  return Object.fromEntries(shaping.map(([name]) => [name, values[name] ?? null]));
}

/** Whether an option is among the arguments as they were typed, also one that has a default. */
export function isGiven(args: readonly string[], name: string): boolean {
  const flag = flagOf(name);
  return args.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
}

/** An option as it is typed: `--out-dir` of `outDir`. */
export function flagOf(name: string): string {
  return `--${kebab(name)}`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function seeHelp(usage: Usage): string {
  return `see: deno task ${usage.name} --help`;
}
