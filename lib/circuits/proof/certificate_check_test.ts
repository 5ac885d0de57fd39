import { assert, assertEquals } from "@std/assert";
import { random } from "../../numerics/mod.ts";
import { evaluateCases } from "../gates.ts";
import { adderGates, addition, multiplication, multiplierGates, withGate } from "./_lists.ts";
import type { BddCertificate, Certificate, SatCertificate } from "./certificate.ts";
import { checkCertificate } from "./certificate_check.ts";
import { proveByBdd } from "./prove_bdd.ts";
import { proveBySat } from "./prove_sat.ts";
import { exhaustiveCertificate, verifyExhaustive } from "./verify_exhaustive.ts";

const ADDER = adderGates(4);
const MULTIPLIER = multiplierGates(3, true);

function proved(verdict: ReturnType<typeof proveByBdd>): Certificate {
  assert(verdict.kind === "proved");
  return verdict.certificate;
}

const BDD = proved(proveByBdd(ADDER, addition(4))) as BddCertificate;
const SAT = proved(proveBySat(MULTIPLIER, multiplication(3))) as SatCertificate;
const EXHAUSTIVE = exhaustiveCertificate(9, verifyExhaustive(ADDER, addition(4)));

Deno.test("checkCertificate() rejects every certificate when a gate has changed", () => {
  const subjects = [
    [ADDER, addition(4), [BDD, EXHAUSTIVE, proved(proveBySat(ADDER, addition(4)))]],
    [MULTIPLIER, multiplication(3), [SAT, proved(proveByBdd(MULTIPLIER, multiplication(3)))]],
  ] as const;
  for (const [list, specification, certificates] of subjects) {
    for (const certificate of certificates) {
      assertEquals(checkCertificate(list, specification, certificate), { isValid: true });
    }
    const truth = evaluateCases(list, 0, 2 ** list.inputs);
    let mutants = 0;
    for (const [index, { signals, weights, bias }] of list.gates.entries()) {
      const changes = weights.flatMap((_, k) =>
        [0.5, -0.5, 3, -6].map((weight) => ({ weights: weights.with(k, weight) }))
      );
      for (const change of [...changes, { bias: bias + 1 }, { bias: bias - 1 }, { bias: 0 }]) {
        const mutant = withGate(list, index, { signals, ...change });
        const wires = evaluateCases(mutant, 0, 2 ** list.inputs);
        const isWrong = wires.some((wire, i) => wire.some((value, at) => value !== truth[i]![at]));
        if (!isWrong) continue; // a redundant gate, or one whose threshold stays the same
        mutants++;
        for (const certificate of certificates) {
          assert(!checkCertificate(mutant, specification, certificate).isValid, `gate ${index}`);
        }
      }
    }
    assert(mutants > 80, `${mutants} mutants`);
  }
});

Deno.test("checkCertificate() rejects a diagram in which any number has changed", () => {
  for (const part of ["nodes", "gates", "ands", "order"] as const) {
    for (const [at, value] of BDD[part].entries()) {
      for (const other of [value ^ 1, value + 2, -1, 1e9, 0.5, NaN]) {
        if (other === value) continue;
        const certificate = { ...BDD, [part]: BDD[part].with(at, other) };
        const { isValid } = checkCertificate(ADDER, addition(4), certificate);
        assert(!isValid, `${part}[${at}] = ${other} instead of ${value}`);
      }
    }
    const shorter = { ...BDD, [part]: BDD[part].slice(0, -1) };
    assert(!checkCertificate(ADDER, addition(4), shorter).isValid, `${part} cut off`);
  }
});

