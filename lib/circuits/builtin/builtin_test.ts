import { assert, assertEquals, assertThrows } from "@std/assert";
import { CONSTRUCTED_ATOMS } from "../../atoms/mod.ts";
import { BUILTIN_KINDS, builtinCircuit } from "../builtin.ts";
import { compileCircuit } from "../circuit.ts";
import { CircuitError } from "../circuit_error.ts";
import { flatten, type GateList } from "../gates.ts";
import { type GateStatistics, gateStatistics, trixAdderSize } from "../gate_statistics.ts";
import { allWires, isAtom } from "../netlist.ts";
import { circuitRunner, runCircuit } from "../run_circuit.ts";
import { verifyCircuit } from "../verify_circuit.ts";
import { LFSR_TAPS } from "./lfsr_taps.ts";
import { type Objective, OBJECTIVES } from "./objective.ts";

function gatesOf(spec: string, objective: Objective): GateList {
  return flatten(compileCircuit(builtinCircuit(spec, objective).netlist, CONSTRUCTED_ATOMS));
}

function isExact(spec: string, objective: Objective): boolean {
  const builtin = builtinCircuit(spec, objective);
  return verifyCircuit(compileCircuit(builtin.netlist, CONSTRUCTED_ATOMS), builtin).exact;
}

/** Whole numbers of some bits, the same ones every time: all zeros and all ones first. */
function numbers(): (bits: number) => bigint {
  let state = 0x9e3779b97f4a7c15n;
  return (bits) => {
    let value = 0n;
    for (let bit = 0; bit < bits; bit += 32) {
      state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
      value = (value << 32n) | (state >> 32n);
    }
    return BigInt.asUintN(bits, value);
  };
}

for (const { name, widths: [least, most] } of BUILTIN_KINDS) {
  Deno.test(`${name} is exact in every case of narrow widths, by every objective`, () => {
    for (const objective of OBJECTIVES) {
      for (let width = least; width <= Math.min(most, 6); width++) {
        const spec = least === most ? name : `${name}:${width}`;
        const { netlist } = builtinCircuit(spec, objective);
        if (allWires(netlist.inputs).length > 11) break;
        assert(isExact(spec, objective), `${spec}, ${objective}`);
      }
    }
  });

  const wide = [32, 64].filter((width) => width <= Math.min(most, name === "mul" ? 32 : 64));
  if (name === "decoder" || least === most) continue;
  Deno.test(`${name} of ${wide} bits gives what BigInt says of corners and seeded numbers`, () => {
    for (const width of wide) {
      for (const objective of ["atoms", "depth"] as const) {
        const { netlist, reference } = builtinCircuit(`${name}:${width}`, objective);
        const next = numbers();
        const buses = netlist.inputs.map((port) => port.width);
        const vectors = [
          buses.map(() => 0n),
          buses.map((bits) => (1n << BigInt(bits)) - 1n),
          buses.map((bits, i) => (i === 0 ? (1n << BigInt(bits)) - 1n : 1n)),
          ...Array.from({ length: 200 }, () => buses.map(next)),
          // Equal numbers, and sparse ones.
          ...Array.from({ length: 20 }, () => {
            const value = next(Math.max(...buses));
            return buses.map((bits) => BigInt.asUintN(bits, value));
          }),
          ...Array.from(
            { length: 40 },
            () => buses.map((bits) => next(bits) & next(bits) & next(bits)),
          ),
        ];
        const circuit = compileCircuit(netlist, CONSTRUCTED_ATOMS);
        const results = circuitRunner(circuit).runAll(vectors);
        vectors.forEach((vector, i) => {
          assertEquals(results[i], reference(vector), `${netlist.name} ${objective} of ${vector}`);
        });
      }
    }
  });
}

Deno.test("cmp of 1 to 8 bits drives LT, EQ and GT in every case", () => {
  for (let width = 1; width <= 8; width++) {
    for (const objective of ["atoms", "gates"] as const) {
      assert(isExact(`cmp:${width}`, objective), `${width} bits, ${objective}`);
    }
  }
});

Deno.test("mux selects every input for 2 to 17 inputs", () => {
  for (let width = 2; width <= 17; width++) {
    for (const objective of OBJECTIVES) {
      const circuit = compileCircuit(
        builtinCircuit(`mux:${width}`, objective).netlist,
        CONSTRUCTED_ATOMS,
      );
      const all = (1n << BigInt(width)) - 1n;
      const vectors = Array.from({ length: width }, (_, i) => [
        [1n << BigInt(i), BigInt(i)],
        [all ^ (1n << BigInt(i)), BigInt(i)],
      ]).flat();
      const results = circuitRunner(circuit).runAll(vectors).flat();
      assertEquals(
        results,
        vectors.map((_, i) => (i % 2 === 0 ? 1n : 0n)),
        `${width} ${objective}`,
      );
    }
    const { netlist } = builtinCircuit(`mux:${width}`);
    assertEquals(netlist.instances.filter((i) => isAtom(i) && i.atom === "MUX").length, width - 1);
  }
});

Deno.test("alu:1 does what the TriX template does in all 32 cases", () => {
  for (const objective of OBJECTIVES) {
    const circuit = compileCircuit(builtinCircuit("alu:1", objective).netlist, CONSTRUCTED_ATOMS);
    for (let row = 0; row < 32; row++) {
      const [a, b, c, op] = [row & 1, (row >> 1) & 1, (row >> 2) & 1, row >> 3];
      const result = [(a + b + c) % 2, a & b, a | b, a ^ b][op]!;
      const { Result, Cout } = runCircuit(circuit, { A: a, B: b, Cin: c, Op: op });
      assertEquals([Result, Cout], [BigInt(result), BigInt(a + b + c > 1)], `row ${row}`);
    }
  }
  assertEquals(builtinCircuit("alu:1").netlist.instances.length, 8);
});

