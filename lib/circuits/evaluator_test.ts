import { assertEquals, assertThrows } from "@std/assert";
import { builtinCircuit } from "./builtin.ts";
import { compileCircuit } from "./circuit.ts";
import { CircuitError } from "./circuit_error.ts";
import { compileEvaluator } from "./evaluator.ts";
import { evaluateCases, flatten, type GateList } from "./gates.ts";
import { circuitRunner, runCircuit } from "./run_circuit.ts";

function gatesOf(spec: string): GateList {
  return flatten(compileCircuit(builtinCircuit(spec, "depth").netlist, []));
}

Deno.test("compileEvaluator() gives what the gates give one by one, in every case", () => {
  for (const spec of ["adder:6", "mul:5", "alu:4", "decoder:5", "priority:9", "lfsr:8"]) {
    const list = gatesOf(spec);
    const cases = 2 ** list.inputs;
    const words = Math.max(1, cases / 32);
    const inputs = Array.from(
      { length: list.inputs },
      (_, wire) =>
        Uint32Array.from({ length: words }, (_, word) => {
          let bits = 0;
          for (let k = 0; k < 32; k++) bits |= ((32 * word + k) >> wire & 1) << k;
          return bits;
        }),
    );
    const expected = evaluateCases(list, 0, cases);
    compileEvaluator(list).evaluate(inputs).forEach((wire, output) => {
      const digits = Uint8Array.from({ length: cases }, (_, i) => (wire[i >> 5]! >>> (i & 31)) & 1);
      assertEquals(digits, expected[output], `${spec}, output ${output}`);
    });
  }
});

Deno.test("compileEvaluator() passes inputs through and knows constants", () => {
  const list: GateList = {
    inputs: 2,
    gates: [
      { signals: [], weights: [], bias: 0.5 },
      { signals: [], weights: [], bias: -0.5 },
      { signals: [1], weights: [-1], bias: 0 },
    ],
    outputs: [0, 2, 3, 4, 0],
  };
  const [a, b] = [Uint32Array.of(0xdeadbeef, 5), Uint32Array.of(0xf0f0f0f0, 9)];
  assertEquals(compileEvaluator(list).evaluate([a, b]), [
    a,
    Uint32Array.of(0xffffffff, 0xffffffff),
    Uint32Array.of(0, 0),
    Uint32Array.of(0x0f0f0f0f, ~9),
    a,
  ]);
});

Deno.test("compileEvaluator() refuses inputs of other sizes", () => {
  const evaluator = compileEvaluator(gatesOf("adder:1"));
  const word = new Uint32Array(1);
  assertThrows(() => evaluator.evaluate([word, word]), RangeError, "3 arrays of 1 words");
  assertThrows(() => evaluator.evaluate([word, word, new Uint32Array(2)]), RangeError);
});

Deno.test("runCircuit() takes numbers by name, and returns them by name", () => {
  const adder = compileCircuit(builtinCircuit("adder:70", "gates").netlist, []);
  const a = (1n << 70n) - 1n;
  assertEquals(runCircuit(adder, { A: a, B: 28, Cin: 1n }), { Sum: 28n, Cout: 1n });
  assertEquals(circuitRunner(adder).runAll([[a, 0n, 0n], [1n, 2n, 1n]]), [[a, 0n], [4n, 0n]]);
});

Deno.test("runCircuit() names the input that is missing, unknown or out of range", () => {
  const adder = compileCircuit(builtinCircuit("adder:4", "gates").netlist, []);
  const refuse = (values: Record<string, bigint | number>, message: string): void => {
    assertThrows(() => runCircuit(adder, values), CircuitError, message);
  };
  refuse({ A: 1, B: 2 }, "input Cin has no value");
  refuse({ A: 1, B: 2, Cin: 2 }, "input Cin is 2, which its one wire cannot carry");
  refuse({ A: 16n, B: 2, Cin: 0 }, "input A is 16, which its 4 wires cannot carry");
  refuse({ A: 0.5, B: 2, Cin: 0 }, "input A is 0.5");
  refuse({ A: -1, B: 2, Cin: 0 }, "input A is -1");
  refuse({ A: 1, B: 2, Cin: 0, D: 1 }, "has no input D");
});
