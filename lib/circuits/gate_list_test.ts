import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decode, E2M1 } from "../numerics/mod.ts";
import { builtinCircuit } from "./builtin.ts";
import { encodeBias } from "./builtin/threshold_code.ts";
import { compileCircuit } from "./circuit.ts";
import { gateLevels, gateStatistics } from "./gate_statistics.ts";
import { evaluateCases, flatten, type Gate, type GateList } from "./gates.ts";
import { decidesAtZero, gateMargins } from "./margins.ts";
import { simplifyGates, withoutDeadGates } from "./simplify.ts";

const VALUES = Array.from({ length: 16 }, (_, code) => decode(E2M1, code));

/** Flat circuits of any E2M1 gates, constants, doubles and dead gates among them. */
const anyGateList: fc.Arbitrary<GateList> = fc.record({
  inputs: fc.integer({ min: 1, max: 5 }),
  seeds: fc.array(
    fc.record({
      reads: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 15 })), { maxLength: 4 }),
      bias: fc.integer({ min: 0, max: 15 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  outputs: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
}).map(({ inputs, seeds, outputs }) => ({
  inputs,
  gates: seeds.map(({ reads, bias }, gate): Gate => ({
    signals: reads.map(([signal]) => signal % (inputs + gate)),
    weights: reads.map(([, code]) => VALUES[code]!),
    bias: VALUES[bias]!,
  })),
  outputs: outputs.map((signal) => signal % (inputs + seeds.length)),
}));

/** Every z of every gate in every case, by the definition. */
function allSums(list: GateList): number[][] {
  const sums: number[][] = list.gates.map(() => []);
  for (let row = 0; row < 2 ** list.inputs; row++) {
    const values = Array.from({ length: list.inputs }, (_, wire) => (row >> wire) & 1);
    list.gates.forEach(({ signals, weights, bias }, gate) => {
      const z = signals.reduce((sum, signal, i) => sum + weights[i]! * values[signal]!, bias);
      sums[gate]!.push(z);
      values.push(z >= 0 ? 1 : 0);
    });
  }
  return sums;
}

Deno.test("simplifyGates() keeps every output in every case, and what it makes is E2M1", () => {
  fc.assert(
    fc.property(anyGateList, (list) => {
      const simple = simplifyGates(list);
      const cases = 2 ** list.inputs;
      assertEquals(evaluateCases(simple, 0, cases), evaluateCases(list, 0, cases));
      for (const { signals, weights, bias } of simple.gates) {
        assertEquals(signals.length, weights.length);
        assert(weights.every((weight) => VALUES.includes(weight)));
        assert(encodeBias(bias) !== undefined);
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("simplifyGates() shares what is alike, folds constants and drops what is not read", () => {
  const and = { signals: [0, 1], weights: [1, 1], bias: -1.5 };
  const list: GateList = {
    inputs: 2,
    gates: [
      and,
      { ...and, signals: [1, 0] },
      { signals: [0], weights: [1], bias: 0.5 }, // always 1
      { signals: [2, 3, 4], weights: [1, 1, 1], bias: -2.5 }, // and of what is the same
      { signals: [0, 1], weights: [1, 1], bias: -0.5 }, // read by no one
    ],
    outputs: [5],
  };
  assertEquals(simplifyGates(list), { inputs: 2, gates: [and], outputs: [2] });
  assertEquals(withoutDeadGates(list).gates.length, 4);
});

Deno.test("gateMargins() are those of all states, or safe bounds of them", () => {
  fc.assert(
    fc.property(anyGateList, (list) => {
      const margins = gateMargins(list);
      allSums(list).forEach((sums, gate) => {
        const above = Math.min(Infinity, ...sums.filter((z) => z >= 0));
        const below = Math.min(Infinity, ...sums.filter((z) => z < 0).map((z) => -z));
        const found = margins[gate]!;
        if (found.exact) assertEquals([found.above, found.below], [above + 0, below]);
        assert(found.above <= above && found.below <= below);
        if (above === 0) assert(decidesAtZero(list, gate));
      });
    }),
    { numRuns: 200 },
  );
});

Deno.test("gateMargins() tell that only gates of four pairs decide at z = 0 in an adder", () => {
  const list = flatten(compileCircuit(builtinCircuit("adder:8", "gates").netlist, []));
  const oneSided = gateMargins(list).flatMap(({ above }, gate) => (above === 0 ? [gate] : []));
  assertEquals(oneSided.map((gate) => list.gates[gate]!.signals.length), [9, 9]);
  assertEquals(list.gates.map((_, gate) => decidesAtZero(list, gate)).filter(Boolean).length, 2);
});

Deno.test("gateStatistics() counts a small circuit as one does by hand", () => {
  const list: GateList = {
    inputs: 3,
    gates: [
      { signals: [0, 1, 2], weights: [1, 1, 1], bias: -1.5 },
      { signals: [0, 1, 2, 3], weights: [1, 1, 1, -2], bias: -0.5 },
      { signals: [3, 4], weights: [4, 4], bias: -7.5 },
    ],
    outputs: [4, 5],
  };
  assertEquals(gateLevels(list), [1, 2, 3]);
  assertEquals(gateStatistics(list), {
    inputs: 3,
    outputs: 2,
    gates: 3,
    depth: 3,
    weights: 9,
    bits: 4 * (9 + 1 + 1 + 2),
    maxFanIn: 4,
    maxFanOut: 2,
    gatesPerLevel: [1, 1, 1],
  });
});
