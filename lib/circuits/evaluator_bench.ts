import { assertEquals } from "@std/assert";
import { builtinCircuit } from "./builtin.ts";
import { compileCircuit } from "./circuit.ts";
import { compileEvaluator } from "./evaluator.ts";
import { evaluateCases, flatten } from "./gates.ts";

const CASES = 2 ** 17;
const list = flatten(compileCircuit(builtinCircuit("adder:8", "depth").netlist, []));
const evaluator = compileEvaluator(list);
const inputs = Array.from(
  { length: list.inputs },
  (_, wire) =>
    Uint32Array.from({ length: CASES / 32 }, (_, word) => {
      let bits = 0;
      for (let k = 0; k < 32; k++) bits |= ((32 * word + k) >> wire & 1) << k;
      return bits;
    }),
);
const digits = evaluateCases(list, 0, CASES);
evaluator.evaluate(inputs).forEach((wire, output) => {
  const found = Uint8Array.from({ length: CASES }, (_, i) => (wire[i >> 5]! >>> (i & 31)) & 1);
  assertEquals(found, digits[output]); // never time two different answers
});

const group = "8-bit adder of 16 gates, 131,072 cases";
Deno.bench("gate by gate", { group, baseline: true }, () => void evaluateCases(list, 0, CASES));
Deno.bench("32 cases in a word", { group }, () => void evaluator.evaluate(inputs));

const wide = compileEvaluator(
  flatten(compileCircuit(builtinCircuit("adder:64", "depth").netlist, [])),
);
const words = Array.from(
  { length: wide.inputs },
  (_, wire) => Uint32Array.from({ length: 4096 }, (_, i) => Math.imul(i + 1, 2654435761 + wire)),
);
Deno.bench("64-bit adder of 160 gates, 131,072 cases", () => void wide.evaluate(words));
Deno.bench("build a 64-bit adder of least depth", () => void builtinCircuit("adder:64", "depth"));
