import type { TruthTable } from "./truth_table.ts";

/** An expression that cannot be read. */
export class ExpressionError extends SyntaxError {
  /** Name of the class. */
  override readonly name = "ExpressionError";
  /** Where in the text, counted from 1. */
  readonly place: { readonly column: number };

  /** An error that says what was found, where, and in `help` what could stand there. */
  constructor(readonly what: string, column: number, readonly help: string) {
    super(`${what} at column ${column}`);
    this.place = { column };
  }
}

/** Values of a subexpression in all rows: bit i is row i. */
type Rows = bigint;

/** Operators of two operands, from the loosest to the tightest. */
const OPERATORS: readonly { readonly symbol: string; apply(a: Rows, b: Rows): Rows }[] = [
  { symbol: "|", apply: (a, b) => a | b },
  { symbol: "^", apply: (a, b) => a ^ b },
  { symbol: "&", apply: (a, b) => a & b },
];

const HELP = "operators are ! or ~ (not), & (and), ^ (exclusive or), | (or), and parentheses";

/**
 * The truth table of an expression such as `a & (b | !c)`: names of inputs, 0, 1, `!` or `~`, then
 * `&`, then `^`, then `|`, from the tightest to the loosest, and parentheses.
 *
 * ```ts
 * import { expressionTable } from "@fourbit/fourbit/atoms";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(expressionTable("a & !b", ["a", "b"]), "0100"); // row 1 is a = 1, b = 0
 * ```
 *
 * @param inputs The first one is bit 0 of a row's number.
 * @throws {ExpressionError} When the text is no expression of these inputs.
 */
export function expressionTable(text: string, inputs: readonly string[]): TruthTable {
  const count = 2 ** inputs.length;
  const all = (1n << BigInt(count)) - 1n;
  const values = new Map<string, Rows>([["0", 0n], ["1", all]]);
  for (const [bit, name] of inputs.entries()) {
    let rows = 0n;
    for (let row = 0; row < count; row++) {
      if ((row >> bit) & 1) rows |= 1n << BigInt(row);
    }
    values.set(name, rows);
  }
  const tokens = tokensOf(text);
  let at = 0;

  function operation(level: number): Rows {
    const operator = OPERATORS[level];
    if (operator === undefined) return operand();
    let rows = operation(level + 1);
    while (tokens[at]!.text === operator.symbol) {
      at++;
      rows = operator.apply(rows, operation(level + 1));
    }
    return rows;
  }

  function operand(): Rows {
    const { text, column } = tokens[at]!;
    at++;
    if (text === "!" || text === "~") return all ^ operand();
    if (text === "(") {
      const rows = operation(0);
      if (tokens[at]!.text !== ")") {
        throw new ExpressionError(
          `${shown(tokens[at]!.text)} where ")" is missing`,
          tokens[at]!.column,
          `close the parenthesis of column ${column}`,
        );
      }
      at++;
      return rows;
    }
    const rows = values.get(text);
    if (rows !== undefined) return rows;
    if (/^\w/.test(text)) {
      throw new ExpressionError(
        `unknown input "${text}"`,
        column,
        `the inputs are ${inputs.join(", ")}; ${HELP}`,
      );
    }
    throw new ExpressionError(`${shown(text)} where a value is missing`, column, HELP);
  }

  const rows = operation(0);
  if (at < tokens.length - 1) {
    const { text, column } = tokens[at]!;
    throw new ExpressionError(`${shown(text)} where an operator is missing`, column, HELP);
  }
  return Array.from({ length: count }, (_, row) => (rows >> BigInt(row)) & 1n).join("");
}

interface Token {
  /** Empty at the end of the text. */
  readonly text: string;
  readonly column: number;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(\w+(?:\[\d+\])?|[!~&^|()])/gy;
  let end = 0;
  for (const found of text.matchAll(pattern)) {
    end = found.index + found[0].length;
    tokens.push({ text: found[1]!, column: end - found[1]!.length + 1 });
  }
  const rest = text.slice(end);
  if (rest.trim() !== "") {
    const column = end + rest.length - rest.trimStart().length + 1;
    throw new ExpressionError(`unknown symbol "${rest.trim()[0]}"`, column, HELP);
  }
  tokens.push({ text: "", column: text.trimEnd().length + 1 });
  return tokens;
}

function shown(text: string): string {
  return text === "" ? "the end" : `"${text}"`;
}
