import { assertEquals } from "@std/assert";
import { evaluateAtom } from "../verify.ts";
import { makeAtom } from "./methods.ts";

Deno.test("makeAtom() makes all 256 functions of three inputs by every method that claims it", () => {
  for (let mask = 0; mask < 256; mask++) {
    const truthTable = Array.from({ length: 8 }, (_, row) => (mask >> row) & 1).join("");
    for (const method of ["synth", "float", "ptq", "qat", "search"] as const) {
      const atom = makeAtom({ name: truthTable, inputs: ["a", "b", "c"], truthTable }, method);
      assertEquals(evaluateAtom(atom).outputs, truthTable);
    }
  }
});
