import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Bdd, BDD_ONE, BDD_ZERO, type BddRef } from "./bdd.ts";
import { BudgetError } from "./budget_error.ts";

const INPUTS = 4;
const ROWS = 2 ** INPUTS;
const ALL = 2 ** ROWS - 1;

/** The diagram of a truth table, by its minterms; row r has input i at bit i of r. */
function diagram(bdd: Bdd, table: number): BddRef {
  const { and, or, not } = bdd.algebra;
  let result = BDD_ZERO;
  for (let row = 0; row < ROWS; row++) {
    if ((table >> row & 1) === 0) continue;
    let minterm: BddRef = BDD_ONE;
    for (let i = 0; i < INPUTS; i++) {
      minterm = and(minterm, row >> i & 1 ? bdd.input(i) : not(bdd.input(i)));
    }
    result = or(result, minterm);
  }
  return result;
}

/** The truth table of a diagram, by following it. */
function table(bdd: Bdd, ref: BddRef): number {
  let rows = 0;
  for (let row = 0; row < ROWS; row++) {
    let at = ref;
    while (at > 1) at = row >> bdd.level(at) & 1 ? bdd.high(at) : bdd.low(at);
    rows += at * 2 ** row;
  }
  return rows;
}

Deno.test("Bdd has one reference per function, and its operations are those of truth tables", () => {
  const bdd = new Bdd(INPUTS);
  const tables = fc.nat(ALL);
  fc.assert(
    fc.property(tables, tables, tables, (f, g, h) => {
      const [a, b, c] = [diagram(bdd, f), diagram(bdd, g), diagram(bdd, h)];
      assertEquals(table(bdd, a), f);
      const { and, or, xor, not, mux } = bdd.algebra;
      const pairs = [
        [and(a, b), f & g],
        [or(a, b), f | g],
        [xor(a, b), f ^ g],
        [not(a), ~f & ALL],
        [mux(a, b, c), (f & g) | (~f & h & ALL)],
      ] as const;
      for (const [ref, rows] of pairs) {
        assertEquals(table(bdd, ref), rows);
        assertEquals(ref, diagram(bdd, rows));
      }
      for (let level = 0; level < INPUTS; level++) {
        for (const value of [0, 1] as const) {
          const restricted = table(bdd, bdd.restrict(a, level, value));
          for (let row = 0; row < ROWS; row++) {
            const source = value ? row | 1 << level : row & ~(1 << level);
            assertEquals(restricted >> row & 1, f >> source & 1);
          }
        }
      }
    }),
    { numRuns: 200, seed: 1 },
  );
});

Deno.test("Bdd needs 2n − 1 nodes for a parity, and stays the same when it grows", () => {
  const bdd = new Bdd(5000);
  let odd: BddRef = BDD_ZERO;
  for (let level = 4999; level >= 0; level--) odd = bdd.algebra.xor(bdd.input(level), odd);
  // With complements: one node a level, and one for each input by itself.
  assertEquals(bdd.size, 1 + 4999 + 5000);
  assertEquals(bdd.input(17), bdd.input(17));
  assert(bdd.level(odd) === 0 && bdd.high(odd) === (bdd.low(odd) ^ 1));
});

Deno.test("Bdd throws when it would grow past its limit", () => {
  const bdd = new Bdd(10, 8);
  assertThrows(
    () => Array.from({ length: 10 }, (_, level) => bdd.input(level)),
    BudgetError,
    "undecided after 8 nodes",
  );
});
