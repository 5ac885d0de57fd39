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
 * Built-in circuits come in four ways: composed of the ten atoms, or of E2M1 threshold gates with the
 * fewest gates, the least depth or the fewest bits. Circuits of one's own are written in YAML or JSON.
 *
 * ```ts
 * import {
 *   builtinCircuit,
 *   compileCircuit,
 *   elaborate,
 *   flatten,
 *   gateStatistics,
 *   parseCircuitSpec,
 *   runCircuit,
 * } from "@fourbit/fourbit/circuits";
 * import { assertEquals } from "@std/assert";
 *
 * const adder = compileCircuit(builtinCircuit("adder:64", "depth").netlist, []);
 * const { gates, depth } = gateStatistics(flatten(adder));
 * assertEquals({ gates, depth }, { gates: 160, depth: 5 });
 * assertEquals(runCircuit(adder, { A: 37n, B: 28n, Cin: 0n }), { Sum: 65n, Cout: 0n });
 *
 * const twice = parseCircuitSpec(`
 * inputs: { A: 4, B: 4, C: 4 }
 * outputs: { Least: 4 }
 * wires: { M: 4 }
 * instances:
 *   first: { circuit: "min:4", inputs: { A: A, B: B }, outputs: { Min: M } }
 *   second: { circuit: "min:4", inputs: { A: M, B: C }, outputs: { Min: Least } }
 * `);
 * const least = compileCircuit(elaborate(twice, "gates"), []);
 * assertEquals(runCircuit(least, { A: 9, B: 5, C: 7 }), { Least: 5n });
 * ```
 *
 * @module
 */
export {
  BUILTIN_KINDS,
  type BuiltinCircuit,
  builtinCircuit,
  type BuiltinKind,
  builtinPorts,
  builtinReference,
  isBuiltinSpec,
} from "./builtin.ts";
export { type Objective, OBJECTIVES } from "./builtin/objective.ts";
export type { Reference } from "./builtin/references.ts";
export {
  type CodePreference,
  encodeBias,
  encodeThreshold,
  type GateCodes,
} from "./builtin/threshold_code.ts";
export {
  caseCount,
  caseValues,
  describeCase,
  MAX_INPUT_WIRES,
  referenceOutputs,
  referenceVectors,
  wireValues,
} from "./cases.ts";
export { decidesAtZero, type GateMargin, gateMargins } from "./margins.ts";
export { type Circuit, compileCircuit } from "./circuit.ts";
export { CircuitError, type CircuitPlace } from "./circuit_error.ts";
export { compileEvaluator, type Evaluator } from "./evaluator.ts";
export {
  gateLevels,
  type GateStatistics,
  gateStatistics,
  trixAdderSize,
} from "./gate_statistics.ts";
export { evaluateCases, flatten, type Gate, type GateList } from "./gates.ts";
export {
  allWires,
  type AtomInstance,
  type GateInstance,
  type Instance,
  isAtom,
  type Netlist,
  type Port,
  sortInstances,
  wiresOf,
  type Wiring,
} from "./netlist.ts";
export { checkVectors, type CircuitRunner, circuitRunner, runCircuit } from "./run_circuit.ts";
export { simplifyGates, withoutDeadGates } from "./simplify.ts";
export type {
  AtomSpecPart,
  CircuitSpec,
  GateSpecPart,
  NestedSpecPart,
  PartSpec,
  WireExpression,
} from "./spec/circuit_spec.ts";
export { checkAtoms, elaborate, unusedWires } from "./spec/elaborate.ts";
export { parseCircuitSpec } from "./spec/parse_circuit_spec.ts";
export { specFunction } from "./spec/spec_function.ts";
export * from "./formats/mod.ts";
export * from "./mapping/mod.ts";
export * from "./proof/mod.ts";
export {
  busValues,
  describeBuses,
  describeCounterexample,
  type DescribedCounterexample,
  exhaustiveVerdict,
} from "./verdicts.ts";
export { formatVectors, functionOutputs, parseVectors, seededVectors } from "./vectors.ts";
export { type CircuitVerdict, type OutputVerdict, verifyCircuit } from "./verify_circuit.ts";
