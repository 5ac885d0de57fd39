import { parse } from "@std/yaml";
import { assert, assertEquals } from "@std/assert";
import { yamlLocator, type YamlPath } from "./yaml_position.ts";

/** Every path of a document to a value, with the value. */
function* paths(value: unknown, path: YamlPath = []): Generator<[YamlPath, unknown]> {
  if (path.length > 0) yield [path, value];
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* paths(item, [...path, i]);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* paths(item, [...path, key]);
  }
}

const TEXT = `# comment: not a key
name: demo   # a remark
"quoted key": 1
'it''s': 2
colon:in:key: 3

memory:   # with a remark
  size: 4096
  # indented: comment
  deep:
      deeper: yes
  after: "a: b"
same_indent:
- one
- two: 2
  three: 3
- - x
  - y
indented:
  - mlen: 64

    blen: 4
  -
    mlen: 128
folded: >
  looks: like
    a: mapping
  - or a list
literal: |-
  key: value
anchored: &a
  x: 1
plain: several
  lines
text: "of: several
  lines: too"
flow: { a: 1, b: [2, 3] }
last: null
items:
  - { name: "a, b: {c}, d", 'it''s': 1, deep: { name: 2, x: 3 }, end: y }
`;

Deno.test("yamlLocator() finds keys and values of a text with every block construct", () => {
  const at = yamlLocator(TEXT);
  // deno-fmt-ignore: one entry, one row
  const expected: [YamlPath, [number, number], [number, number]][] = [
    [["name"],                [2, 1],   [2, 7]],
    [["quoted key"],          [3, 1],   [3, 15]],
    [["it's"],                [4, 1],   [4, 10]],
    [["colon:in:key"],        [5, 1],   [5, 15]],
    [["memory"],              [7, 1],   [7, 1]],
    [["memory", "size"],      [8, 3],   [8, 9]],
    [["memory", "deep"],      [10, 3],  [10, 3]],
    [["memory", "deep", "deeper"], [11, 7], [11, 15]],
    [["memory", "after"],     [12, 3],  [12, 10]],
    [["same_indent", 0],      [14, 1],  [14, 3]],
    [["same_indent", 1],      [15, 1],  [15, 3]],
    [["same_indent", 1, "two"],   [15, 3], [15, 8]],
    [["same_indent", 1, "three"], [16, 3], [16, 10]],
    [["same_indent", 2, 0],   [17, 3],  [17, 5]],
    [["same_indent", 2, 1],   [18, 3],  [18, 5]],
    [["indented", 0, "mlen"], [20, 5],  [20, 11]],
    [["indented", 0, "blen"], [22, 5],  [22, 11]],
    [["indented", 1],         [23, 3],  [23, 3]],
    [["indented", 1, "mlen"], [24, 5],  [24, 11]],
    [["folded"],              [25, 1],  [25, 9]],
    [["literal"],             [29, 1],  [29, 10]],
    [["anchored", "x"],       [32, 3],  [32, 6]],
    [["plain"],               [33, 1],  [33, 8]],
    [["text"],                [35, 1],  [35, 7]],
    [["flow"],                [37, 1],  [37, 7]],
    [["flow", "a"],           [37, 9],  [37, 12]],
    [["flow", "b"],           [37, 15], [37, 18]],
    [["items", 0, "name"],    [40, 7],  [40, 13]],
    [["items", 0, "it's"],    [40, 29], [40, 38]],
    [["items", 0, "deep"],    [40, 41], [40, 47]],
    [["items", 0, "end"],     [40, 66], [40, 71]],
    [["last"],                [38, 1],  [38, 7]],
  ];
  for (const [path, key, value] of expected) {
    assertEquals(at(path, "key"), { line: key[0], column: key[1] }, `key of ${path}`);
    assertEquals(at(path, "value"), { line: value[0], column: value[1] }, `value of ${path}`);
  }
});

Deno.test("yamlLocator() knows no path that the parser does not know", () => {
  const at = yamlLocator(TEXT);
  for (const path of [["looks"], ["folded", "looks"], ["key"], ["lines"], ["comment"], ["x"]]) {
    const around = path.length > 1 ? at(path.slice(0, 1), "value") : { line: 1, column: 1 };
    assertEquals(at(path, "key"), around, path.join("."));
  }
});

Deno.test("yamlLocator() places what it cannot find at the value around it, at last at the start", () => {
  const at = yamlLocator(TEXT);
  assertEquals(at(["flow", "b", 1], "value"), { line: 37, column: 18 });
  assertEquals(at(["memory", "absent"], "key"), { line: 7, column: 1 });
  assertEquals(at(["absent", "deeper"], "key"), { line: 1, column: 1 });
  assertEquals(at([], "value"), { line: 1, column: 1 });
  assertEquals(yamlLocator('{ "a": 1 }')(["a"], "value"), { line: 1, column: 1 });
  assertEquals(yamlLocator("")(["a"], "key"), { line: 1, column: 1 });
});

Deno.test("yamlLocator() counts the same in text with a byte order mark, markers and CRLF", () => {
  const at = yamlLocator("\uFEFF%YAML 1.2\r\n---\r\na:\r\n  b: 1\r\n");
  assertEquals(at(["a", "b"], "value"), { line: 4, column: 6 });
});

Deno.test("yamlLocator() points at every scalar of the board files", async () => {
  let scalars = 0;
  for (const name of ["nexys_video", "custom_a7", "v80"]) {
    const text = await Deno.readTextFile(`boards/${name}.yaml`);
    const at = yamlLocator(text);
    const lines = text.split("\n");
    for (const [path, value] of paths(parse(text))) {
      const key = at(path, "key");
      const keyText = lines[key.line - 1]!.slice(key.column - 1);
      assert(
        keyText.startsWith(typeof path.at(-1) === "number" ? "- " : `${path.at(-1)}:`),
        keyText,
      );
      if (typeof value === "object") continue;
      const { line, column } = at(path, "value");
      const [written] = lines[line - 1]!.slice(column - 1).split(" #");
      assertEquals(parse(written!), value, path.join("."));
      scalars++;
    }
  }
  assert(scalars > 150, `${scalars} scalars`);
});
