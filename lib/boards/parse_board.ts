import { parse } from "@std/yaml";
import type { z } from "zod";
import type { Board } from "./board.ts";
import { BoardError } from "./board_error.ts";
import { BOARD_SCHEMA, knownFields } from "./board_schema.ts";
import {
  nearestName,
  syntaxProblem,
  yamlLocator,
  type YamlPath,
  type YamlPosition,
} from "../text/mod.ts";

interface Problem {
  readonly what: string;
  readonly position: YamlPosition;
  readonly help: string;
}

/**
 * Reads a board file. Strict: an unknown field is an error, and so is a latency key that is missing
 * from a `latency:` block that is not empty; `latency: {}` leaves the settings' own latencies.
 *
 * @param text YAML of block style; in other styles errors are placed less exactly.
 * @param file Its name, for messages.
 * @throws {BoardError} at the first problem by position, with all of them in `errors`.
 */
export function parseBoard(text: string, file = "board.yaml"): Board {
  const data = parseYaml(text, file);
  const problems = findProblems(data, text);
  if (problems.length === 0) return data as Board;
  problems.sort((a, b) =>
    a.position.line - b.position.line || a.position.column - b.position.column
  );
  const errors = problems.map(({ what, position, help }) =>
    new BoardError(what, { file, ...position }, help)
  );
  const [first] = errors;
  if (errors.length === 1) throw first;
  const { message, place, help } = first!;
  throw new BoardError(`${message} (and ${errors.length - 1} more)`, place, help, { errors });
}

function parseYaml(text: string, file: string): unknown {
  // The parser takes tabs that YAML forbids, and then nests otherwise than it looks.
  for (const [index, line] of text.split("\n").entries()) {
    const column = /^ *\t(?=\s*[^\s#])/.exec(line)?.[0].length;
    if (column !== undefined) {
      throw new BoardError(
        "a tab is used for indentation",
        { file, line: index + 1, column },
        "indent with spaces",
      );
    }
  }
  try {
    return parse(text);
  } catch (cause) {
    const { what, position } = syntaxProblem(cause, text);
    throw new BoardError(
      `the board is not YAML: ${what}`,
      { file, ...position },
      "mend the line, or the one before it",
      { cause },
    );
  }
}

function findProblems(data: unknown, text: string): Problem[] {
  const locate = yamlLocator(text);
  const problems: Problem[] = [];
  const missing: { readonly path: YamlPath; readonly expected: string }[] = [];
  const meant = new Set<string>(); // fields that are not missing but misspelt
  const refused = new Set<string>();
  for (const issue of BOARD_SCHEMA.safeParse(data).error?.issues ?? []) {
    const path = yamlPath(issue);
    if (issue.code === "unrecognized_keys") {
      const known = knownFields(path);
      for (const key of issue.keys) {
        const name = nearestName(key, known);
        if (name !== undefined) meant.add(fieldName([...path, name]));
        problems.push({
          what: `the board has an unknown field ${fieldName([...path, key])}`,
          position: locate([...path, key], "key"),
          help: (name === undefined ? "" : `did you mean "${name}"? `) +
            `${path.length === 0 ? "a board" : fieldName(path)} takes ${known.join(", ")}`,
        });
      }
    } else if (valueAt(data, path) === undefined && path.length > 0) {
      missing.push({ path, expected: issue.message });
    } else if (!refused.has(fieldName(path))) { // one problem is enough for one value
      refused.add(fieldName(path));
      problems.push({
        what: `${path.length === 0 ? "the board" : fieldName(path)} is ${
          show(valueAt(data, path))
        }, expected ${issue.message}`,
        position: locate(path, "value"),
        help: remedy(valueAt(data, path), issue.message),
      });
    }
  }
  const noLatency = isEmptyBlock(valueAt(data, ["latency"]));
  for (const { path, expected } of missing) {
    if (meant.has(fieldName(path)) || (noLatency && path[0] === "latency")) continue;
    const block = path.slice(0, -1);
    problems.push({
      what: `${fieldName(path)} is missing`,
      position: locate(block, "key"),
      help: `add ${path.at(-1)} ${
        block.length === 0 ? "to the board" : `below ${fieldName(block)}`
      }: ${expected}${
        fieldName(path) === "latency" ? "; latency: {} keeps the latencies of the settings" : ""
      }`,
    });
  }
  const memory = valueAt(data, ["memory"]);
  const sizes = ["capacity_bytes", "physical_size_bytes", "hbm_size_bytes"];
  if (
    isBlock(memory) &&
    !sizes.some((size) => Object.hasOwn(memory, size) || meant.has(`memory.${size}`))
  ) {
    problems.push({
      what: "memory gives no capacity",
      position: locate(["memory"], "key"),
      help: `add one of ${sizes.join(", ")} below memory: a whole number of bytes, at least 1`,
    });
  }
  return problems;
}

function yamlPath(issue: z.core.$ZodIssue): YamlPath {
  return issue.path.map((key) => typeof key === "number" ? key : String(key));
}

/** `memory.capacity_bytes`, `tile_hints[2].status`. */
function fieldName(path: YamlPath): string {
  return path.map((key) => typeof key === "number" ? `[${key}]` : `.${key}`).join("").replace(
    /^\./,
    "",
  );
}

function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmptyBlock(value: unknown): boolean {
  return isBlock(value) && Object.keys(value).length === 0;
}

function valueAt(data: unknown, path: YamlPath): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (value instanceof Date) return `the date ${value.toISOString()}`;
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a block of fields";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** What to write instead; a number with a unit is worth a closer look. */
function remedy(value: unknown, expected: string): string {
  const number = typeof value === "string" ? /^\s*(\d+(?:\.\d+)?)\s*(\D*)$/.exec(value) : null;
  const unit = /number of (.+?)(?:,| above)/.exec(expected)?.[1];
  if (number === null || unit === undefined) return `write ${expected}`;
  const prefix = /^([KMGT])(?:i?B)?(?:\/s)?$/i.exec(number[2]!)?.[1];
  const base = { "bytes": 1024, "bytes per second": 1000 }[unit];
  if (prefix === undefined || base === undefined) {
    return `write the number alone, without quotes or unit: ${number[1]} if it is ${unit}`;
  }
  const scaled = Math.floor(Number(number[1]) * base ** ("KMGT".indexOf(prefix.toUpperCase()) + 1));
  return `write the number of ${unit} alone: ${scaled} if ${value} is in powers of ${base}`;
}
