import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ValidationError } from "@cliffy/command";
import { inFile, InputError, UsageError } from "./errors.ts";
import { describeError } from "./run_task.ts";
import { formatProgress } from "./progress.ts";
import { formatTable } from "./terminal.ts";

Deno.test("describeError() prints place and remedy on two lines", () => {
  const place = { file: "a.yaml", line: 3, column: 7 };
  assertEquals(describeError(new InputError("wrong colour", "paint it blue", place), false), [
    "error: wrong colour at a.yaml:3:7",
    "help: paint it blue",
  ]);
  const inside = { file: "a.json", path: "data.atoms[0].name" };
  assertEquals(
    describeError(new InputError("no name", "give one", inside), false)[0],
    "error: no name at a.json#data.atoms[0].name",
  );
});

Deno.test("inFile() gives an error its file, unless it has a place", () => {
  const placeless = new UsageError("wrong", "mend it");
  const placed = new InputError("wrong", "mend it", { file: "b.yaml", line: 2 });
  for (const [error, place] of [[placeless, "a.json"], [placed, "b.yaml:2"]] as const) {
    const thrown = assertThrows(() =>
      inFile("a.json", () => {
        throw error;
      })
    );
    assertEquals(describeError(thrown, false), [`error: wrong at ${place}`, "help: mend it"]);
  }
  assertEquals(inFile("a.json", () => 5), 5);
});

Deno.test("describeError() does not repeat a place that the message already names", () => {
  const error = new InputError("wrong at a.asm:3:1", "mend it", {
    file: "a.asm",
    line: 3,
    column: 1,
  });
  assertEquals(describeError(error, false)[0], "error: wrong at a.asm:3:1");
});

Deno.test("describeError() prints all errors of a list", () => {
  const all = Object.assign(new InputError("2 errors", "mend them"), {
    errors: [new UsageError("first", "a"), new UsageError("second", "b")],
  });
  assertEquals(describeError(all, false), ["error: first", "help: a", "error: second", "help: b"]);
});

Deno.test("describeError() turns the command library's hint into the help line", () => {
  const error = new ValidationError('Unknown option "--x". Did you mean option "--y"?');
  assertEquals(describeError(error, false), [
    'error: Unknown option "--x".',
    'help: Did you mean option "--y"?',
  ]);
});

Deno.test("describeError() shows a stack trace with --debug only, and calls bugs bugs", () => {
  const bug = new RangeError("off by one");
  assertEquals(describeError(bug, false).length, 2);
  assertStringIncludes(describeError(bug, false)[1]!, "this is a bug in fourbit");
  assertStringIncludes(describeError(bug, true)[2]!, "run_task_test.ts");
});

Deno.test("formatTable() stands numbers to the right with thousands apart", () => {
  const lines = formatTable(["name", "bytes"], [["a", 1234567], ["bcd", 8]]).split("\n");
  assertEquals(lines, [
    "name      bytes",
    "────  ─────────",
    "a     1,234,567",
    "bcd           8",
  ]);
});

Deno.test("formatProgress() fills the bar in proportion", () => {
  assertEquals(formatProgress("x", 0, 4), `x ${"░".repeat(30)} 0 %`);
  assertEquals(formatProgress("x", 2, 4), `x ${"█".repeat(15)}${"░".repeat(15)} 50 %`);
  assertEquals(formatProgress("x", 9, 4), `x ${"█".repeat(30)} 100 %`);
});
