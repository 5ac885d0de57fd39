import { assert } from "@std/assert";
import * as fc from "fast-check";
import { exportAiger } from "./export_aiger.ts";
import { exportBlif } from "./export_blif.ts";
import { builtin } from "./_shared_circuits.ts";
import { FormatError } from "./format_error.ts";
import { readAiger } from "./read_aiger.ts";
import { readBlif } from "./read_blif.ts";

const { circuit } = builtin("adder:2");
const SEEDS = [
  exportAiger(circuit, "binary"),
  new TextEncoder().encode(exportAiger(circuit, "ascii")),
];

/** What a reader does with damaged input: gives a circuit, or says what is wrong. */
function assertSafe(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert(error instanceof FormatError, String(error));
  }
}

const EDITS = fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), {
  minLength: 1,
  maxLength: 4,
});

Deno.test("readAiger() reads or refuses damaged files, and throws nothing else", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SEEDS), EDITS, (seed, edits) => {
      const bytes = seed.slice();
      for (const { at, byte } of edits) bytes[at % bytes.length] = byte;
      assertSafe(() => readAiger(bytes));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("readBlif() reads or refuses damaged files, and throws nothing else", () => {
  const words = exportBlif(circuit).split(/(?<=\s)/);
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(edits, (edits) => {
      const damaged = [...words];
      for (const [from, to, isCut] of edits) {
        if (isCut) damaged.splice(from % damaged.length, 1);
        else damaged[to % damaged.length] = damaged[from % damaged.length]!;
      }
      assertSafe(() => readBlif(damaged.join("")));
    }),
    { numRuns: 1000 },
  );
});
