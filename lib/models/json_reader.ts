import { ModelError } from "./model_error.ts";

/** Which counts make sense. */
export interface CountRange {
  /** The smallest; 1 unless given. */
  readonly least?: number;
  /** The largest; any that a number holds exactly unless given. */
  readonly most?: number;
}

/** One object of a JSON file, whose fields are read with their type checked and their path told. */
export class JsonReader {
  /** The fields. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** JSON path of the object. */
  readonly path: string;
  /** Name of the file. */
  readonly file: string | undefined;

  /** @throws {ModelError} If `value` is no JSON object. */
  constructor(value: unknown, file?: string, path = "$") {
    this.path = path;
    this.file = file;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.error(
        `${path} must be a JSON object, current value is ${show(value)}`,
        "give the config.json of a Hugging Face model folder",
      );
    }
    this.fields = value as Readonly<Record<string, unknown>>;
  }

  /** An error at a field of this object. */
  error(what: string, help: string, name?: string): ModelError {
    return new ModelError(what, help, {
      ...(this.file === undefined ? {} : { file: this.file }),
      path: name === undefined ? this.path : `${this.path}.${name}`,
    });
  }

  /** The first of `names` that is here and not null, or undefined. */
  found(names: readonly string[]): string | undefined {
    return names.find((name) => this.fields[name] !== undefined && this.fields[name] !== null);
  }

  /** Whether the field is written, null included. */
  has(name: string): boolean {
    return Object.hasOwn(this.fields, name);
  }

  /** An object in a field, or undefined if it is absent or null. */
  object(...names: readonly string[]): JsonReader | undefined {
    const name = this.found(names);
    if (name === undefined) return undefined;
    return new JsonReader(this.fields[name], this.file, `${this.path}.${name}`);
  }

  /** A string, or undefined if it is absent or null. */
  text(...names: readonly string[]): string | undefined {
    return this.#typed(names, "a string", (v) => typeof v === "string") as string | undefined;
  }

  /** A boolean, or undefined if it is absent or null. */
  flag(...names: readonly string[]): boolean | undefined {
    return this.#typed(names, "true or false", (v) => typeof v === "boolean") as
      | boolean
      | undefined;
  }

  /** A finite number above 0, or undefined if it is absent or null. */
  positive(...names: readonly string[]): number | undefined {
    const fits = (v: unknown): boolean => typeof v === "number" && v > 0 && v < Infinity;
    return this.#typed(names, "a number above 0", fits) as number | undefined;
  }

  /** A whole number from `least` to `most`, or undefined if it is absent or null. */
  count(
    names: readonly string[],
    { least = 1, most = Number.MAX_SAFE_INTEGER }: CountRange = {},
  ): number | undefined {
    const fits = (v: unknown): boolean =>
      Number.isSafeInteger(v) && (v as number) >= least && (v as number) <= most;
    const kind = most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`;
    return this.#typed(names, kind, fits) as number | undefined;
  }

  /** A count that must be there; `names` are the canonical one and its other spellings. */
  required(names: readonly string[], range: CountRange = {}): number {
    const value = this.count(names, range);
    if (value !== undefined) return value;
    const others = names.length === 1 ? "" : ` (or ${names.slice(1).join(", ")})`;
    throw this.error(
      `${this.path}.${names[0]}${others} is missing`,
      `add "${names[0]}": the config of this model needs it`,
      names[0],
    );
  }

  /** Token ids: a number, a list of them, or none. */
  tokens(name: string): readonly number[] {
    const value = this.fields[name];
    if (value === undefined || value === null) return [];
    const list = Array.isArray(value) ? value : [value];
    if (list.every((v) => Number.isSafeInteger(v) && v >= 0)) return list as number[];
    // Some configs write -1 for "none".
    if (list.length === 1 && list[0] === -1) return [];
    throw this.#wrong(name, "a token id or a list of them");
  }

  #typed(names: readonly string[], kind: string, fits: (value: unknown) => boolean): unknown {
    const name = this.found(names);
    if (name === undefined) return undefined;
    if (!fits(this.fields[name])) throw this.#wrong(name, kind);
    return this.fields[name];
  }

  #wrong(name: string, kind: string): ModelError {
    return this.error(
      `${this.path}.${name} must be ${kind}, current value is ${show(this.fields[name])}`,
      `write ${kind}`,
      name,
    );
  }
}

/** A value for a message, cut short if it is long. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
