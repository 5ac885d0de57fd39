import { assertEquals } from "@std/assert";
import { runOnMachine, vectorsOf } from "./_circuit_machine.ts";

/** Circuits of 11 to 17 input wires. */
const EXHAUSTIVE = [
  ...["adder:8", "carry-select:7", "kogge-stone:7", "sub:7", "cmp:8", "min:8", "max:8", "mux:12"],
  ...["decoder:11", "shift:11", "mul:8", "popcount:16", "parity:16", "priority:16", "alu:6"],
  "lfsr:16",
];
const WIDE = [
  ...["adder:64", "carry-select:32", "kogge-stone:32", "sub:64", "cmp:64", "min:32", "max:32"],
  ...["mux:64", "shift:32", "mul:16", "popcount:64", "parity:64", "priority:64", "alu:32"],
  "lfsr:64",
];

for (const spec of EXHAUSTIVE) {
  for (const weights of ["mxfp8", "mxfp4"] as const) {
    Deno.test(`${spec} gives its whole truth table on the machine, ${weights} weights`, () => {
      for (const objective of ["atoms", "gates", "depth"] as const) {
        assertEquals(runOnMachine(spec, { objective, weights }).wrong, 0, objective);
      }
    });
  }
}

for (const spec of WIDE) {
  for (const weights of ["mxfp8", "mxfp4"] as const) {
    Deno.test(`${spec} is right in corners and 100,000 seeded cases, ${weights} weights`, () => {
      const vectors = vectorsOf(spec, 100_000);
      const { wrong } = runOnMachine(spec, { objective: "depth", vectors, weights });
      assertEquals(wrong, 0);
    });
  }
}
