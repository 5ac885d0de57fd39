import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "./errors.ts";
import { parseSize } from "./size.ts";

Deno.test("parseSize() knows every spelling of a suffix, all powers of 1024", () => {
  for (const [unit, factor] of [["K", 2 ** 10], ["M", 2 ** 20], ["G", 2 ** 30], ["T", 2 ** 40]]) {
    for (const tail of ["", "B", "i", "iB"]) {
      assertEquals(parseSize(`3${unit}${tail}`, "--x"), 3 * Number(factor));
      assertEquals(parseSize(`3${unit}${tail}`.toLowerCase(), "--x"), 3 * Number(factor));
    }
  }
  assertEquals(parseSize("4096", "--x"), 4096);
  assertEquals(parseSize(" 512B ", "--x"), 512);
  assertEquals(parseSize("0", "--x"), 0);
});

Deno.test("parseSize() refuses anything else and names the option", () => {
  for (const text of ["", "x", "-5", "1.5G", "10 M", "5P", "9999999999999T", "0x10"]) {
    const error = assertThrows(() => parseSize(text, "--hbm-size"), UsageError);
    assertEquals(error.message, `--hbm-size cannot be "${text}"`);
  }
});