Deno.test("a ripple adder of atoms has the TriX counts, names, gates and depth", () => {
  for (const width of [1, 2, 8, 16, 32, 64]) {
    const { netlist } = builtinCircuit(`adder:${width}`);
    const reads = netlist.instances.reduce((sum, { inputs }) => sum + inputs.length, 0);
    const routes = reads + allWires(netlist.outputs).length;
    const { tiles, routes: expected } = trixAdderSize(width);
    assertEquals([netlist.instances.length, routes], [tiles, expected]);
    const { gates, depth } = gateStatistics(gatesOf(`adder:${width}`, "atoms"));
    assertEquals([gates, depth], [6 * width, width + 1]);
  }
  assertEquals(trixAdderSize(8), { tiles: 16, routes: 57 }); // specification, 3.2
  const names = builtinCircuit("adder:2").netlist.instances.map((
    { name, output },
  ) => [name, output]);
  assertEquals(names, [
    ["sum_0", "Sum[0]"],
    ["carry_0", "C[0]"],
    ["sum_1", "Sum[1]"],
    ["carry_1", "Cout"],
  ]);
});

Deno.test("native adders have 2N gates, or logarithmic depth", () => {
  const size = (spec: string, objective: Objective): [number, number] => {
    const { gates, depth } = gateStatistics(gatesOf(spec, objective));
    return [gates, depth];
  };
  for (const width of [1, 2, 3, 4, 8, 16, 32, 64, 128]) {
    assertEquals(size(`adder:${width}`, "gates"), [2 * width, Math.ceil(width / 4) + 1]);
  }
  assertEquals(size("adder:8", "depth"), [16, 3]);
  assertEquals(size("adder:64", "depth"), [160, 5]);
  assertEquals(size("adder:128", "depth"), [328, 6]);
  assertEquals(gateStatistics(gatesOf("full-adder", "gates")).bits, 36); // specification, 7.2
  // Of atoms 100 in the specification; the bias −2.5 of SUM takes a second E2M1 code.
  assertEquals(gateStatistics(gatesOf("full-adder", "atoms")).bits, 104);
});

Deno.test("native comparators and counters have the gates that E2M1 makes possible", () => {
  const gates = (spec: string): number => gatesOf(spec, "gates").gates.length;
  assertEquals(gates("cmp:4"), 3); // one gate each for LT and GT, one for EQ
  assertEquals(gates("popcount:7"), 3);
  assertEquals(gates("popcount:15"), 4);
  assertEquals(gates("parity:15"), 4);
  assertEquals(gates("mux:8"), 9);
  assertEquals(gates("decoder:4"), 16);
  assertEquals(gates("alu:8"), 40);
});

Deno.test("an objective is served at least as well as by the others", () => {
  for (
    const spec of ["adder:24", "cmp:20", "min:9", "mul:6", "shift:8", "popcount:20", "parity:20"]
  ) {
    const of = (objective: Objective): GateStatistics => gateStatistics(gatesOf(spec, objective));
    const [gates, depth, bits] = [of("gates"), of("depth"), of("bits")];
    for (const other of [gates, depth, bits]) {
      assert(gates.gates <= other.gates, spec);
      assert(depth.depth <= other.depth, spec);
      assert(bits.bits <= other.bits, spec);
    }
  }
});

Deno.test("lfsr runs through all states but zero, by the gates", () => {
  for (let width = 2; width <= 10; width++) {
    const circuit = compileCircuit(builtinCircuit(`lfsr:${width}`, "gates").netlist, []);
    const runner = circuitRunner(circuit);
    const states = Array.from({ length: 2 ** width }, (_, state) => [BigInt(state)]);
    const next = runner.runAll(states).map(([state]) => Number(state));
    let steps = 0;
    for (let state = 1; steps === 0 || state !== 1; steps++) state = next[state]!;
    assertEquals([steps, next[0]], [2 ** width - 1, 0], `width ${width}`);
  }
});

Deno.test("LFSR_TAPS name the width and give the full period up to 18 bits", () => {
  for (const [key, taps] of Object.entries(LFSR_TAPS)) {
    const width = Number(key);
    assertEquals(Math.max(...taps), width);
    if (width > 18) continue;
    const limit = 2 ** width;
    const mask = taps.reduce((sum, tap) => sum | (1 << (tap - 1)), 0);
    let steps = 0;
    for (let state = 1; steps === 0 || state !== 1; steps++) {
      let odd = state & mask;
      for (let shift = 16; shift > 0; shift >>= 1) odd ^= odd >> shift;
      state = (state * 2) % limit + (odd & 1);
    }
    assertEquals(steps, limit - 1, `width ${width}`);
  }
});

Deno.test("builtinCircuit() refuses what it does not know, and says what is near", () => {
  const refuse = (spec: string, help: string): void => {
    const error = assertThrows(() => builtinCircuit(spec), CircuitError);
    assert(error.help.includes(help), error.help);
  };
  refuse("adderr:8", 'did you mean "adder:8"?');
  refuse("adder", "adder:8");
  refuse("adder:0", "from 1 to 1024");
  refuse("mux:1", "from 2 to 1024");
  refuse("lfsr:65", "from 2 to 64");
  refuse("full-adder:2", "give full-adder");
  assertThrows(() => builtinCircuit("adder:8", "speed" as Objective), CircuitError, "objective");
});
