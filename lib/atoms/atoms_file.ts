import { parse } from "@std/yaml";
import { ExpressionError, expressionTable } from "./expression.ts";
import { MAX_TRAINED_INPUTS } from "./training/standard_atom.ts";
import { type AtomSpec, STANDARD_ATOMS } from "./truth_table.ts";

/** Where in a file something stands; both count from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** A file of atoms that is not in order. */
export class AtomsFileError extends SyntaxError {
  /** Name of the class. */
  override readonly name = "AtomsFileError";

  /** An error that says what is wrong, where, and in `help` how to mend it. */
  constructor(
    message: string,
    readonly place: {
      readonly file: string;
      readonly line: number;
      readonly column: number;
    },
    readonly help: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const KEYS = ["name", "inputs", "table", "expression"] as const;
const NAME = /^[A-Za-z_]\w*$/;
const INPUT = /^[A-Za-z_]\w*(\[\d+\])?$/;
const EXAMPLE = 'write for example:  - { name: HALF, inputs: [a, b], expression: "a & !b" }';

/**
 * Reads a file of atoms: a key `atoms` with a list, each atom with `name`, `inputs` (1 to 6 names)
 * and either `table`, one digit per row in quotes with the first input as bit 0 of the row's
 * number, or `expression`, see {@linkcode expressionTable}.
 *
 * ```ts
 * import { parseAtomsFile } from "@fourbit/fourbit/atoms";
 * import { assertEquals } from "@std/assert";
 *
 * const [atom] = parseAtomsFile(`
 * atoms:
 *   - name: IMPLIES
 *     inputs: [a, b]
 *     expression: "!a | b"
 * `);
 * assertEquals(atom?.truthTable, "1011");
 * ```
 *
 * @param file Its name, for messages.
 * @throws {AtomsFileError} At the first problem, with line and column.
 */
export function parseAtomsFile(text: string, file = "atoms.yaml"): AtomSpec[] {
  const fail = (message: string, at: Position, help: string): never => {
    throw new AtomsFileError(message, { file, ...at }, help);
  };
  const data = parseYaml(text, file);
  const top = { line: 1, column: 1 };
  if (!isMapping(data) || !Array.isArray(data.atoms) || data.atoms.length === 0) {
    return fail("the file has no list of atoms", top, `begin it with the key atoms; ${EXAMPLE}`);
  }
  for (const key of Object.keys(data)) {
    if (key !== "atoms") fail(`unknown key "${key}"`, keyLine(text, key), "the only key is atoms");
  }
  const places = locate(text, data.atoms.length);
  const names = new Set<string>();
  return data.atoms.map((item: unknown, index): AtomSpec => {
    const at = (key: string): Position => places(index, key);
    if (!isMapping(item)) return fail(`atom ${index + 1} is no mapping`, at(""), EXAMPLE);
    for (const key of Object.keys(item)) {
      if ((KEYS as readonly string[]).includes(key)) continue;
      fail(`unknown key "${key}" of atom ${index + 1}`, at(key), `keys are ${KEYS.join(", ")}`);
    }
    const { name, inputs, table, expression } = item;
    if (typeof name !== "string" || !NAME.test(name)) {
      return fail(
        `the name of atom ${index + 1} is ${shown(name)}`,
        at("name"),
        "give a name of letters, digits and _, which begins with no digit",
      );
    }
    if (names.has(name)) fail(`a second atom ${name}`, at("name"), "give it another name");
    names.add(name);
    if (!isInputList(inputs)) {
      return fail(
        `the inputs of ${name} are ${shown(inputs)}`,
        at("inputs"),
        `list 1 to ${MAX_TRAINED_INPUTS} different names, such as [a, b, c]`,
      );
    }
    if ((table === undefined) === (expression === undefined)) {
      return fail(
        table === undefined
          ? `${name} has neither a table nor an expression`
          : `${name} has a table and an expression`,
        at(table === undefined ? "name" : "expression"),
        `give one of both; ${EXAMPLE}`,
      );
    }
    const truthTable = expression === undefined
      ? checkedTable(table, name, inputs.length, at("table"), fail)
      : tableOf(expression, name, inputs, at("expression"), file);
    const standard = STANDARD_ATOMS.find((atom) => atom.name === name);
    if (standard !== undefined && standard.truthTable !== truthTable) {
      fail(
        `${name} is a standard atom with the table ${standard.truthTable}, found ${truthTable}`,
        at("name"),
        "give it another name: circuits rely on the standard ones",
      );
    }
    return { name, inputs, truthTable };
  });
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const found = /^(.*?) at line (\d+), column (\d+):/s.exec(message);
    const lines = text.split("\n");
    let [line, column] = [Number(found?.[2] ?? 1), Number(found?.[3] ?? 1)];
    // The parser ends a text that is cut off with a line break of its own.
    if (line > lines.length) [line, column] = [lines.length, lines.at(-1)!.length + 1];
    throw new AtomsFileError(
      `the file is not YAML: ${found?.[1] ?? message}`,
      { file, line, column },
      "mend the line, or the one before it",
      { cause },
    );
  }
}

function checkedTable(
  table: unknown,
  name: string,
  inputs: number,
  at: Position,
  fail: (message: string, at: Position, help: string) => never,
): string {
  const rows = 2 ** inputs;
  if (typeof table === "string" && /^[01]+$/.test(table) && table.length === rows) return table;
  if (typeof table === "number") {
    return fail(`the table of ${name} is a number`, at, "put its digits in quotes");
  }
  return fail(
    `the table of ${name} is ${shown(table)}, expected ${rows} digits`,
    at,
    `give a digit 0 or 1 for each of the ${rows} rows, in quotes`,
  );
}

function tableOf(
  expression: unknown,
  name: string,
  inputs: readonly string[],
  at: Position,
  file: string,
): string {
  // `expression: 1` and `expression: a` are both meant as text.
  const text = typeof expression === "number" ? String(expression) : expression;
  if (typeof text !== "string") {
    throw new AtomsFileError(
      `the expression of ${name} is ${shown(expression)}`,
      { file, ...at },
      'write it in quotes, such as "a & !b"',
    );
  }
  try {
    return expressionTable(text, inputs);
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause;
    const column = at.column + cause.place.column - 1;
    throw new AtomsFileError(
      `${cause.what} in the expression of ${name}`,
      { file, line: at.line, column },
      cause.help,
      { cause },
    );
  }
}

function isInputList(inputs: unknown): inputs is string[] {
  return Array.isArray(inputs) && inputs.length >= 1 && inputs.length <= MAX_TRAINED_INPUTS &&
    inputs.every((input) => typeof input === "string" && INPUT.test(input)) &&
    new Set(inputs).size === inputs.length;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}

function keyLine(text: string, key: string): Position {
  const line = text.split("\n").findIndex((line) => line.startsWith(key));
  return { line: Math.max(line, 0) + 1, column: 1 };
}

/**
 * Where the values of atoms stand, in block style (`- name: …` with the keys below) or with one
 * atom in braces on a line; otherwise the place of the key `atoms`.
 */
function locate(text: string, count: number): (index: number, key: string) => Position {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => /^["']?atoms["']?\s*:/.test(line));
  const dashes = lines.flatMap((line, i) => {
    const found = i > start ? /^(\s*)-(\s|$)/.exec(line) : null;
    return found === null ? [] : [{ line: i, indent: found[1]!.length }];
  });
  const indent = dashes[0]?.indent;
  const items = dashes.filter((dash) => dash.indent === indent).map((dash) => dash.line);
  if (items.length !== count) return () => ({ line: Math.max(start, 0) + 1, column: 1 });
  return (index, key) => {
    const first = items[index]!;
    const end = items[index + 1] ?? lines.length;
    const pattern = new RegExp(
      `^(\\s*(?:-\\s+)?|.*[{,]\\s*)["']?${RegExp.escape(key)}["']?\\s*:\\s*["']?`,
    );
    for (let line = first; key !== "" && line < end; line++) {
      const found = pattern.exec(lines[line]!);
      if (found !== null) return { line: line + 1, column: found[0].length + 1 };
    }
    return { line: first + 1, column: indent! + 1 };
  };
}
