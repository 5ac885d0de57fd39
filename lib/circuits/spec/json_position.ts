import type { YamlPath, YamlPosition } from "../../text/mod.ts";

/** Where the values of a JSON text stand. */
export interface JsonPositions {
  /** The position of the value at a path, or of the innermost one around it. */
  readonly locate: (path: YamlPath) => YamlPosition;
  /** A path that an object has twice, of which parsers drop one; nothing if there is none. */
  readonly duplicate?: YamlPath;
}

/** Finds where values stand in JSON that a parser has accepted. */
export function jsonPositions(text: string): JsonPositions {
  const offsets = new Map<string, number>();
  let duplicate: YamlPath | undefined;
  let at = 0;
  const skip = (): void => {
    while (/[\s,:]/.test(text[at] ?? "")) at++;
  };
  const stringEnd = (): number => {
    let end = at + 1;
    while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
    return end + 1;
  };
  const value = (path: YamlPath): void => {
    skip();
    const key = JSON.stringify(path);
    if (offsets.has(key)) duplicate ??= path;
    offsets.set(key, at);
    if (text[at] === "{" || text[at] === "[") {
      const isObject = text[at++] === "{";
      for (let index = 0;; index++) {
        skip();
        if (at >= text.length || text[at] === "}" || text[at] === "]") break;
        let key: string | number = index;
        if (isObject) {
          const end = stringEnd();
          key = JSON.parse(text.slice(at, end));
          at = end;
        }
        value([...path, key]);
      }
      at++;
    } else if (text[at] === '"') at = stringEnd();
    else while (at < text.length && !/[\s,:\]}]/.test(text[at]!)) at++;
  };
  value([]);
  const lineStarts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    lineStarts.push(end + 1);
  }
  const locate = (path: YamlPath): YamlPosition => {
    for (let length = path.length; length >= 0; length--) {
      const offset = offsets.get(JSON.stringify(path.slice(0, length)));
      if (offset === undefined) continue;
      // The last line that begins at the offset or before it.
      let [line, after] = [0, lineStarts.length];
      while (after - line > 1) {
        const middle = (line + after) >> 1;
        if (lineStarts[middle]! <= offset) line = middle;
        else after = middle;
      }
      return { line: line + 1, column: offset - lineStarts[line]! + 1 };
    }
    return { line: 1, column: 1 };
  };
  return duplicate === undefined ? { locate } : { locate, duplicate };
}
