import { assert, assertEquals, assertThrows } from "@std/assert";
import { CircuitError } from "../circuit_error.ts";
import { adderGates, addition, multiplication, multiplierGates, withGate } from "./_lists.ts";
import { mergeTallies, planExhaustive, runExhaustive } from "./exhaustive_plan.ts";
import {
  exhaustiveCertificate,
  verifyExhaustive,
  verifyExhaustiveParallel,
} from "./verify_exhaustive.ts";

Deno.test("verifyExhaustive() tries all 131,072 cases of an 8-bit adder", () => {
  const tally = verifyExhaustive(adderGates(8), addition(8), [8, 1]);
  assertEquals(tally.cases, 131072);
  assertEquals(tally.wrong, [0, 0]);
  assertEquals(tally.firstWrong, [-1, -1]);
  // Every bit of a sum with carry in is 1 in half of the cases, by symmetry.
  assertEquals(tally.ones, Array.from({ length: 9 }, () => 65536));
});

Deno.test("runExhaustive() of adjoining ranges merges to the whole, wherever they are cut", () => {
  const wrong = withGate(multiplierGates(6), 100, { bias: -0.5 });
  const plan = planExhaustive(wrong, multiplication(6), [6, 6]);
  assertEquals(plan.blocks, 32);
  const whole = runExhaustive(plan);
  assert(whole.wrong.some((count) => count > 0));
  for (let cut = 1; cut < plan.blocks; cut++) {
    assertEquals(mergeTallies(runExhaustive(plan, 0, cut), runExhaustive(plan, cut)), whole);
  }
  // Each block by itself.
  let merged = runExhaustive(plan, 0, 1);
  for (let block = 1; block < plan.blocks; block++) {
    merged = mergeTallies(merged, runExhaustive(plan, block, 1));
  }
  assertEquals(merged, whole);
});

Deno.test("runExhaustive() tells its progress, and refuses ranges that are not there", () => {
  const plan = planExhaustive(adderGates(8), addition(8));
  const seen: number[] = [];
  runExhaustive(plan, 0, plan.blocks, (cases) => seen.push(cases));
  assertEquals(seen.at(-1), 131072);
  for (
    const [first, count] of [[-1, 1], [0, 0], [0, plan.blocks + 1], [plan.blocks, 1], [0, NaN]]
  ) {
    assertThrows(() => runExhaustive(plan, first, count), RangeError, "not within");
  }
});

Deno.test("planExhaustive() refuses more than 48 input wires", () => {
  assertThrows(() => planExhaustive(adderGates(24), addition(24)), CircuitError, "49 input wires");
});

Deno.test("exhaustiveCertificate() refuses a run that is not whole or found a wrong case", () => {
  const plan = planExhaustive(adderGates(4), addition(4));
  assertThrows(() => exhaustiveCertificate(9, runExhaustive(plan, 0, 1)), RangeError);
  const wrong = withGate(adderGates(4), 3, { bias: 0.5 });
  assertThrows(() => exhaustiveCertificate(9, verifyExhaustive(wrong, addition(4))), RangeError);
});

Deno.test("verifyExhaustiveParallel() tries few cases on one core", async () => {
  const [list, specification] = [adderGates(4), addition(4)];
  const tally = await verifyExhaustiveParallel(list, specification, 2);
  assertEquals(tally, verifyExhaustive(list, specification));
});
