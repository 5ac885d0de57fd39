/**
 * Circuits of exact FP4 atoms: from a specification to a netlist of verified atoms, to a flat list
 * of threshold gates, to a verdict over every input case against integer arithmetic.
 *
 * ```ts
 * import { train } from "@fourbit/fourbit/atoms";
 * import { builtinCircuit, compileCircuit, verifyCircuit } from "@fourbit/fourbit/circuits";
 * import { assertEquals } from "@std/assert";
 *
 * const builtin = builtinCircuit("adder:2");
 * const adder = compileCircuit(builtin.netlist, [train("SUM"), train("CARRY")]);
 * assertEquals(verifyCircuit(adder, builtin), {
 *   exact: true,
 *   cases: 32,
 *   outputs: [{ name: "Sum", rows: 32, wrong: 0 }, { name: "Cout", rows: 32, wrong: 0 }],
 * });
 * ```
 *
 * @module
 */
export { type BuiltinCircuit, builtinCircuit, type Reference } from "./builtin.ts";
export { caseCount, caseValues, describeCase, MAX_INPUT_WIRES, referenceOutputs } from "./cases.ts";
export { type Circuit, compileCircuit } from "./circuit.ts";
export { CircuitError } from "./circuit_error.ts";
export { evaluateCases, flatten, type Gate, type GateList } from "./gates.ts";
export {
  allWires,
  type Instance,
  type Netlist,
  type Port,
  sortInstances,
  wiresOf,
} from "./netlist.ts";
export { type CircuitVerdict, type OutputVerdict, verifyCircuit } from "./verify_circuit.ts";
