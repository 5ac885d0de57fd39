/**
 * Checks that take seconds: `deno test --doc=false --allow-read lib/circuits/proof/proof_slow.ts`.
 */
import { assert, assertEquals } from "@std/assert";
import { adderGates, addition, multiplication, multiplierGates } from "./_lists.ts";
import { checkCertificate } from "./certificate_check.ts";
import { prove } from "./prove.ts";
import { proveByBdd } from "./prove_bdd.ts";
import { verifyExhaustive, verifyExhaustiveParallel } from "./verify_exhaustive.ts";

Deno.test("verifyExhaustiveParallel() on two workers sees what one core sees", async () => {
  const [list, specification] = [adderGates(13), addition(13)];
  let last = 0;
  const both = await verifyExhaustiveParallel(list, specification, 2, [13, 1], (n) => last = n);
  assertEquals(both, verifyExhaustive(list, specification, [13, 1]));
  assertEquals(last, 2 ** 27);
});

Deno.test("verifyExhaustiveParallel() tries all 2^33 cases of a 16-bit adder", async () => {
  const tally = await verifyExhaustiveParallel(adderGates(16), addition(16), 2, [16, 1]);
  assertEquals(tally.cases, 2 ** 33);
  assertEquals(tally.wrong, [0, 0]);
  assertEquals(tally.ones, Array.from({ length: 17 }, () => 2 ** 32));
});

Deno.test("prove() proves array multipliers of 24 and 32 bits, and of 7 bits transposed", () => {
  for (const [width, isTransposed] of [[24, false], [32, false], [7, true]] as const) {
    const list = multiplierGates(width, isTransposed);
    const specification = multiplication(width);
    const verdict = prove(list, specification, { maxNodes: 2 ** 12 });
    assert(verdict.kind === "proved");
    assert(verdict.certificate.kind === "sat");
    assertEquals(checkCertificate(list, specification, verdict.certificate), { isValid: true });
  }
});

Deno.test("proveByBdd() proves a multiplier of 9 bits", () => {
  const [list, specification] = [multiplierGates(9, true), multiplication(9)];
  const verdict = proveByBdd(list, specification);
  assert(verdict.kind === "proved");
  assertEquals(checkCertificate(list, specification, verdict.certificate), { isValid: true });
});
