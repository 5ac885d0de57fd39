import { CONSTRUCTED_ATOMS } from "../../atoms/mod.ts";
import { builtinCircuit } from "../builtin.ts";
import type { Objective } from "../builtin/objective.ts";
import { type Circuit, compileCircuit } from "../circuit.ts";
import type { Reference } from "../builtin/references.ts";

/** A built-in circuit of the constructed atoms or of gates, with its definition. */
export function builtin(
  spec: string,
  objective: Objective = "gates",
): { circuit: Circuit; reference: Reference } {
  const { netlist, reference } = builtinCircuit(spec, objective);
  return { circuit: compileCircuit(netlist, CONSTRUCTED_ATOMS), reference };
}

/** Circuits of unlike shapes: atoms and gates, one output and many, wide and narrow gates. */
export const CASES: readonly (readonly [spec: string, objective: Objective])[] = [
  ["full-adder", "atoms"],
  ["full-adder", "gates"],
  ["adder:16", "gates"],
  ["adder:16", "depth"],
  ["mul:4", "gates"],
  ["alu:4", "atoms"],
  ["popcount:15", "gates"],
  ["decoder:4", "depth"],
  ["lfsr:16", "gates"],
];

/** A circuit with what formats stumble over: names, constants, copies, wide and one-sided gates. */
export const AWKWARD: Circuit = {
  name: "3 odd:names",
  description: "names & <signs> “quoted”",
  inputs: [
    { name: "module", width: 1 },
    { name: "a b", width: 2 },
    { name: "n0", width: 1 },
    { name: "x.y#z=1\\", width: 12 },
    { name: ".dot", width: 1 },
  ],
  outputs: [
    { name: "wire", width: 1 },
    { name: "one", width: 1 },
    { name: "zero", width: 1 },
    { name: "n0", width: 1 },
    { name: "half", width: 1 },
    { name: "always", width: 1 },
  ],
  atoms: [],
  instances: [
    // 7 of 12 and 1: too many implicants for one table. Weight codes 2 are 1, bias −6.5 takes two.
    {
      name: "wide",
      inputs: [...Array.from({ length: 12 }, (_, i) => `x.y#z=1\\[${i}]`), "module"],
      output: "wire",
      gate: { weights: Array.from({ length: 13 }, () => 2), bias: [15, 9] },
    },
    { name: "c1", inputs: [], output: "one", gate: { weights: [], bias: [0] } },
    { name: "c0", inputs: [], output: "zero", gate: { weights: [], bias: [9] } },
    // Weights of one half: 0.5·a + 0.5·b − 0.5·c ≥ 0, which decides at 0.
    {
      name: "small",
      inputs: ["a b[0]", "a b[1]", ".dot"],
      output: "half",
      gate: { weights: [1, 1, 9], bias: [0] },
    },
    {
      name: "not",
      inputs: ["half", "n0"],
      output: "always",
      gate: { weights: [10, 0], bias: [1] },
    },
  ],
};
