/** A position in a text. */
export interface YamlPosition {
  /** Line, from 1. */
  readonly line: number;
  /** Column, from 1. */
  readonly column: number;
}

/** Keys and list indices that lead from the root of a document to a value. */
export type YamlPath = readonly (string | number)[];

interface Entry {
  readonly key: YamlPosition;
  readonly value: YamlPosition;
}

/** A mapping or list that is open at the current line, and the entry that it is at. */
interface Block {
  readonly indent: number;
  readonly path: YamlPath;
  at: string | number;
}

const START: YamlPosition = { line: 1, column: 1 };

/**
 * Where keys and values stand in YAML of block style: what a parser that gives values only cannot
 * say. Goes by indentation; knows comments, quoted keys, lists (also at the indentation of their
 * key), keys of a mapping in `{…}` on one line, and passes over scalars and flow collections of several
 * lines. What it does not know, such as items of `[…]`, is placed at the innermost value around it that
 * it does know, at last at the start of the text.
 *
 * @param text YAML that a parser has accepted.
 * @returns A function from a path to the position of the key, or of the value behind it. The "key"
 * of a list item is its dash; the value of a key with nothing behind it on its line is the key.
 */
export function yamlLocator(text: string): (path: YamlPath, part: "key" | "value") => YamlPosition {
  const entries = index(text);
  return (path, part) => {
    const found = entries.get(JSON.stringify(path));
    if (found !== undefined) return found[part];
    for (let length = path.length - 1; length > 0; length--) {
      const around = entries.get(JSON.stringify(path.slice(0, length)));
      if (around !== undefined) return around.value;
    }
    return START;
  };
}

function index(text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const open: Block[] = [];
  // Lines indented deeper than this belong to the scalar or flow collection before them.
  let passOver = Infinity;
  for (const [number, line] of text.replace(/^\uFEFF/, "").split(/\r?\n/).entries()) {
    let indent = line.length - line.trimStart().length;
    if (indent === line.length || line[indent] === "#" || indent > passOver) continue;
    passOver = Infinity;
    if (/^(---|\.\.\.|%)/.test(line)) continue;
    for (;;) {
      const rest = line.slice(indent);
      const item = /^-(\s+|$)/.exec(rest);
      const key = item === null ? keyAt(rest) : undefined;
      if (item === null && key === undefined) break;
      const path = enter(open, indent, key?.name);
      const position = { line: number + 1, column: indent + 1 };
      const valueIndent = indent + (item?.[0].length ?? key!.length);
      const value = line.slice(valueIndent);
      const inline = value !== "" && !/^(#|[&!]\S*\s*(#|$))/.test(value);
      entries.set(JSON.stringify(path), {
        key: position,
        value: inline ? { line: number + 1, column: valueIndent + 1 } : position,
      });
      if (!inline) break;
      if (value.startsWith("{")) {
        for (const [name, key, value] of flowKeys(line, valueIndent)) {
          const [keyAt, valueAt] = [key, value].map((at) => ({ line: number + 1, column: at + 1 }));
          entries.set(JSON.stringify([...path, name]), { key: keyAt!, value: valueAt! });
        }
      }
      if (item === null || (keyAt(value) === undefined && !/^-(\s|$)/.test(value))) {
        passOver = indent;
        break;
      }
      indent = valueIndent; // `- key: value`, `- - item`
    }
  }
  return entries;
}

/** Closes and opens blocks for an entry at an indentation; a list item comes without a name. */
function enter(open: Block[], indent: number, name: string | undefined): YamlPath {
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const closed = top.indent > indent ||
      (top.indent === indent && name !== undefined && typeof top.at === "number");
    if (!closed) break;
    open.pop();
  }
  let top = open.at(-1);
  const isList = name === undefined;
  if (top === undefined || top.indent < indent || (isList && typeof top.at === "string")) {
    top = { indent, path: top === undefined ? [] : [...top.path, top.at], at: name ?? 0 };
    open.push(top);
  } else {
    top.at = name ?? Number(top.at) + 1;
  }
  return [...top.path, top.at];
}

/** The keys of a mapping in braces that begins at an index: name, and where key and value begin. */
function* flowKeys(line: string, start: number): Generator<[string, number, number]> {
  let depth = 0;
  // Quoted and plain scalars, and what is between them.
  const token = /"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[{}[\],]|\s+|[^\s{}[\],][^{}[\],]*/gy;
  token.lastIndex = start;
  let mayBeKey = false;
  for (let found = token.exec(line); found !== null; found = token.exec(line)) {
    const [text] = found;
    if (/^\s/.test(text)) continue;
    const key = depth === 1 && mayBeKey ? keyAt(line.slice(found.index)) : undefined;
    if (key !== undefined) {
      yield [key.name, found.index, found.index + key.length];
      token.lastIndex = found.index + key.length;
    }
    if (text === "{" || text === "[") depth++;
    else if (text === "}" || text === "]") depth--;
    if (depth === 0) return;
    mayBeKey = text === "{" || text === ",";
  }
}

/** The mapping key that a text begins with, and its length including the colon and blanks. */
function keyAt(text: string): { readonly name: string; readonly length: number } | undefined {
  const found = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#{}[\],&*!|>%@`].*?)\s*:(?:\s+|$)/.exec(
    text,
  );
  if (found === null) return undefined;
  const [whole, key] = [found[0], found[1]!];
  return { name: unquoted(key), length: whole.length };
}

function unquoted(key: string): string {
  if (key.startsWith("'")) return key.slice(1, -1).replaceAll("''", "'");
  if (!key.startsWith('"')) return key;
  try {
    return JSON.parse(key);
  } catch {
    return key.slice(1, -1); // an escape of YAML alone: the path will not be found
  }
}
