import { assertEquals } from "@std/assert";
import { adderGates, addition, multiplication, multiplierGates } from "./_lists.ts";
import { checkCertificate } from "./certificate_check.ts";
import { proveByBdd } from "./prove_bdd.ts";
import { proveBySat } from "./prove_sat.ts";
import { verifyExhaustive } from "./verify_exhaustive.ts";

const adder8 = adderGates(8);
assertEquals(verifyExhaustive(adder8, addition(8)).wrong, [0]);
Deno.bench("8-bit adder, all 131,072 cases, compiling included", () => {
  verifyExhaustive(adder8, addition(8));
});

for (const width of [64, 128]) {
  const adder = adderGates(width);
  const group = `${width}-bit adder, proof`;
  for (const prove of [proveByBdd, proveBySat]) {
    const verdict = prove(adder, addition(width));
    if (verdict.kind !== "proved") throw new Error(verdict.kind);
    const { certificate } = verdict;
    Deno.bench(`${width}-bit adder: ${prove.name}`, { group }, () => {
      prove(adder, addition(width));
    });
    Deno.bench(`${width}-bit adder: checkCertificate of ${certificate.kind}`, { group }, () => {
      checkCertificate(adder, addition(width), certificate);
    });
  }
}

const multiplier = multiplierGates(16);
Deno.bench("16-bit array multiplier: proveBySat", () => {
  assertEquals(proveBySat(multiplier, multiplication(16)).kind, "proved");
});
