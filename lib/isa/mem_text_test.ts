import { assertEquals, assertThrows } from "@std/assert";
import { formatMem, MemError, parseMem } from "./mem_text.ts";

Deno.test("formatMem() writes 0x, eight upper-case digits and a newline per word", () => {
  assertEquals(
    formatMem(Uint32Array.of(0x34, 0xfffffc6f, 0xabcdef01, 0)),
    "0x00000034\n0xFFFFFC6F\n0xABCDEF01\n0x00000000\n",
  );
  assertEquals(formatMem(new Uint32Array(0)), "");
});

Deno.test("parseMem() takes tokens of either case, with any number of prefixes and any white space", () => {
  assertEquals(
    [...parseMem("34 0x34\t\r\n\n0x0xfFFffc6F 0\v00000000034\f0xABCDEF01")],
    [0x34, 0x34, 0xfffffc6f, 0, 0x34, 0xabcdef01],
  );
  assertEquals(parseMem("").length, 0);
  assertEquals([...parseMem("1 ".repeat(1000))], new Array(1000).fill(1));
});

Deno.test("parseMem() names the line, column and token that is no word", () => {
  for (
    const [text, place] of [
      ["0x34\n 0x 1", "2:2 0x"],
      ["12345678\n\n123456789", "3:1 123456789"],
      ["0x-0003F9E", "1:1 0x-0003F9E"],
      ["1 2 ; c", "1:5 ;"],
      ["0X12", "1:1 0X12"],
      ["+5", "1:1 +5"],
      ["0x12g4", "1:1 0x12g4"],
    ] as const
  ) {
    const error = assertThrows(() => parseMem(text, { file: "p.mem" }), MemError);
    assertEquals(`${error.place.line}:${error.place.column} ${error.token}`, place);
    assertEquals(error.place.file, "p.mem");
  }
});

Deno.test("parseMem() reads back what formatMem() writes", () => {
  const words = Uint32Array.from({ length: 10_000 }, (_, i) => Math.imul(i, 0x9e3779b1));
  assertEquals(parseMem(formatMem(words)), words);
});
