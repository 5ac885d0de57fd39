import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CircuitError } from "../circuit_error.ts";
import { evaluateCases, type GateList } from "../gates.ts";
import { adderGates, addition, multiplication, multiplierGates, withGate } from "./_lists.ts";
import type { BitFunction } from "./bit_algebra.ts";
import { checkCertificate } from "./certificate_check.ts";
import { prove } from "./prove.ts";
import { proveByBdd } from "./prove_bdd.ts";
import { proveBySat } from "./prove_sat.ts";
import { signalBits } from "./threshold_gate.ts";
import type { ProofVerdict } from "./verdict.ts";
import { exhaustiveCertificate, verifyExhaustive } from "./verify_exhaustive.ts";

const METHODS = [proveByBdd, proveBySat, prove];
const E2M1 = [0.5, 1, 1.5, 2, 3, 4, 6].flatMap((value) => [value, -value]);

/** Circuits of up to 8 inputs and 12 gates, read anyhow. */
const LISTS = fc.tuple(
  fc.integer({ min: 0, max: 8 }),
  fc.array(
    fc.record({
      reads: fc.array(
        fc.record({ signal: fc.nat(1000), weight: fc.constantFrom(...E2M1) }),
        { maxLength: 6 },
      ),
      bias: fc.constantFrom(0, ...E2M1),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  fc.array(fc.nat(1000), { minLength: 1, maxLength: 4 }),
).map(([inputs, gates, outputs]): GateList => ({
  inputs,
  gates: gates.map(({ reads, bias }, index) => {
    const some = inputs + index === 0 ? [] : reads;
    return {
      signals: some.map(({ signal }) => signal % (inputs + index)),
      weights: some.map(({ weight }) => weight),
      bias,
    };
  }),
  outputs: outputs.map((signal) => inputs + (signal % gates.length)),
}));

/** A circuit as the specification of another one. */
function functionOf(list: GateList): BitFunction {
  return (algebra, inputs) => {
    const signals = signalBits(algebra, list, inputs);
    return list.outputs.map((signal) => signals[signal]!);
  };
}

/** The first case in which two circuits differ, by plain evaluation. */
function firstDifference(a: GateList, b: GateList): number {
  const left = evaluateCases(a, 0, 2 ** a.inputs);
  const right = evaluateCases(b, 0, 2 ** b.inputs);
  const cases = Array.from({ length: 2 ** a.inputs }, (_, i) => i);
  return cases.findIndex((i) => left.some((wire, output) => wire[i] !== right[output]![i]));
}

function assertProved(list: GateList, specification: BitFunction, verdict: ProofVerdict): void {
  assertEquals(verdict.kind, "proved");
  if (verdict.kind !== "proved") return;
  // As plain data, as it is after having been a file.
  const certificate = JSON.parse(JSON.stringify(verdict.certificate));
  assertEquals(checkCertificate(list, specification, certificate), { isValid: true });
}

Deno.test("prove*() and verifyExhaustive() agree with plain evaluation on random circuits", () => {
  let proved = 0;
  let refuted = 0;
  fc.assert(
    fc.property(LISTS, fc.nat(1000), fc.constantFrom(...E2M1), (list, index, bias) => {
      const other = withGate(list, index % list.gates.length, { bias });
      const specification = functionOf(list);
      const first = firstDifference(other, list);
      const tally = verifyExhaustive(other, specification);
      assertEquals(tally.firstWrong, [first]);
      assertEquals(tally.cases, 2 ** list.inputs);
      const ones = evaluateCases(other, 0, 2 ** list.inputs).map((wire) =>
        wire.filter((v) => v).length
      );
      assertEquals(tally.ones, ones);
      if (first < 0) {
        const certificate = exhaustiveCertificate(list.inputs, tally);
        assertEquals(checkCertificate(other, specification, certificate), { isValid: true });
      }
      for (const method of METHODS) {
        const verdict = method(other, specification);
        if (first < 0) assertProved(other, specification, verdict);
        else {
          assert(verdict.kind === "refuted", method.name);
          assertEquals(verdict.counterexample.number, BigInt(first), method.name);
          assertEquals(verdict.counterexample.isSmallest, true);
          const at = evaluateCases(other, first, 1).map((wire) => wire[0]!);
          assertEquals(verdict.counterexample.actual, at);
        }
      }
      if (first < 0) proved++;
      else refuted++;
    }),
    { numRuns: 150, seed: 5 },
  );
  assert(proved > 30 && refuted > 30, `${proved} and ${refuted}`);
});

for (const width of [1, 16, 32, 64, 128]) {
  Deno.test(`prove*() proves a ${width}-bit adder, and checkCertificate() replays it`, () => {
    const list = adderGates(width);
    for (const method of METHODS) {
      assertProved(list, addition(width), method(list, addition(width)));
    }
  });
}

Deno.test("prove*() and verifyExhaustive() refute adders of atoms that are 99 % accurate", () => {
  // Of 16 sums and 16 carries with 8 rows each, one row of 256 is wrong: the carry out of bit 7 is
  // lost when A[7] is 0, B[7] and the carry in are 1. First so at A = 127, B = 129.
  const list = withGate(adderGates(16), 2 * 7, { weights: [2, 1, 1], bias: -2.5 });
  const specification = addition(16);
  const smallest = BigInt(127 + 129 * 2 ** 16);
  for (const method of METHODS) {
    const verdict = method(list, specification);
    assert(verdict.kind === "refuted");
    assertEquals(verdict.counterexample.number, smallest);
    assertEquals(verdict.counterexample.isSmallest, true);
  }
  const tally = verifyExhaustive(
    withGate(adderGates(8), 2 * 7, { weights: [2, 1, 1], bias: -2.5 }),
    addition(8),
    [8, 1],
  );
  // A quarter of the 2^17 cases has A[7] = 0 and B[7] = 1, and half of it that carry. The sum gate
  // of bit 7 reads the lost carry, too.
  assertEquals(tally.wrong, [2 ** 14, 2 ** 14]);
  assertEquals(tally.firstWrong, [127 + 129 * 2 ** 8, 127 + 129 * 2 ** 8]);
});

Deno.test("proveBySat() and proveByBdd() prove multipliers of 2 to 5 bits, either way round", () => {
  for (let width = 2; width <= 5; width++) {
    for (const isTransposed of [false, true]) {
      const list = multiplierGates(width, isTransposed);
      const specification = multiplication(width);
      assertProved(list, specification, proveBySat(list, specification));
      assertProved(list, specification, proveByBdd(list, specification));
    }
  }
});

Deno.test("prove() proves an array multiplier of 16 bits, for which diagrams are too big", () => {
  const list = multiplierGates(16);
  const small = { maxNodes: 2 ** 12 };
  assertEquals(proveByBdd(list, multiplication(16), small).kind, "undecided");
  assertProved(list, multiplication(16), prove(list, multiplication(16), small));
});

Deno.test("proveBySat() refutes a multiplier with one wrong gate by the smallest case", () => {
  const list = withGate(multiplierGates(6), 100, { bias: -0.5 });
  const verdict = proveBySat(list, multiplication(6));
  assert(verdict.kind === "refuted");
  assertEquals(Number(verdict.counterexample.number), firstDifference(list, multiplierGates(6)));
});

Deno.test("prove() refutes by the smallest case, where the limits do not show it to be that", () => {
  const list = withGate(multiplierGates(6), 100, { bias: -0.5 });
  const limits = { maxNodes: 100, maxConflicts: 0, maxInnerConflicts: 0 };
  const first = proveBySat(list, multiplication(6), limits);
  assert(first.kind === "refuted" && !first.counterexample.isSmallest);
  const verdict = prove(list, multiplication(6), limits);
  assert(verdict.kind === "refuted" && verdict.counterexample.isSmallest);
  assertEquals(Number(verdict.counterexample.number), firstDifference(list, multiplierGates(6)));
});

Deno.test("prove*() says undecided, and why, when the limits are too tight", () => {
  const list = multiplierGates(8, true);
  const verdict = prove(list, multiplication(8), {
    maxNodes: 1000,
    maxConflicts: 10,
    maxInnerConflicts: 1,
  });
  assert(verdict.kind === "undecided");
  assertMatch(
    verdict.reason,
    /^undecided after 1000 nodes of .*, and undecided after 10 conflicts at output \d+$/,
  );
  const stopped = proveBySat(list, multiplication(8), { shouldStop: () => true });
  assertEquals(stopped.kind, "undecided");
});

Deno.test("prove*() gives the same certificate each time", () => {
  const list = multiplierGates(4, true);
  for (const method of METHODS) {
    assertEquals(method(list, multiplication(4)), method(list, multiplication(4)));
  }
});

Deno.test("prove*() and verifyExhaustive() refuse a specification of other outputs", () => {
  const list = { ...adderGates(2), outputs: [1] };
  for (const method of [...METHODS, verifyExhaustive]) {
    assertThrows(() => method(list, addition(2)), CircuitError, "its specification 3");
  }
});