Deno.test("checkCertificate() rejects a refutation with a line lost or a literal reversed", () => {
  const { proof } = SAT;
  assert(proof.length > 50);
  const isValid = (lines: readonly string[]): boolean =>
    checkCertificate(MULTIPLIER, multiplication(3), { ...SAT, proof: lines }).isValid;
  for (const [at, line] of proof.entries()) {
    assert(!isValid(proof.toSpliced(at, 1)), `without "${line}"`);
    const numbers = line.split(" ").map(Number);
    for (let i = 1; numbers[i] !== 0; i++) {
      assert(!isValid(proof.with(at, numbers.with(i, -numbers[i]!).join(" "))), `${line}: ${i}`);
    }
    assert(!isValid(proof.with(at, numbers.with(-2, 1).join(" "))), `${line}: last hint`);
    assert(!isValid(proof.with(at, numbers.slice(0, -1).join(" "))), `${line}: cut off`);
  }
});

Deno.test("checkCertificate() rejects a refutation about other and-gates", () => {
  for (const part of ["ands", "gates"] as const) {
    for (const [at, value] of SAT[part].entries()) {
      for (const other of [value ^ 1, -1, 1e9, NaN]) {
        const certificate = { ...SAT, [part]: SAT[part].with(at, other) };
        const { isValid } = checkCertificate(MULTIPLIER, multiplication(3), certificate);
        assert(!isValid, `${part}[${at}] = ${other} instead of ${value}`);
      }
    }
  }
});

Deno.test("checkCertificate() rejects an exhaustive run that saw something else", () => {
  for (const part of ["ones", "digests"] as const) {
    for (const [at, value] of EXHAUSTIVE[part].entries()) {
      const certificate = { ...EXHAUSTIVE, [part]: EXHAUSTIVE[part].with(at, value + 1) };
      assert(!checkCertificate(ADDER, addition(4), certificate).isValid);
    }
  }
  assert(!checkCertificate(ADDER, addition(4), { ...EXHAUSTIVE, inputs: 8 }).isValid);
});

Deno.test("checkCertificate() rejects evidence for another specification", () => {
  const swapped: typeof ADDER = { ...ADDER, outputs: ADDER.outputs.toReversed() };
  for (const certificate of [BDD, EXHAUSTIVE]) {
    assert(!checkCertificate(swapped, addition(4), certificate).isValid);
    assert(!checkCertificate(ADDER, multiplication(4), certificate).isValid);
  }
});

Deno.test("checkCertificate() rejects, and never fails on, what is no certificate", () => {
  const subjects = [[ADDER, addition(4), BDD], [ADDER, addition(4), EXHAUSTIVE]] as const;
  const others: unknown[] = [null, 7, "bdd", [], {}, { kind: "bdd" }, { kind: "constructor" }];
  for (
    const [list, specification, certificate] of [
      ...subjects,
      [MULTIPLIER, multiplication(3), SAT] as const,
    ]
  ) {
    for (const key of Object.keys(certificate)) {
      for (const value of [undefined, null, "3", {}, [null], [["3"]], [{}]]) {
        others.push({ ...certificate, [key]: value });
      }
    }
    for (const other of others) {
      const { isValid } = checkCertificate(list, specification, other as Certificate);
      assert(!isValid, JSON.stringify(other).slice(0, 200));
    }
  }
});

Deno.test("checkCertificate() accepts no certificate of a wrong circuit, whatever its bytes", () => {
  const digits = '0123456789,[]"-. ';
  const draw = random(2);
  const pick = (count: number): number => Math.floor(draw() * count);
  const [gate, ...gates] = ADDER.gates;
  const wrong = { ...ADDER, gates: [{ ...gate!, bias: gate!.bias + 1 }, ...gates] };
  let read = 0;
  for (const certificate of [BDD, EXHAUSTIVE, proved(proveBySat(ADDER, addition(4)))]) {
    const text = JSON.stringify(certificate);
    for (let round = 0; round < 300; round++) {
      const at = pick(text.length);
      const mutant = text.slice(0, at) + digits[pick(digits.length)] + text.slice(at + pick(3));
      let other: Certificate;
      try {
        other = JSON.parse(mutant);
      } catch {
        continue;
      }
      read++;
      assert(!checkCertificate(wrong, addition(4), other).isValid, mutant);
    }
  }
  assert(read > 200, `${read} that are JSON`);
});
