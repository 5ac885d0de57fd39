import { parse } from "@std/yaml";
import { syntaxProblem, yamlLocator, type YamlPosition } from "../text/mod.ts";
import { ExpressionError, expressionTable } from "./expression.ts";
import { MAX_TRAINED_INPUTS } from "./training/standard_atom.ts";
import { type AtomSpec, STANDARD_ATOMS } from "./truth_table.ts";

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
  const fail = (message: string, at: YamlPosition, help: string): never => {
    throw new AtomsFileError(message, { file, ...at }, help);
  };
  const data = parseYaml(text, file);
  const locate = yamlLocator(text);
  const top = { line: 1, column: 1 };
  if (!isMapping(data) || !Array.isArray(data.atoms) || data.atoms.length === 0) {
    return fail("the file has no list of atoms", top, `begin it with the key atoms; ${EXAMPLE}`);
  }
  for (const key of Object.keys(data)) {
    if (key === "atoms") continue;
    fail(`unknown key "${key}"`, locate([key], "key"), "the only key is atoms");
  }
  const names = new Set<string>();
  return data.atoms.map((item: unknown, index): AtomSpec => {
    const at = (key: string): YamlPosition => locate(["atoms", index, key], "value");
    if (!isMapping(item)) {
      return fail(`atom ${index + 1} is no mapping`, locate(["atoms", index], "key"), EXAMPLE);
    }
    for (const key of Object.keys(item)) {
      if ((KEYS as readonly string[]).includes(key)) continue;
      const place = locate(["atoms", index, key], "key");
      fail(`unknown key "${key}" of atom ${index + 1}`, place, `keys are ${KEYS.join(", ")}`);
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
      : tableOf(expression, name, inputs, written(text, at("expression")), file);
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
    const { what, position } = syntaxProblem(cause, text);
    throw new AtomsFileError(
      `the file is not YAML: ${what}`,
      { file, ...position },
      "mend the line, or the one before it",
      { cause },
    );
  }
}

function checkedTable(
  table: unknown,
  name: string,
  inputs: number,
  at: YamlPosition,
  fail: (message: string, at: YamlPosition, help: string) => never,
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
  at: YamlPosition,
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

/** Where the text of a scalar begins: behind its quote, if it has one. */
function written(text: string, { line, column }: YamlPosition): YamlPosition {
  const isQuoted = /["']/.test(text.split("\n")[line - 1]?.[column - 1] ?? "");
  return { line, column: isQuoted ? column + 1 : column };
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
