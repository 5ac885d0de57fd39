import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatTrace, parseTrace, TraceError } from "./dram_trace.ts";

Deno.test("parseTrace() reads the columns, and takes the last two as unknown if absent", () => {
  const full = "addr,write,want_cycle,accept_cycle,done_cycle\n64,1,5,6,-1\n0,0,7,7,25\n";
  assertEquals(parseTrace(full), [
    { address: 64, write: true, wantCycle: 5, acceptCycle: 6, doneCycle: -1 },
    { address: 0, write: false, wantCycle: 7, acceptCycle: 7, doneCycle: 25 },
  ]);
  const unknown = { address: 64, write: false, wantCycle: 5, acceptCycle: -1, doneCycle: -1 };
  assertEquals(parseTrace("addr,write,want_cycle\r\n64,0,5\r\n\r\n"), [unknown]);
  assertEquals(parseTrace("addr,write,want_cycle,accept_cycle,done_cycle\n64,0,5,,"), [unknown]);
});

Deno.test("parseTrace() names file, line, value and remedy", () => {
  const header = "addr,write,want_cycle\n";
  for (
    const [text, line, what] of [
      ["64,0,5\n", 1, "column names"],
      ["", 1, "column names"],
      [`${header}64,0\n`, 2, "Expected 3 columns, found 2"],
      [`${header}64,0,5\n64,2,5\n`, 3, 'write cannot be "2"'],
      [`${header}64,0,-1\n`, 2, 'want_cycle cannot be "-1"'],
      [`${header}0x40,0,1\n`, 2, 'addr cannot be "0x40"'],
      [`${header}9007199254740993,0,1\n`, 2, "addr cannot be"],
    ] as const
  ) {
    const error = assertThrows(() => parseTrace(text, "t.csv"), TraceError, what);
    assertEquals(error.place, { file: "t.csv", line });
  }
});

Deno.test("formatTrace() writes what parseTrace() reads", () => {
  const row = fc.record({
    address: fc.maxSafeNat(),
    write: fc.boolean(),
    wantCycle: fc.maxSafeNat(),
    acceptCycle: fc.integer({ min: -1 }),
    doneCycle: fc.integer({ min: -1 }),
  });
  fc.assert(fc.property(fc.array(row), (rows) => {
    assertEquals(parseTrace(formatTrace(rows)), rows);
  }));
});
